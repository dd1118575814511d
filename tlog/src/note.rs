//! Signed notes: a text and who signed it. C2SP signed-note.
//!
//! ```text
//! <text, ends with a line feed>
//! <empty line>
//! — <key name> <base64(key id (4) ‖ signature)>      one line per signature
//! ```

use std::fmt::Write as _;

use crate::hash::{decode_base64, encode_base64};
use crate::key::{KeyId, SIGNATURE_BYTES, SigningKey, VerifierKey, is_key_name};

/// Most bytes of a note that is read here.
pub const NOTE_BYTES_MAX: usize = 1_000_000;
/// Most signatures of a note that is read here. The specification demands at least 16.
pub const SIGNATURES_MAX: usize = 100;

const SIGNATURE_PREFIX: &str = "— ";

/// A note as it was read; nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// Hint which key it was.
    pub id: KeyId,
    /// What follows the id: 64 bytes for Ed25519, other lengths for other kinds (cosignatures).
    pub bytes: Vec<u8>,
}

/// Why bytes are not a signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than any note should be.
    #[error("a signed note has at most {NOTE_BYTES_MAX} bytes, this has {bytes}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not text.
    #[error(
        "a signed note is UTF-8 without control characters other than line feed; at byte {offset} this is not"
    )]
    NotText {
        /// Where.
        offset: usize,
    },
    /// No empty line, or no signature after it.
    #[error("a signed note has a text, an empty line and signatures; this has no signatures")]
    NoSignatures,
    /// A line after the empty one is not a signature.
    #[error("line {line} of the signatures is not '— name base64'")]
    SignatureLine {
        /// Its number, from 1.
        line: usize,
    },
    /// More signatures than are read here.
    #[error("a signed note has at most {SIGNATURES_MAX} signatures here")]
    TooManySignatures,
}

/// Why a note was not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyNoteError {
    /// A key that we know did not sign this text, although the note says so.
    #[error(
        "the signature of {name}+{id} does not fit the text: one of them was changed, or it was signed with another key"
    )]
    BadSignature {
        /// Name of the key.
        name: String,
        /// Its id.
        id: KeyId,
    },
    /// None of the keys that we know signed.
    #[error("none of the keys known here signed; known: {known}; signed by: {signed}")]
    Unverified {
        /// Keys that we know.
        known: String,
        /// Keys that signed.
        signed: String,
    },
}

impl SignedNote {
    /// Reads a note, without verifying anything.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let note = std::str::from_utf8(bytes).map_err(|e| NoteError::NotText { offset: e.valid_up_to() })?;
        if let Some(offset) = note.bytes().position(|b| b < 0x20 && b != b'\n') {
            return Err(NoteError::NotText { offset });
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let body = lines.strip_suffix('\n').ok_or(NoteError::SignatureLine { line: lines.lines().count() });
        if lines.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        let body = body?;
        if body.split('\n').count() > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = body
            .split('\n')
            .enumerate()
            .map(|(i, line)| NoteSignature::parse(line).ok_or(NoteError::SignatureLine { line: i + 1 }))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The text, with its last line feed. What was signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Checks the signatures of the keys that we know, and ignores the others.
    /// Returns the keys that signed, each once, in the order of `known`.
    ///
    /// # Errors
    /// [`VerifyNoteError::BadSignature`] if any signature of a known key fails, whatever else the
    /// note holds; [`VerifyNoteError::Unverified`] if no known key signed.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, VerifyNoteError> {
        let mut signers = Vec::new();
        for key in known {
            for signature in self.signatures.iter().filter(|s| s.name == key.name() && s.id == key.id()) {
                let verified = <&[u8; SIGNATURE_BYTES]>::try_from(signature.bytes.as_slice())
                    .is_ok_and(|bytes| key.verifies(self.text.as_bytes(), bytes));
                if !verified {
                    return Err(VerifyNoteError::BadSignature { name: signature.name.clone(), id: key.id() });
                }
                if !signers.contains(&key) {
                    signers.push(key);
                }
            }
        }
        if signers.is_empty() {
            return Err(VerifyNoteError::Unverified {
                known: names(known.iter().map(|key| (key.name(), key.id()))),
                signed: names(self.signatures.iter().map(|s| (s.name.as_str(), s.id))),
            });
        }
        Ok(signers)
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
        let decoded = decode_base64(encoded)?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        let well_formed = is_key_name(name) && !bytes.is_empty();
        well_formed.then(|| Self { name: name.to_owned(), id: KeyId(*id), bytes: bytes.to_vec() })
    }
}

/// Signs a text (which must end with a line feed) into a note with one signature.
#[must_use]
pub fn sign(text: &str, key: &SigningKey) -> Vec<u8> {
    debug_assert!(text.ends_with('\n'), "the text of a note ends with a line feed");
    let signature = [&key.verifier().id().0[..], &key.sign(text.as_bytes())].concat();
    let name = key.verifier().name();
    format!("{text}\n{SIGNATURE_PREFIX}{name} {}\n", encode_base64(&signature)).into_bytes()
}

fn names<'a>(keys: impl Iterator<Item = (&'a str, KeyId)>) -> String {
    keys.fold(String::new(), |mut list, (name, id)| {
        let separator = if list.is_empty() { "" } else { ", " };
        // Writing into a String never fails.
        let _ = write!(list, "{separator}{name}+{id}");
        list
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("log.example", &[seed; 32]).unwrap()
    }

    #[test]
    fn a_signed_text_verifies_under_its_key_and_under_no_other() {
        let note = SignedNote::parse(&sign("hello\n", &key(1))).unwrap();
        assert_eq!(note.text(), "hello\n");
        assert_eq!(note.verify(&[key(1).verifier().clone()]).unwrap(), [key(1).verifier()]);
        let others = [key(2).verifier().clone()];
        assert!(matches!(note.verify(&others), Err(VerifyNoteError::Unverified { .. })));
    }

    #[test]
    fn one_false_signature_of_a_known_key_spoils_the_note() {
        let mut bytes = sign("hello\n", &key(1));
        let forged = [&key(2).verifier().id().0[..], &[9; 64]].concat();
        bytes.extend_from_slice(format!("— log.example {}\n", encode_base64(&forged)).as_bytes());
        let note = SignedNote::parse(&bytes).unwrap();
        let known = [key(1).verifier().clone(), key(2).verifier().clone()];
        assert!(matches!(note.verify(&known), Err(VerifyNoteError::BadSignature { .. })));
        assert_eq!(note.verify(&known[..1]).unwrap().len(), 1);
    }

    #[test]
    fn signatures_of_other_lengths_and_kinds_are_carried() {
        let mut bytes = sign("hello\n", &key(1));
        for length in [1, 63, 72, 2420] {
            let other = [&[1, 2, 3, 4][..], &vec![5; length]].concat();
            bytes.extend_from_slice(format!("— witness.example {}\n", encode_base64(&other)).as_bytes());
        }
        let note = SignedNote::parse(&bytes).unwrap();
        assert_eq!(note.signatures().len(), 5);
        assert!(note.verify(&[key(1).verifier().clone()]).is_ok());
    }

    #[test]
    fn a_text_may_have_empty_lines_of_its_own() {
        let note = SignedNote::parse(&sign("a\n\nb\n", &key(1))).unwrap();
        assert_eq!(note.text(), "a\n\nb\n");
    }
}
