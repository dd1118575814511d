//! What a report is of, and the hash of each of its files. The hash of the manifest itself is what a ledger names.

use std::collections::BTreeMap;

use einsicht_access::period::{PeriodError, ZoneError};
use einsicht_access::{Period, Zone};
use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Hash, Index, Size};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Scope;
use crate::document::About;
use crate::inputs::{Entries, Maker};
use crate::make::Files;

/// Version of the layout of manifests.
const FORMAT: &str = "einsicht/report-manifest/v1";

/// A manifest. Everything that is needed to make the same report again is in it, in the files it names, and in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this layout.
    pub format: String,
    /// Name of the ledger.
    pub origin: String,
    /// The period: `2026-11`.
    pub period: String,
    /// The time zone that it is cut in.
    pub time_zone: String,
    /// The version of the IANA database that says what the time zone is: `2026a`.
    pub time_zones: String,
    /// Its first instant (RFC 3339, UTC).
    pub first_instant: String,
    /// The instant behind its last one: that is the first that does not belong to it.
    pub end_instant: String,
    /// Whether it was not over when the newest entry was recorded.
    pub provisional: bool,
    /// How many entries were read.
    pub tree_size: u64,
    /// Root of the tree over them, base64.
    pub root: String,
    /// Index of the last entry of the charter in force at the end of the period.
    pub charter: Option<u64>,
    /// The software that made it.
    pub software: String,
    /// `public` or `closed`.
    pub entries: String,
    /// Counts from 1 to below this are hidden; absent where entries are public.
    pub fewer_than: Option<u64>,
    /// Index of the entry of the report that this one corrects.
    pub corrects: Option<u64>,
    /// SHA-256 of each other file, in hexadecimal digits.
    pub files: BTreeMap<String, String>,
}

/// Why bytes are no manifest.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// No JSON, or another layout.
    #[error("manifest.json can't be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Of a later version.
    #[error(
        "manifest.json has format {found:?}, this software reads {FORMAT:?}; use the version of it that is named as \"software\""
    )]
    Format {
        /// What it says.
        found: String,
    },
    /// A period that is none.
    #[error("manifest.json: {0}")]
    Period(#[from] PeriodError),
    /// A time zone that is none.
    #[error("manifest.json: {0}")]
    Zone(#[from] ZoneError),
    /// A time zone that only another database may have.
    #[error(
        "manifest.json: {error}; it was made with the time zones of {made_with}, this software has those of {}: \
         only with those of {made_with} can anybody tell",
        Zone::database_version()
    )]
    OtherTimeZones {
        /// The zone.
        error: ZoneError,
        /// The version of the database that it was made with.
        made_with: String,
    },
    /// `entries` and `fewer_than` contradict each other.
    #[error(
        "manifest.json: \"entries\" is {entries:?} and \"fewer_than\" is {}; expected \"public\" without a number, or \"closed\" with one",
        .fewer_than.map_or("null".to_owned(), |number| number.to_string())
    )]
    Entries {
        /// What it says of entries.
        entries: String,
        /// The threshold.
        fewer_than: Option<u64>,
    },
}

impl Manifest {
    /// Where it lies.
    pub const PATH: &'static str = "manifest.json";

    pub(crate) fn new(about: &About, time_zones: String, files: &Files) -> Self {
        let entries = if about.fewer_than.is_some() { "closed" } else { "public" };
        Self {
            format: FORMAT.to_owned(),
            origin: about.origin.clone(),
            period: about.period.clone(),
            time_zone: about.time_zone.clone(),
            time_zones,
            first_instant: about.first_instant.clone(),
            end_instant: about.end_instant.clone(),
            provisional: about.provisional,
            tree_size: about.tree_size,
            root: about.root.clone(),
            charter: about.charter,
            software: about.software.clone(),
            entries: entries.to_owned(),
            fewer_than: about.fewer_than,
            corrects: about.corrects,
            files: files.iter().map(|(path, bytes)| (path.clone(), sha256(bytes).to_hex())).collect(),
        }
    }

    /// Reads a manifest strictly. Not checked: whether the files are there, and anything that takes the log.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(bytes)?;
        if manifest.format != FORMAT {
            return Err(ManifestError::Format { found: manifest.format });
        }
        manifest.scope()?;
        manifest.entries()?;
        Ok(manifest)
    }

    /// What the report is about.
    ///
    /// # Errors
    /// [`ManifestError::Period`], [`ManifestError::Zone`], [`ManifestError::OtherTimeZones`].
    pub fn scope(&self) -> Result<Scope, ManifestError> {
        let period: Period = self.period.parse()?;
        let zone = Zone::named(&self.time_zone).map_err(|error| match self.other_time_zones() {
            Some(made_with) => ManifestError::OtherTimeZones { error, made_with: made_with.to_owned() },
            None => ManifestError::Zone(error),
        })?;
        Ok(Scope::new(period, zone, Size(self.tree_size)))
    }

    /// What made it, as it says.
    #[must_use]
    pub fn maker(&self) -> Maker<'_> {
        Maker { software: &self.software, time_zones: &self.time_zones }
    }

    /// The version of the time zones that the report was made with, if this software has another one. What differs then
    /// may do so because a zone is another one: whether it does for that reason, this software can't tell.
    #[must_use]
    pub fn other_time_zones(&self) -> Option<&str> {
        Some(self.time_zones.as_str()).filter(|version| *version != Zone::database_version())
    }

    /// Whether entries are public.
    ///
    /// # Errors
    /// [`ManifestError::Entries`].
    pub fn entries(&self) -> Result<Entries, ManifestError> {
        match (self.entries.as_str(), self.fewer_than) {
            ("public", None) => Ok(Entries::Public),
            ("closed", Some(fewer_than)) => Ok(Entries::Closed { fewer_than }),
            (_, fewer_than) => Err(ManifestError::Entries { entries: self.entries.clone(), fewer_than }),
        }
    }

    /// The published report that it corrects.
    #[must_use]
    pub fn corrects(&self) -> Option<Index> {
        self.corrects.map(Index)
    }

    /// What a ledger names of a report: SHA-256 of the bytes of its manifest.
    #[must_use]
    pub fn hash_of(bytes: &[u8]) -> Hash {
        sha256(bytes)
    }
}
