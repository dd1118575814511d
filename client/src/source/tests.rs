//! The same bytes from everywhere, and what happens when they can't be had.

use std::fs;

use einsicht_tlog::TreeHead;
use einsicht_tlog::hash::leaf_hash;

use super::*;
use crate::audit::{AuditOptions, audit};
use crate::sample::server::{Reply, Server};
use crate::sample::{Ledger, trust};
use crate::{Conclusion, VerifyError};

mod folder;
mod http;

/// Leaves of all chunks, in order.
async fn leaves_of(source: &Source, start: u64, size: u64) -> Result<Vec<Bytes>, SourceError> {
    let chunks: Vec<Chunk> = source.entries(Index(start), Size(size)).try_collect().await?;
    let mut next = start;
    let mut leaves = Vec::new();
    for chunk in chunks {
        assert_eq!(chunk.first(), Some(Index(next)));
        next += chunk.count() as u64;
        leaves.extend(chunk.leaves().unwrap());
    }
    Ok(leaves)
}

async fn verify(source: &Source) -> Result<TreeHead, VerifyError> {
    audit(source, &trust(), AuditOptions::default(), |_| {}).await.map(|report| report.head)
}

#[tokio::test]
async fn folders_files_and_addresses_give_the_same_bytes() {
    let ledger = Ledger::of(1000, 70);
    let (data, tiles) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ledger.write_segments(data.path(), &[71, 491]);
    ledger.write_tiles(tiles.path(), &[1000]);
    let server = Server::of_folder(tiles.path());
    let open = |path: &std::path::Path| Source::open(path.to_str().unwrap()).unwrap();
    for source in [open(data.path()), open(tiles.path()), server.source()] {
        assert_eq!(source.checkpoint().await.unwrap(), ledger.note_at(1000), "{}", source.place());
        for start in [0, 1, 70, 71, 72, 255, 256, 300, 490, 491, 999, 1000, 1001] {
            let expected = ledger.leaves.get(start as usize..).unwrap_or_default();
            let found = leaves_of(&source, start, 1000).await.unwrap();
            assert_eq!(found, expected, "from {start} of {}", source.place());
        }
        for kind in [TileKind::Hashes(0), TileKind::Hashes(1)] {
            for tile in Tile::all_of_log(kind, Size(1000)) {
                assert_eq!(
                    source.hashes(tile).await.unwrap(),
                    ledger.tile(tile),
                    "{tile} of {}",
                    source.place()
                );
            }
        }
        for tile in Tile::all_of_log(TileKind::Entries, Size(1000)) {
            let bundle = source.bundle(tile).await.unwrap();
            let (start, width) = (tile.start() as usize, usize::from(tile.width()));
            assert_eq!(
                bundle.leaves().unwrap(),
                &ledger.leaves[start..start + width],
                "{tile} of {}",
                source.place()
            );
        }
        assert_eq!(verify(&source).await.unwrap(), ledger.head_at(1000));
    }
}

#[test]
fn what_is_no_ledger_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = |place: &str| Source::open(place).map(|source| source.place().to_owned());
    assert!(matches!(open(folder.path().to_str().unwrap()), Err(SourceError::NoLedger { .. })));
    assert!(matches!(open("/nowhere/at/all"), Err(SourceError::NoLedger { .. })));
    for address in ["ftp://ulm.example", "http://", "https://ulm.example/?x", "https://ulm.example/#x"] {
        let error = open(address).unwrap_err();
        assert!(matches!(error, SourceError::Address { .. }) && !error.is_failure(), "{error}");
    }
    for address in
        ["https://city:secret@ulm.example/", "https://secret@ulm.example/", "http://city:secret@:x/"]
    {
        let error = open(address).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert_eq!(open("https://ulm.example/ledger//").unwrap(), "https://ulm.example/ledger");
}
