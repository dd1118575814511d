//! The keys of the months: made when they are first needed, durable before they are used, and wrapped for the
//! disk by a key that the operator keeps elsewhere.

mod error;
mod files;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use einsicht_access::vault::{AEAD_NONCE_BYTES, KEY_BYTES, KeyName, UnwrapError, VaultKey, WrappingKey};
use einsicht_access::{Month, PeriodKey, RetentionClass};
use einsicht_tlog::Origin;
use zeroize::Zeroizing;

use self::files::{folder_of, in_file};
use super::layout::{erased_path, month_folder, openings_path};
use crate::signer;
use crate::storage::file::{Folder, read_small, replace};

pub use self::error::KeyringError;
pub(super) use self::files::{destroy_class, is_there, names};

/// The keys of one ledger. Those that were used are kept in memory.
pub struct Keyring {
    /// Where they lie, wrapped.
    keys: Arc<dyn Folder>,
    /// The data folder: what lies in its vault was written under keys that must be there.
    data: Arc<dyn Folder>,
    wrapping: WrappingKey,
    origin: Origin,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    vault: HashMap<(Month, RetentionClass), Held<VaultKey>>,
    period: HashMap<Month, Held<PeriodKey>>,
    /// Nothing more is sealed in these.
    closed: HashSet<(Month, RetentionClass)>,
}

/// Keys that were only read, and are kept unwrapped.
const READ_MAX: usize = 8;

impl Known {
    /// Forgets keys that were only read when there are many.
    fn make_room(&mut self) {
        if self.vault.values().filter(|held| !held.is_durable).count() >= READ_MAX {
            self.vault.retain(|_, held| held.is_durable);
        }
        if self.period.values().filter(|held| !held.is_durable).count() >= READ_MAX {
            self.period.retain(|_, held| held.is_durable);
        }
    }

    /// Forgets the keys of the months before this one: nothing is sealed in them any more.
    fn begin_month(&mut self, month: Month) {
        self.vault.retain(|(of, _), _| *of >= month);
        self.period.retain(|of, _| *of >= month);
    }
}

struct Held<K> {
    key: Arc<K>,
    /// Whether this process has synced it. What a process before it left may not be on the disk.
    is_durable: bool,
}

/// A key that was read, and the bytes of its file.
struct Unwrapped {
    file: Vec<u8>,
    key: Zeroizing<[u8; KEY_BYTES]>,
}

impl Keyring {
    /// Takes the folder of keys and the data folder of a ledger, and tries the wrapping key on all keys that
    /// are there. Single ones that do not open are logged: what they are for can't be read.
    ///
    /// # Errors
    /// [`KeyringError::WrongWrappingKey`] if there are keys, and none opens; [`KeyringError::Io`].
    pub fn open(
        keys: Arc<dyn Folder>,
        data: Arc<dyn Folder>,
        wrapping: WrappingKey,
        origin: Origin,
    ) -> Result<Self, KeyringError> {
        let keyring = Self { keys, data, wrapping, origin, known: Mutex::default() };
        let mut opened = 0_usize;
        let mut refused = Vec::new();
        for name in names(&*keyring.keys)? {
            match keyring.read(name) {
                Ok(_) => opened += 1,
                Err(KeyringError::Damaged { path, error }) => refused.push((path, error)),
                Err(error) => return Err(error),
            }
        }
        let is_foreign = |(_, error): &&(String, UnwrapError)| matches!(error, UnwrapError::Decrypt(_));
        if let (0, Some((path, _))) = (opened, refused.iter().find(is_foreign)) {
            return Err(KeyringError::WrongWrappingKey { path: path.clone() });
        }
        for (path, error) in refused {
            tracing::error!(path, %error, "a key does not open: what was sealed with it can't be read");
        }
        Ok(keyring)
    }

    /// The keys of a month and class, if both were used by this process already. Does not wait for a disk.
    #[must_use]
    pub fn cached(&self, month: Month, class: RetentionClass) -> Option<(Arc<PeriodKey>, Arc<VaultKey>)> {
        let known = self.lock();
        let period = known.period.get(&month).filter(|held| held.is_durable)?;
        let vault = known.vault.get(&(month, class)).filter(|held| held.is_durable)?;
        Some((Arc::clone(&period.key), Arc::clone(&vault.key)))
    }

    /// The key that encrypts the openings of a month and class. It is made if there is none, together with that
    /// of the month's markers, and durable.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn vault_key(&self, month: Month, class: RetentionClass) -> Result<Arc<VaultKey>, KeyringError> {
        self.period_key(month)?;
        let mut known = self.lock();
        if let Some(held) = known.vault.get(&(month, class)).filter(|held| held.is_durable) {
            return Ok(Arc::clone(&held.key));
        }
        if known.closed.contains(&(month, class)) {
            return Err(KeyringError::Closed { file: openings_path(month, class), month, class });
        }
        let erased = erased_path(month, class);
        if is_there(&*self.data, &erased).map_err(in_file(&erased))? {
            return Err(KeyringError::Erased { month, class });
        }
        let openings = openings_path(month, class);
        let bytes = self.read_or_make(KeyName::Vault(month, class), || {
            let is_there = is_there(&*self.data, &openings).map_err(in_file(&openings))?;
            Ok(is_there.then(|| openings.clone()))
        })?;
        let key = Arc::new(VaultKey::new(*bytes));
        known.vault.insert((month, class), Held { key: Arc::clone(&key), is_durable: true });
        Ok(key)
    }

    /// The key of a month's markers. It is made if there is none, and durable.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn period_key(&self, month: Month) -> Result<Arc<PeriodKey>, KeyringError> {
        let mut known = self.lock();
        if let Some(held) = known.period.get(&month).filter(|held| held.is_durable) {
            return Ok(Arc::clone(&held.key));
        }
        let folder = month_folder(month);
        let bytes = self.read_or_make(KeyName::Period(month), || {
            let classes = self.data.folders(&folder).map_err(in_file(&folder))?;
            Ok((!classes.is_empty()).then(|| folder.clone()))
        })?;
        let key = Arc::new(PeriodKey::from(*bytes));
        known.begin_month(month);
        known.period.insert(month, Held { key: Arc::clone(&key), is_durable: true });
        Ok(key)
    }

    /// The key of a month and class, if there is one.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn existing_vault_key(
        &self,
        month: Month,
        class: RetentionClass,
    ) -> Result<Option<Arc<VaultKey>>, KeyringError> {
        let mut known = self.lock();
        if let Some(held) = known.vault.get(&(month, class)) {
            return Ok(Some(Arc::clone(&held.key)));
        }
        let Some(Unwrapped { key: bytes, .. }) = self.read(KeyName::Vault(month, class))? else {
            return Ok(None);
        };
        let key = Arc::new(VaultKey::new(*bytes));
        known.make_room();
        known.vault.insert((month, class), Held { key: Arc::clone(&key), is_durable: false });
        Ok(Some(key))
    }

    /// The key of a month's markers, if there is one.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn existing_period_key(&self, month: Month) -> Result<Option<Arc<PeriodKey>>, KeyringError> {
        let mut known = self.lock();
        if let Some(held) = known.period.get(&month) {
            return Ok(Some(Arc::clone(&held.key)));
        }
        let Some(Unwrapped { key: bytes, .. }) = self.read(KeyName::Period(month))? else { return Ok(None) };
        let key = Arc::new(PeriodKey::from(*bytes));
        known.make_room();
        known.period.insert(month, Held { key: Arc::clone(&key), is_durable: false });
        Ok(Some(key))
    }

    /// Refuses to seal anything more in a month and class: what is there can't be read.
    pub(super) fn close(&self, month: Month, class: RetentionClass) {
        self.lock().closed.insert((month, class));
    }

    /// Destroys the key of a month and class; `is_last` if no other class of the month is left: then that of the
    /// markers goes, too, with which ids could be tried for ever.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn destroy(&self, month: Month, class: RetentionClass, is_last: bool) -> io::Result<()> {
        // Nobody writes it again meanwhile.
        let mut known = self.lock();
        known.vault.remove(&(month, class));
        if is_last {
            known.period.remove(&month);
        }
        destroy_class(&*self.keys, month, class, is_last)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a key and sees to it that it is on the disk, or makes one. `written` tells what there is that only
    /// the old key opens.
    fn read_or_make(
        &self,
        name: KeyName,
        written: impl FnOnce() -> Result<Option<String>, KeyringError>,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyringError> {
        let path = name.path();
        if let Some(Unwrapped { file, key }) = self.read(name)? {
            // A process before this one may have been ended before the sync, or because of it: then the system
            // takes for saved what is not. The same bytes once more harm nothing.
            self.write_again(&path, &file).map_err(in_file(&path))?;
            return Ok(key);
        }
        if let Some(written) = written()? {
            return Err(KeyringError::Lost { path, written });
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let mut nonce = [0; AEAD_NONCE_BYTES];
        signer::random(&mut *key)?;
        signer::random(&mut nonce)?;
        let file = self.wrapping.wrap(self.origin.as_str(), name, &key, &nonce);
        let folder = folder_of(&path);
        self.keys
            .create_folder(folder)
            .and_then(|()| self.keys.sync_folder(""))
            .and_then(|()| replace(&*self.keys, &path, &file))
            .map_err(in_file(&path))?;
        Ok(key)
    }

    fn write_again(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.keys.open(path, false)?;
        file.write_all_at(bytes, 0)?;
        file.sync_data()?;
        self.keys.sync_folder(folder_of(path))?;
        self.keys.sync_folder("")
    }

    /// The file of a key, and the key; `None` if there is none.
    fn read(&self, name: KeyName) -> Result<Option<Unwrapped>, KeyringError> {
        let path = name.path();
        let Some(file) = read_small(&*self.keys, &path).map_err(in_file(&path))? else { return Ok(None) };
        match self.wrapping.unwrap(self.origin.as_str(), name, &file) {
            Ok(key) => Ok(Some(Unwrapped { file, key })),
            Err(error) => Err(KeyringError::Damaged { path, error }),
        }
    }
}
