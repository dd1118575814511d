//! Tiles: the tree in files of 256 hashes. C2SP tlog-tiles.
//!
//! A tile of level L holds up to 256 hashes, 32 bytes each; hash `i` of level L is the root of the
//! perfect subtree of height 8·L at position `i`. Level 0 holds leaf hashes.
//!
//! ```text
//! tile/<L>/<N>[.p/<W>]          hashes
//! tile/entries/<N>[.p/<W>]      entry bundle
//! ```
//!
//! N is written in groups of three digits, all but the last with an `x` before them; W (1 to 255)
//! stands only where the tile is not full.

use std::fmt;

use crate::checkpoint::parse_decimal;
use crate::hash::{Hash, node_hash};
use crate::merkle::Subtree;
use crate::units::Size;

/// Hashes of a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Levels of a tile: the tree's height of a tile.
pub const TILE_HEIGHT: u8 = 8;
/// Highest level that a tree of 2^64 leaves has.
pub const LEVEL_MAX: u8 = 7;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of this level, 0 to 7.
    Hashes(u8),
    /// Leaves.
    Entries,
}

/// Which tile: kind, position and width. Its width is 1 to 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// Adjacent hashes of one level: where a subtree's root comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashRange {
    /// Level of the tiles.
    pub level: u8,
    /// Position of the first hash in its level.
    pub start: u64,
    /// How many hashes: a power of two up to 128.
    pub count: u16,
}

impl Tile {
    /// The tile `index` of `kind`, as wide as a log of `size` entries makes it; `None` if the log
    /// has none of it.
    #[must_use]
    pub fn of_log(kind: TileKind, index: u64, size: Size) -> Option<Self> {
        let start = index.checked_mul(u64::from(TILE_WIDTH))?;
        let available = kind.count_in(size).checked_sub(start)?;
        let width = u16::try_from(available.min(u64::from(TILE_WIDTH))).ok()?;
        (width > 0).then_some(Self { kind, index, width })
    }

    /// The tiles of `kind` that a log of `size` entries has, in order.
    pub fn all_of_log(kind: TileKind, size: Size) -> impl Iterator<Item = Self> {
        (0..kind.count_in(size).div_ceil(u64::from(TILE_WIDTH)))
            .filter_map(move |index| Self::of_log(kind, index, size))
    }

    /// What it holds.
    #[must_use]
    pub fn kind(self) -> TileKind {
        self.kind
    }

    /// Its position in its level.
    #[must_use]
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, 1 to 256.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// Position of its first hash or entry in its level.
    #[must_use]
    pub fn start(self) -> u64 {
        self.index * u64::from(TILE_WIDTH)
    }

    /// Whether a log of `size` entries has published this tile in this width.
    #[must_use]
    pub fn is_published(self, size: Size) -> bool {
        self.start().checked_add(u64::from(self.width)).is_some_and(|end| end <= self.kind.count_in(size))
    }

    /// Reads a path such as `tile/0/x001/x234/067.p/8`. Only the one canonical spelling is accepted;
    /// `None` for anything else. Does not check that a log has the tile.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match level {
            "entries" => TileKind::Entries,
            _ => TileKind::Hashes(
                u8::try_from(parse_decimal(level)?).ok().filter(|level| *level <= LEVEL_MAX)?,
            ),
        };
        let (digits, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((digits, width)) => (digits, u16::try_from(parse_decimal(width)?).ok()?),
        };
        let partial = rest.len() != digits.len();
        if partial && !(1..TILE_WIDTH).contains(&width) {
            return None;
        }
        let tile = Self { kind, index: parse_groups(digits)?, width };
        tile.index.checked_mul(u64::from(TILE_WIDTH))?.checked_add(u64::from(TILE_WIDTH))?;
        (tile.to_string() == path).then_some(tile)
    }
}

impl TileKind {
    /// How many hashes or entries of this kind a log of `size` entries has.
    #[must_use]
    pub fn count_in(self, size: Size) -> u64 {
        match self {
            Self::Entries => size.0,
            Self::Hashes(level) => size.0.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0),
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let groups = self.index.checked_ilog(1000).unwrap_or(0);
        for group in (1..=groups).rev() {
            write!(f, "x{:03}/", self.index / 1000_u64.pow(group) % 1000)?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl HashRange {
    /// The hashes that make up the root of `subtree`. They lie within one tile.
    #[must_use]
    pub fn of_subtree(subtree: Subtree) -> Self {
        let below = subtree.height % TILE_HEIGHT;
        Self { level: subtree.height / TILE_HEIGHT, start: subtree.index << below, count: 1 << below }
    }

    /// The tile that holds these hashes, as wide as a log of `size` entries makes it; `None` if the
    /// log does not have all of them.
    #[must_use]
    pub fn tile(self, size: Size) -> Option<Tile> {
        let tile = Tile::of_log(TileKind::Hashes(self.level), self.start / u64::from(TILE_WIDTH), size)?;
        let end = self.start + u64::from(self.count);
        (end <= tile.start() + u64::from(tile.width())).then_some(tile)
    }

    /// Takes these hashes out of the bytes of their tile; `None` if the tile is too short.
    #[must_use]
    pub fn slice_of(self, tile_bytes: &[u8]) -> Option<&[u8]> {
        let offset = usize::try_from(self.start % u64::from(TILE_WIDTH)).ok()? * Hash::BYTES;
        tile_bytes.get(offset..offset + usize::from(self.count) * Hash::BYTES)
    }
}

/// Root of a perfect subtree from the hashes of one of its rows, 32 bytes each.
/// `None` unless their number is a power of two.
#[must_use]
pub fn root_of_row(row: &[u8]) -> Option<Hash> {
    let (hashes, rest) = row.as_chunks::<{ Hash::BYTES }>();
    if !rest.is_empty() || !hashes.len().is_power_of_two() {
        return None;
    }
    let mut hashes: Vec<Hash> = hashes.iter().copied().map(Hash).collect();
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.first().copied()
}

fn parse_groups(digits: &str) -> Option<u64> {
    let (upper, last) = match digits.rsplit_once('/') {
        Some((upper, last)) => (Some(upper), last),
        None => (None, digits),
    };
    let groups = upper.into_iter().flat_map(|upper| upper.split('/')).map(|group| group.strip_prefix('x'));
    groups.chain([Some(last)]).try_fold(0_u64, |index, group| {
        let group = group.filter(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()))?;
        index.checked_mul(1000)?.checked_add(group.parse().ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = Tile { kind: TileKind::Hashes(0), index: 1_234_067, width: 256 };
        assert_eq!(tile.to_string(), "tile/0/x001/x234/067");
        assert_eq!(Tile { width: 8, ..tile }.to_string(), "tile/0/x001/x234/067.p/8");
        let entries = Tile { kind: TileKind::Entries, index: 0, width: 1 };
        assert_eq!(entries.to_string(), "tile/entries/000.p/1");
    }

    #[test]
    fn only_the_canonical_spelling_of_a_path_is_accepted() {
        for bad in [
            "tile/00/000",
            "tile/8/000",
            "tile/-1/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/0/001/x000",
            "tile/0/x001/0",
            "tile/0/001/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
            "tile/0/000/",
            "/tile/0/000",
            "tile/0/٠٠٠",
            "tile/data/000",
            "tile/entries/",
            "tile/0",
        ] {
            assert_eq!(Tile::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_tile_is_published_up_to_the_size_and_not_beyond() {
        let size = Size(70_000);
        let last = Tile::of_log(TileKind::Entries, 273, size).unwrap();
        assert_eq!(last.width(), 112);
        assert!(last.is_published(size) && !last.is_published(Size(69_999)));
        assert_eq!(Tile::of_log(TileKind::Entries, 274, size), None);
        assert_eq!(Tile::of_log(TileKind::Hashes(1), 1, size).unwrap().width(), 17);
        assert_eq!(Tile::of_log(TileKind::Hashes(2), 0, size).unwrap().width(), 1);
        assert_eq!(Tile::of_log(TileKind::Hashes(3), 0, size), None);
        assert_eq!(Tile::all_of_log(TileKind::Hashes(1), size).count(), 2);
        assert_eq!(Tile::of_log(TileKind::Entries, u64::MAX, Size(u64::MAX)), None);
    }

    proptest! {
        #[test]
        fn a_path_survives_its_text(level in 0_u8..=7, entries: bool, index in 0_u64..(1 << 55), width in 1_u16..=256) {
            let kind = if entries { TileKind::Entries } else { TileKind::Hashes(level) };
            let tile = Tile { kind, index, width };
            prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
        }

        #[test]
        fn any_text_is_refused_or_read_back(path in "tile/[0-9x/.p]{0,24}") {
            if let Some(tile) = Tile::parse(&path) {
                prop_assert_eq!(tile.to_string(), path);
            }
        }

        #[test]
        fn a_subtree_lies_within_one_tile(height in 0_u8..=40, index in 0_u64..(1 << 20)) {
            let subtree = Subtree { height, index };
            let range = HashRange::of_subtree(subtree);
            let size = Size((index + 1) << height);
            let tile = range.tile(size).unwrap();
            prop_assert_eq!(tile.kind(), TileKind::Hashes(range.level));
            prop_assert!(range.slice_of(&vec![0; usize::from(tile.width()) * 32]).is_some());
            prop_assert_eq!(range.tile(Size(size.0 - 1)), None);
        }
    }
}
