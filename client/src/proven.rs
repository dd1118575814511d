//! An entry with the proof that it is in the ledger.

use einsicht_access::kind_name;
use einsicht_access::wire::{WireError, read_body};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::proof::{ProofError, verify_inclusion};
use einsicht_tlog::receipt::{Receipt, ReceiptError};
use einsicht_tlog::{Index, Leaf, RecordedAt, TreeHead, VerifierKey};

/// An entry that was proven to stand in its place under a signed checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvenEntry {
    receipt: Receipt,
    leaf: Vec<u8>,
    recorded_at: RecordedAt,
    head: TreeHead,
    body: EntryBody,
}

/// Why a receipt does not prove an entry.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProvenError {
    /// It is no receipt, or its checkpoint is not signed as it should be.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The entry is not in the signed tree.
    #[error("entry {index} is not proven to be in the signed tree: {error}")]
    Inclusion {
        /// Index of the entry.
        index: Index,
        /// What is wrong with the proof.
        #[source]
        error: ProofError,
    },
    /// The leaf is none.
    #[error("entry {index} is malformed: {error}")]
    Leaf {
        /// Index of the entry.
        index: Index,
        /// What is wrong with it.
        #[source]
        error: LeafError,
    },
    /// The body can't be read in one way only.
    #[error("the body of entry {index} is malformed: {error}")]
    Body {
        /// Index of the entry.
        index: Index,
        /// What is wrong with it.
        #[source]
        error: WireError,
    },
}

impl ProvenError {
    /// Whether the receipt came without its entry: then nothing is false, and nothing can be told.
    #[must_use]
    pub fn is_without_entry(&self) -> bool {
        matches!(self, Self::Receipt(ReceiptError::NoLeaf))
    }
}

impl ProvenEntry {
    /// Verifies a receipt that carries its leaf, with nothing but the key of the ledger.
    ///
    /// # Errors
    /// [`ProvenError`].
    pub fn verify(receipt: &[u8], key: &VerifierKey) -> Result<Self, ProvenError> {
        let receipt = Receipt::parse(receipt)?;
        let (_, checkpoint) = receipt.verify(None, key.name(), std::slice::from_ref(key))?;
        Self::under(receipt, checkpoint.head)
    }

    /// Verifies that the entry of a receipt is in a tree that is believed.
    pub(crate) fn under(receipt: Receipt, head: TreeHead) -> Result<Self, ProvenError> {
        let index = receipt.index;
        let leaf = receipt.leaf.clone().ok_or(ReceiptError::NoLeaf)?;
        verify_inclusion(&leaf_hash(&leaf), index, &head, &receipt.proof)
            .map_err(|error| ProvenError::Inclusion { index, error })?;
        let parsed = Leaf::parse(&leaf).map_err(|error| ProvenError::Leaf { index, error })?;
        let body = read_body(parsed.body).map_err(|error| ProvenError::Body { index, error })?;
        let recorded_at = parsed.recorded_at;
        Ok(Self { receipt, leaf, recorded_at, head, body })
    }

    /// Its index, from 0.
    #[must_use]
    pub fn index(&self) -> Index {
        self.receipt.index
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

    /// What it says, read strictly.
    #[must_use]
    pub fn body(&self) -> &EntryBody {
        &self.body
    }

    /// The same; `None` for a kind that this version does not know.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        self.body.content.as_ref()
    }

    /// What kind it is, as `entry.proto` names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        kind_name(&self.body)
    }

    /// The tree under which it is proven.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// The proof, for others: with the leaf, and the signed checkpoint.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}
