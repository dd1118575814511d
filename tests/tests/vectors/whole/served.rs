//! The whole ledger, served otherwise than it was signed.

use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Hash, SigningKey, Size, TreeHead, checkpoint};

use super::Tiles;
use crate::ledger::{Ledger, key, other_key, text};

/// Name, files, and what shows that they are not right, if anything.
type Served = (&'static str, Tiles, Option<&'static str>);

const FIRST: &str = "tile/entries/000";
const LAST: &str = "tile/entries/001.p/44";
const HASHES: &str = "tile/0/000";

/// Served otherwise than it was signed.
pub fn damaged(ledger: &Ledger) -> Vec<Served> {
    let with = |path: &str, change: &dyn Fn(&mut Vec<u8>)| with(ledger, path, change);
    let body = place(ledger, 50) + 2 + 41;
    let entry = place(ledger, 50)..place(ledger, 51);
    let next = place(ledger, 51)..place(ledger, 52);
    let mut swapped = ledger.tiles();
    let bundle = swapped.get_mut(FIRST).unwrap();
    let turned = [&bundle[next.clone()], &bundle[entry.clone()]].concat();
    bundle.splice(entry.start..next.end, turned);
    vec![
        ("as it is", ledger.tiles(), None),
        ("as it was, with the partial tiles of later", shorter(ledger), None),
        (
            "a flipped bit in the body of an entry",
            with(FIRST, &|bundle| flipped(bundle, body + 20)),
            Some("entries"),
        ),
        (
            "a flipped bit in the version of an entry",
            with(FIRST, &|bundle| flipped(bundle, entry.start + 2)),
            Some("entries"),
        ),
        (
            "a flipped bit in what an entry follows",
            with(FIRST, &|bundle| flipped(bundle, entry.start + 3)),
            Some("entries"),
        ),
        (
            "a flipped bit in the length of an entry",
            with(FIRST, &|bundle| flipped(bundle, entry.start + 1)),
            Some("entries"),
        ),
        (
            "an entry that is missing",
            with(FIRST, &|bundle| drop(bundle.drain(entry.clone()))),
            Some("entries"),
        ),
        (
            "an entry twice",
            with(FIRST, &|bundle| {
                drop(bundle.splice(entry.start..entry.start, bundle[entry.clone()].to_vec()))
            }),
            Some("entries"),
        ),
        ("two entries in each other's place", swapped, Some("entries")),
        (
            "a flipped bit in a value of the last entry",
            with(LAST, &|bundle| {
                let event_id = bundle.windows(16).rposition(|window| window == [7; 16]).unwrap();
                flipped(bundle, event_id);
            }),
            Some("root"),
        ),
    ]
}

/// The same, of the last files.
pub fn damaged_at_the_end(ledger: &Ledger) -> Vec<Served> {
    let with = |path: &str, change: &dyn Fn(&mut Vec<u8>)| with(ledger, path, change);
    let without = |path: &str| {
        let mut tiles = ledger.tiles();
        tiles.remove(path).unwrap();
        tiles
    };
    vec![
        ("the last entry cut", with(LAST, &|bundle| bundle.truncate(bundle.len() - 1)), Some("entries")),
        ("a byte behind the last entry", with(LAST, &|bundle| bundle.push(0)), Some("entries")),
        ("an empty bundle", with(LAST, &|bundle| bundle.clear()), Some("entries")),
        ("a bundle that is not there", without(LAST), Some("missing")),
        ("no checkpoint", without("checkpoint"), Some("missing")),
        ("a flipped bit in a hash tile", with(HASHES, &|tile| flipped(tile, 32 * 50)), Some("tiles")),
        (
            "a flipped bit in the root of the full tile",
            with("tile/1/000.p/1", &|tile| flipped(tile, 0)),
            Some("tiles"),
        ),
    ]
}

/// Under a checkpoint that the ledger did not sign, or not for this.
pub fn signed_by_others(ledger: &Ledger) -> Vec<Served> {
    let with = |note: Vec<u8>| with(ledger, "checkpoint", |checkpoint| *checkpoint = note.clone());
    let head = ledger.head_at(300);
    let foreign = SigningKey::from_seed("else.example", &[3; 32]).unwrap();
    let root = TreeHead { root: sha256(b"another root"), ..head };
    let honest = text(ledger.note());
    let note = |from: &str, to: &str| {
        assert!(honest.contains(from), "nothing to edit: {from}");
        with(honest.replacen(from, to, 1).into_bytes())
    };
    let empty = TreeHead { size: Size(0), root: Hash::EMPTY_ROOT };
    vec![
        ("a root that another key signed", with(checkpoint::sign(root, &other_key())), Some("checkpoint")),
        (
            "a root that was put in behind signing",
            note(&head.root.to_string(), &root.root.to_string()),
            Some("checkpoint"),
        ),
        ("a size that was put in behind signing", note("\n300\n", "\n299\n"), Some("checkpoint")),
        ("a checkpoint of another ledger", with(checkpoint::sign(head, &foreign)), Some("checkpoint")),
        ("a checkpoint that is none", with(b"ledger.example/vectors\n300\n".to_vec()), Some("checkpoint")),
        (
            "a root that the ledger signed, of other entries",
            with(checkpoint::sign(root, &key())),
            Some("root"),
        ),
        ("a checkpoint of no entry", with(checkpoint::sign(empty, &key())), Some("empty")),
    ]
}

/// The ledger as it was with 256 entries, where partial tiles are there only of the whole.
pub fn shorter(ledger: &Ledger) -> Tiles {
    let mut tiles = ledger.tiles();
    tiles.insert("checkpoint".to_owned(), ledger.note_at(256));
    tiles
}

/// The files with one that is changed.
fn with(ledger: &Ledger, path: &str, change: impl Fn(&mut Vec<u8>)) -> Tiles {
    let mut tiles = ledger.tiles();
    change(tiles.get_mut(path).unwrap());
    tiles
}

fn flipped(bytes: &mut [u8], at: usize) {
    bytes[at] ^= 1;
}

/// Where an entry stands in the first bundle: its length first.
fn place(ledger: &Ledger, index: u64) -> usize {
    ledger.leaves[..index as usize].iter().map(|leaf| leaf.len() + 2).sum()
}
