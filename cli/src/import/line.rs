//! Why one record of a log is not recorded. Never repeats a value: logs hold personal ones.

use einsicht_access::BatchError;

use crate::problem;

/// Why one record of a log is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Bytes that are no text.
    #[error(
        "is not UTF-8 text (byte {offset} of the line or column); convert the file, for example with iconv"
    )]
    NotUtf8 {
        /// The first bad byte.
        offset: usize,
    },
    /// Longer than any line that makes sense.
    #[error("is longer than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// A CSV record with another number of columns than named.
    #[error("has {found} columns, expected {expected} (if that is as it should be: ragged = true)")]
    Columns {
        /// How many are named.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A line that is not laid out as the pattern says.
    #[error("does not fit the pattern of the format")]
    Layout,
    /// A line that is not JSON.
    #[error("is not JSON (at byte {column})")]
    NotJson {
        /// Where.
        column: usize,
    },
    /// JSON, but no object.
    #[error("is JSON, but no object with names and values")]
    NotAnObject,
    /// A field can't be filled as the mapping says.
    #[error("{0}")]
    Value(String),
    /// The event breaks the rules of events.
    #[error("{0}")]
    Event(String),
}

impl From<BatchError> for LineError {
    /// Of the problems of a batch of one event.
    fn from(error: BatchError) -> Self {
        Self::Event(problem::lines(&error, |_, field| field.to_owned()).join("; "))
    }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::AccessEvent;

    use super::*;

    #[test]
    fn problems_of_an_event_name_the_field_and_not_its_position_in_a_batch() {
        let event = AccessEvent { dataset: "two words".to_owned(), operation: 3, ..AccessEvent::default() };
        let error = LineError::from(einsicht_access::validate_batch(&[event], 0).unwrap_err()).to_string();
        assert!(error.starts_with("dataset has the character U+0020 at byte 3"), "{error}");
        assert!(error.contains("; purpose is required but missing") && !error.contains("events["), "{error}");
    }
}
