//! The files in the folder of keys.

use std::io;

use einsicht_access::vault::KeyName;
use einsicht_access::{Month, RetentionClass};

use super::KeyringError;
use crate::storage::file::Folder;

/// As [`Keyring::destroy`], for whoever has no wrapping key.
///
/// # Errors
/// Those of the file system.
pub fn destroy_class(
    keys: &dyn Folder,
    month: Month,
    class: RetentionClass,
    is_last: bool,
) -> io::Result<()> {
    destroy(keys, KeyName::Vault(month, class))?;
    if is_last { destroy(keys, KeyName::Period(month)) } else { Ok(()) }
}

/// Destroys a key: its file is overwritten, then removed. One that is gone already is gone.
fn destroy(keys: &dyn Folder, name: KeyName) -> io::Result<()> {
    let path = name.path();
    let folder = folder_of(&path);
    // A key that was being made when the power went lies beside it.
    for path in [format!("{path}.new"), path.clone()] {
        let file = match keys.open(&path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        let bytes = usize::try_from(file.byte_len()?).map_err(io::Error::other)?;
        file.write_all_at(&vec![0; bytes], 0)?;
        file.sync_data()?;
        keys.remove(&path)?;
    }
    match keys.sync_folder(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    }
}

/// The names of all keys that are there, in order.
pub fn names(keys: &dyn Folder) -> Result<Vec<KeyName>, KeyringError> {
    let list = |folder: &str| keys.list(folder).map_err(in_file(folder));
    let vault = list("vault")?.into_iter().filter_map(|file| {
        let (month, class) = file.strip_suffix(".key")?.split_once('.')?;
        Some(KeyName::Vault(month.parse().ok()?, class.parse().ok()?))
    });
    let period = list("markers")?.into_iter();
    let period = period.filter_map(|file| Some(KeyName::Period(file.strip_suffix(".key")?.parse().ok()?)));
    let mut names: Vec<KeyName> = vault.chain(period).collect();
    names.sort_unstable();
    Ok(names)
}

/// Whether there is such a file.
pub fn is_there(folder: &dyn Folder, path: &str) -> io::Result<bool> {
    match folder.open(path, false) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

pub fn in_file(path: &str) -> impl FnOnce(io::Error) -> KeyringError + '_ {
    move |error| KeyringError::Io { path: path.to_owned(), error }
}

pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
