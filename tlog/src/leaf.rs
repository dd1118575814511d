//! The leaf of an entry: what is hashed, chained and stored. `docs/format.md`, Leaf.
//!
//! ```text
//! offset  bytes  field
//! 0       1      version       0x01
//! 1       32     previous      leaf hash of the entry before; for index 0: H(origin)
//! 33      8      recorded_at   seconds since 1970-01-01T00:00:00Z, big-endian
//! 41      …      body          one protobuf EntryBody, kept exactly as first serialised
//! ```

use crate::hash::{Hash, leaf_hash};
use crate::units::RecordedAt;

/// Version byte of the leaves described here.
pub const LEAF_VERSION: u8 = 0x01;
/// Bytes before the body.
pub const LEAF_HEADER_BYTES: usize = 41;
/// Most bytes of a leaf: the limit of a C2SP entry bundle.
pub const LEAF_BYTES_MAX: usize = 65_535;
/// Most bytes of a body.
pub const BODY_BYTES_MAX: usize = LEAF_BYTES_MAX - LEAF_HEADER_BYTES;

/// The parts of a leaf, borrowed from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// Leaf hash of the entry before; for index 0 the hash of the origin.
    pub previous: Hash,
    /// When the service recorded the entry. Never decreases in a log.
    pub recorded_at: RecordedAt,
    /// One protobuf `EntryBody`, uninterpreted here.
    pub body: &'a [u8],
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Too short to have a header.
    #[error("a leaf has at least {LEAF_HEADER_BYTES} bytes, this has {bytes}")]
    Truncated {
        /// Its length.
        bytes: usize,
    },
    /// Longer than an entry bundle can carry.
    #[error("a leaf has at most {LEAF_BYTES_MAX} bytes, this would have {bytes}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Written by a later version.
    #[error(
        "leaf version {found:#04x} is not known here (known: {LEAF_VERSION:#04x}); a newer release may read it"
    )]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
}

impl<'a> Leaf<'a> {
    /// Splits the bytes of a leaf. Does not check the chain, the time or the body.
    ///
    /// # Errors
    /// [`LeafError`] for a wrong length or version.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LeafError> {
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(LeafError::TooLong { bytes: bytes.len() });
        }
        let truncated = LeafError::Truncated { bytes: bytes.len() };
        let Some((&[version], rest)) = bytes.split_first_chunk::<1>() else { return Err(truncated) };
        let Some((previous, rest)) = rest.split_first_chunk::<32>() else { return Err(truncated) };
        let Some((recorded_at, body)) = rest.split_first_chunk::<8>() else { return Err(truncated) };
        if version != LEAF_VERSION {
            return Err(LeafError::UnknownVersion { found: version });
        }
        Ok(Self {
            previous: Hash(*previous),
            recorded_at: RecordedAt(u64::from_be_bytes(*recorded_at)),
            body,
        })
    }

    /// Length of the leaf.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        LEAF_HEADER_BYTES + self.body.len()
    }

    /// Appends the bytes of the leaf to `out`.
    ///
    /// # Errors
    /// [`LeafError::TooLong`] if the body has more than [`BODY_BYTES_MAX`] bytes; `out` is unchanged.
    pub fn write_to(&self, out: &mut Vec<u8>) -> Result<(), LeafError> {
        if self.body.len() > BODY_BYTES_MAX {
            return Err(LeafError::TooLong { bytes: self.byte_len() });
        }
        out.reserve(self.byte_len());
        out.push(LEAF_VERSION);
        out.extend_from_slice(&self.previous.0);
        out.extend_from_slice(&self.recorded_at.0.to_be_bytes());
        out.extend_from_slice(self.body);
        Ok(())
    }

    /// The bytes of the leaf.
    ///
    /// # Errors
    /// As [`Leaf::write_to`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let mut out = Vec::with_capacity(self.byte_len());
        self.write_to(&mut out)?;
        Ok(out)
    }
}

/// Where a chain stands: what the next leaf must name, and the earliest time it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// `previous` of the next leaf.
    pub previous: Hash,
    /// The next leaf's time is this or later.
    pub not_before: RecordedAt,
}

/// How a leaf breaks the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The bytes are not a leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The leaf names another predecessor.
    #[error("the entry names {} as the leaf hash before it, expected {}", found.to_hex(), expected.to_hex())]
    Previous {
        /// Leaf hash of the entry before.
        expected: Hash,
        /// What the leaf says.
        found: Hash,
    },
    /// Time ran backwards.
    #[error("the entry was recorded at second {found}, before its predecessor at second {expected}")]
    Time {
        /// Time of the entry before.
        expected: RecordedAt,
        /// What the leaf says.
        found: RecordedAt,
    },
}

impl Link {
    /// Start of a chain: entry 0 names the hash of the origin.
    #[must_use]
    pub fn start(origin_hash: Hash) -> Self {
        Self { previous: origin_hash, not_before: RecordedAt(0) }
    }

    /// Checks that `bytes` is a leaf that continues the chain, and moves on.
    /// Returns the parts of the leaf and its leaf hash. Does not look into the body.
    ///
    /// # Errors
    /// [`ChainError`]; the link is unchanged then.
    pub fn follow<'a>(&mut self, bytes: &'a [u8]) -> Result<(Leaf<'a>, Hash), ChainError> {
        let hash = leaf_hash(bytes);
        Ok((self.follow_hashed(bytes, hash)?, hash))
    }

    /// [`Link::follow`] for whoever has hashed the leaf, as [`crate::hash::leaf_hashes`] does. That `hash` is the leaf
    /// hash of `bytes` is not checked.
    ///
    /// # Errors
    /// [`ChainError`]; the link is unchanged then.
    pub fn follow_hashed<'a>(&mut self, bytes: &'a [u8], hash: Hash) -> Result<Leaf<'a>, ChainError> {
        let leaf = self.check(bytes)?;
        *self = Self { previous: hash, not_before: leaf.recorded_at };
        Ok(leaf)
    }

    /// Checks that `bytes` is a leaf that continues the chain, without moving on.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn check<'a>(&self, bytes: &'a [u8]) -> Result<Leaf<'a>, ChainError> {
        let leaf = Leaf::parse(bytes)?;
        if leaf.previous != self.previous {
            return Err(ChainError::Previous { expected: self.previous, found: leaf.previous });
        }
        if leaf.recorded_at < self.not_before {
            return Err(ChainError::Time { expected: self.not_before, found: leaf.recorded_at });
        }
        Ok(leaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(previous: Hash, seconds: u64) -> Vec<u8> {
        Leaf { previous, recorded_at: RecordedAt(seconds), body: b"body" }.to_bytes().unwrap()
    }

    #[test]
    fn a_leaf_of_another_version_is_refused() {
        let mut bytes = leaf(Hash::default(), 1);
        bytes[0] = 2;
        assert_eq!(Leaf::parse(&bytes), Err(LeafError::UnknownVersion { found: 2 }));
    }

    #[test]
    fn a_body_one_byte_over_the_limit_is_refused_before_anything_is_written() {
        let body = vec![0; BODY_BYTES_MAX + 1];
        let mut out = vec![7];
        let leaf = Leaf { previous: Hash::default(), recorded_at: RecordedAt(0), body: &body };
        assert_eq!(leaf.write_to(&mut out), Err(LeafError::TooLong { bytes: LEAF_BYTES_MAX + 1 }));
        assert_eq!(out, [7]);
        let largest = Leaf { body: &body[1..], ..leaf };
        assert_eq!(largest.to_bytes().unwrap().len(), LEAF_BYTES_MAX);
    }

    #[test]
    fn the_chain_refuses_another_predecessor_and_a_clock_that_runs_back() {
        let mut link = Link::start(Hash([9; 32]));
        let first = leaf(Hash([9; 32]), 10);
        let (_, first_hash) = link.follow(&first).unwrap();
        assert!(matches!(link.follow(&leaf(Hash([8; 32]), 10)), Err(ChainError::Previous { .. })));
        assert!(matches!(link.follow(&leaf(first_hash, 9)), Err(ChainError::Time { .. })));
        assert!(link.follow(&leaf(first_hash, 10)).is_ok());
    }

    proptest! {
        #[test]
        fn a_leaf_survives_its_bytes(previous: [u8; 32], seconds: u64, body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let leaf = Leaf { previous: Hash(previous), recorded_at: RecordedAt(seconds), body: &body };
            let bytes = leaf.to_bytes().unwrap();
            prop_assert_eq!(bytes.len(), leaf.byte_len());
            prop_assert_eq!(Leaf::parse(&bytes).unwrap(), leaf);
        }

        #[test]
        fn fewer_bytes_than_a_header_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..41)) {
            prop_assert_eq!(Leaf::parse(&bytes), Err(LeafError::Truncated { bytes: bytes.len() }));
        }
    }
}
