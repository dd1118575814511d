//! Checkpoints: a signed statement of a log's size and root. C2SP tlog-checkpoint.
//!
//! ```text
//! <origin>
//! <size, decimal>
//! <root hash, base64>
//! [extension lines]
//!
//! — <key name> <base64(key id ‖ signature)>
//! ```

use crate::hash::Hash;
use crate::key::{SigningKey, VerifierKey};
use crate::merkle::TreeHead;
use crate::note::{self, NoteError, SignedNote, VerifyNoteError};
use crate::units::Size;

/// What a checkpoint states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log: any non-empty line, for logs of other makes may have spaces in it.
    pub origin: String,
    /// Size and root.
    pub head: TreeHead,
    /// Further lines, which we never write and always accept.
    pub extensions: Vec<String>,
}

/// Why bytes are not a checkpoint that was verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note.
    #[error("this is not a checkpoint: {0}")]
    Note(#[from] NoteError),
    /// Not origin, size and root.
    #[error("the checkpoint's {line} is malformed")]
    Malformed {
        /// Which line.
        line: &'static str,
    },
    /// The empty tree has one root only.
    #[error("the checkpoint states size 0 with root {found}; the empty tree has root {}", Hash::EMPTY_ROOT)]
    EmptyRoot {
        /// The root that it states.
        found: Hash,
    },
    /// Of another log.
    #[error("the checkpoint is of log '{found}', expected '{expected}'")]
    Origin {
        /// The log asked for.
        expected: String,
        /// The log that it names.
        found: String,
    },
    /// Not signed as it should be.
    #[error(transparent)]
    Signature(#[from] VerifyNoteError),
}

impl Checkpoint {
    /// Reads the text of a checkpoint (without signatures).
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`], [`CheckpointError::EmptyRoot`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let malformed = |line| CheckpointError::Malformed { line };
        let body = text.strip_suffix('\n').ok_or(malformed("last line"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(malformed("origin"))?;
        let size = lines.next().and_then(parse_decimal).ok_or(malformed("size"))?;
        let root = lines.next().and_then(Hash::from_base64).ok_or(malformed("root hash"))?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(malformed("extension line"));
        }
        if size == 0 && root != Hash::EMPTY_ROOT {
            return Err(CheckpointError::EmptyRoot { found: root });
        }
        Ok(Self { origin: origin.to_owned(), head: TreeHead { size: Size(size), root }, extensions })
    }

    /// Reads a signed checkpoint, checks that it is of the log `origin`, and that at least one of
    /// `keys` signed it while none of them fails on it.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(bytes: &[u8], origin: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = SignedNote::parse(bytes)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != origin {
            return Err(CheckpointError::Origin { expected: origin.to_owned(), found: checkpoint.origin });
        }
        note.verify(keys)?;
        Ok(checkpoint)
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { origin, head, extensions } = self;
        let mut text = format!("{origin}\n{}\n{}\n", head.size, head.root);
        for line in extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Signs `head` as a checkpoint of the log that the key is named after.
///
/// The caller sees to it that what the head covers is durable.
#[must_use]
pub fn sign(head: TreeHead, key: &SigningKey) -> Vec<u8> {
    let origin = key.verifier().name().to_owned();
    note::sign(&Checkpoint { origin, head, extensions: Vec::new() }.text(), key)
}

/// A decimal number as C2SP writes it: no sign, no leading zero.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(size: &str, root: &str) -> String {
        format!("log.example\n{size}\n{root}\n")
    }

    #[test]
    fn a_signed_head_opens_under_its_origin_and_key_only() {
        let key = SigningKey::from_seed("log.example", &[1; 32]).unwrap();
        let head = TreeHead { size: Size(3), root: Hash([5; 32]) };
        let bytes = sign(head, &key);
        let keys = [key.verifier().clone()];
        let opened = Checkpoint::open(&bytes, "log.example", &keys).unwrap();
        assert_eq!((opened.head, opened.extensions.len()), (head, 0));
        let other = Checkpoint::open(&bytes, "other.example", &keys);
        assert!(matches!(other, Err(CheckpointError::Origin { .. })));
        assert_eq!(bytes, sign(head, &key), "signing again gives the same bytes");
    }

    #[test]
    fn numbers_and_hashes_have_one_spelling() {
        let root = Hash([5; 32]).to_string();
        for size in ["", "+1", "-1", "01", "00", "1 ", "0x1", "18446744073709551616"] {
            let refused = Checkpoint::parse(&text(size, &root));
            assert_eq!(refused, Err(CheckpointError::Malformed { line: "size" }), "{size:?}");
        }
        let longest = Checkpoint::parse(&text("18446744073709551615", &root)).unwrap();
        assert_eq!(longest.head.size, Size(u64::MAX));
        assert!(Checkpoint::parse(&text("1", &root[1..])).is_err());
    }

    #[test]
    fn extension_lines_are_accepted_and_kept() {
        let extended = format!("{}more\n", text("1", &Hash([5; 32]).to_string()));
        let checkpoint = Checkpoint::parse(&extended).unwrap();
        assert_eq!(checkpoint.extensions, ["more"]);
        assert_eq!(checkpoint.text(), extended);
        assert!(Checkpoint::parse(&format!("{extended}\n")).is_err(), "an empty extension line");
    }

    #[test]
    fn size_zero_goes_with_the_empty_root_only() {
        assert!(Checkpoint::parse(&text("0", &Hash::EMPTY_ROOT.to_string())).is_ok());
        let other = Checkpoint::parse(&text("0", &Hash([5; 32]).to_string()));
        assert!(matches!(other, Err(CheckpointError::EmptyRoot { .. })));
    }
}
