//! A vault on disk beside a sample, and its keys: what a service would have written.

use std::fs;
use std::path::Path;

use einsicht_access::openings::Openings;
use einsicht_access::vault::record::{file_start, record};
use einsicht_access::vault::{KeyName, VaultKey, WrappingKey};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::{Hash, Index, Leaf, Origin};

use super::sealed::period_key;
use super::{Ledger, ORIGIN};

/// The class of everything in a sample.
pub const CLASS: RetentionClass = RetentionClass::Months(12);
const VAULT_KEY: [u8; 32] = [21; 32];

pub fn wrapping() -> WrappingKey {
    WrappingKey::new([20; 32])
}

/// The openings of one entry.
pub struct Stored {
    pub month: Month,
    pub index: Index,
    pub leaf_hash: Hash,
    pub nonce: [u8; 16],
    pub openings: Openings,
}

impl Stored {
    /// Those of the entry `index` of a ledger.
    pub fn of(ledger: &Ledger, index: u64, nonce: [u8; 16], openings: Openings) -> Self {
        let leaf = &ledger.leaves[index as usize];
        let month = Month::of_unix_s(Leaf::parse(leaf).unwrap().recorded_at.0);
        Self { month, index: Index(index), leaf_hash: leaf_hash(leaf), nonce, openings }
    }
}

/// Writes `<folder>/vault` and the keys of all months into `<folder>/keys`.
pub fn write(folder: &Path, stored: &[Stored]) {
    write_as(folder, stored, CLASS);
}

/// The same as openings of another class.
pub fn write_as(folder: &Path, stored: &[Stored], class: RetentionClass) {
    let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
    let mut months: Vec<_> = stored.iter().map(|stored| stored.month).collect();
    months.dedup();
    for dir in ["keys/vault", "keys/markers"] {
        fs::create_dir_all(folder.join(dir)).unwrap();
    }
    for month in months {
        let dir = folder.join(format!("vault/{month}/{class}"));
        fs::create_dir_all(&dir).unwrap();
        let mut file = file_start(origin_hash, month, class, 0);
        for one in stored.iter().filter(|one| one.month == month) {
            let nonce = [u8::try_from(one.index.0).unwrap(); 24];
            let sealed =
                VaultKey::new(VAULT_KEY).encrypt(ORIGIN, &one.nonce, &nonce, one.openings.as_bytes());
            file.extend(record(one.index, one.leaf_hash, &sealed).unwrap());
        }
        fs::write(dir.join("openings"), file).unwrap();
        for (name, key) in [
            (KeyName::Vault(month, class), VAULT_KEY),
            (KeyName::Period(month), *period_key(month).as_bytes()),
        ] {
            let wrapped = wrapping().wrap(ORIGIN, name, &key, &[5; 24]);
            fs::write(folder.join("keys").join(name.path()), wrapped).unwrap();
        }
    }
}

/// Writes what is left of a month and class that an entry erased as a whole, and of which entries it was.
pub fn write_erased(folder: &Path, class: RetentionClass, by: u64, entries: &[u64]) {
    let dir = folder.join(format!("vault/2026-11/{class}"));
    fs::create_dir_all(&dir).unwrap();
    let row = |index: &u64| [index.to_be_bytes(), (100 + index * 1000).to_be_bytes()].concat();
    fs::write(dir.join("index"), entries.iter().flat_map(row).collect::<Vec<_>>()).unwrap();
    fs::write(dir.join("erased"), format!("{by}\n")).unwrap();
}
