//! The text of a charter as entries of the ledger: in as many parts as it needs, one after the other.

use bytes::Bytes;
use einsicht_proto::v1::CharterPart;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::CHARTER_BYTES_MAX;

/// Most bytes of text in one part: with its hash and numbers it fits in a leaf.
pub const PART_BYTES_MAX: usize = 65_000;
/// Most parts that a charter can be in: the longest text, in parts that are all full but the last.
const PARTS_MAX: u32 = CHARTER_BYTES_MAX.div_ceil(PART_BYTES_MAX) as u32;
const SHA256_BYTES: usize = 32;

/// The parts of a charter, in order. Whether the text is a charter, and not too long for one, the caller knows.
#[must_use]
pub fn parts_of(text: &[u8]) -> Vec<CharterPart> {
    let sha256 = Bytes::copy_from_slice(&Sha256::digest(text));
    let parts = u32::try_from(text.chunks(PART_BYTES_MAX).len()).unwrap_or(u32::MAX);
    let part = |(number, text): (u32, &[u8])| CharterPart {
        part: number,
        parts,
        sha256: sha256.clone(),
        text: Bytes::copy_from_slice(text),
    };
    (1..).zip(text.chunks(PART_BYTES_MAX)).map(part).collect()
}

/// Puts a charter together from the entries of a ledger, read in order. Every entry that is no part of a charter
/// [interrupts](Self::interrupt) it.
#[derive(Debug, Clone, Default)]
pub struct Assembly {
    text: Vec<u8>,
    /// Of the parts that came, the last one's number; 0 between charters.
    part: u32,
    parts: u32,
    sha256: Bytes,
}

/// Parts that are no charter. The ledger that holds them fails its verification.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PartError {
    /// A part that does not follow the one before.
    #[error(
        "part {found} of {parts} of a charter follows part {before}; the parts of one charter stand one after the other"
    )]
    Order {
        /// Its number.
        found: u32,
        /// How many it says that there are.
        parts: u32,
        /// The number of the part before; 0 if none was expected.
        before: u32,
    },
    /// A part says otherwise than the first how many there are, or what the hash of the whole is.
    #[error(
        "part {part} of a charter belongs to another charter than the part before: number of parts or SHA-256 differ"
    )]
    OtherCharter {
        /// Its number.
        part: u32,
    },
    /// More than a charter can have, or no hash, or nothing in it.
    #[error("part {part} of {parts} of a charter can't be one: {parts_max} parts at most, a SHA-256 of 32 bytes, some text", parts_max = PARTS_MAX)]
    NoPart {
        /// Its number.
        part: u32,
        /// How many it says that there are.
        parts: u32,
    },
    /// The text is not the one that was announced.
    #[error("the parts of a charter do not have the SHA-256 that they name")]
    Sha256,
    /// Another entry stands where a part was expected.
    #[error("a charter ends after part {part} of {parts}")]
    Incomplete {
        /// The last part that is there.
        part: u32,
        /// How many there should be.
        parts: u32,
    },
}

impl Assembly {
    /// Takes the next part. With the last one comes the text.
    ///
    /// # Errors
    /// Any [`PartError`] but `Incomplete`. The parts that came before are then forgotten.
    pub fn push(&mut self, part: &CharterPart) -> Result<Option<Vec<u8>>, PartError> {
        let before = std::mem::take(self);
        let CharterPart { part: number, parts, sha256, text } = part;
        let (number, parts) = (*number, *parts);
        let is_sized = (1..=PARTS_MAX).contains(&parts) && (1..=PART_BYTES_MAX).contains(&text.len());
        if !is_sized || sha256.len() != SHA256_BYTES {
            return Err(PartError::NoPart { part: number, parts });
        }
        if number != before.part + 1 || number > parts {
            return Err(PartError::Order { found: number, parts, before: before.part });
        }
        if number > 1 && (parts, sha256) != (before.parts, &before.sha256) {
            return Err(PartError::OtherCharter { part: number });
        }
        let mut whole = before.text;
        whole.extend_from_slice(text);
        if number < parts {
            *self = Self { text: whole, part: number, parts, sha256: sha256.clone() };
            return Ok(None);
        }
        if Sha256::digest(&whole)[..] == sha256[..] { Ok(Some(whole)) } else { Err(PartError::Sha256) }
    }

    /// Another entry, or the end of the ledger.
    ///
    /// # Errors
    /// [`PartError::Incomplete`] if parts were still to come.
    pub fn interrupt(&mut self) -> Result<(), PartError> {
        match std::mem::take(self) {
            Self { part: 0, .. } => Ok(()),
            Self { part, parts, .. } => Err(PartError::Incomplete { part, parts }),
        }
    }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::v1::EntryBody;
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_tlog::leaf::BODY_BYTES_MAX;

    use super::*;
    use crate::record::body_bytes;

    fn assembled(parts: &[CharterPart]) -> Result<Vec<u8>, PartError> {
        let mut assembly = Assembly::default();
        for part in parts {
            if let Some(text) = assembly.push(part)? {
                return Ok(text);
            }
        }
        Err(assembly.interrupt().expect_err("the last part brings the text"))
    }

    #[test]
    fn every_length_is_put_together_again_and_every_part_fits_in_a_leaf() {
        for bytes in [1, PART_BYTES_MAX, PART_BYTES_MAX + 1, CHARTER_BYTES_MAX] {
            let text: Vec<u8> = (0..=u8::MAX).cycle().take(bytes).collect();
            let parts = parts_of(&text);
            assert_eq!(parts.len(), bytes.div_ceil(PART_BYTES_MAX));
            assert_eq!(assembled(&parts), Ok(text));
            for part in parts {
                let body = body_bytes(&EntryBody { content: Some(Content::Charter(part)) });
                assert!(body.len() <= BODY_BYTES_MAX, "{}", body.len());
            }
        }
    }

    #[test]
    fn parts_that_are_no_charter_are_told() {
        let parts = parts_of(&vec![b'x'; 3 * PART_BYTES_MAX]);
        let changed = |change: fn(&mut Vec<CharterPart>)| {
            let mut parts = parts.clone();
            change(&mut parts);
            assembled(&parts).expect_err("it was changed")
        };
        assert_eq!(
            changed(|parts| drop(parts.remove(0))),
            PartError::Order { found: 2, parts: 3, before: 0 }
        );
        assert_eq!(
            changed(|parts| drop(parts.remove(1))),
            PartError::Order { found: 3, parts: 3, before: 1 }
        );
        assert_eq!(changed(|parts| drop(parts.pop())), PartError::Incomplete { part: 2, parts: 3 });
        assert_eq!(changed(|parts| parts[1].parts = 4), PartError::OtherCharter { part: 2 });
        assert_eq!(
            changed(|parts| parts[2].sha256 = vec![1; 32].into()),
            PartError::OtherCharter { part: 3 }
        );
        assert_eq!(changed(|parts| parts[2].text = "y".into()), PartError::Sha256);
        assert_eq!(changed(|parts| parts[0].parts = 66), PartError::NoPart { part: 1, parts: 66 });
        assert_eq!(changed(|parts| parts[0].text = Bytes::new()), PartError::NoPart { part: 1, parts: 3 });
        assert_eq!(changed(|parts| parts[0].part = 0), PartError::Order { found: 0, parts: 3, before: 0 });
    }
}
