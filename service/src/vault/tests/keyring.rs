//! Keys are durable before they are used, never made twice, and open with their own wrapping key only.

use std::sync::Arc;

use einsicht_access::vault::WrappingKey;
use einsicht_access::{Month, RetentionClass};

use super::harness::{Step, World, open, open_with, origin, take, wrapping};
use crate::storage::file::Folder as _;
use crate::storage::memory::{At, Choice, Done, Kind, MemoryFolder};
use crate::vault::{Keyring, KeyringError};

const CLASS: RetentionClass = RetentionClass::NextYearEnd;

fn november() -> Month {
    "2026-11".parse().unwrap()
}

fn keyring(folder: &MemoryFolder) -> Result<Keyring, KeyringError> {
    let folder = Arc::new(folder.clone());
    Keyring::open(folder.clone(), folder, wrapping(), origin())
}

/// Encrypted with the key of November: what is told apart by it.
fn encrypted(keyring: &Keyring) -> Vec<u8> {
    keyring.vault_key(november(), CLASS).unwrap().encrypt("o", &[0; 16], &[0; 24], b"text")
}

#[test]
fn a_key_that_was_given_out_survives_a_loss_of_power() {
    for operation in 0.. {
        let folder = MemoryFolder::default();
        folder.power_off_before(operation);
        let given = keyring(&folder).ok().and_then(|keyring| {
            keyring.vault_key(november(), CLASS).ok()?;
            Some((encrypted(&keyring), keyring.period_key(november()).unwrap()))
        });
        for choice in (0..20).map(Choice::Random).chain([Choice::AllLost, Choice::AllKept, Choice::Lengths]) {
            let later = keyring(&folder.power_loss(choice)).unwrap();
            let made = encrypted(&later);
            if let Some((before, period)) = &given {
                assert_eq!(&made, before, "{operation}, {choice:?}");
                assert_eq!(later.period_key(november()).unwrap(), *period);
            }
        }
        if given.is_some() {
            assert!(operation > 10);
            break;
        }
    }
}

/// The process before may have been ended because of a failed sync: the key is there to be read, and not on
/// the disk.
#[test]
fn a_key_that_another_process_left_is_on_the_disk_before_it_is_used() {
    let operations = {
        let folder = MemoryFolder::default();
        encrypted(&keyring(&folder).unwrap());
        folder.operations()
    };
    for operation in 0..operations {
        for done in [Done::Nothing, Done::Half] {
            let folder = MemoryFolder::default();
            folder.fail(At::Operation(operation), done);
            assert!(keyring(&folder).unwrap().vault_key(november(), CLASS).is_err(), "{operation}");
            let killed = folder.after_kill();
            let before = encrypted(&keyring(&killed).unwrap());
            let after = encrypted(&keyring(&killed.power_loss(Choice::AllLost)).unwrap());
            assert_eq!(before, after, "{operation}, {done:?}");
        }
    }
}

#[test]
fn a_wrong_wrapping_key_is_told_with_the_file_and_changes_nothing() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(3)]));
    let state = || {
        let paths = folder.paths().into_iter();
        paths.filter(|path| !path.starts_with("log/")).map(|path| folder.bytes(&path)).collect::<Vec<_>>()
    };
    let before = state();
    let error = open_with(&folder, Some(WrappingKey::new([4; 32]))).err().unwrap();
    assert!(
        error.starts_with("vault/2026-11.next-year-end.key, in the folder of keys, does not open"),
        "{error}"
    );
    assert!(before == state(), "something was changed");
}

#[test]
fn one_damaged_key_does_not_stop_a_start_and_is_never_replaced() {
    let folder = MemoryFolder::default();
    let mut world = open(&folder).unwrap();
    assert!(take(&mut world, &[Step::Commit(3)]));
    folder.flip("vault/2026-11.next-year-end.key", 400);
    let world = open(&folder).unwrap();
    let keyring = world.vault.keyring().unwrap();
    assert!(matches!(keyring.vault_key(november(), CLASS), Err(KeyringError::Damaged { .. })));
    keyring.vault_key(november(), RetentionClass::Months(12)).unwrap();
}

#[test]
fn no_new_key_is_made_where_something_was_written_under_the_old_one() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(3)]));
    folder.remove("vault/2026-11.next-year-end.key").unwrap();
    let World { vault, .. } = open(&folder).unwrap();
    let lost = vault.keyring().unwrap().vault_key(november(), CLASS).unwrap_err();
    assert!(matches!(&lost, KeyringError::Lost { path, written }
        if path == "vault/2026-11.next-year-end.key" && written == "vault/2026-11/next-year-end/openings"));
    folder.remove("markers/2026-11.key").unwrap();
    let World { vault, .. } = open(&folder).unwrap();
    assert!(matches!(vault.keyring().unwrap().period_key(november()), Err(KeyringError::Lost { .. })));
    vault.keyring().unwrap().vault_key("2026-12".parse().unwrap(), CLASS).unwrap();
}

#[test]
fn keys_that_were_only_read_are_not_taken_for_ready() {
    let folder = MemoryFolder::default();
    encrypted(&keyring(&folder).unwrap());
    let keyring = keyring(&folder).unwrap();
    assert!(keyring.existing_vault_key(november(), CLASS).unwrap().is_some());
    assert!(keyring.existing_period_key(november()).unwrap().is_some());
    assert!(keyring.existing_vault_key(november(), RetentionClass::Months(1)).unwrap().is_none());
    assert!(keyring.cached(november(), CLASS).is_none());
    keyring.vault_key(november(), CLASS).unwrap();
    assert!(keyring.cached(november(), CLASS).is_some());
}

/// A file that is only removed leaves the key on the disk.
#[test]
fn a_key_is_overwritten_on_the_disk_before_its_file_goes() {
    for path in ["vault/2026-11.next-year-end.key", "markers/2026-11.key"] {
        let folder = MemoryFolder::default();
        let keyring = keyring(&folder).unwrap();
        encrypted(&keyring);
        folder.fail(At::Nth(Kind::Remove, path.to_owned(), 0), Done::Nothing);
        assert!(keyring.destroy(november(), CLASS, true).is_err() && folder.faults_left() == 0);
        let left = folder.power_loss(Choice::AllLost).bytes(path);
        assert!(!left.is_empty() && left.iter().all(|byte| *byte == 0), "{path}: something is left of it");
    }
}

#[test]
fn a_destroyed_key_is_nowhere_any_more() {
    let folder = MemoryFolder::default();
    let keyring = keyring(&folder).unwrap();
    encrypted(&keyring);
    keyring.destroy(november(), CLASS, true).unwrap();
    assert!(keyring.cached(november(), CLASS).is_none());
    assert!(keyring.existing_vault_key(november(), CLASS).unwrap().is_none());
    assert!(keyring.existing_period_key(november()).unwrap().is_none());
    for choice in [Choice::AllLost, Choice::Lengths, Choice::Newest] {
        let found = folder.power_loss(choice).paths();
        assert!(!found.iter().any(|path| path.ends_with(".key")), "{choice:?}: {found:?}");
    }
}
