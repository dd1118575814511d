//! Data folders and folders of tiles.

use super::*;

fn open(folder: &tempfile::TempDir) -> Source {
    Source::open(folder.path().to_str().unwrap()).unwrap()
}

#[tokio::test]
async fn hashes_are_computed_where_the_derived_files_do_not_reach() {
    // Enough for a full tile of level 1.
    let mut ledger = Ledger::new();
    ledger.grow(66_000, 3_000);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[30_001]);
    let size = Size(66_000);
    let tiles: Vec<_> = [TileKind::Hashes(2), TileKind::Hashes(1)]
        .into_iter()
        .flat_map(|kind| Tile::all_of_log(kind, size))
        .chain([
            Tile::of_log(TileKind::Hashes(0), 7, size).unwrap(),
            Tile::of_log(TileKind::Hashes(0), 257, size).unwrap(),
        ])
        .collect();
    let expected: Vec<_> = tiles.iter().map(|tile| ledger.tile(*tile)).collect();
    let hashes = folder.path().join("log/hashes");
    let cut = |name: &str, bytes: u64| {
        fs::OpenOptions::new().write(true).open(hashes.join(name)).unwrap().set_len(bytes).unwrap();
    };
    cut("0", 32 * 1800);
    cut("1", 32 * 200);
    cut("2", 0);
    for files in ["short", "absent"] {
        let source = open(&folder);
        for (tile, expected) in tiles.iter().zip(&expected) {
            assert_eq!(&source.hashes(*tile).await.unwrap(), expected, "{tile}, {files} files");
        }
        let _ = fs::remove_dir_all(&hashes);
    }
}

#[tokio::test]
async fn a_folder_that_grows_is_read_as_far_as_was_asked() {
    let mut ledger = Ledger::of(300, 40);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    let source = open(&folder);
    let mut early = source.entries(Index(0), Size(300));
    assert_eq!(source.count_past(Size(250)).await.unwrap(), Some(50));
    ledger.grow(900, 40);
    ledger.write_segments(folder.path(), &[300, 700]);
    assert_eq!(early.try_next().await.unwrap().unwrap().first(), Some(Index(0)));
    assert_eq!(leaves_of(&source, 290, 900).await.unwrap(), &ledger.leaves[290..900]);
    assert_eq!(source.count_past(Size(300)).await.unwrap(), Some(600));
}

#[tokio::test]
async fn single_entries_are_found_in_many_small_commits() {
    let ledger = Ledger::of(3_000, 1);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[1_000]);
    let source = open(&folder);
    for index in [2_999, 0, 999, 1_000, 1_500, 1_499, 2_998] {
        let tile = Tile::of_log(TileKind::Entries, index / 256, Size(3_000)).unwrap();
        let leaves = source.bundle(tile).await.unwrap().leaves().unwrap();
        assert_eq!(leaves[(index % 256) as usize], ledger.leaves[index as usize], "entry {index}");
    }
}

#[tokio::test]
async fn a_full_tile_stands_in_for_a_partial_one_that_is_gone() {
    let ledger = Ledger::of(512, 40);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_tiles(folder.path(), &[512]);
    let source = open(&folder);
    for kind in [TileKind::Hashes(0), TileKind::Entries] {
        let partial = Tile::of_log(kind, 1, Size(300)).unwrap();
        assert_eq!(partial.width(), 44);
        if kind == TileKind::Entries {
            assert_eq!(source.bundle(partial).await.unwrap().leaves().unwrap(), &ledger.leaves[256..300]);
        } else {
            assert_eq!(source.hashes(partial).await.unwrap(), ledger.tile(partial));
        }
    }
    let absent = Tile::of_log(TileKind::Entries, 2, Size(600)).unwrap();
    let error = source.bundle(absent).await.unwrap_err();
    assert!(error.to_string().contains("tile/entries/002.p/88"), "{error}");
    assert!(!error.is_failure());
}

#[tokio::test]
async fn tiles_of_another_length_are_failures() {
    let ledger = Ledger::of(512, 40);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_tiles(folder.path(), &[512]);
    let path = folder.path().join("tile/0/001");
    let bytes = fs::read(&path).unwrap();
    let tile = Tile::of_log(TileKind::Hashes(0), 1, Size(512)).unwrap();
    for wrong in [&bytes[..8_191], &[bytes.clone(), vec![0]].concat(), b""] {
        fs::write(&path, wrong).unwrap();
        let error = open(&folder).hashes(tile).await.unwrap_err();
        assert!(error.is_failure() && error.to_string().contains("tile/0/001"), "{error}");
    }
}

/// A log that other software made: other leaves, the same tiles.
#[tokio::test]
async fn the_tiles_of_another_log_can_be_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/tessera-testlog");
    if !folder.is_dir() {
        let required = std::env::var_os("EINSICHT_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!required, "{} is absent", folder.display());
        println!("skipped: {} is absent", folder.display());
        return;
    }
    let key = fs::read_to_string(folder.join("vkey.txt")).unwrap();
    let key = einsicht_tlog::VerifierKey::parse(&key).unwrap();
    let source = Source::open(folder.join("log").to_str().unwrap()).unwrap();
    let trust = crate::Trust::in_memory(key);
    let reader = crate::reader::Reader::open(source.clone(), trust.clone()).await.unwrap();
    let size = reader.head().size;
    assert!(size.0 > 10, "{size}");
    let leaves = leaves_of(&source, 0, size.0).await.unwrap();
    let tile = Tile::of_log(TileKind::Hashes(0), 0, size).unwrap();
    let hashes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf_hash(leaf).0).collect();
    assert_eq!(source.hashes(tile).await.unwrap(), hashes);
    let error = audit(&source, &trust, AuditOptions::default(), |_| {}).await.unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::Failed, "its leaves are not ours: {error}");
}

#[tokio::test]
async fn a_header_that_lies_about_its_entries_costs_nothing() {
    let ledger = Ledger::of(5, 4);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    let path = folder.path().join(format!("log/entries/{:020}.seg", 0));
    let mut bytes = fs::read(&path).unwrap();
    let frame = einsicht_tlog::segment::SEGMENT_HEADER_BYTES;
    bytes[frame + 16..frame + 20].copy_from_slice(&u32::MAX.to_be_bytes());
    let checksum = crc32c(&bytes[frame..frame + 20]);
    bytes[frame + 20..frame + 24].copy_from_slice(&checksum.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    let source = open(&folder);
    let error = verify(&source).await.unwrap_err();
    assert_eq!(error.finding().unwrap().fault, Fault::Bundle, "{error}");
    let chunk = source.entries(Index(0), Size(u64::MAX)).try_next().await.unwrap().unwrap();
    assert!(chunk.leaves().is_err());
}

/// CRC-32C (Castagnoli), bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
