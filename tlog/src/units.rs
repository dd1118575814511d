//! Quantities of a log as types of their own, so that swapping two of them does not compile.

use std::fmt;

use crate::hash::{Hash, sha256};

/// Position of an entry in the log, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Index(pub u64);

/// How many entries a log or a tree has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Size(pub u64);

/// When an entry was recorded: seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RecordedAt(pub u64);

impl Size {
    /// The index that the next entry gets.
    #[must_use]
    pub fn next_index(self) -> Index {
        Index(self.0)
    }

    /// Whether `index` is an entry of a log of this size.
    #[must_use]
    pub fn contains(self, index: Index) -> bool {
        index.0 < self.0
    }
}

impl Index {
    /// The smallest size of a log that has this entry. Saturates at 2^64−1.
    #[must_use]
    pub fn size_with(self) -> Size {
        Size(self.0.saturating_add(1))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RecordedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Name of a log: 1 to 255 bytes of UTF-8 without control characters, spaces (Unicode) or `+`.
///
/// Unique per log; the first line of its checkpoints, and the name of its signing keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// Most bytes of an origin.
pub const ORIGIN_BYTES_MAX: usize = 255;

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Empty, or longer than 255 bytes.
    #[error("an origin has 1 to {ORIGIN_BYTES_MAX} bytes, this has {bytes}")]
    Length {
        /// Its length.
        bytes: usize,
    },
    /// A control character, a space or `+`.
    #[error("an origin has no control characters, spaces or '+', but there is U+{:04X} at byte {offset}", u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// Where it starts.
        offset: usize,
    },
}

impl Origin {
    /// Checks a text and takes it as an origin.
    ///
    /// # Errors
    /// [`OriginError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.is_empty() || text.len() > ORIGIN_BYTES_MAX {
            return Err(OriginError::Length { bytes: text.len() });
        }
        match text.char_indices().find(|(_, c)| c.is_control() || c.is_whitespace() || *c == '+') {
            Some((offset, character)) => Err(OriginError::Character { character, offset }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text: `previous` of entry 0, and the origin hash in segment headers.
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256(self.0.as_bytes())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_follow_the_key_name_rules() {
        assert!(Origin::parse("ulm.example/log-1").is_ok());
        assert!(Origin::parse("münchen.example/straße").is_ok());
        assert_eq!(Origin::parse(""), Err(OriginError::Length { bytes: 0 }));
        assert_eq!(Origin::parse(&"x".repeat(256)), Err(OriginError::Length { bytes: 256 }));
        for (bad, character) in
            [("a b", ' '), ("a+b", '+'), ("a\u{a0}b", '\u{a0}'), ("a\nb", '\n'), ("a\u{3000}", '\u{3000}')]
        {
            assert_eq!(Origin::parse(bad), Err(OriginError::Character { character, offset: 1 }), "{bad:?}");
        }
    }
}
