//! What can be wrong about a vault, told so that somebody finds the place.

use std::fmt;
use std::mem::{Discriminant, discriminant};

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

/// Of one kind in one file, as many are logged.
const LOGGED_MAX: usize = 10;

/// Logs what was found, and by whom; of many of one kind in one file the first ones, and how many there are.
pub(super) fn log<'d>(found_by: &str, damages: impl Iterator<Item = &'d Damage>) {
    lines(damages).iter().for_each(|line| tracing::error!("{found_by}: {line}"));
}

fn lines<'d>(damages: impl Iterator<Item = &'d Damage>) -> Vec<String> {
    let mut counts: Vec<(&str, Discriminant<Problem>, usize)> = Vec::new();
    let mut lines = Vec::new();
    for damage in damages {
        let kind = discriminant(&damage.what);
        let count = match counts.iter_mut().find(|(file, of, _)| *file == damage.file && *of == kind) {
            Some((.., count)) => {
                *count += 1;
                *count
            }
            None => {
                counts.push((&damage.file, kind, 1));
                1
            }
        };
        if count <= LOGGED_MAX {
            lines.push(damage.to_string());
        }
    }
    let many = counts.iter().filter(|(.., count)| *count > LOGGED_MAX);
    lines
        .extend(many.map(|(file, _, count)| format!("{file}: {count} of these; `einsichtd fsck` names all")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_are_logged_and_their_number() {
        let damage = |file: &str, what| Damage { file: file.to_owned(), offset: 0, what };
        let missing = (0..700).map(|index| damage("vault/2026-10", Problem::Missing(Index(index))));
        let few = (0..3).map(|index| damage("vault/2026-11", Problem::Missing(Index(index))));
        let other = damage("vault/2026-10", Problem::Unreadable);
        let all: Vec<Damage> = missing.chain(few).chain([other]).collect();
        let lines = lines(all.iter());
        assert_eq!(lines.len(), LOGGED_MAX + 3 + 1 + 1);
        assert!(lines.iter().any(|line| line.starts_with("vault/2026-10: 700 of these")), "{lines:?}");
        assert!(lines.contains(&all[702].to_string()) && lines.contains(&all[703].to_string()), "{lines:?}");
    }
}
