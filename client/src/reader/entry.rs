//! One verified entry.

use bytes::Bytes;
use einsicht_access::wire::read_body;
use einsicht_proto::v1::EntryBody;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt};

use crate::finding::{Fault, Finding};

/// An entry that was proven to stand in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(super) index: Index,
    pub(super) recorded_at: RecordedAt,
    pub(super) leaf: Bytes,
}

impl Entry {
    /// Its index, from 0.
    #[must_use]
    pub fn index(&self) -> Index {
        self.index
    }

    /// When the service recorded it.
    #[must_use]
    pub fn recorded_at(&self) -> RecordedAt {
        self.recorded_at
    }

    /// The leaf, exactly as hashed.
    #[must_use]
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }

    /// Its leaf hash.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.leaf)
    }

    /// What it says, read strictly.
    ///
    /// # Errors
    /// A [`Finding`] if the body is not well-formed: the ledger fails verification.
    pub fn body(&self) -> Result<EntryBody, Finding> {
        let finding = |found: String| Finding {
            fault: Fault::Body,
            index: Some(self.index),
            place: None,
            expected: "one EntryBody, written in the one way that every reader reads alike".to_owned(),
            found,
        };
        let leaf = Leaf::parse(&self.leaf).map_err(|error| finding(error.to_string()))?;
        read_body(leaf.body).map_err(|error| finding(error.to_string()))
    }
}
