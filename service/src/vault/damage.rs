//! What can be wrong about a vault, told so that somebody finds the place.

use std::fmt;

use einsicht_tlog::Index;

/// Something about the vault that does not check. It never stops recording, nor reading the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, relative to the data folder.
    pub file: String,
    /// Where in it.
    pub offset: u64,
    /// What it is about.
    pub what: Problem,
}

/// What does not check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The start of the file is not that of a file of openings of this ledger, month and class.
    Header,
    /// It was there when the watermark was moved.
    Gone,
    /// How often something was overwritten can't be read.
    Count,
    /// No record can be read here, and there are records behind.
    NoRecord,
    /// The openings of an entry are damaged.
    Slot(Index),
    /// Those of an entry check, and do not decrypt.
    Sealed(Index),
    /// An entry has sealed values, and no openings; nor were they erased.
    Missing(Index),
    /// A record that names an entry of the log, and is not its own.
    Foreign(Index),
    /// What says that everything was erased does not say by which entry.
    Mark,
    /// It can't be read, or not be brought in order.
    Unreadable,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, what } = self;
        match what {
            Problem::Header => write!(
                formatter,
                "{file}, byte {offset}: the start is not that of a file of openings of this ledger, month and class"
            ),
            Problem::Gone => write!(formatter, "{file}: the file was there, and is gone"),
            Problem::Count => write!(
                formatter,
                "{file}, byte {offset}: how often something was erased in it can't be read; all erasures are done again"
            ),
            Problem::NoRecord => write!(formatter, "{file}, byte {offset}: no record can be read here"),
            Problem::Slot(index) => {
                write!(formatter, "{file}, byte {offset}: the openings of entry {index} are damaged")
            }
            Problem::Sealed(index) => {
                write!(formatter, "{file}, byte {offset}: the openings of entry {index} do not decrypt")
            }
            Problem::Missing(index) => {
                write!(formatter, "{file}: the openings of entry {index} are missing")
            }
            Problem::Foreign(index) => {
                write!(
                    formatter,
                    "{file}, byte {offset}: a record that is not that of entry {index}, which it names"
                )
            }
            Problem::Mark => write!(formatter, "{file}: it names no entry"),
            Problem::Unreadable => write!(formatter, "{file}: the file can't be read"),
        }
    }
}
