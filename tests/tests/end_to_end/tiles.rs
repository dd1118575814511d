//! Tiles and bundles, for every size that was ever published, against what follows from the entries.

use einsicht_tests::make::request;
use einsicht_tests::service::Service;
use einsicht_tests::verify::Whole;
use einsicht_tlog::bundle;
use einsicht_tlog::hash::Hash;
use einsicht_tlog::tile::{LEVEL_MAX, TILE_WIDTH, Tile, TileKind, root_of_row};
use einsicht_tlog::{Frontier, Size};
use futures::StreamExt as _;
use reqwest::StatusCode;
use std::collections::BTreeSet;

use crate::{SMALL_SEGMENTS, folder};

const CALLS_AT_ONCE: usize = 16;

/// The hashes of every level, by the rule of tlog-tiles: one of the next for each full tile.
fn levels(leaf_hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let mut levels = vec![leaf_hashes.to_vec()];
    while let Some(row) = levels.last().filter(|row| row.len() >= usize::from(TILE_WIDTH)) {
        let full = row.chunks_exact(usize::from(TILE_WIDTH));
        let next = full.map(|tile| root_of_row(&bytes(tile)).unwrap()).collect();
        levels.push(next);
    }
    levels
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// What a tile must hold.
fn expected(tile: Tile, whole: &Whole, levels: &[Vec<Hash>]) -> Vec<u8> {
    let start = usize::try_from(tile.start()).unwrap();
    let range = start..start + usize::from(tile.width());
    match tile.kind() {
        TileKind::Hashes(level) => bytes(&levels[usize::from(level)][range]),
        TileKind::Entries => {
            let mut content = Vec::new();
            whole.leaves[range].iter().for_each(|leaf| bundle::write_entry(leaf, &mut content).unwrap());
            content
        }
    }
}

/// Every tile of every size up to `size`, full and partial.
fn tiles_of_all_sizes(size: u64) -> BTreeSet<Tile> {
    let kinds = (0..=LEVEL_MAX).map(TileKind::Hashes).chain([TileKind::Entries]);
    let kinds: Vec<_> = kinds.collect();
    (1..=size)
        .flat_map(|size| kinds.iter().flat_map(move |kind| Tile::all_of_log(*kind, Size(size))))
        .collect()
}

#[tokio::test]
async fn every_tile_of_every_published_size_holds_what_follows_from_the_entries() {
    let folder = folder();
    let service = &Service::start(folder.path(), &SMALL_SEGMENTS).await;
    for _ in 0..6 {
        service.record(request(100)).await.unwrap();
    }
    let whole = &Whole::read(service).await;
    let levels = &levels(&whole.hashes);
    assert_eq!(levels.iter().map(Vec::len).collect::<Vec<_>>(), [602, 2]);
    let tiles = tiles_of_all_sizes(whole.size());
    let calls = tiles.iter().map(|tile| async move {
        let page = service.get(&format!("/{tile}")).await;
        assert_eq!(page.status, StatusCode::OK, "{tile}");
        assert!(page.bytes == expected(*tile, whole, levels), "{tile}");
    });
    let checked = futures::stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).count().await;
    assert_eq!(checked, 602 + 602 + 2, "each size ends in another tile at level 0, two at level 1");
}

#[tokio::test]
async fn a_verifier_needs_nothing_but_checkpoint_and_bundles() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(700)).await.unwrap();
    let verifier = service.verifier();
    let head = verifier.open(&service.get("/checkpoint").await.bytes);
    let mut leaves = Vec::new();
    for tile in Tile::all_of_log(TileKind::Entries, head.size) {
        let content = service.get(&format!("/{tile}")).await.bytes;
        let entries = bundle::exactly(&content, usize::from(tile.width())).unwrap();
        leaves.extend(entries.into_iter().map(|leaf| content.slice_ref(leaf)));
    }
    assert_eq!(Whole::of(verifier.origin(), leaves).head(), head);
}

#[tokio::test]
async fn the_root_of_the_checkpoint_follows_from_the_hash_tiles_alone() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(700)).await.unwrap();
    let head = service.head().await;
    let mut frontier = Frontier::new();
    for tile in Tile::all_of_log(TileKind::Hashes(0), head.size) {
        let content = service.get(&format!("/{tile}")).await.bytes;
        content.chunks_exact(32).for_each(|hash| frontier.push(Hash::from_slice(hash).unwrap()));
    }
    assert_eq!(frontier.head(), head);
}

#[tokio::test]
async fn a_partial_tile_stays_what_it_was_however_far_the_ledger_has_grown() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(98)).await.unwrap();
    let mut before = Vec::new();
    for path in ["/tile/0/000.p/100", "/tile/entries/000.p/100", "/tile/0/000.p/1"] {
        before.push((path, service.get(path).await.bytes));
    }
    service.record(request(400)).await.unwrap();
    let full = service.get("/tile/0/000").await.bytes;
    for (path, bytes) in before {
        assert_eq!(service.get(path).await.bytes, bytes, "{path}");
    }
    assert_eq!(service.get("/tile/0/000.p/255").await.bytes, full[..255 * 32]);
}
