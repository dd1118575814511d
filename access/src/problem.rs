//! What can be wrong with reported events, told to the person who reports them.
//!
//! A problem states the limit and what was found: lengths, counts, positions, one offending character.
//! It never repeats a value, so an error can be logged and shown wherever it goes.

use std::fmt;

use thiserror::Error;

use crate::limits::PROBLEMS_LISTED_MAX;

/// What is wrong with one value. Reads as the end of a sentence that begins with the field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// A required value is not there.
    #[error("is required but missing")]
    Missing,
    /// A text or list is there and has nothing in it.
    #[error("is empty: leave it out if it is not known")]
    Empty,
    /// A text is longer than allowed.
    #[error("has {bytes} bytes, at most {max} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A code is not in Unicode normalisation form C.
    #[error("is not in Unicode normalisation form C (NFC)")]
    NotNfc,
    /// A character that may not stand in this kind of text.
    #[error("has the character U+{:04X} at byte {offset}; {alphabet}", u32::from(*character))]
    BadCharacter {
        /// The first such character.
        character: char,
        /// Where it stands, in bytes from the start of the text.
        offset: usize,
        /// What may stand there.
        alphabet: Alphabet,
    },
    /// A number that the enumeration does not have, or 0, which means "not stated".
    #[error("has the number {number}, which is no value of its enumeration that can be stated")]
    UnknownEnum {
        /// The number.
        number: i32,
    },
    /// Not as long as a UUID.
    #[error("has {bytes} bytes, a UUID has 16")]
    NotAUuid {
        /// Its length.
        bytes: usize,
    },
    /// A UUID, but not a random one.
    #[error(
        "is a UUID of version {version}, variant {variant:02b}; needed is version 4, variant 10 (RFC 9562)"
    )]
    NotUuidVersion4 {
        /// Its version nibble.
        version: u8,
        /// Its two variant bits.
        variant: u8,
    },
    /// A value of fixed length has another one.
    #[error("has {bytes} bytes, it must have {expected}")]
    WrongLength {
        /// Its length.
        bytes: usize,
        /// The length it must have.
        expected: usize,
    },
    /// Random bytes that cannot have been random.
    #[error("has only zero bytes, it must be random")]
    AllZero,
    /// A number outside its range.
    #[error("is {found}, it must lie between {min} and {max}")]
    OutOfRange {
        /// The number.
        found: i128,
        /// The smallest that is allowed.
        min: i64,
        /// The largest that is allowed.
        max: i64,
    },
    /// More items than allowed.
    #[error("has {found} items, at most {max} are allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// An item that stands in its list already.
    #[error("is the same as item {first}, none may stand twice")]
    Duplicate {
        /// Index of the item that it repeats.
        first: usize,
    },
    /// A time too far ahead of the service's clock. Told in minutes, as the log does: what is finer is sealed.
    #[error("lies {ahead_min} min ahead of the clock of the service, at most {max_min} min are allowed")]
    InFuture {
        /// How far ahead, in whole minutes, rounded up.
        ahead_min: i64,
        /// The limit, in minutes.
        max_min: i64,
    },
    /// A time before 1970.
    #[error("lies before 1970-01-01T00:00:00Z")]
    BeforeEpoch,
    /// Text that is not what an IP address is written as.
    #[error("is no IP address as it is written: dotted decimal (192.0.2.17) or RFC 5952 (2001:db8::17)")]
    NotAnAddress,
    /// A register that the service does not know.
    #[error("is no declared scheme; {}", declared(schemes))]
    UnknownScheme {
        /// Those that it knows.
        schemes: Vec<String>,
    },
    /// An end that lies before its start.
    #[error("lies before occurred_at_us")]
    BeforeStart,
}

/// How many schemes an error lists.
const SCHEMES_LISTED_MAX: usize = 10;

fn declared(schemes: &[String]) -> String {
    let listed: Vec<_> = schemes.iter().take(SCHEMES_LISTED_MAX).map(String::as_str).collect();
    match schemes.len() {
        0 => "none is: `subjects.schemes` in the configuration of the service declares them".to_owned(),
        count if count > SCHEMES_LISTED_MAX => {
            format!("declared are {} and {} more", listed.join(", "), count - SCHEMES_LISTED_MAX)
        }
        _ => format!("declared are {}", listed.join(", ")),
    }
}

/// Which characters a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Those of a code.
    Code,
    /// Those of free text.
    Text,
    /// Those of an identifier.
    Id,
}

impl fmt::Display for Alphabet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Code => "a code has letters, combining marks, decimal digits and - _ . : / only",
            Self::Text => "free text has no control characters but line feed and tab",
            Self::Id => "an identifier has no control characters",
        })
    }
}

/// One bad field, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Position of the event in its batch, from 0. Absent for a field of the request itself.
    pub position: Option<usize>,
    /// Name of the field as in the `.proto` file.
    pub field: &'static str,
    /// Index of the item, from 0, if the field is a list and one item is bad.
    pub item: Option<usize>,
    /// Name of the bad part of that item, if it has parts.
    pub part: Option<&'static str>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Violation {
    /// Where it stands, as a path in the request: `events[3].subjects[0].id`, `session`.
    #[must_use]
    pub fn path(&self) -> String {
        let event = self.position.map(|position| format!("events[{position}].")).unwrap_or_default();
        let item = self.item.map(|item| format!("[{item}]")).unwrap_or_default();
        let part = self.part.map(|part| format!(".{part}")).unwrap_or_default();
        format!("{event}{}{item}{part}", self.field)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.path(), self.problem)
    }
}

/// A field that is set and has to be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToSeal {
    /// Position of the event in its batch, from 0.
    pub position: usize,
    /// Name of the field as in the `.proto` file.
    pub field: &'static str,
}

impl fmt::Display for ToSeal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "events[{}].{}", self.position, self.field)
    }
}

/// Why a batch is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    /// Fields break the rules of `event.proto`. Takes precedence.
    #[error("invalid: {0}")]
    Invalid(Listing<Violation>),
    /// All fields are good, but some would have to be sealed, and the service does not seal.
    #[error(
        "personal values are recorded sealed or not at all, and this service has no wrapping key to seal them with \
         (vault.wrapping_key_file in its configuration): {0}"
    )]
    SealingOff(Listing<ToSeal>),
}

/// The first [`PROBLEMS_LISTED_MAX`] of something, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// The first of them, in order.
    pub listed: Vec<T>,
    /// How many are not listed.
    pub more: usize,
}

impl<T> Listing<T> {
    /// Lists one more, or counts it if the list is full.
    pub fn push(&mut self, item: T) {
        if self.listed.len() < PROBLEMS_LISTED_MAX {
            self.listed.push(item);
        } else {
            self.more += 1;
        }
    }

    /// Whether there are none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { listed: Vec::new(), more: 0 }
    }
}

impl<T: fmt::Display> fmt::Display for Listing<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.listed.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{item}")?;
        }
        if self.more > 0 { write!(formatter, "; and {} more", self.more) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_reads_as_a_sentence_with_place_limit_and_finding() {
        let violation = Violation {
            position: Some(3),
            field: "categories",
            item: Some(0),
            part: None,
            problem: Problem::TooLong { bytes: 200, max: 128 },
        };
        assert_eq!(violation.to_string(), "events[3].categories[0] has 200 bytes, at most 128 are allowed");
        let session =
            Violation { position: None, field: "session", item: None, part: None, problem: Problem::AllZero };
        assert_eq!(session.to_string(), "session has only zero bytes, it must be random");
        let subject = Violation { field: "subjects", part: Some("id"), problem: Problem::Empty, ..violation };
        assert_eq!(subject.path(), "events[3].subjects[0].id");
    }

    #[test]
    fn a_bad_character_is_named_by_its_code_point() {
        let problem = Problem::BadCharacter { character: '\n', offset: 4, alphabet: Alphabet::Code };
        assert!(problem.to_string().starts_with("has the character U+000A at byte 4; a code has letters"));
    }

    #[test]
    fn a_long_listing_counts_what_it_does_not_list() {
        let mut listing = Listing::default();
        assert!(listing.is_empty());
        for position in 0..PROBLEMS_LISTED_MAX + 7 {
            listing.push(ToSeal { position, field: "actor" });
        }
        assert_eq!((listing.listed.len(), listing.more), (PROBLEMS_LISTED_MAX, 7));
        let text = listing.to_string();
        assert!(text.starts_with("events[0].actor; events[1].actor; "), "{text}");
        assert!(text.ends_with("events[99].actor; and 7 more"), "{text}");
    }
}
