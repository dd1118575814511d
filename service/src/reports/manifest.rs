//! What the service looks at in the manifest of a report. docs/report.md has all of it.

use einsicht_access::period::{Period, PeriodError};
use einsicht_tlog::{Hash, Index, Size};
use serde::Deserialize;

/// Most bytes of a manifest. It names each file of a report in about a hundred.
pub const MANIFEST_BYTES_MAX: usize = 256 * 1024;
/// Version of the layout of manifests that is read.
const FORMAT: &str = "einsicht/report-manifest/v1";
/// Characters of what could not be read that are shown.
const REASON_CHARS_MAX: usize = 200;

/// What a manifest says of the ledger, and of other reports.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The ledger.
    pub origin: String,
    /// What the report is about.
    pub period: Period,
    /// How many entries it was made from.
    pub size: Size,
    /// Their root.
    pub root: Hash,
    /// The report that it corrects.
    pub corrects: Option<Index>,
}

/// A text that is no manifest of a report.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is longer than any.
    #[error("a manifest has at most {MANIFEST_BYTES_MAX} bytes, this one has {bytes}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It is no JSON, or something in it is missing or of another kind.
    #[error(
        "this is no manifest of a report: {reason}; send manifest.json as `einsicht report make` wrote it"
    )]
    Unreadable {
        /// Why not.
        reason: String,
    },
    /// Its layout is of another version.
    #[error(
        "the manifest has the format {found:?}, and this service reads {FORMAT:?}; publish with a service that is as new \
         as the program that made the report"
    )]
    Format {
        /// What it says.
        found: String,
    },
    /// Its period is none.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// It is about no entry.
    #[error("a report is about at least one entry, this one is about none")]
    Empty,
}

/// The members of the JSON that are read; others are for readers of the report.
#[derive(Deserialize)]
struct Members {
    format: String,
    origin: String,
    period: String,
    tree_size: u64,
    root: String,
    corrects: Option<u64>,
}

impl Manifest {
    /// Reads a manifest. Not checked: the files that it names, and the figures in them.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(ManifestError::TooLong { bytes: bytes.len() });
        }
        let members: Members = serde_json::from_slice(bytes).map_err(|error| {
            // What serde shows of a value came from the caller, who may see it.
            unreadable(error.to_string())
        })?;
        if members.format != FORMAT {
            return Err(ManifestError::Format { found: shown(&members.format) });
        }
        let root = Hash::from_base64(&members.root)
            .ok_or_else(|| unreadable("its root is not 32 bytes in base64".to_owned()))?;
        if members.tree_size == 0 {
            return Err(ManifestError::Empty);
        }
        Ok(Self {
            origin: members.origin,
            period: members.period.parse()?,
            size: Size(members.tree_size),
            root,
            corrects: members.corrects.map(Index),
        })
    }
}

fn unreadable(reason: String) -> ManifestError {
    ManifestError::Unreadable { reason: shown(&reason) }
}

fn shown(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).collect()
}
