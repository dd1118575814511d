//! Disclosed values as a file, which a third person verifies with the key of the ledger and nothing else.
//!
//! ```json
//! {"format": "einsicht-disclosure/v1", "origin": "ledger.example",
//!  "receipt": "c2sp.org/tlog-proof@v1\n…",
//!  "opened": [{"field": "actor", "salt": "base64", "value": "base64"}],
//!  "erased": [{"field": "subjects", "by": 23}],
//!  "trail": "c2sp.org/tlog-proof@v1\n…"}
//! ```
//!
//! `receipt` is of the entry that the values belong to, `trail` of the entry that says that they were
//! disclosed; both under one checkpoint, or they could be of two histories. `value` is the value as it is sealed (`docs/format.md`, Seals). `erased` is what the service
//! said, and not proven by the file.

use std::fmt;

use einsicht_access::seal::{SALT_BYTES, SealedField};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::{decode_base64, encode_base64};
use einsicht_tlog::{Index, Size, VerifierKey};
use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{Erased, Opened, Values, ValuesFault, salt_of};
use crate::proven::{ProvenEntry, ProvenError};

/// More than any disclosure has: values of at most a leaf, twice in base64, and two receipts with theirs.
pub const DISCLOSURE_BYTES_MAX: u64 = 4 << 20;
/// What the file says that it is.
const FORMAT: &str = "einsicht-disclosure/v1";
const FIELDS_MAX: usize = SealedField::ALL.len();

/// What was disclosed of one entry, verified.
#[derive(Clone, PartialEq)]
pub struct DisclosureFile {
    /// The entry that the values belong to.
    pub entry: ProvenEntry,
    /// The values, each of them recomputed to its seal.
    pub values: Values,
    /// The entry that says that they were disclosed.
    pub trail: ProvenEntry,
}

/// Why a file is no disclosure that proves anything. Never holds a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureFileError {
    /// Not JSON, or not with these members.
    #[error("line {line}, column {column}: this is no disclosure file")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Another format, or another version of it.
    #[error("the file does not say that it is \"{FORMAT}\"; it is of another kind or another release")]
    Format,
    /// Of another ledger.
    #[error("the file is of the ledger '{found}', the key of '{expected}'")]
    Origin {
        /// Whose key was given.
        expected: String,
        /// Whose ledger the file names.
        found: String,
    },
    /// A field that does not exist, or bytes that are not base64.
    #[error("value {position} of the file is malformed: {problem}")]
    Value {
        /// Its position, from 1.
        position: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The file holds no value.
    #[error("the file discloses no value")]
    Empty,
    /// The proof of the entry.
    #[error("the entry that the values belong to is not proven: {0}")]
    Entry(#[source] ProvenError),
    /// The proof of the trail.
    #[error("the entry that says that they were disclosed is not proven: {0}")]
    Trail(#[source] ProvenError),
    /// The trail is of another kind, or lies before what it says was disclosed.
    #[error("entry {index} ({kind}) does not say that values of entry {of} were disclosed")]
    NotTheTrail {
        /// Its index.
        index: Index,
        /// What it is.
        kind: &'static str,
        /// The entry of the values.
        of: Index,
    },
    /// Said to be erased by an entry that can't have done it.
    #[error(
        "{field} is said to be erased by entry {by}, which does not stand between the entry of the values ({of}) and the \
         one that says that they were disclosed ({trail})"
    )]
    NotTheErasure {
        /// Which field.
        field: SealedField,
        /// The entry that is named.
        by: Index,
        /// The entry of the values.
        of: Index,
        /// The trail.
        trail: Index,
    },
    /// Proven under two trees: nobody can tell without the ledger whether these are of one history.
    #[error(
        "the entry of the values and the one that says that they were disclosed are proven under two checkpoints, of \
         {entry} and {trail} entries: nothing shows that these are of one history"
    )]
    TwoTrees {
        /// Size of the tree of the entry.
        entry: Size,
        /// Size of the tree of the trail.
        trail: Size,
    },
    /// The values.
    #[error(transparent)]
    Values(#[from] ValuesFault),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    origin: String,
    receipt: String,
    opened: Vec<OpenedText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    erased: Vec<ErasedText>,
    trail: String,
}

#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct OpenedText {
    field: String,
    salt: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasedText {
    field: String,
    by: u64,
}

impl DisclosureFile {
    /// The file. It holds the values: keep it as the values.
    #[must_use]
    pub fn to_json(&self, origin: &str) -> Zeroizing<String> {
        let text = |entry: &ProvenEntry| String::from_utf8_lossy(&entry.receipt().to_bytes()).into_owned();
        let opened = self.values.opened.iter().map(|opened| OpenedText {
            field: opened.field.name().to_owned(),
            salt: encode_base64(opened.salt.as_bytes()),
            value: encode_base64(&opened.value),
        });
        let erased = self.values.erased.iter();
        let file = File {
            format: FORMAT.to_owned(),
            origin: origin.to_owned(),
            receipt: text(&self.entry),
            opened: opened.collect(),
            erased: erased
                .map(|erased| ErasedText { field: erased.field.name().to_owned(), by: erased.by.0 })
                .collect(),
            trail: text(&self.trail),
        };
        let mut json = serde_json::to_string_pretty(&file).unwrap_or_default();
        json.push('\n');
        Zeroizing::new(json)
    }

    /// Reads a file and verifies all of it with the key of the ledger: both receipts, under one checkpoint; that the
    /// trail says that something was disclosed; and every seal.
    ///
    /// # Errors
    /// [`DisclosureFileError`].
    pub fn verify(json: &str, key: &VerifierKey) -> Result<Self, DisclosureFileError> {
        let file: File = serde_json::from_str(json)
            .map_err(|error| DisclosureFileError::Malformed { line: error.line(), column: error.column() })?;
        if file.format != FORMAT {
            return Err(DisclosureFileError::Format);
        }
        if file.origin != key.name() {
            let expected = key.name().to_owned();
            return Err(DisclosureFileError::Origin { expected, found: file.origin });
        }
        let values = values_of(&file)?;
        if values.opened.is_empty() {
            return Err(DisclosureFileError::Empty);
        }
        let entry = ProvenEntry::verify(file.receipt.as_bytes(), key).map_err(DisclosureFileError::Entry)?;
        let trail = ProvenEntry::verify(file.trail.as_bytes(), key).map_err(DisclosureFileError::Trail)?;
        if !matches!(trail.content(), Some(Content::Disclosure(_))) || trail.index() <= entry.index() {
            let (index, kind, of) = (trail.index(), trail.kind(), entry.index());
            return Err(DisclosureFileError::NotTheTrail { index, kind, of });
        }
        if entry.head() != trail.head() {
            let (entry, trail) = (entry.head().size, trail.head().size);
            return Err(DisclosureFileError::TwoTrees { entry, trail });
        }
        values.verify(entry.body())?;
        let (of, by) = (entry.index(), trail.index());
        if let Some(Erased { field, by: erased_by }) =
            values.erased.iter().find(|one| one.by <= of || one.by >= by)
        {
            let (field, trail, by) = (*field, by, *erased_by);
            return Err(DisclosureFileError::NotTheErasure { field, by, of, trail });
        }
        Ok(Self { entry, values, trail })
    }
}

impl DisclosureFileError {
    /// Whether something is proven false, as opposed to not understood.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Entry(error) | Self::Trail(error) => !error.is_without_entry(),
            Self::NotTheTrail { .. } | Self::NotTheErasure { .. } | Self::Values(_) => true,
            // Two roots of one size were signed: there are two histories.
            Self::TwoTrees { entry, trail } => entry == trail,
            _ => false,
        }
    }
}

impl fmt::Debug for DisclosureFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DisclosureFile")
            .field("entry", &self.entry.index())
            .field("values", &self.values)
            .field("trail", &self.trail.index())
            .finish()
    }
}

fn values_of(file: &File) -> Result<Values, DisclosureFileError> {
    let mut values = Values::default();
    let names = file.opened.iter().map(|opened| opened.field.as_str());
    let names = names.chain(file.erased.iter().map(|erased| erased.field.as_str()));
    for (name, position) in names.zip(1..) {
        let malformed = |problem| DisclosureFileError::Value { position, problem };
        if position > FIELDS_MAX {
            return Err(malformed("an entry has fewer sealed fields"));
        }
        let field = SealedField::of_name(name).ok_or(malformed("there is no sealed field of that name"))?;
        if values.has(field) {
            return Err(ValuesFault::Twice { field }.into());
        }
        match file.opened.get(position - 1) {
            Some(opened) => {
                let decoded = |text: &str| decode_base64(text).map(Zeroizing::new);
                let salt = decoded(&opened.salt).ok_or(malformed("the salt is not base64"))?;
                let value = decoded(&opened.value).ok_or(malformed("the value is not base64"))?;
                if salt.len() != SALT_BYTES {
                    return Err(malformed("the salt does not have 32 bytes"));
                }
                values.opened.push(Opened { field, salt: salt_of(field, &salt)?, value });
            }
            None => {
                let erased = file.erased.get(position - 1 - file.opened.len());
                values.erased.extend(erased.map(|erased| Erased { field, by: Index(erased.by) }));
            }
        }
    }
    Ok(values)
}
