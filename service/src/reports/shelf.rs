//! Reports as they lie in a folder, for everybody to read: those that the ledger names, and of them only what it vouches for.
//!
//! A folder in it is a report if the ledger names the hash of its `manifest.json`; a file of it is given out if it has the
//! hash that the manifest names. Whatever else lies there, drafts and altered copies too, is not there for readers.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use einsicht_tlog::hash::{sha256, to_hex};
use einsicht_tlog::{Hash, Index, Origin, Size};
use serde::{Deserialize, Serialize};

use super::MANIFEST_BYTES_MAX;

/// Where the manifest of a report lies in its folder.
const MANIFEST: &str = "manifest.json";
/// Name of the list of reports beside their folders.
const INDEX: &str = "index.json";
/// Version of the layout of [`Shelf::index_json`].
const INDEX_FORMAT: &str = "einsicht-reports/v1";
/// Longest name of a folder that readers are told of.
const NAME_BYTES_MAX: usize = 64;
/// Longest file of a report. One over ten million entries has less than one.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A folder with a folder for each report.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// A report on a [`Shelf`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Name of its folder.
    pub name: String,
    /// The entry that names it.
    pub entry: Index,
    /// SHA-256 of its files in hexadecimal digits, by path; that of the manifest, too.
    files: BTreeMap<String, String>,
}

/// Why a file of a report is not given out.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// It has other contents than the manifest says.
    #[error(
        "{} has the SHA-256 {found}, and the manifest that the ledger names says {expected}: the file was changed; put \
         back the one that was published",
        .path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// What the manifest says.
        expected: String,
        /// What it has.
        found: String,
    },
    /// It can't be read.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
}

/// What is read of a manifest here.
#[derive(Deserialize)]
struct Manifest {
    files: BTreeMap<String, String>,
}

/// The list of reports, as `web/README.md` lays it down.
#[derive(Serialize, Deserialize)]
struct IndexJson {
    format: String,
    reports: Vec<ReportJson>,
}

#[derive(Serialize, Deserialize)]
struct ReportJson {
    path: String,
    entry: u64,
}

impl Shelf {
    /// What lies in this folder. It need not be there.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The reports, oldest first. `named` tells which entry names a manifest with this hash. Of several folders with the
    /// same manifest the first by name counts. Not checked here: the other files of a report.
    ///
    /// # Errors
    /// If the folder can't be read. What can't be read in it, or is no report, is not one.
    pub fn list(&self, named: impl Fn(Hash) -> Option<Index>) -> Result<Vec<Shelved>, ShelfError> {
        let manifests = self.manifests()?;
        let shelved = |(name, manifest): (String, Vec<u8>)| {
            let hash = sha256(&manifest);
            let entry = named(hash)?;
            let Manifest { mut files } = serde_json::from_slice(&manifest).ok()?;
            files.insert(MANIFEST.to_owned(), to_hex(hash.as_bytes()));
            Some(Shelved { name, entry, files })
        };
        let mut reports: Vec<_> = manifests.into_iter().filter_map(shelved).collect();
        reports.sort_by(|one, other| (one.entry, &one.name).cmp(&(other.entry, &other.name)));
        reports.dedup_by_key(|report| report.entry);
        Ok(reports)
    }

    /// Hashes of the manifests that are there and are about this ledger, whether that names them or not, and how many
    /// entries each is about: behind these stands the entry that names it.
    ///
    /// # Errors
    /// As [`Shelf::list`].
    pub fn manifests_of(&self, origin: &Origin) -> Result<BTreeMap<Hash, Size>, ShelfError> {
        let about = |(_, bytes): (String, Vec<u8>)| {
            let manifest =
                super::Manifest::parse(&bytes).ok().filter(|manifest| manifest.origin == origin.as_str());
            Some((sha256(&bytes), manifest?.size))
        };
        Ok(self.manifests()?.into_iter().filter_map(about).collect())
    }

    /// A file of a report; `None` if its manifest names none of that path.
    ///
    /// # Errors
    /// [`ShelfError`].
    pub fn read(&self, report: &Shelved, path: &str) -> Result<Option<Vec<u8>>, ShelfError> {
        let Some(expected) = report.sha256_of(path) else { return Ok(None) };
        let path = self.folder.join(&report.name).join(path);
        let bytes = match read(&path, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) => return Err(ShelfError::Io { path, error }),
        };
        let found = to_hex(sha256(&bytes).as_bytes());
        if found != *expected {
            return Err(ShelfError::Changed { path, expected: expected.to_owned(), found });
        }
        Ok(Some(bytes))
    }

    /// How long a file of a report is; where it was changed since it was published, whatever it is now.
    ///
    /// # Errors
    /// [`ShelfError::Io`].
    pub fn byte_len(&self, report: &Shelved, path: &str) -> Result<usize, ShelfError> {
        let path = self.folder.join(&report.name).join(path);
        match fs::metadata(&path) {
            Ok(found) => Ok(usize::try_from(found.len()).unwrap_or(usize::MAX)),
            Err(error) => Err(ShelfError::Io { path, error }),
        }
    }

    /// The list of reports for readers, as JSON.
    ///
    /// # Errors
    /// None that happens: there is nothing in it that JSON does not have.
    pub fn index_json(reports: &[Shelved]) -> serde_json::Result<Vec<u8>> {
        let json = |report: &Shelved| ReportJson { path: report.name.clone(), entry: report.entry.0 };
        let (format, reports) = (INDEX_FORMAT.to_owned(), reports.iter().map(json).collect());
        serde_json::to_vec(&IndexJson { format, reports })
    }

    /// The manifests of a folder that has such a list, `index`, and the entries that it says name them.
    #[must_use]
    pub fn named_in(&self, index: &[u8]) -> BTreeMap<Hash, Index> {
        let index =
            serde_json::from_slice(index).ok().filter(|index: &IndexJson| index.format == INDEX_FORMAT);
        let entries: BTreeMap<_, _> = index
            .into_iter()
            .flat_map(|index| index.reports)
            .map(|report| (report.path, report.entry))
            .collect();
        let manifests = self.manifests().unwrap_or_default();
        let named = |(name, bytes): (String, Vec<u8>)| Some((sha256(&bytes), Index(*entries.get(&name)?)));
        manifests.into_iter().filter_map(named).collect()
    }

    /// Names of folders with a manifest, and that.
    fn manifests(&self) -> Result<Vec<(String, Vec<u8>)>, ShelfError> {
        let failed = |error| ShelfError::Io { path: self.folder.clone(), error };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut manifests = Vec::new();
        for entry in entries {
            let Ok(name) = entry.map_err(failed)?.file_name().into_string() else { continue };
            if !is_name(&name) || name.len() > NAME_BYTES_MAX || name == INDEX {
                continue;
            }
            // One that is just being copied there is a report a moment later.
            if let Ok(manifest) = read(&self.folder.join(&name).join(MANIFEST), MANIFEST_BYTES_MAX as u64) {
                manifests.push((name, manifest));
            }
        }
        Ok(manifests)
    }
}

impl Shelved {
    /// Paths of its files that can lie in a folder.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|path| is_path(path))
    }

    /// The hash that a file must have, in hexadecimal digits; `None` if the report has no such file.
    #[must_use]
    pub fn sha256_of(&self, path: &str) -> Option<&str> {
        self.files.get(path).filter(|_| is_path(path)).map(String::as_str)
    }
}

/// Whether it leads to a file below a folder, and nowhere else.
fn is_path(path: &str) -> bool {
    path.split('/').all(is_name)
}

/// Names that need no escaping anywhere, and that hide nothing.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}
