//! `signed_note`: verifier keys and signed notes.

use einsicht_tlog::hash::encode_base64;
use einsicht_tlog::note::{self, SignedNote};
use einsicht_tlog::{SigningKey, VerifierKey};
use proptest::prelude::*;
use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, Verifier as _, VerifierList};

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9ßé—./:?_-]{1,30}"
}

fn text() -> impl Strategy<Value = String> {
    // No control characters but the line feed; empty lines and em dashes are welcome.
    "([ -~äß—\u{1f3db}]{0,20}\n){1,5}"
}

/// The same key in both implementations.
fn key_pair(name: &str, seed: &[u8; 32]) -> (SigningKey, StandardSigner, StandardVerifier) {
    let ours = SigningKey::from_seed(name, seed).unwrap();
    let secret = encode_base64(&[&[1][..], seed].concat());
    let signer =
        StandardSigner::new(&format!("PRIVATE+KEY+{name}+{}+{secret}", ours.verifier().id())).unwrap();
    let verifier = StandardVerifier::new(&ours.verifier().to_string()).unwrap();
    (ours, signer, verifier)
}

proptest! {
    #[test]
    fn verifier_keys_are_read_on_both_sides(name in name(), seed: [u8; 32], edit in edit()) {
        let (ours, signer, verifier) = key_pair(&name, &seed);
        let id = u32::from_be_bytes(ours.verifier().id().0);
        prop_assert_eq!((signer.key_id(), verifier.key_id()), (id, id));
        prop_assert_eq!((signer.name(), verifier.name()), (name.as_str(), name.as_str()));
        let public = [&[1][..], ours.verifier().public_key()].concat();
        prop_assert_eq!(signed_note::key_id(&name, &public), id);

        let text = ours.verifier().to_string();
        prop_assert_eq!(&VerifierKey::parse(&text).unwrap(), ours.verifier());
        if let Ok(edited) = String::from_utf8(edit.of(text.as_bytes())) && VerifierKey::parse(&edited).is_ok() {
            // Where a key was read from, a line feed may follow it; theirs leaves that to the caller.
            prop_assert!(StandardVerifier::new(edited.trim_ascii()).is_ok(), "{}", edited);
            prop_assert_eq!(edited.trim_ascii(), text);
        }
    }

    #[test]
    fn notes_are_the_same_and_verify_on_both_sides(name in name(), seed: [u8; 32], text in text()) {
        let (ours, signer, verifier) = key_pair(&name, &seed);
        let our_note = note::sign(&text, &ours);
        let mut their_note = Note::new(text.as_bytes(), &[]).unwrap();
        their_note.add_sigs(&[&signer]).unwrap();
        prop_assert_eq!(&our_note, &their_note.to_bytes());

        let read = Note::from_bytes(&our_note).unwrap();
        prop_assert_eq!(read.text(), text.as_bytes());
        let (verified, others) = read.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        prop_assert_eq!((verified.len(), others.len()), (1, 0));

        let read = SignedNote::parse(&their_note.to_bytes()).unwrap();
        prop_assert_eq!(read.text(), &text);
        let known = [ours.verifier().clone()];
        prop_assert_eq!(read.verify(&known).unwrap(), [ours.verifier()]);
    }

    #[test]
    fn edited_notes_get_the_same_verdict(
        names in [name(), name()],
        seeds: [[u8; 32]; 2],
        text in text(),
        edit in edit(),
    ) {
        let [(ours, signer, verifier), (_, cosigner, _)] = [0, 1].map(|at| key_pair(&names[at], &seeds[at]));
        let mut note = Note::new(text.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&cosigner, &signer]).unwrap();
        let bytes = edit.of(&note.to_bytes());
        let theirs = Note::from_bytes(&bytes);
        let read = SignedNote::parse(&bytes);
        prop_assert_eq!(read.is_ok(), theirs.is_ok(), "{:?}", read);
        if let (Ok(read), Ok(theirs)) = (read, theirs) {
            prop_assert_eq!(read.text().as_bytes(), theirs.text());
            let known = [ours.verifier().clone()];
            let verdict = read.verify(&known);
            let their_verdict = theirs.verify(&VerifierList::new(vec![Box::new(verifier)]));
            prop_assert_eq!(verdict.is_ok(), their_verdict.is_ok(), "{:?}", verdict);
        }
    }
}

/// One byte changed, put in or taken out; or nothing.
#[derive(Debug, Clone)]
enum Edit {
    Nothing,
    Change(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(&b"\n\n +=Az09"[..])];
    prop_oneof![
        Just(Edit::Nothing),
        (any::<prop::sample::Index>(), byte()).prop_map(|(at, byte)| Edit::Change(at, byte)),
        (any::<prop::sample::Index>(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        any::<prop::sample::Index>().prop_map(Edit::Remove),
    ]
}

impl Edit {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let length = bytes.len();
        match self {
            Self::Nothing => {}
            Self::Change(at, byte) => bytes[at.index(length)] = *byte,
            Self::Insert(at, byte) => bytes.insert(at.index(length + 1), *byte),
            Self::Remove(at) => drop(bytes.remove(at.index(length))),
        }
        bytes
    }
}
