//! A copy of the vault: its files of openings, and its keys. Nothing of it is believed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use einsicht_access::marker::PeriodKey;
use einsicht_access::vault::{KeyName, VaultKey, WRAPPED_BYTES, WrappingKey};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Index, Origin, Size};
use zeroize::Zeroizing;

mod class;
mod gone;
mod scan;

pub(super) use class::{Class, Row};
pub(super) use gone::Gone;
use scan::DAMAGE_MAX;

/// A copy of the vault of one ledger, with the keys that were given.
pub struct VaultCopy {
    origin: String,
    pub(super) classes: Vec<Class>,
    /// Months and classes without openings.
    pub(super) gone: Vec<Gone>,
    period_keys: BTreeMap<Month, Result<PeriodKey, String>>,
    /// Whether there is a folder of a vault.
    pub(super) is_there: bool,
    /// How many entries had been published when it was opened, if the ledger may have grown since.
    pub(super) opened_at: Option<Size>,
}

/// Why a vault can't be looked into.
#[derive(Debug, thiserror::Error)]
pub enum VaultCopyError {
    /// A file or folder can't be read.
    #[error("{} can't be read: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A folder that is none of a vault.
    #[error("{} is no folder of a month and a retention class, as a vault has them", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// The ledger has no name.
    #[error("the verifier key is named after no ledger")]
    Origin,
}

impl VaultCopy {
    /// Opens the vault in the data folder `data` of the ledger `origin`, with the keys in `keys`, unwrapped. Reads
    /// where every opening lies; decrypts nothing yet. A vault that was never written is empty.
    ///
    /// # Errors
    /// [`VaultCopyError`].
    pub fn open(
        data: &Path,
        keys: &Path,
        wrapping: &WrappingKey,
        origin: &str,
    ) -> Result<Self, VaultCopyError> {
        let origin_hash = Origin::parse(origin).map_err(|_| VaultCopyError::Origin)?.hash();
        let (mut classes, mut gone) = (Vec::new(), Vec::new());
        let mut period_keys = BTreeMap::new();
        for (path, month) in folders::<Month>(&data.join("vault"))? {
            let key = unwrap(keys, wrapping, origin, KeyName::Period(month));
            let key = key.map(|key| PeriodKey::from(*key));
            period_keys.insert(month, key);
            for (path, class) in folders::<RetentionClass>(&path)? {
                let key = unwrap(keys, wrapping, origin, KeyName::Vault(month, class));
                let key = key.map(|key| VaultKey::new(*key));
                match Class::open(path.join("openings"), month, class, origin_hash, key)? {
                    Some(open) => classes.push(open),
                    None => gone.push(Gone::open(&path, month, class)?),
                }
            }
        }
        let is_there = data.join("vault").is_dir();
        Ok(Self { origin: origin.to_owned(), classes, gone, period_keys, is_there, opened_at: None })
    }

    /// The service may be running: the ledger had published `size` entries before the vault was opened. Of what came
    /// after, nobody can tell what is missing.
    #[must_use]
    pub fn opened_at(self, size: Size) -> Self {
        Self { opened_at: Some(size), ..self }
    }

    /// Whether the vault has to have what entry `index` sealed, and to have done what it says.
    pub(super) fn is_before(&self, index: u64) -> bool {
        self.opened_at.is_none_or(|size| size.contains(Index(index)))
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Where the openings of an entry of that month lie.
    pub(super) fn find(&self, month: Month, index: Index) -> Option<(&Class, &Row)> {
        let mut of_month = self.classes.iter().filter(|class| class.month == month);
        of_month.find_map(|class| Some((class, class.row(index)?)))
    }

    /// The row of an entry without openings, in an index that an erasure left of that month.
    pub(super) fn find_gone(&self, month: Month, index: Index) -> Option<&Row> {
        self.gone.iter().filter(|gone| gone.month == month).find_map(|gone| gone.row(index))
    }

    /// Whether it is known which entries were of that month and class.
    pub(super) fn knows(&self, month: Month, class: RetentionClass) -> bool {
        let key = (month, class);
        self.classes.iter().any(|open| (open.month, open.class) == key)
            || self.gone.iter().any(|gone| (gone.month, gone.class) == key && gone.rows.is_some())
    }

    /// The period key of a month, or why there is none.
    pub(super) fn period_key(&self, month: Month) -> Result<&PeriodKey, String> {
        let key = self.period_keys.get(&month).map(Result::as_ref);
        key.unwrap_or(Err(&NO_MONTH.to_owned())).map_err(Clone::clone)
    }

    /// Bytes that are no record.
    pub(super) fn damage(&self) -> Vec<String> {
        self.classes.iter().flat_map(|class| class.damage.clone()).take(DAMAGE_MAX).collect()
    }
}

const NO_MONTH: &str = "the vault has no folder of that month";

impl fmt::Debug for VaultCopy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VaultCopy").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The folders in a folder, by what their names mean. Files are not looked at; no folder is an empty one.
fn folders<T: std::str::FromStr + Ord>(dir: &Path) -> Result<Vec<(PathBuf, T)>, VaultCopyError> {
    let io_error = |error| VaultCopyError::Io { path: dir.to_owned(), error };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(io_error)?.path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<T>().ok());
        found.push((path.clone(), name.ok_or(VaultCopyError::Folder { path })?));
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

/// A key from its file, or why it can't be had.
fn unwrap(
    keys: &Path,
    wrapping: &WrappingKey,
    origin: &str,
    name: KeyName,
) -> Result<Zeroizing<[u8; 32]>, String> {
    let path = keys.join(name.path());
    let shown = path.display();
    let mut file = Vec::new();
    let read =
        File::open(&path).and_then(|opened| opened.take(WRAPPED_BYTES as u64 + 1).read_to_end(&mut file));
    read.map_err(|error| format!("the key {shown} can't be read: {error}"))?;
    wrapping.unwrap(origin, name, &file).map_err(|error| format!("the key {shown}: {error}"))
}
