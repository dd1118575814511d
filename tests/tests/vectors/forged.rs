//! How served files differ from those of the ledger.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ledger::hex;

/// What to do with the files of `ledger/`.
#[derive(Serialize, Default)]
pub struct Changes {
    edits: Vec<Edit>,
    missing: Vec<String>,
}

/// At byte `at` of a file, `remove` bytes are replaced by others.
#[derive(Serialize)]
struct Edit {
    path: String,
    at: usize,
    remove: usize,
    insert: String,
}

type Tiles = BTreeMap<String, Vec<u8>>;

/// The changes that make `other` of `tiles`. A file that only `other` has would be of another size of the ledger: there
/// is none.
pub fn changes(tiles: &Tiles, other: &Tiles) -> Changes {
    assert!(
        other.keys().all(|path| tiles.contains_key(path)),
        "there is a file that the ledger does not have"
    );
    let mut changes = Changes::default();
    for (path, old) in tiles {
        match other.get(path) {
            None => changes.missing.push(path.clone()),
            Some(new) if new == old => {}
            Some(new) => changes.edits.push(edit(path, old, new)),
        }
    }
    changes
}

fn edit(path: &str, old: &[u8], new: &[u8]) -> Edit {
    let common =
        |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(old, new)| old == new).count();
    let at = common(&mut old.iter().zip(new));
    let behind = common(&mut old[at..].iter().rev().zip(new[at..].iter().rev()));
    let insert = hex(&new[at..new.len() - behind]);
    Edit { path: path.to_owned(), at, remove: old.len() - behind - at, insert }
}
