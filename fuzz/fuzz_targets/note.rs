//! Signed notes, checkpoints and verifier keys, as bytes from anybody.
#![no_main]

use einsicht_fuzz::{KEY, ORIGIN};
use einsicht_tlog::hash::encode_base64;
use einsicht_tlog::note::{self, SignedNote};
use einsicht_tlog::{Checkpoint, Origin, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let keys = [KEY.verifier().clone()];
    if let Ok(note) = SignedNote::parse(bytes) {
        assert_eq!(written(&note), bytes, "a note has one spelling");
        // A checkpoint opens if and only if it is one, of this log, and the key signed this text.
        let opened = Checkpoint::open(bytes, ORIGIN, &keys);
        let stated = Checkpoint::parse(note.text()).ok().filter(|stated| stated.origin == ORIGIN);
        assert_eq!(opened.ok(), stated.filter(|_| note.verify(&keys).is_ok()));
    } else {
        assert!(Checkpoint::open(bytes, ORIGIN, &keys).is_err());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        of_text(text, &keys);
    }
});

fn of_text(text: &str, keys: &[VerifierKey]) {
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text.trim_ascii(), "a key has one spelling");
    }
    if let Ok(origin) = Origin::parse(text) {
        assert_eq!(origin.as_str(), text);
        assert_eq!(VerifierKey::new(text, keys[0].public_key()).map(|key| key.name() == text), Ok(true));
    }
    let Ok(checkpoint) = Checkpoint::parse(text) else { return };
    assert_eq!(checkpoint.text(), text, "a checkpoint has one spelling");
    let signed = note::sign(text, &KEY);
    match SignedNote::parse(&signed) {
        Ok(note) => {
            assert_eq!(note.text(), text);
            assert_eq!(note.verify(keys), Ok(vec![&keys[0]]));
        }
        // A note has no control characters; lines of a checkpoint are not looked into for them.
        Err(_) => assert!(text.bytes().any(|byte| byte < 0x20 && byte != b'\n')),
    }
}

fn written(note: &SignedNote) -> Vec<u8> {
    let lines = note.signatures().iter().map(|signature| {
        let encoded = encode_base64(&[&signature.id.0[..], &signature.bytes].concat());
        format!("— {} {encoded}\n", signature.name)
    });
    format!("{}\n{}", note.text(), lines.collect::<String>()).into_bytes()
}
