//! What is read is what was signed, or nothing.

use std::fs;
use std::path::Path;

use einsicht_tlog::checkpoint;
use tempfile::TempDir;

use super::*;
use crate::Conclusion;
use crate::sample::server::{Reply, Server};
use crate::sample::{BEGAN_AT, Ledger, ORIGIN, access, key, trust};

fn tiles_of(ledger: &Ledger) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    ledger.write_tiles(folder.path(), &[ledger.size()]);
    folder
}

async fn open(folder: &Path, trust: &Trust) -> Result<Reader, VerifyError> {
    Reader::open(Source::open(folder.to_str().unwrap()).unwrap(), trust.clone()).await
}

async fn list(reader: &Reader, range: Range<u64>, order: Order) -> Result<Vec<Entry>, VerifyError> {
    reader.entries(Index(range.start)..Index(range.end), order).try_collect().await
}

#[tokio::test]
async fn entries_are_those_of_the_ledger_from_wherever_they_come() {
    for size in [1, 255, 256, 257, 700] {
        let ledger = Ledger::of(size, 50);
        let (data, tiles) = (tempfile::tempdir().unwrap(), tiles_of(&ledger));
        ledger.write_segments(data.path(), &[51]);
        let server = Server::of_folder(tiles.path());
        let readers = [
            open(data.path(), &trust()).await.unwrap(),
            open(tiles.path(), &trust()).await.unwrap(),
            Reader::open(server.source(), trust()).await.unwrap(),
        ];
        for reader in readers {
            assert_eq!(
                (reader.head(), reader.checkpoint()),
                (ledger.head_at(size), &ledger.note_at(size)[..])
            );
            assert_eq!(reader.trust().newest(), Some(reader.head()));
            for index in [0, size / 2, size - 1] {
                let entry = reader.entry(Index(index)).await.unwrap();
                assert_eq!((entry.index(), entry.leaf()), (Index(index), &ledger.leaves[index as usize][..]));
                assert_eq!(entry.leaf_hash(), leaf_hash(&ledger.leaves[index as usize]));
                assert!(entry.body().unwrap().content.is_some());
                let receipt =
                    Receipt::parse(&reader.receipt(Index(index)).await.unwrap().to_bytes()).unwrap();
                let (leaf, checkpoint) = receipt.verify(None, ORIGIN, trust().keys()).unwrap();
                assert_eq!((leaf, checkpoint.head), (entry.leaf().to_vec(), reader.head()));
            }
            let error = reader.entry(Index(size)).await.unwrap_err();
            assert!(matches!(error, VerifyError::NoEntry { .. }), "{error}");
            assert!(matches!(reader.receipt(Index(size)).await, Err(VerifyError::NoEntry { .. })));
        }
    }
}

#[tokio::test]
async fn lists_run_both_ways_and_end_where_the_ledger_ends() {
    let ledger = Ledger::of(700, 50);
    let folder = tiles_of(&ledger);
    let reader = open(folder.path(), &trust()).await.unwrap();
    for (start, end) in [(0, 700), (255, 258), (10, 20), (690, 9_999), (700, 800), (9_000, 9_999), (20, 10)] {
        let expected: Vec<u64> = (start.min(700)..end.min(700)).collect();
        let forward = list(&reader, start..end, Order::OldestFirst).await.unwrap();
        assert_eq!(forward.iter().map(|entry| entry.index().0).collect::<Vec<_>>(), expected);
        assert!(forward.iter().all(|entry| entry.leaf() == ledger.leaves[entry.index().0 as usize]));
        let mut backward = list(&reader, start..end, Order::NewestFirst).await.unwrap();
        backward.reverse();
        assert_eq!(backward, forward);
    }
}

#[tokio::test]
async fn the_first_entry_of_a_time_is_found() {
    // Every commit is a second later than the one before: entry 0, then 1 to 50, then 51 to 100 …
    let ledger = Ledger::of(701, 50);
    let folder = tiles_of(&ledger);
    let reader = open(folder.path(), &trust()).await.unwrap();
    for (seconds, index) in [(0, 0), (1, 1), (2, 51), (14, 651), (15, 701), (99, 701)] {
        let found = reader.first_index_at_or_after(RecordedAt(BEGAN_AT + seconds)).await.unwrap();
        assert_eq!(found, Index(index), "{seconds} seconds");
    }
    assert_eq!(reader.first_index_at_or_after(RecordedAt(0)).await.unwrap(), Index(0));
}

#[tokio::test]
async fn tiles_are_fetched_once() {
    let ledger = Ledger::of(700, 50);
    let folder = tiles_of(&ledger);
    let server = Server::of_folder(folder.path());
    let reader = Reader::open(server.source(), trust()).await.unwrap();
    for _ in 0..3 {
        for index in [0, 100, 300, 699] {
            reader.receipt(Index(index)).await.unwrap();
        }
        list(&reader, 0..700, Order::OldestFirst).await.unwrap();
    }
    for (path, count) in server.requests() {
        assert_eq!(count, 1, "{path}");
    }
}

#[tokio::test]
async fn every_byte_of_every_tile_counts() {
    let ledger = Ledger::of(513, 100);
    let folder = tiles_of(&ledger);
    for name in ["tile/0/000", "tile/0/002.p/1", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/1"]
    {
        let path = folder.path().join(name);
        let bytes = fs::read(&path).unwrap();
        for position in (0..bytes.len()).step_by(1 + bytes.len() / 50) {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << (position % 8);
            fs::write(&path, damaged).unwrap();
            let read = async {
                let reader = open(folder.path(), &trust()).await?;
                list(&reader, 0..513, Order::OldestFirst).await
            };
            let error = read.await.expect_err("it must not verify");
            assert_eq!(error.conclusion(), Conclusion::Failed, "byte {position} of {name}: {error}");
        }
        fs::write(&path, bytes).unwrap();
    }
    let reader = open(folder.path(), &trust()).await.unwrap();
    assert_eq!(list(&reader, 0..513, Order::OldestFirst).await.unwrap().len(), 513);
}

#[tokio::test]
async fn a_list_ends_with_its_first_error() {
    let ledger = Ledger::of(900, 100);
    let folder = tiles_of(&ledger);
    let server = Server::with_faults(folder.path(), |request| {
        (request.path == "/tile/entries/001").then(|| Reply::new(403, ""))
    });
    let reader = Reader::open(server.source(), trust()).await.unwrap();
    let all: Vec<_> = reader.entries(Index(0)..Index(900), Order::OldestFirst).collect().await;
    assert_eq!(all.len(), 257);
    assert_eq!(all[256].as_ref().unwrap_err().conclusion(), Conclusion::CouldNotTell);
}

#[tokio::test]
async fn a_newer_checkpoint_has_to_extend_the_one_that_was_verified() {
    for known in [256, 300, 512] {
        let trust = trust();
        let ledger = Ledger::of(700, 100);
        trust.offer(&ledger.note_at(known)).unwrap();
        let reader = open(tiles_of(&ledger).path(), &trust).await.unwrap();
        assert_eq!(trust.newest(), Some(reader.head()));
        let mut other = Ledger::of(101, 100);
        other.push(&access(9, 0));
        other.commit();
        other.grow(900, 100);
        let error = open(tiles_of(&other).path(), &trust).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, VerifyError::Distrusted(TrustError::Fork { .. })), "{error}");
        assert_eq!(trust.newest(), Some(ledger.head_at(700)));
        let error = open(tiles_of(&Ledger::of(600, 100)).path(), &trust).await.map(|_| ()).unwrap_err();
        assert_eq!(error.finding().unwrap().fault, Fault::Rollback);
    }
}

#[tokio::test]
async fn a_checkpoint_without_its_tiles_is_not_believed() {
    let (ledger, trust) = (Ledger::of(700, 100), trust());
    trust.offer(&ledger.note_at(600)).unwrap();
    let folder = tiles_of(&ledger);
    let invented = TreeHead { root: Hash([7; 32]), ..ledger.head_at(700) };
    fs::write(folder.path().join("checkpoint"), checkpoint::sign(invented, &key())).unwrap();
    let error = open(folder.path(), &trust).await.map(|_| ()).unwrap_err();
    assert_eq!(error.finding().unwrap().fault, Fault::Tile, "{error}");
    assert_eq!(trust.newest(), Some(ledger.head_at(600)));
}

#[tokio::test]
async fn large_trees_are_verified_over_several_levels() {
    let ledger = Ledger::of(66_100, 5_000);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    let trust = trust();
    trust.offer(&ledger.note_at(40_001)).unwrap();
    let reader = open(folder.path(), &trust).await.unwrap();
    for index in [0, 65_535, 65_536, 66_099] {
        let receipt = reader.receipt(Index(index)).await.unwrap();
        receipt.verify(None, ORIGIN, trust.keys()).unwrap();
    }
    let path = folder.path().join("log/hashes/1");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100 * 32] ^= 1;
    fs::write(path, bytes).unwrap();
    let error = open(folder.path(), &self::trust()).await.unwrap().entry(Index(5)).await.unwrap_err();
    assert_eq!(error.finding().unwrap().fault, Fault::Tile, "{error}");
}
