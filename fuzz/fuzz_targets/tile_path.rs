//! Paths of tiles, as a web server gets them.
#![no_main]

use einsicht_tlog::Size;
use einsicht_tlog::tile::{Tile, TileKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u64, &str)| {
    let (size, path) = (Size(input.0), input.1);
    let Some(tile) = Tile::parse(path) else { return };
    assert_eq!(tile.to_string(), path, "a tile has one name");
    assert!((1..=256).contains(&tile.width()));
    if let TileKind::Hashes(level) = tile.kind() {
        assert!(level <= 7);
    }
    let end = tile.start().checked_add(u64::from(tile.width()));
    let end = end.expect("a tile ends where numbers do, at the latest");
    assert_eq!(tile.is_published(size), end <= tile.kind().count_in(size));
    // The log has it at least as wide as it was published, and never wider than a tile.
    let of_log = Tile::of_log(tile.kind(), tile.index(), size);
    if tile.is_published(size) {
        assert!(of_log.is_some_and(|widest| widest.width() >= tile.width()));
    }
    if let Some(widest) = of_log {
        assert!(widest.is_published(size));
        assert_eq!(Tile::parse(&widest.to_string()), Some(widest));
    }
});
