//! What each byte of a data folder is. `docs/format.md`, On disk.

mod vault;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use einsicht_tlog::bundle;
use einsicht_tlog::segment::{FRAME_HEADER_BYTES, Frame, FrameHeader, SEGMENT_HEADER_BYTES};

use crate::folder;

/// Adjacent bytes of one meaning.
#[derive(Debug, Clone)]
pub struct Region {
    /// What they are; a line of the table.
    pub kind: String,
    /// The file, within the data folder.
    pub file: PathBuf,
    /// Where in it.
    pub bytes: Range<usize>,
}

/// May be damaged without anybody noticing, and without being made good; `docs/faults.md` says why.
pub const MAY_DIFFER_UNNOTICED: [&str; 2] =
    ["keys/dev.token", "index of what was erased as a whole: offsets"];

/// Every byte of a data folder, each in one region.
pub fn of(data: &Path) -> Vec<Region> {
    let mut regions = Vec::new();
    let segments = folder::segments(data);
    for path in folder::files(data) {
        let (file, bytes) = (path.strip_prefix(data).unwrap(), fs::read(&path).unwrap());
        let mut parts = Parts { data, file, at: 0, regions: &mut regions };
        match file.to_str().unwrap() {
            "lock" => assert!(bytes.is_empty(), "the lock has got a content"),
            "log/checkpoint" => checkpoint(&bytes, &mut parts),
            "log/watermark" => watermark(&bytes, &mut parts),
            "log/offsets" => offsets(data, &segments, &bytes, &mut parts),
            "log/hashes/0" => {
                let full = bytes.len() / (256 * 32) * (256 * 32);
                parts.add("log/hashes/0, under a full tile", full);
                parts.add("log/hashes/0, behind the last full tile", bytes.len() - full);
            }
            "ledger.vkey" | "keys/ledger.key" | "keys/dev.token" | "log/hashes/1" => {
                parts.add(file.to_str().unwrap(), bytes.len());
            }
            name if vault::file(name, &bytes, &mut parts) || vault::key(name, &bytes, &mut parts) => {}
            name if name.starts_with("log/hashes/") => assert!(bytes.is_empty(), "{name}"),
            name if name.starts_with("state/") => sled(name, &bytes, &mut parts),
            _ if segments.contains(&path) => {
                let is_last = segments.last() == Some(&path);
                segment(&bytes, segments.first() == Some(&path), is_last, &mut parts);
            }
            name => panic!("{name}: docs/format.md and this function do not know this file"),
        }
        let end = parts.at;
        assert_eq!(end, bytes.len(), "{} has bytes without a meaning", file.display());
    }
    regions
}

/// Cuts a file into regions, from its beginning on.
struct Parts<'p> {
    data: &'p Path,
    file: &'p Path,
    at: usize,
    regions: &'p mut Vec<Region>,
}

impl Parts<'_> {
    /// Whether it is of a month and class that was erased as a whole.
    fn is_erased(&self) -> bool {
        self.data.join(self.file).with_file_name("erased").exists()
    }

    fn add(&mut self, kind: &str, bytes: usize) {
        let region = self.at..self.at + bytes;
        self.at = region.end;
        if bytes > 0 {
            let (kind, file) = (kind.to_owned(), self.file.to_owned());
            self.regions.push(Region { kind, file, bytes: region });
        }
    }
}

/// A start looks at the first commit and at the newest entry more closely than at the rest.
fn segment(bytes: &[u8], is_first: bool, is_last: bool, parts: &mut Parts<'_>) {
    for (field, length) in [("magic", 8), ("version", 4), ("origin hash", 32), ("first index", 8)] {
        parts.add(&format!("segment header: {field}"), length);
    }
    while let Some(header) = FrameHeader::parse(&bytes[parts.at..]) {
        let whole = usize::try_from(header.frame_bytes()).unwrap();
        let frame = Frame::parse(&bytes[parts.at..][..whole]).unwrap();
        let place = if is_first && parts.at == SEGMENT_HEADER_BYTES { "first commit" } else { "commit" };
        let ends_segment = parts.at + whole == bytes.len();
        let fields = [("magic", 4), ("payload length", 4), ("first index", 8), ("count", 4), ("CRC", 4)];
        assert_eq!(fields.iter().map(|(_, length)| length).sum::<usize>(), FRAME_HEADER_BYTES);
        for (field, length) in fields {
            parts.add(&format!("{place}: frame header, {field}"), length);
        }
        parts.add(&format!("{place}: root"), 32);
        for (number, leaf) in (1..).zip(bundle::entries(frame.entries)) {
            let is_newest = is_last && ends_segment && number == header.count;
            let place = if is_newest { "newest entry" } else { place };
            let body = leaf.unwrap().len() - 41;
            for (field, length) in [
                ("length", 2),
                ("leaf version", 1),
                ("previous", 32),
                ("time", 8),
                ("kind", 1),
                ("rest of the body", body - 1),
            ] {
                parts.add(&format!("{place}: {field}"), length);
            }
        }
        parts.add(&format!("{place}: payload CRC"), 4);
    }
}

fn checkpoint(bytes: &[u8], parts: &mut Parts<'_>) {
    let text = std::str::from_utf8(bytes).unwrap();
    let kinds = ["origin", "size", "root", "empty line", "signature"];
    for (kind, line) in kinds.iter().zip(text.split_inclusive('\n')) {
        parts.add(&format!("log/checkpoint: {kind}"), line.len());
    }
}

fn watermark(bytes: &[u8], parts: &mut Parts<'_>) {
    let text = std::str::from_utf8(bytes).unwrap();
    for (kind, line) in ["version", "size", "root"].iter().zip(text.split_inclusive('\n')) {
        parts.add(&format!("log/watermark: {kind}"), line.len());
    }
}

/// A start compares the offsets of the first entry of each segment, and of the newest one.
fn offsets(data: &Path, segments: &[PathBuf], bytes: &[u8], parts: &mut Parts<'_>) {
    let first = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().parse::<usize>().unwrap();
    let firsts: Vec<usize> = segments.iter().map(first).collect();
    let entries = bytes.len() / 8;
    assert!(entries > 0, "{} has no entries", data.display());
    for index in 0..entries {
        let is_looked_at = firsts.contains(&index) || index + 1 == entries;
        let kind = if is_looked_at { "first of a segment, or newest" } else { "others" };
        parts.add(&format!("log/offsets: {kind}"), 8);
    }
}

/// Files of sled: its format is its own. `db` is mostly room that is not used yet.
fn sled(name: &str, bytes: &[u8], parts: &mut Parts<'_>) {
    let kind = match name {
        "state/db" => {
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            parts.add("state/db, written", used);
            "state/db, behind it"
        }
        "state/conf" => "state/conf",
        name if name.starts_with("state/snap.") => "state/snap.*",
        name if name.starts_with("state/blobs/") => "state/blobs/*",
        name => panic!("{name}: a file of sled that is not known here"),
    };
    let rest = bytes.len() - parts.at;
    parts.add(kind, rest);
}
