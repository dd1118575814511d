//! What each byte of the vault and of its keys is. `docs/format.md`, Vault.

use std::path::Path;

use einsicht_access::vault::record::{RECORD_HEADER_BYTES, RecordHeader};
use einsicht_access::{Month, RetentionClass};

use super::Parts;

/// A file of the vault; returns whether it is one.
pub fn file(path: &str, bytes: &[u8], parts: &mut Parts<'_>) -> bool {
    match path {
        "vault/watermark" => watermark(bytes, parts),
        // Nothing is being erased.
        "vault/erasing" => assert_eq!(bytes, vec![0; bytes.len()], "an erasure is under way"),
        _ if path.ends_with("/openings") => openings(path, bytes, parts),
        _ if path.ends_with("/index") => index(parts.is_erased(), bytes, parts),
        _ if path.ends_with("/erased") => {
            let digits = bytes.len() - 1;
            parts.add("mark of what was erased as a whole: entry", digits);
            parts.add("mark of what was erased as a whole: end of the line", 1);
        }
        _ => return false,
    }
    if path == "vault/erasing" {
        parts.add("vault/erasing, done", bytes.len());
    }
    true
}

/// A key of the vault, or the one that these are wrapped with; returns whether it is one.
pub fn key(path: &str, bytes: &[u8], parts: &mut Parts<'_>) -> bool {
    let kind = match path {
        "keys/wrapping.key" => "keys/wrapping.key",
        _ if path.starts_with("keys/vault/") => "keys/vault/*",
        _ if path.starts_with("keys/markers/") => "keys/markers/*",
        _ => return false,
    };
    if kind == "keys/wrapping.key" {
        // White space around it says nothing.
        let digits = bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len());
        parts.add("keys/wrapping.key: digits", digits);
        parts.add("keys/wrapping.key: end of the line", bytes.len() - digits);
        return true;
    }
    for (field, length) in [("magic", 8), ("version", 4), ("key, encrypted", bytes.len() - 12)] {
        parts.add(&format!("{kind}: {field}"), length);
    }
    true
}

/// A start looks at the last record of each file more closely than at the others.
fn openings(path: &str, bytes: &[u8], parts: &mut Parts<'_>) {
    let folder = Path::new(path).parent().unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let class: RetentionClass = name(folder).parse().unwrap();
    let month: Month = name(folder.parent().unwrap()).parse().unwrap();
    let class = class.to_string().len();
    assert_eq!(month.to_string().len(), 7);
    for (field, length) in [
        ("magic", 8),
        ("version", 4),
        ("origin hash", 32),
        ("month", 7),
        ("class", 1 + class),
        ("CRC", 4),
        ("times overwritten", 8),
        ("CRC of that", 4),
    ] {
        parts.add(&format!("openings: {field}"), length);
    }
    while let Some(header) = RecordHeader::parse(&bytes[parts.at..]) {
        let whole = usize::try_from(header.record_bytes()).unwrap();
        let place = if parts.at + whole == bytes.len() { "newest record" } else { "record" };
        for (field, length) in
            [("magic", 4), ("bytes of the slot", 4), ("index", 8), ("leaf hash", 32), ("CRC", 4)]
        {
            parts.add(&format!("openings, {place}: {field}"), length);
        }
        parts.add(&format!("openings, {place}: slot"), whole - RECORD_HEADER_BYTES);
    }
}

/// A start looks at the last row. That of what was erased as a whole says which entries that was about.
fn index(is_erased: bool, bytes: &[u8], parts: &mut Parts<'_>) {
    if is_erased {
        for _ in 0..bytes.len() / 16 {
            parts.add("index of what was erased as a whole: entries", 8);
            parts.add("index of what was erased as a whole: offsets", 8);
        }
        return;
    }
    let last = bytes.len() - 16;
    for (rows, name) in [(last / 16, "others"), (1, "last row")] {
        for _ in 0..rows {
            parts.add(&format!("index of the openings, {name}"), 16);
        }
    }
}

fn watermark(bytes: &[u8], parts: &mut Parts<'_>) {
    let text = std::str::from_utf8(bytes).unwrap();
    let kinds = ["version", "size", "root", "rest"];
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let kind = kinds[number.min(kinds.len() - 1)];
        parts.add(&format!("vault/watermark: {kind}"), line.len());
    }
}
