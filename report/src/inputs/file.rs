//! Files that people write: strict, and what is wrong is told with its line.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use thiserror::Error;

use super::InputFile;

/// Most bytes of such a file.
const BYTES_MAX: usize = 1024 * 1024;

/// What is wrong with a file that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}: {slip}")]
pub struct InputError {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub slip: Slip,
}

/// What is wrong in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// Larger than such a file is.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// No UTF-8.
    NotText,
    /// No TOML, a key that is not known, one that is missing, or a value of another kind.
    Toml(String),
    /// A recorder that the log does not have.
    UnknownRecorder {
        /// What the file says.
        id: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Something that is no question of the charter.
    NoQuestion {
        /// What the file says.
        id: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The same id a second time.
    Twice {
        /// The id.
        id: String,
    },
    /// Not a day that a calendar has.
    NoDay,
    /// A last day before the first one.
    EndsBefore {
        /// The first day.
        from: String,
        /// The last one.
        until: String,
    },
    /// Nothing, where a text should be.
    Empty {
        /// The key.
        key: &'static str,
    },
}

impl fmt::Display for Slip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(formatter, "the file has {bytes} bytes, at most {BYTES_MAX} are read")
            }
            Self::NotText => formatter.write_str("this is no text in UTF-8; save the file as UTF-8"),
            Self::Toml(message) => formatter.write_str(message),
            Self::UnknownRecorder { id, known } => write!(
                formatter,
                "no entry of the log is of a recorder {id:?}; there are: {}. A system that does not record yet \
                 belongs under [[not_connected]]",
                listed(known)
            ),
            Self::NoQuestion { id, known } => write!(
                formatter,
                "{id:?} is no question of the charter in force; there are: {}",
                listed(known)
            ),
            Self::Twice { id } => write!(formatter, "{id:?} stands here a second time"),
            Self::NoDay => formatter.write_str("expected a day as 2026-11-30, without quotes"),
            Self::EndsBefore { from, until } => {
                write!(
                    formatter,
                    "until {until} lies before from {from}; expected the same day or a later one"
                )
            }
            Self::Empty { key } => write!(formatter, "{key} is empty; expected a text"),
        }
    }
}

/// A file that was read, for telling lines.
pub struct Reading<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'a> Reading<'a> {
    /// Reads a file whose keys are those of `T`, all of them known.
    pub fn of<T: DeserializeOwned>(file: InputFile<'a>) -> Result<(Self, T), InputError> {
        let fail = |line, slip| InputError { file: file.name.to_owned(), line, slip };
        if file.bytes.len() > BYTES_MAX {
            return Err(fail(1, Slip::TooLong { bytes: file.bytes.len() }));
        }
        let text = std::str::from_utf8(file.bytes).map_err(|error| {
            let before = file.bytes.get(..error.valid_up_to()).unwrap_or_default();
            fail(1 + before.iter().filter(|byte| **byte == b'\n').count(), Slip::NotText)
        })?;
        let reading = Self { name: file.name, text };
        let read = toml::from_str(text).map_err(|error| {
            reading.error(&error.span().unwrap_or(0..0), Slip::Toml(error.message().to_owned()))
        })?;
        Ok((reading, read))
    }

    /// Something wrong at a place of the text.
    pub fn error(&self, place: &Range<usize>, slip: Slip) -> InputError {
        let before = self.text.get(..place.start).unwrap_or(self.text);
        let line = 1 + before.matches('\n').count();
        InputError { file: self.name.to_owned(), line, slip }
    }
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}
