//! The folder of a report: read whole, and written whole or not at all.

use std::path::Path;

use anyhow::Context as _;
use einsicht_access::Language;
use einsicht_report::{Files, Manifest};

use crate::language::pick;

mod read;
mod write;

pub use read::read;
pub use write::{check_free, write};

/// What is said of something that can't be read, before why not.
pub fn unread(path: &Path, language: Language) -> String {
    let path = path.display();
    pick(language, format!("{path} ist nicht lesbar"), format!("{path} can't be read"))
}

/// The manifest among the files of a report, and its bytes.
///
/// # Errors
/// There is none, or it is none.
pub fn manifest(files: &Files) -> anyhow::Result<(Manifest, &[u8])> {
    let bytes = files.get(Manifest::PATH).with_context(|| format!("there is no {}", Manifest::PATH))?;
    Ok((Manifest::parse(bytes)?, bytes))
}
