//! What is left where nobody looks after it: in a vault that no service has any more, and of keys whose openings are gone.

use std::io;

use einsicht_access::vault::KeyName;
use einsicht_access::{Month, RetentionClass};

use super::copy::open_openings;
use super::keyring::names;
use super::recovery::list;
use super::{KeyringError, Vault};
use crate::storage::file::Folder;

/// Months and classes of a vault whose sealed values are there, in order.
///
/// # Errors
/// Those of the file system.
pub fn left(data: &dyn Folder) -> io::Result<Vec<(Month, RetentionClass)>> {
    let mut left = Vec::new();
    for (month, class) in list(data)? {
        if open_openings(data, month, class)?.is_some() {
            left.push((month, class));
        }
    }
    Ok(left)
}

impl Vault {
    /// Months and classes that have a key, and of which nothing else is there, in order. With the key, whoever has a
    /// copy of what is gone can read it.
    ///
    /// # Errors
    /// [`KeyringError::Io`].
    pub fn lone_keys(&self) -> Result<Vec<(Month, RetentionClass)>, KeyringError> {
        let names = names(&*self.inner.keys)?;
        let classes = self.inner.read();
        let lone = names.into_iter().filter_map(|name| match name {
            KeyName::Vault(month, class) => Some((month, class)),
            KeyName::Period(_) => None,
        });
        Ok(lone.filter(|one| !classes.contains_key(one)).collect())
    }
}
