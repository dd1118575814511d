//! Tiles: their paths and what they hold.

use einsicht_tlog::hash::sha256;
use einsicht_tlog::tile::{HashRange, Tile, TileKind, root_of_row};
use einsicht_tlog::{Hash, Size, Subtree};
use serde::Serialize;

use crate::fixture::{Decimal, Hex, json, numbered_leaf_hash, tree_of};

#[derive(Serialize)]
struct PathFile {
    valid: Vec<ValidPath>,
    invalid: Vec<InvalidPath>,
    last_of_log: Vec<LastOfLog>,
    not_published: Vec<NotPublished>,
}

#[derive(Serialize)]
struct ValidPath {
    path: String,
    kind: &'static str,
    level: Option<u8>,
    index: Decimal,
    width: u16,
}

#[derive(Serialize)]
struct InvalidPath {
    path: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
struct LastOfLog {
    size: Decimal,
    kind: &'static str,
    level: Option<u8>,
    tiles: usize,
    last: String,
}

#[derive(Serialize)]
struct NotPublished {
    size: Decimal,
    path: &'static str,
    reason: &'static str,
}

pub fn paths() -> String {
    let indexes = [0, 1, 66, 999, 1_000, 1_001, 999_999, 1_000_000, 1_234_067, (1 << 56) - 2];
    let of_index = indexes.iter().flat_map(|index| [(Some(0), *index, 256), (None, *index, 256)]);
    let others =
        [(Some(0), 0, 1), (Some(0), 1_234_067, 8), (Some(7), 0, 255), (None, 273, 112), (Some(3), 17, 256)];
    let sizes = [1, 255, 256, 257, 65_536, 70_000, 16_777_217];
    let levels = [None, Some(0), Some(1), Some(2), Some(3)];
    let file = PathFile {
        valid: of_index.chain(others).map(|(level, index, width)| valid_path(level, index, width)).collect(),
        invalid: invalid_paths(),
        last_of_log: sizes
            .iter()
            .flat_map(|size| levels.iter().filter_map(|level| last_of_log(*size, *level)))
            .collect(),
        not_published: not_published(),
    };
    json(&file)
}

fn kind(level: Option<u8>) -> (TileKind, &'static str) {
    level.map_or((TileKind::Entries, "entries"), |level| (TileKind::Hashes(level), "hashes"))
}

fn valid_path(level: Option<u8>, index: u64, width: u16) -> ValidPath {
    let folder = level.map_or("entries".to_owned(), |level| level.to_string());
    let digits = index.to_string();
    let padded = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
    let (upper, last) = padded.split_at(padded.len() - 3);
    let upper: String = (0..upper.len()).step_by(3).map(|at| format!("x{}/", &upper[at..at + 3])).collect();
    let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
    let path = format!("tile/{folder}/{upper}{last}{partial}");
    let tile = Tile::parse(&path).unwrap();
    assert_eq!(
        (tile.kind(), tile.index(), tile.width(), tile.to_string()),
        (kind(level).0, index, width, path.clone())
    );
    ValidPath { path, kind: kind(level).1, level, index: Decimal(index), width }
}

fn invalid_paths() -> Vec<InvalidPath> {
    let level = "the level is 0 to 7 without leading zeros, or 'entries'";
    let groups = "the index is in groups of three digits, all but the last with an x in front";
    let shortest = "the index has no more groups than it needs";
    let width = "the width of a partial tile is 1 to 255 without leading zeros; a full tile has none";
    let large = "no tree is that large";
    let form = "a path is tile/<L>/<N> or tile/<L>/<N>.p/<W>";
    let cases = [
        ("tile/8/000", level),
        ("tile/00/000", level),
        ("tile/+1/000", level),
        ("tile/-1/000", level),
        ("tile//000", level),
        ("tile/data/000", level),
        ("tile/Entries/000", level),
        ("tile/0/0", groups),
        ("tile/0/00", groups),
        ("tile/0/0000", groups),
        ("tile/0/1234067", groups),
        ("tile/0/001/000", groups),
        ("tile/0/x001/x000", groups),
        ("tile/0/001/x000", groups),
        ("tile/0/x1/000", groups),
        ("tile/0/X001/000", groups),
        ("tile/0/00a", groups),
        ("tile/0/+01", groups),
        ("tile/0/٠٠٠", groups),
        ("tile/0/x000/000", shortest),
        ("tile/0/000.p/0", width),
        ("tile/0/000.p/256", width),
        ("tile/0/000.p/01", width),
        ("tile/0/000.p/-1", width),
        ("tile/0/000.p/", width),
        ("tile/0/000.p", width),
        ("tile/0/000.p/1/", width),
        ("tile/0/000.p/1.p/1", width),
        ("tile/0/x072/x057/x594/x037/x927/935", large),
        ("tile/0/x999/x999/x999/x999/x999/x999/999", large),
        ("tile/0", form),
        ("tile/0/", form),
        ("tile/0/000/", form),
        ("/tile/0/000", form),
        ("tile/0/000?x=1", form),
        ("tile/0/../0/000", form),
        ("tile/0/%30%30%30", form),
        ("tiles/0/000", form),
        ("", form),
    ];
    cases
        .into_iter()
        .map(|(path, reason)| {
            assert_eq!(Tile::parse(path), None, "{path}");
            InvalidPath { path, reason }
        })
        .collect()
}

fn last_of_log(size: u64, level: Option<u8>) -> Option<LastOfLog> {
    let tiles = Tile::all_of_log(kind(level).0, Size(size)).count();
    let last = Tile::all_of_log(kind(level).0, Size(size)).last()?;
    assert!(last.is_published(Size(size)));
    Some(LastOfLog { size: Decimal(size), kind: kind(level).1, level, tiles, last: last.to_string() })
}

fn not_published() -> Vec<NotPublished> {
    let wider = "the tile is not that wide yet";
    let past = "the log does not reach there";
    let cases = [
        (0, "tile/0/000.p/1", past),
        (5, "tile/0/000.p/6", wider),
        (5, "tile/0/000", wider),
        (5, "tile/entries/000.p/6", wider),
        (255, "tile/0/000", wider),
        (255, "tile/1/000.p/1", past),
        (256, "tile/0/001.p/1", past),
        (511, "tile/1/000.p/2", wider),
        (70_000, "tile/entries/273.p/113", wider),
        (70_000, "tile/0/274.p/1", past),
        (70_000, "tile/2/000.p/2", wider),
        (70_000, "tile/7/000.p/1", past),
        (u64::MAX, "tile/7/000", wider),
    ];
    cases
        .into_iter()
        .map(|(size, path, reason)| {
            let tile = Tile::parse(path).unwrap();
            assert!(!tile.is_published(Size(size)), "{path} of {size}");
            assert_eq!(
                Tile::of_log(tile.kind(), tile.index(), Size(size)).is_none(),
                reason == past,
                "{path}"
            );
            NotPublished { size: Decimal(size), path, reason }
        })
        .collect()
}

#[derive(Serialize)]
struct TileFile {
    tiles: Vec<TileBytes>,
    subtrees: Vec<SubtreeHashes>,
}

#[derive(Serialize)]
struct TileBytes {
    size: Decimal,
    path: String,
    bytes: Option<Hex>,
    sha256: Hex,
}

#[derive(Serialize)]
struct SubtreeHashes {
    height: u8,
    index: Decimal,
    root: Hex,
    path: String,
    first: Decimal,
    count: u16,
}

pub fn tiles() -> String {
    let tiles = [(5, 0, 0), (256, 0, 0), (300, 0, 1), (300, 1, 0), (1000, 0, 3), (1000, 1, 0)];
    let subtrees = [(0, 999), (1, 0), (2, 64), (7, 1), (8, 2), (9, 0)];
    let file = TileFile {
        tiles: tiles.map(|(size, level, index)| tile_bytes(size, level, index)).into(),
        subtrees: subtrees.map(|(height, index)| subtree_hashes(height, index)).into(),
    };
    json(&file)
}

fn hashes_of(tile: Tile, level: u8) -> Vec<u8> {
    let below = 1_u64 << (8 * level);
    (tile.start()..tile.start() + u64::from(tile.width()))
        .flat_map(|at| tree_of((at * below..(at + 1) * below).map(numbered_leaf_hash)).root().0)
        .collect()
}

/// The bytes of a tile are written out if they are few; their hash always.
fn tile_bytes(size: u64, level: u8, index: u64) -> TileBytes {
    let tile = Tile::of_log(TileKind::Hashes(level), index, Size(size)).unwrap();
    let bytes = hashes_of(tile, level);
    let hash = sha256(&bytes);
    let few = bytes.len() <= 8 * Hash::BYTES;
    TileBytes {
        size: Decimal(size),
        path: tile.to_string(),
        bytes: few.then_some(Hex(bytes)),
        sha256: hash.into(),
    }
}

/// Where the root of a subtree of a log of 1,000 entries is found.
fn subtree_hashes(height: u8, index: u64) -> SubtreeHashes {
    let range = HashRange::of_subtree(Subtree { height, index });
    let tile = range.tile(Size(1000)).unwrap();
    let bytes = hashes_of(tile, range.level);
    let root = root_of_row(range.slice_of(&bytes).unwrap()).unwrap();
    let leaves = index << height..(index + 1) << height;
    assert_eq!(root, tree_of(leaves.map(numbered_leaf_hash)).root());
    SubtreeHashes {
        height,
        index: Decimal(index),
        root: root.into(),
        path: tile.to_string(),
        first: Decimal(range.start - tile.start()),
        count: range.count,
    }
}
