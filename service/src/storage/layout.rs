//! Names in the data folder, and how segments are called. `docs/format.md`, On disk.

use einsicht_tlog::Index;

/// Held by the one running writer.
pub const LOCK: &str = "lock";
/// The public verifier key, for people to copy.
pub const VKEY: &str = "ledger.vkey";
/// Folder of everything that belongs to the log.
pub const LOG: &str = "log";
/// Folder of the segments.
pub const ENTRIES: &str = "log/entries";
/// The newest published checkpoint: betrays a truncated log.
pub const CHECKPOINT: &str = "log/checkpoint";
/// Derived: position of each entry.
pub const OFFSETS: &str = "log/offsets";
/// Derived: folder of the hash files.
pub const HASHES: &str = "log/hashes";
/// Derived files are synced up to the size in here.
pub const WATERMARK: &str = "log/watermark";

/// Path of the segment whose first entry is `first`.
pub fn segment_path(first: Index) -> String {
    format!("{ENTRIES}/{:020}.seg", first.0)
}

/// The first index in a segment's file name; `None` for other files.
pub fn segment_first(name: &str) -> Option<Index> {
    let digits = name.strip_suffix(".seg")?;
    let well_formed = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| well_formed).map(Index)
}

/// Path of the hash file of a level.
pub fn hashes_path(level: u8) -> String {
    format!("{HASHES}/{level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_names_sort_by_their_first_entry() {
        assert_eq!(segment_path(Index(42)), "log/entries/00000000000000000042.seg");
        assert_eq!(segment_first("00000000000000000042.seg"), Some(Index(42)));
        for other in ["42.seg", "00000000000000000042.seg.new", "+0000000000000000042.seg", ".seg"] {
            assert_eq!(segment_first(other), None, "{other}");
        }
    }
}
