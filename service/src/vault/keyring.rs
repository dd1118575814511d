//! The keys of the months: made when they are first needed, durable before they are used, and wrapped for the
//! disk by a key that the operator keeps elsewhere.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use einsicht_access::vault::{AEAD_NONCE_BYTES, KEY_BYTES, KeyName, UnwrapError, VaultKey, WrappingKey};
use einsicht_access::{Month, PeriodKey, RetentionClass};
use einsicht_tlog::Origin;
use zeroize::Zeroizing;

use super::layout::{erased_path, month_folder, openings_path};
use crate::signer::{self, SecretError};
use crate::storage::file::{Folder, read_small, replace};

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

/// A key can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file system failed.
    #[error("{path}, in the folder of keys: {error}")]
    Io {
        /// The file.
        path: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// A key does not open.
    #[error("{path}, in the folder of keys: {error}; restore the file from your backup of the keys")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        error: UnwrapError,
    },
    /// No key opens.
    #[error(
        "{path}, in the folder of keys, does not open with this wrapping key, nor does any other key there. Start \
         with the wrapping key that they were wrapped with"
    )]
    WrongWrappingKey {
        /// The first of the files.
        path: String,
    },
    /// There are openings, and not their key.
    #[error(
        "{written} was written under a key that should be {path}, in the folder of keys, and is not there; \
         restore it from your backup of the keys. A new key is never made for old openings"
    )]
    Lost {
        /// Where the key should be.
        path: String,
        /// What was written under it.
        written: String,
    },
    /// What was sealed there can't be read, so nothing can be added.
    #[error(
        "{file} could not be read when the service started, so nothing can be sealed for {month}/{class}. See the log \
         of the service; repair the disk, or put the file back from a backup, and start again"
    )]
    Closed {
        /// The file, in the data folder.
        file: String,
        /// The month.
        month: Month,
        /// The class.
        class: RetentionClass,
    },
    /// It was destroyed, and what is sealed with it can't be kept any more.
    #[error("the sealed values of {month}/{class} were erased as a whole; nothing is added to them any more")]
    Erased {
        /// The month.
        month: Month,
        /// The class.
        class: RetentionClass,
    },
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] SecretError),
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

/// As [`Keyring::destroy`], for whoever has no wrapping key.
///
/// # Errors
/// Those of the file system.
pub(super) fn destroy_class(
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
fn names(keys: &dyn Folder) -> Result<Vec<KeyName>, KeyringError> {
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

fn is_there(folder: &dyn Folder, path: &str) -> io::Result<bool> {
    match folder.open(path, false) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn in_file(path: &str) -> impl FnOnce(io::Error) -> KeyringError + '_ {
    move |error| KeyringError::Io { path: path.to_owned(), error }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
