//! Charters in files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::Context as _;
use einsicht_access::{Charter, CharterError, Language};

use crate::language::pick;

/// More than any charter has: what is longer need not be read to its end.
const READ_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A charter and its text.
#[derive(Debug)]
pub struct CharterFile {
    /// What it says.
    pub charter: Charter,
    /// As it stands in the file.
    pub text: Vec<u8>,
}

/// A file that is no charter, told to whoever wrote it.
#[derive(Debug, thiserror::Error)]
#[error("{}", error.told(*language))]
pub struct Unusable {
    /// What is wrong with it.
    pub error: CharterError,
    /// The language that they are told it in.
    pub language: Language,
}

/// Reads a charter from a file, or from standard input if it is called '-'.
///
/// # Errors
/// It can't be read; [`Unusable`] if it is no charter.
pub fn read_file(path: &Path, language: Language) -> anyhow::Result<CharterFile> {
    Ok(check_file(path, language)?.map_err(|error| Unusable { error, language })?)
}

/// The same, but what is wrong with the charter is part of the answer.
///
/// # Errors
/// It can't be read.
pub fn check_file(path: &Path, language: Language) -> anyhow::Result<Result<CharterFile, CharterError>> {
    let (name, text) = read_bytes(path, language)?;
    Ok(Charter::check(&name, &text).map(|charter| CharterFile { charter, text }))
}

fn read_bytes(path: &Path, language: Language) -> anyhow::Result<(String, Vec<u8>)> {
    let (mut text, is_input) = (Vec::new(), path.as_os_str() == "-");
    let input = pick(language, "Standardeingabe", "standard input");
    let name = if is_input { input.to_owned() } else { path.display().to_string() };
    let read = match is_input {
        true => io::stdin().lock().take(READ_BYTES_MAX).read_to_end(&mut text),
        false => File::open(path).and_then(|file| file.take(READ_BYTES_MAX).read_to_end(&mut text)),
    };
    read.with_context(|| {
        let german = format!("die Datei {name} lässt sich nicht lesen");
        pick(language, german, format!("the charter {name} can't be read"))
    })?;
    Ok((name, text))
}
