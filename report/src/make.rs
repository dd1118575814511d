//! Makes the files of a report.

use std::collections::BTreeMap;

use einsicht_access::sentence::Language;
use einsicht_tlog::Size;
use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::note::NoteError;
use thiserror::Error;

use crate::document::Document;
use crate::figures::Figures;
use crate::inputs::{FEWER_THAN_MIN, InputError, Inputs};
use crate::manifest::Manifest;
use crate::{html, json, sheet};

/// The files of a report: path below its folder, `/` between names, and bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Where the checkpoint lies.
pub const CHECKPOINT: &str = "checkpoint";
/// Where the verifier key lies.
pub const KEY: &str = "key.txt";
/// Where the coverage file lies.
pub const COVERAGE: &str = "inputs/coverage.toml";
/// Where the answers lie.
pub const ANSWERS: &str = "inputs/answers.toml";
/// Where the figures lie.
pub const REPORT: &str = "report.json";
/// Where the JSON Schema of them lies.
pub const SCHEMA: &str = "report.schema.json";

/// The pages.
pub const PAGES: [(&str, Language); 2] =
    [("index.html", Language::German), ("en/index.html", Language::English)];

/// Why no report was made.
#[derive(Debug, Error)]
pub enum MakeError {
    /// The checkpoint is no signed note.
    #[error("the checkpoint can't be read: {0}")]
    Checkpoint(NoteError),
    /// The note is no checkpoint.
    #[error("the checkpoint can't be read: {0}")]
    NoCheckpoint(CheckpointError),
    /// The checkpoint is of another ledger.
    #[error("the entries are of the ledger {expected:?}, the checkpoint is of {found:?}")]
    Origin {
        /// What entry 0 says.
        expected: String,
        /// What the checkpoint says.
        found: String,
    },
    /// The checkpoint is of another size.
    #[error("{expected} entries were read, the checkpoint is of {found}")]
    Size {
        /// How many were read.
        expected: Size,
        /// What it states.
        found: Size,
    },
    /// A threshold that would hide nothing.
    #[error(
        "counts below {found} can't be hidden: \"fewer than 2\" would say one. Take at least {FEWER_THAN_MIN}"
    )]
    Threshold {
        /// What was asked for.
        found: u64,
    },
    /// A file that somebody wrote is wrong.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Something could not be written as text.
    #[error("the report could not be written as {what}: {error}")]
    Write {
        /// What.
        what: &'static str,
        /// Why.
        error: String,
    },
}

/// All files of a report, `manifest.json` among them. The same figures and inputs give the same bytes.
///
/// Not checked: that the log was verified, and that the checkpoint's signature and root fit it.
///
/// # Errors
/// [`MakeError`]: the inputs do not fit the figures, or are wrong in themselves.
pub fn make(figures: &Figures, inputs: &Inputs<'_>) -> Result<Files, MakeError> {
    let parsed = inputs.parse(figures)?;
    let document = Document::new(figures, &parsed);
    let mut files = Files::new();
    files.insert(REPORT.to_owned(), json::pretty(&document)?);
    files.insert(SCHEMA.to_owned(), include_bytes!("../schema/report.schema.json").to_vec());
    for table in &document.tables {
        files.insert(format!("csv/{}.csv", table.id), sheet::of(table)?);
    }
    files.insert(CHECKPOINT.to_owned(), inputs.checkpoint.to_vec());
    files.insert(KEY.to_owned(), format!("{}\n", inputs.key.trim_end()).into_bytes());
    let mut added = Vec::new();
    for (path, file) in [(COVERAGE, inputs.coverage), (ANSWERS, inputs.answers)] {
        if let Some(file) = file {
            files.insert(path.to_owned(), file.bytes.to_vec());
            added.push(path);
        }
    }
    for (path, language) in PAGES {
        files.insert(path.to_owned(), html::page(&document, figures, &added, language)?);
    }
    let manifest = Manifest::new(&document.about, parsed.time_zones, &files);
    files.insert(Manifest::PATH.to_owned(), json::pretty(&manifest)?);
    Ok(files)
}
