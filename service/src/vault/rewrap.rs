//! Another wrapping key: every key of the vault under a new one, so that whoever has the old one, and copies of the key
//! files, has nothing.

use einsicht_access::vault::{AEAD_NONCE_BYTES, WrappingKey};
use einsicht_tlog::Origin;

use super::KeyringError;
use super::keyring::names;
use crate::signer;
use crate::storage::file::{Folder, read_small, replace};

/// The keys are under the wrapping key that they were under.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// Some open with neither.
    #[error(
        "{paths}, in the folder of keys: damaged, or under another wrapping key than the one that is configured. No key was \
         changed. Restore what is named from your backup of the keys; or, where there is none, move it out of the folder \
         and begin again: what was sealed with it stays unreadable",
        paths = paths.join(", ")
    )]
    Unopened {
        /// Their files.
        paths: Vec<String>,
    },
    /// A file, or there was no randomness.
    #[error(transparent)]
    Key(#[from] KeyringError),
}

/// Puts all keys in the folder of keys under another wrapping key, and returns how many it did. Those that are under
/// it already stay as they are: one that was cut off is run again. Nobody else may use the folder meanwhile; that is
/// not checked here.
///
/// # Errors
/// [`RewrapError`]. Before all keys were found to open, with the old or the new one, nothing is changed.
pub fn rewrap(
    keys: &dyn Folder,
    origin: &Origin,
    old: &WrappingKey,
    new: &WrappingKey,
) -> Result<usize, RewrapError> {
    let (mut under_old, mut unopened) = (Vec::new(), Vec::new());
    for name in names(keys)? {
        let path = name.path();
        let io = |error| KeyringError::Io { path: path.clone(), error };
        let Some(file) = read_small(keys, &path).map_err(io)? else { continue };
        if new.unwrap(origin.as_str(), name, &file).is_ok() {
            continue;
        }
        match old.unwrap(origin.as_str(), name, &file) {
            Ok(key) => under_old.push((name, key)),
            Err(_) => unopened.push(path),
        }
    }
    if !unopened.is_empty() {
        return Err(RewrapError::Unopened { paths: unopened });
    }
    for (name, key) in &under_old {
        let mut nonce = [0; AEAD_NONCE_BYTES];
        signer::random(&mut nonce).map_err(KeyringError::from)?;
        let path = name.path();
        let file = new.wrap(origin.as_str(), *name, key, &nonce);
        replace(keys, &path, &file).map_err(|error| KeyringError::Io { path, error })?;
    }
    Ok(under_old.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::memory::MemoryFolder;
    use crate::vault::Keyring;

    fn key(byte: &str) -> WrappingKey {
        WrappingKey::parse(&byte.repeat(32)).unwrap()
    }

    fn open(folder: &MemoryFolder, byte: &str) -> Result<Keyring, KeyringError> {
        let origin = Origin::parse("rewrap.test/log").unwrap();
        Keyring::open(Arc::new(folder.clone()), Arc::new(MemoryFolder::default()), key(byte), origin)
    }

    #[test]
    fn keys_open_with_the_new_one_only_and_are_the_same() {
        let origin = Origin::parse("rewrap.test/log").unwrap();
        let folder = MemoryFolder::default();
        let (month, class) = ("2026-11".parse().unwrap(), "P12M".parse().unwrap());
        let keyring = open(&folder, "aa").unwrap();
        let sealed = keyring.vault_key(month, class).unwrap().encrypt("o", &[1; 16], &[2; 24], b"opening");
        let period = *keyring.period_key(month).unwrap().as_bytes();
        assert_eq!(rewrap(&folder, &origin, &key("aa"), &key("bb")).unwrap(), 2);
        assert_eq!(rewrap(&folder, &origin, &key("aa"), &key("bb")).unwrap(), 0, "run again");
        assert!(matches!(open(&folder, "aa"), Err(KeyringError::WrongWrappingKey { .. })));
        let keyring = open(&folder, "bb").unwrap();
        let key = keyring.existing_vault_key(month, class).unwrap().unwrap();
        assert!(key.decrypt("o", &[1; 16], &sealed).is_ok());
        assert_eq!(*keyring.existing_period_key(month).unwrap().unwrap().as_bytes(), period);
    }

    #[test]
    fn nothing_is_changed_unless_every_key_opens() {
        let origin = Origin::parse("rewrap.test/log").unwrap();
        let folder = MemoryFolder::default();
        open(&folder, "aa").unwrap().vault_key("2026-11".parse().unwrap(), "P12M".parse().unwrap()).unwrap();
        let refused = rewrap(&folder, &origin, &key("cc"), &key("bb"));
        let Err(RewrapError::Unopened { paths }) = refused else { panic!("{refused:?}") };
        assert_eq!(paths, ["vault/2026-11.P12M.key", "markers/2026-11.key"], "all of them are named");
        assert!(open(&folder, "aa").is_ok());
    }
}
