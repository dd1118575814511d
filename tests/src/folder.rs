//! A data folder at rest, looked into and damaged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use einsicht_tlog::bundle::exactly;
use einsicht_tlog::hash::{encode_base64, sha256, to_hex};
use einsicht_tlog::segment::{Frame, SEGMENT_HEADER_BYTES, SegmentHeader};
use einsicht_tlog::{Hash, Index};

/// The segment files, in order.
#[must_use]
pub fn segments(data: &Path) -> Vec<PathBuf> {
    files(&data.join("log/entries"))
}

/// The commits in a segment's bytes, in order, and where they end. What follows there is no commit.
#[must_use]
pub fn frames(segment: &[u8]) -> (Vec<Frame<'_>>, usize) {
    let (mut frames, mut end) = (Vec::new(), SEGMENT_HEADER_BYTES.min(segment.len()));
    while let Ok(frame) = Frame::parse(&segment[end..]) {
        end += usize::try_from(frame.header.frame_bytes()).unwrap();
        frames.push(frame);
    }
    (frames, end)
}

/// The leaves in the segments, in order. Nothing may stand behind the commits of any.
#[must_use]
pub fn leaves(data: &Path) -> Vec<Bytes> {
    let mut leaves = Vec::new();
    for path in segments(data) {
        let segment = Bytes::from(fs::read(&path).unwrap());
        let header = SegmentHeader::parse(&segment).unwrap();
        assert_eq!(header.first, Index(leaves.len() as u64), "{}", path.display());
        let (frames, end) = frames(&segment);
        assert_eq!(end, segment.len(), "{} has bytes that are no commit", path.display());
        for frame in frames {
            assert_eq!(frame.header.first, Index(leaves.len() as u64), "{}", path.display());
            let count = usize::try_from(frame.header.count).unwrap();
            let entries = exactly(frame.entries, count).unwrap();
            leaves.extend(entries.into_iter().map(|leaf| segment.slice_ref(leaf)));
        }
    }
    leaves
}

/// All files below a folder, sorted.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, &target).unwrap();
    }
}

/// Flips one bit.
pub fn flip(file: &Path, offset: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[offset] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// Cuts a file off after `bytes` bytes.
pub fn cut(file: &Path, bytes: u64) {
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len(bytes).unwrap();
}

/// Appends bytes to a file.
pub fn append(file: &Path, bytes: &[u8]) {
    fs::write(file, [&fs::read(file).unwrap(), bytes].concat()).unwrap();
}

/// Every file below a folder by name and hash of its content.
#[must_use]
pub fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Hash> {
    files(folder).into_iter().map(|file| (file.clone(), sha256(&fs::read(file).unwrap()))).collect()
}

/// The same of what is not derived: segments and the newest published checkpoint.
#[must_use]
pub fn truth(data: &Path) -> BTreeMap<PathBuf, Hash> {
    let mut log = snapshot(&data.join("log"));
    log.retain(|file, _| file.starts_with(data.join("log/entries")) || file.ends_with("log/checkpoint"));
    log
}

/// The ways in which a value can stand in a file: as it is, in hexadecimal digits, in base64 at any of
/// the three places at which it can begin.
#[must_use]
pub fn traces(value: &[u8]) -> Vec<Vec<u8>> {
    let mut traces =
        vec![value.to_vec(), to_hex(value).into_bytes(), to_hex(value).to_uppercase().into_bytes()];
    for shift in 0..3 {
        let encoded = encode_base64(&[&vec![0; shift], value].concat());
        // The characters at both ends also depend on what stands beside the value.
        let inner = encoded.trim_end_matches('=').as_bytes();
        let (begin, end) = ([0, 2, 3][shift], inner.len() - usize::from(encoded.ends_with('=')));
        traces.push(inner[begin..end].to_vec());
    }
    traces
}

/// Whether `bytes` has one of these traces.
#[must_use]
pub fn has_trace(bytes: &[u8], traces: &[Vec<u8>]) -> bool {
    traces.iter().any(|trace| bytes.windows(trace.len()).any(|window| window == trace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_base64_wherever_it_begins() {
        let traces = traces(b"Erika Mustermann");
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = encode_base64(format!("{before}Erika Mustermann{after}").as_bytes());
                assert!(has_trace(text.as_bytes(), &traces), "{before:?} {after:?}");
            }
        }
        assert!(has_trace(b"...4572696b61204d75737465726d616e6e...", &traces));
        assert!(!has_trace(encode_base64(b"Erika Musterfrau").as_bytes(), &traces));
    }
}
