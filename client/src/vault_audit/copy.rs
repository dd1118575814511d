//! A copy of the vault: its files of openings, and its keys. Nothing of it is believed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use einsicht_access::marker::PeriodKey;
use einsicht_access::vault::record::{
    FILE_MAGIC, OVERWRITTEN_BYTES, RECORD_HEADER_BYTES, RECORD_MAGIC, RecordHeader, file_header,
};
use einsicht_access::vault::{KeyName, VaultKey, WRAPPED_BYTES, WrappingKey};
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index, Origin, Size};
use zeroize::Zeroizing;

/// How much is looked through at once for the next record.
const WINDOW_BYTES: usize = 64 * 1024;
/// Stretches of damage that are listed.
const DAMAGE_MAX: usize = 100;

/// A copy of the vault of one ledger, with the keys that were given.
pub struct VaultCopy {
    origin: String,
    pub(super) classes: Vec<Class>,
    period_keys: BTreeMap<Month, Result<PeriodKey, String>>,
    /// Whether there is a folder of a vault.
    pub(super) is_there: bool,
    /// How many entries had been published when it was opened, if the ledger may have grown since.
    pub(super) opened_at: Option<Size>,
}

/// A month of a retention class.
pub(super) struct Class {
    pub month: Month,
    pub class: RetentionClass,
    pub path: PathBuf,
    file: File,
    /// In ascending order of their index.
    pub rows: Vec<Row>,
    /// The key, or why there is none.
    pub key: Result<VaultKey, String>,
    damage: Vec<String>,
}

/// Where the openings of an entry lie.
pub(super) struct Row {
    pub index: u64,
    offset: u64,
    /// Whether the log has that entry, with something sealed.
    is_met: AtomicBool,
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
    /// A file that is none of the vault of this ledger, or not of its place.
    #[error("{} does not begin as the openings of this ledger, month and class do", path.display())]
    Header {
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
        let mut classes = Vec::new();
        let mut period_keys = BTreeMap::new();
        for (path, month) in folders::<Month>(&data.join("vault"))? {
            let key = unwrap(keys, wrapping, origin, KeyName::Period(month));
            let key = key.map(|key| PeriodKey::from(*key));
            period_keys.insert(month, key);
            for (path, class) in folders::<RetentionClass>(&path)? {
                let key = unwrap(keys, wrapping, origin, KeyName::Vault(month, class));
                let key = key.map(|key| VaultKey::new(*key));
                classes.extend(Class::open(path.join("openings"), month, class, origin_hash, key)?);
            }
        }
        let is_there = data.join("vault").is_dir();
        Ok(Self { origin: origin.to_owned(), classes, period_keys, is_there, opened_at: None })
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

impl Class {
    /// `None` if there is no file: it was erased as a whole, or has nothing yet.
    fn open(
        path: PathBuf,
        month: Month,
        class: RetentionClass,
        origin_hash: Hash,
        key: Result<VaultKey, String>,
    ) -> Result<Option<Self>, VaultCopyError> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(VaultCopyError::Io { path, error }),
        };
        let header = file_header(origin_hash, month, class);
        let at = (header.len() + OVERWRITTEN_BYTES) as u64;
        let mut scan = Scan { file, at, rows: Vec::new(), damage: Vec::new() };
        let read = scan.begins_with(&header).and_then(|begins| Ok((begins, scan.run(&path)?)));
        match read {
            Ok((true, ())) => {}
            Ok((false, ())) => return Err(VaultCopyError::Header { path }),
            Err(error) => return Err(VaultCopyError::Io { path, error }),
        }
        let Scan { file, mut rows, damage, .. } = scan;
        // What is out of order is found all the same; which one counts of two, the entry decides.
        rows.sort_by_key(|row| row.index);
        Ok(Some(Self { month, class, path, file, rows, key, damage }))
    }

    /// Whether it has openings of that entry.
    pub fn has(&self, index: u64) -> bool {
        self.row(Index(index)).is_some()
    }

    fn row(&self, index: Index) -> Option<&Row> {
        let position = self.rows.partition_point(|row| row.index < index.0);
        self.rows.get(position).filter(|row| row.index == index.0)
    }

    /// Reads header and slot of a row; `None` if the header is no longer what it was.
    pub fn read(&self, row: &Row) -> io::Result<Option<(RecordHeader, Vec<u8>)>> {
        let mut head = [0; RECORD_HEADER_BYTES];
        read_exact_at(&self.file, &mut head, row.offset)?;
        let Some(header) = RecordHeader::parse(&head) else { return Ok(None) };
        let mut slot = vec![0; usize::try_from(header.slot_bytes).map_err(io::Error::other)?];
        read_exact_at(&self.file, &mut slot, row.offset + RECORD_HEADER_BYTES as u64)?;
        Ok(Some((header, slot)))
    }

    /// For people: the file, and where in it.
    pub fn place(&self, row: &Row) -> String {
        format!("{} at byte {}", self.path.display(), row.offset)
    }
}

impl Row {
    /// Notes that the log has the entry.
    pub fn meet(&self) {
        self.is_met.store(true, Ordering::Relaxed);
    }

    pub fn is_met(&self) -> bool {
        self.is_met.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for VaultCopy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VaultCopy").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Reads at a stated place, whoever else reads: all cores look into one file, and none waits for another.
#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        offset += read as u64;
        bytes = bytes.split_at_mut(read).1;
    }
    Ok(())
}

/// Goes through a file of openings.
struct Scan {
    file: File,
    at: u64,
    rows: Vec<Row>,
    damage: Vec<String>,
}

impl Scan {
    fn begins_with(&mut self, header: &[u8]) -> io::Result<bool> {
        let mut found = Vec::new();
        (&mut self.file).take(header.len() as u64).read_to_end(&mut found)?;
        Ok(found == header && found.starts_with(FILE_MAGIC))
    }

    fn run(&mut self, path: &Path) -> io::Result<()> {
        let end = self.file.seek(SeekFrom::End(0))?;
        while self.at < end {
            if let Some(header) = self.record_at(self.at, end)? {
                let row = Row { index: header.index.0, offset: self.at, is_met: AtomicBool::new(false) };
                self.rows.push(row);
                self.at += header.record_bytes();
                continue;
            }
            let (next, is_zeros) = self.next_record(end)?;
            // Zeros are what was destroyed. What is torn at the very end never belonged to an entry, or is missed.
            if !is_zeros && next < end && self.damage.len() < DAMAGE_MAX {
                self.damage.push(format!("{} at byte {}", path.display(), self.at));
            }
            self.at = next;
        }
        Ok(())
    }

    fn record_at(&mut self, offset: u64, end: u64) -> io::Result<Option<RecordHeader>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut head = Vec::with_capacity(RECORD_HEADER_BYTES);
        (&mut self.file).take(RECORD_HEADER_BYTES as u64).read_to_end(&mut head)?;
        let header = RecordHeader::parse(&head);
        Ok(header.filter(|header| offset.saturating_add(header.record_bytes()) <= end))
    }

    /// Where the next record begins, or the end; and whether there are only zeros before it.
    fn next_record(&mut self, end: u64) -> io::Result<(u64, bool)> {
        let (mut at, mut is_zeros) = (self.at, true);
        while at < end {
            self.file.seek(SeekFrom::Start(at))?;
            let mut window = Vec::with_capacity(WINDOW_BYTES);
            (&mut self.file).take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
            for (byte, position) in window.iter().zip(at..) {
                let may_begin = RECORD_MAGIC.first() == Some(byte) && position > self.at;
                if may_begin && self.record_at(position, end)?.is_some() {
                    return Ok((position, is_zeros));
                }
                is_zeros &= *byte == 0;
            }
            at += window.len().max(1) as u64;
        }
        Ok((end, is_zeros))
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
