//! View keys as a file: with them one person finds the accesses to their own data in the public log.
//!
//! ```json
//! {"format": "einsicht-view-keys/v1", "origin": "ledger.example",
//!  "keys": [{"scheme": "person", "month": "2026-10", "key": "base64"}]}
//! ```
//!
//! The file does not say whose keys they are. Whoever has it finds the accesses to that person's data: it is as
//! confidential as the answer.

use std::fmt;

use einsicht_access::Month;
use einsicht_access::limits::check_code;
use einsicht_access::marker::{KEY_BYTES, ViewKey};
use einsicht_tlog::Origin;
use einsicht_tlog::hash::{decode_base64, encode_base64};
use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// More than any file of view keys has.
pub const VIEW_KEYS_BYTES_MAX: u64 = 1 << 20;
/// Most keys in a file: as many as are given out at a time, several times over.
pub const VIEW_KEYS_MAX: usize = 4_096;
/// What the file says that it is.
const FORMAT: &str = "einsicht-view-keys/v1";

/// The view keys of one person in one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewKeys {
    origin: String,
    keys: Vec<ViewKeyOf>,
}

/// A view key, and what it is for.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewKeyOf {
    /// The register that knows the person.
    pub scheme: String,
    /// The month whose records can be tested with it.
    pub month: Month,
    /// The key.
    pub key: ViewKey,
}

/// Why a file holds no view keys. Says nothing of the keys themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewKeysError {
    /// Not JSON, or not with these members.
    #[error("line {line}, column {column}: this is no file of view keys")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Another format, or another version of it.
    #[error("the file does not say that it is \"{FORMAT}\"; it is of another kind or another release")]
    Format,
    /// No key at all.
    #[error("the file holds no view key: nothing can be found with it")]
    Empty,
    /// Too many.
    #[error("the file holds {found} view keys, at most {VIEW_KEYS_MAX} are read")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// The name of the ledger is none.
    #[error("the file names no ledger: {problem}")]
    Origin {
        /// What is wrong with it.
        problem: String,
    },
    /// One of them is none.
    #[error("view key {position} of the file {problem}")]
    Key {
        /// Its position, from 1.
        position: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    origin: String,
    keys: Vec<KeyText>,
}

#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyText {
    scheme: String,
    month: String,
    key: String,
}

impl ViewKeys {
    /// None yet, for the ledger of that name.
    #[must_use]
    pub fn new(origin: String) -> Self {
        Self { origin, keys: Vec::new() }
    }

    /// Adds one.
    pub fn add(&mut self, key: ViewKeyOf) {
        self.keys.push(key);
    }

    /// Name of the ledger that they are for.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[ViewKeyOf] {
        &self.keys
    }

    /// The months that they are for, each once, in order.
    #[must_use]
    pub fn months(&self) -> Vec<Month> {
        let mut months: Vec<_> = self.keys.iter().map(|key| key.month).collect();
        months.sort_unstable();
        months.dedup();
        months
    }

    /// The file.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let text = |key: &ViewKeyOf| KeyText {
            scheme: key.scheme.clone(),
            month: key.month.to_string(),
            key: encode_base64(key.key.as_bytes()),
        };
        let file = File {
            format: FORMAT.to_owned(),
            origin: self.origin.clone(),
            keys: self.keys.iter().map(text).collect(),
        };
        let mut json = serde_json::to_string_pretty(&file).unwrap_or_default();
        json.push('\n');
        Zeroizing::new(json)
    }

    /// Reads a file, strictly. Whether the keys find anything, only a scan tells.
    ///
    /// # Errors
    /// [`ViewKeysError`].
    pub fn parse(json: &str) -> Result<Self, ViewKeysError> {
        let file: File = serde_json::from_str(json)
            .map_err(|error| ViewKeysError::Malformed { line: error.line(), column: error.column() })?;
        if file.format != FORMAT {
            return Err(ViewKeysError::Format);
        }
        if file.keys.is_empty() {
            return Err(ViewKeysError::Empty);
        }
        if file.keys.len() > VIEW_KEYS_MAX {
            return Err(ViewKeysError::TooMany { found: file.keys.len() });
        }
        // Both come into messages: neither may drive a terminal, nor be longer than it ever is.
        Origin::parse(&file.origin).map_err(|error| ViewKeysError::Origin { problem: error.to_string() })?;
        let mut keys = Self::new(file.origin);
        for (text, position) in file.keys.iter().zip(1..) {
            let malformed = |problem| ViewKeysError::Key { position, problem };
            check_code(&text.scheme).map_err(|_| malformed("is of no register: its scheme is no code"))?;
            let month = text.month.parse().map_err(|_| malformed("is for no month such as 2026-10"))?;
            let key = decode_base64(&text.key).map(Zeroizing::new).ok_or(malformed("is not base64"))?;
            let key: [u8; KEY_BYTES] =
                key.as_slice().try_into().map_err(|_| malformed("does not have 32 bytes"))?;
            let key = ViewKeyOf { scheme: text.scheme.clone(), month, key: ViewKey::from(key) };
            if keys.keys.contains(&key) {
                return Err(malformed("is there twice"));
            }
            keys.add(key);
        }
        Ok(keys)
    }
}

impl fmt::Debug for ViewKeyOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ViewKeyOf")
            .field("scheme", &self.scheme)
            .field("month", &self.month)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> ViewKeys {
        let mut keys = ViewKeys::new("log.example".to_owned());
        for (scheme, month, byte) in
            [("person", "2026-10", 1), ("person", "2026-09", 2), ("halter", "2026-10", 3)]
        {
            let key = ViewKey::from([byte; KEY_BYTES]);
            keys.add(ViewKeyOf { scheme: scheme.to_owned(), month: month.parse().unwrap(), key });
        }
        keys
    }

    fn changed(from: &str, to: &str) -> Result<ViewKeys, ViewKeysError> {
        let json = keys().to_json().replacen(from, to, 1);
        assert_ne!(json, *keys().to_json(), "{from} is not there");
        ViewKeys::parse(&json)
    }

    #[test]
    fn a_file_reads_back_as_what_was_written() {
        let read = ViewKeys::parse(&keys().to_json()).unwrap();
        assert_eq!(read, keys());
        let months: Vec<_> = read.months().iter().map(ToString::to_string).collect();
        assert_eq!(
            (read.origin(), months),
            ("log.example", vec!["2026-09".to_owned(), "2026-10".to_owned()])
        );
    }

    #[test]
    fn what_is_no_file_of_view_keys_is_refused_with_its_reason() {
        let key = |position, problem| Err(ViewKeysError::Key { position, problem });
        assert!(matches!(ViewKeys::parse("no json"), Err(ViewKeysError::Malformed { line: 1, .. })));
        assert_eq!(changed("view-keys/v1", "view-keys/v2"), Err(ViewKeysError::Format));
        assert_eq!(changed("2026-10", "2026-13"), key(1, "is for no month such as 2026-10"));
        assert_eq!(changed("AQEB", "A?EB"), key(1, "is not base64"));
        assert_eq!(
            changed(&encode_base64(&[1; 32]), &encode_base64(&[1; 31])),
            key(1, "does not have 32 bytes")
        );
        let twice = changed(&encode_base64(&[3; 32]), &encode_base64(&[1; 32]));
        assert!(twice.is_ok(), "another register may know the person by another key, or not");
        assert!(matches!(
            changed("\"origin\"", "\"owner\": 1, \"origin\""),
            Err(ViewKeysError::Malformed { .. })
        ));
        assert_eq!(changed("person", "per\\nson"), key(1, "is of no register: its scheme is no code"));
        assert!(matches!(changed("log.example", "log\\nexample"), Err(ViewKeysError::Origin { .. })));
        let empty = ViewKeys::new("log.example".to_owned()).to_json();
        assert_eq!(ViewKeys::parse(&empty), Err(ViewKeysError::Empty));
    }

    #[test]
    fn no_key_is_printed() {
        let printed = format!("{:?}", keys());
        assert!(
            printed.contains("halter") && !printed.contains("1, 1") && !printed.contains("3, 3"),
            "{printed}"
        );
    }
}
