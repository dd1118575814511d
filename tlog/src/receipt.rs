//! Receipts: index, inclusion proof and checkpoint in one file. C2SP tlog-proof.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64 leaf>
//! index <decimal>
//! <base64 hash>                one line per hash, leaf to root
//!
//! <checkpoint, verbatim>
//! ```
//!
//! The `extra` line carries the leaf, so that the file verifies on its own; a reader that has the
//! leaf from elsewhere accepts a file without it.

use crate::checkpoint::{Checkpoint, CheckpointError, parse_decimal};
use crate::hash::{Hash, decode_base64, encode_base64, leaf_hash};
use crate::key::VerifierKey;
use crate::proof::{ProofError, verify_inclusion};
use crate::units::Index;

/// Extension of receipt files.
pub const FILE_EXTENSION: &str = "tlog-proof";

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// More than any inclusion proof has; a longer list is not worth reading.
const HASHES_MAX: usize = 63;

/// A receipt as it was read; nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The leaf, if the file carries it.
    pub leaf: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: Index,
    /// Sibling hashes, leaf to root.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: Vec<u8>,
}

/// Why a receipt was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// A line is not what it should be.
    #[error("line {line} of the receipt is not {expected}")]
    Malformed {
        /// Its number, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// The file carries no leaf, and none was given.
    #[error("the receipt carries no leaf; give the leaf separately to verify it")]
    NoLeaf,
    /// The leaf in the file is not the one given.
    #[error("the receipt carries another leaf than the one given")]
    OtherLeaf,
    /// The checkpoint does not verify.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The proof does not lead to the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Receipt {
    /// Reads a receipt, without verifying anything.
    ///
    /// # Errors
    /// [`ReceiptError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let malformed = |line, expected| ReceiptError::Malformed { line, expected };
        let text = std::str::from_utf8(bytes).map_err(|_| malformed(1, "UTF-8 text"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(malformed(text.lines().count() + 1, "an empty line"))?;
        let mut lines = head.split('\n').zip(1..).peekable();
        if lines.next().is_none_or(|(line, _)| line != HEADER) {
            return Err(malformed(1, HEADER));
        }
        let leaf = match lines.next_if(|(line, _)| line.starts_with("extra ")) {
            None => None,
            Some((line, number)) => {
                let leaf = line.strip_prefix("extra ").and_then(decode_base64);
                Some(leaf.ok_or(malformed(number, "'extra' and base64"))?)
            }
        };
        let index = lines
            .next()
            .and_then(|(line, _)| line.strip_prefix("index ").and_then(parse_decimal))
            .ok_or(malformed(if leaf.is_some() { 3 } else { 2 }, "'index' and a decimal number"))?;
        let proof = lines
            .map(|(line, number)| Hash::from_base64(line).ok_or(malformed(number, "a hash in base64")))
            .take(HASHES_MAX + 1)
            .collect::<Result<Vec<_>, _>>()?;
        if proof.len() > HASHES_MAX {
            return Err(malformed(head.split('\n').count(), "part of a proof, which has at most 63 hashes"));
        }
        Ok(Self { leaf, index: Index(index), proof, checkpoint: checkpoint.as_bytes().to_vec() })
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{HEADER}\n");
        if let Some(leaf) = &self.leaf {
            text.push_str(&format!("extra {}\n", encode_base64(leaf)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.proof {
            text.push_str(&format!("{hash}\n"));
        }
        text.push('\n');
        [text.as_bytes(), &self.checkpoint].concat()
    }

    /// Verifies signature, origin and inclusion, and returns what was proven: the leaf and the
    /// checkpoint that it is under. `leaf` is needed if the file carries none.
    ///
    /// Does not look into the leaf: neither its chain nor its body.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn verify(
        &self,
        leaf: Option<&[u8]>,
        origin: &str,
        keys: &[VerifierKey],
    ) -> Result<(Vec<u8>, Checkpoint), ReceiptError> {
        let leaf = match (leaf, self.leaf.as_deref()) {
            (Some(given), Some(carried)) if given != carried => return Err(ReceiptError::OtherLeaf),
            (Some(leaf), _) | (None, Some(leaf)) => leaf,
            (None, None) => return Err(ReceiptError::NoLeaf),
        };
        let checkpoint = Checkpoint::open(&self.checkpoint, origin, keys)?;
        verify_inclusion(&leaf_hash(leaf), self.index, &checkpoint.head, &self.proof)?;
        Ok((leaf.to_vec(), checkpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::hash::node_hash;
    use crate::key::SigningKey;
    use crate::merkle::TreeHead;
    use crate::units::Size;

    const ORIGIN: &str = "log.example";

    fn receipt() -> (Receipt, [VerifierKey; 1]) {
        let key = SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap();
        let sibling = leaf_hash(b"first");
        let root = node_hash(&sibling, &leaf_hash(b"second"));
        let checkpoint = checkpoint::sign(TreeHead { size: Size(2), root }, &key);
        let leaf = Some(b"second".to_vec());
        (Receipt { leaf, index: Index(1), proof: vec![sibling], checkpoint }, [key.verifier().clone()])
    }

    #[test]
    fn a_receipt_verifies_on_its_own() {
        let (receipt, keys) = receipt();
        let read = Receipt::parse(&receipt.to_bytes()).unwrap();
        assert_eq!(read, receipt);
        let (leaf, checkpoint) = read.verify(None, ORIGIN, &keys).unwrap();
        assert_eq!((leaf.as_slice(), checkpoint.head.size), (&b"second"[..], Size(2)));
    }

    #[test]
    fn a_receipt_without_leaf_needs_the_leaf() {
        let (mut receipt, keys) = receipt();
        receipt.leaf = None;
        let read = Receipt::parse(&receipt.to_bytes()).unwrap();
        assert_eq!(read.verify(None, ORIGIN, &keys), Err(ReceiptError::NoLeaf));
        assert!(read.verify(Some(b"second"), ORIGIN, &keys).is_ok());
        assert!(matches!(read.verify(Some(b"other"), ORIGIN, &keys), Err(ReceiptError::Proof(_))));
    }

    #[test]
    fn no_change_of_a_byte_goes_unnoticed() {
        let (receipt, keys) = receipt();
        let bytes = receipt.to_bytes();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            let verdict = Receipt::parse(&changed).and_then(|read| read.verify(None, ORIGIN, &keys));
            // The name and id of a key that is not known here only make the note unsigned for us.
            assert!(verdict.is_err(), "byte {position} ({:?})", char::from(bytes[position]));
        }
    }

    #[test]
    fn what_is_not_a_receipt_is_refused_with_its_line() {
        for (bad, line) in [
            ("c2sp.org/tlog-proof@v2\nindex 1\n\nx", 1),
            ("c2sp.org/tlog-proof@v1\nindex 01\n\nx", 2),
            ("c2sp.org/tlog-proof@v1\nextra AA==\nindex -1\n\nx", 3),
            ("c2sp.org/tlog-proof@v1\nextra AA\nindex 1\n\nx", 2),
            ("c2sp.org/tlog-proof@v1\nindex 1\nAA==\n\nx", 3),
            ("c2sp.org/tlog-proof@v1\nindex 1\n", 3),
        ] {
            let found = Receipt::parse(bad.as_bytes());
            assert!(
                matches!(found, Err(ReceiptError::Malformed { line: at, .. }) if at == line),
                "{bad:?}: {found:?}"
            );
        }
    }
}
