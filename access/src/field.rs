//! The fields of an event by the names that people type and read.
//!
//! There is one table, [`FIELDS`]. Flags of the command line, JSON input and the mapping of an import
//! all set fields through it ([`set`]); tables, JSON and CSV output show them through it ([`render`]).
//!
//! Names are those of `event.proto` without units: `occurred_at` takes a time, `collected_on` a day.

mod slot;
mod table;

use std::fmt;

use einsicht_proto::v1::{AccessEvent, AccessRecord};
use thiserror::Error;

use self::slot::Slot;
pub use self::slot::read_subject;
pub use self::table::FIELDS;
use self::table::LOGGED_ONLY;

/// One field of an event.
#[derive(Debug)]
pub struct Field {
    /// The name that people type.
    pub name: &'static str,
    /// What it says, in one line without a full stop.
    pub help: &'static str,
    slot: Slot,
}

/// What is typed into a field, and how. [`fmt::Display`] says it in a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A code.
    Code,
    /// Free text.
    Text,
    /// One of [`Field::choices`].
    Choice,
    /// `true` or `false`.
    Flag,
    /// A whole number, not negative.
    Count,
    /// A day as `YYYY-MM-DD`.
    Day,
    /// A time as RFC 3339 has it, with its offset; seconds may be left out. What is finer than a
    /// microsecond is cut off.
    Time,
    /// A UUID as text.
    Uuid,
    /// Codes, separated by commas (a code has none); setting the field again adds more.
    Codes,
    /// One text; setting the field again adds another.
    Texts,
    /// One subject as `scheme:id`, split at the first colon; setting the field again adds another.
    Subjects,
    /// As many bytes in hexadecimal digits.
    Hex {
        /// How many.
        bytes: usize,
    },
}

impl Kind {
    /// Whether setting the field again adds to it, rather than replaces what it held.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self, Self::Codes | Self::Texts | Self::Subjects)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Code => "a code",
            Self::Text | Self::Texts => "a text",
            Self::Choice => "one of its values",
            Self::Flag => "true or false",
            Self::Count => "a whole number",
            Self::Day => "a day as YYYY-MM-DD",
            Self::Time => "a time as 2026-11-22T16:39:00+01:00",
            Self::Uuid => "a UUID",
            Self::Codes => "codes, separated by commas",
            Self::Subjects => "a subject as scheme:id",
            Self::Hex { bytes } => return write!(formatter, "{} hexadecimal digits", 2 * bytes),
        })
    }
}

impl Field {
    /// What is typed into it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.slot.kind()
    }

    /// The values to choose from, if it is a [`Kind::Choice`]; otherwise none.
    #[must_use]
    pub fn choices(&self) -> Vec<String> {
        self.slot.choices().map(|choices| choices.names().collect()).unwrap_or_default()
    }

    /// Whether its value is sealed, so that a record never shows it. Of the times, which a record shows
    /// to the minute, this is false.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.slot.is_sealed()
    }

    /// Parses `value` and puts it into the event. A list grows by it, any other field is replaced.
    /// Whether the value keeps the limits, `validate_batch` says.
    ///
    /// # Errors
    /// [`SetError::Value`] if `value` is not of the field's kind; the event is then unchanged.
    pub fn set(&self, event: &mut AccessEvent, value: &str) -> Result<(), SetError> {
        self.slot.set(event, value).ok_or_else(|| SetError::Value {
            field: self.name,
            expected: match self.kind() {
                Kind::Choice => format!("one of {}", self.choices().join(", ")),
                kind => kind.to_string(),
            },
            bytes: value.len(),
        })
    }
}

/// Why a field was not set. Never holds the value: it might be a personal one in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetError {
    /// There is no such field.
    #[error("there is no field {name:?}{}", suggestion.map(|known| format!("; did you mean {known}?")).unwrap_or_default())]
    UnknownField {
        /// The name that was given, its first 64 characters.
        name: String,
        /// The known name that is most like it.
        suggestion: Option<&'static str>,
    },
    /// The value is not of the field's kind.
    #[error("{field} must be {expected}; the {bytes} bytes given are not")]
    Value {
        /// Name of the field.
        field: &'static str,
        /// What it takes.
        expected: String,
        /// Length of the value.
        bytes: usize,
    },
}

/// The field of that name.
///
/// # Errors
/// [`SetError::UnknownField`], with the closest known name if one is close.
pub fn find(name: &str) -> Result<&'static Field, SetError> {
    FIELDS.iter().find(|field| field.name == name).ok_or_else(|| SetError::UnknownField {
        name: name.chars().take(64).collect(),
        suggestion: closest(name),
    })
}

/// Sets the field of that name from text: [`find`], then [`Field::set`].
///
/// # Errors
/// [`SetError`], the event is then unchanged.
pub fn set(event: &mut AccessEvent, name: &str, value: &str) -> Result<(), SetError> {
    find(name)?.set(event, value)
}

/// A value of a record as people and JSON see it. Text is as logged: it was never checked by whoever
/// reads it and may hold control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// Text, a time, a day, hexadecimal digits.
    Text(String),
    /// A number, at most 2^64 − 1.
    Number(u64),
    /// True or false.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

impl fmt::Display for Rendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => number.fmt(formatter),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::List(texts) => formatter.write_str(&texts.join(",")),
        }
    }
}

/// The fields that a record has, by name and in the order of [`columns`].
///
/// Times are shown to the minute (`2026-11-22T15:39Z`), which is all that a record says; days as
/// `YYYY-MM-DD`; bytes as hexadecimal digits; of a sealed value its seal, as `actor_seal` and the
/// like. A number of an enumeration that this version does not know is shown as `unknown 7`.
#[must_use]
pub fn render(record: &AccessRecord) -> Vec<(&'static str, Rendered)> {
    let of_event = FIELDS.iter().filter_map(|field| {
        let shown = field.slot.show(record)?;
        Some((field.slot.column(field.name), shown))
    });
    let logged_only = LOGGED_ONLY.iter().filter_map(|(name, show)| Some((*name, show(record)?)));
    of_event.chain(logged_only).collect()
}

/// Every name that [`render`] can give, in its order: the columns of a table of records.
pub fn columns() -> impl Iterator<Item = &'static str> {
    let of_event = FIELDS.iter().map(|field| field.slot.column(field.name));
    of_event.chain(LOGGED_ONLY.iter().map(|(name, _)| *name))
}

/// The known name that is closest to `name`, if at most a third of it has to change.
fn closest(name: &str) -> Option<&'static str> {
    // Further from every known name than the edits allowed; comparing costs time for each letter.
    if name.len() > 128 {
        return None;
    }
    let typed = name.to_lowercase().replace(['-', ' '], "_");
    let edits_max = (typed.chars().count() / 3).clamp(1, 4);
    let near = FIELDS.iter().map(|field| (edits_between(field.name, &typed), field.name));
    near.min().filter(|(edits, _)| *edits <= edits_max).map(|(_, known)| known)
}

/// How many characters must be put in, taken out, replaced, or swapped with their neighbour.
pub(crate) fn edits_between(known: &str, typed: &str) -> usize {
    let typed: Vec<char> = typed.chars().collect();
    // The row before the last one is that in which a swap of two letters begins.
    let (mut before, mut row): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=typed.len()).collect());
    let mut letter_before = None;
    for (above, letter) in known.chars().enumerate() {
        let mut next = vec![above + 1];
        let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
        for (place, other) in typed.iter().enumerate() {
            let changed = at(&row, place) + usize::from(letter != *other);
            let mut edits = changed.min(at(&row, place + 1) + 1).min(at(&next, place) + 1);
            let other_before = place.checked_sub(1).and_then(|place| typed.get(place));
            if letter_before.as_ref() == Some(other) && other_before == Some(&letter) {
                edits = edits.min(at(&before, place - 1) + 1);
            }
            next.push(edits);
        }
        before = std::mem::replace(&mut row, next);
        letter_before = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
