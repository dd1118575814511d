//! Signed notes and checkpoints of others: Go's checksum database and the samples of C2SP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{Hex, read, read_json, read_text, shared};
use einsicht_tlog::checkpoint::{Checkpoint, CheckpointError};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::key::{KeyError, VerifierKey};
use einsicht_tlog::note::{NoteError, SignedNote, VerifyNoteError};
use einsicht_tlog::receipt::{Receipt, ReceiptError};
use einsicht_tlog::{Index, SigningKey, Size};
use serde::Deserialize;

#[derive(Deserialize)]
struct BadNote {
    desc: String,
    hex: Hex,
    error: String,
}

const PETER_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                          then you don't know what your problem is.\n";

#[test]
fn the_notes_of_go_verify_under_their_keys() {
    let Some([peter, enoch]) = go_keys() else { return };
    let note = go_note("note_peter.txt").unwrap();
    assert_eq!(note.text(), PETER_TEXT);
    assert_eq!(note.verify(std::slice::from_ref(&peter)).unwrap(), [&peter]);
    let enoch_only = note.verify(std::slice::from_ref(&enoch));
    assert!(matches!(enoch_only, Err(VerifyNoteError::Unverified { .. })));

    let note = go_note("note_peter_enoch.txt").unwrap();
    assert_eq!((note.text(), note.signatures().len()), (PETER_TEXT, 2));
    for known in [vec![peter.clone()], vec![enoch.clone()], vec![enoch, peter]] {
        assert_eq!(note.verify(&known).unwrap(), known.iter().collect::<Vec<_>>());
    }
}

#[test]
fn verifier_keys_of_go_are_read_and_written_alike() {
    let Some(folder) = shared("go-sumdb-note") else { return };
    let mut keys = 0;
    for file in ["vkeys.txt", "sumdb_production.vkey.txt"] {
        for line in read_text(folder.join(file)).lines() {
            assert_eq!(VerifierKey::parse(line).unwrap().to_string(), line);
            keys += 1;
        }
    }
    assert_eq!(keys, 3);
    let bad: Vec<_> = read_text(folder.join("bad_vkeys.txt"))
        .lines()
        .map(|line| VerifierKey::parse(line.split('\t').next().unwrap()))
        .collect();
    // The first one's base64 is not canonical, which is noticed before its length.
    assert_eq!(bad, [Err(KeyError::Malformed), Err(KeyError::UnknownType { found: 0x65 })]);
}

#[test]
fn every_bad_note_of_go_is_refused_when_it_is_read() {
    let Some(folder) = shared("go-sumdb-note") else { return };
    let notes: Vec<BadNote> = read_json(folder.join("bad_notes.json"));
    assert_eq!(notes.len(), 8);
    for bad in &notes {
        let found = SignedNote::parse(&bad.hex.0);
        assert!(found.is_err() && bad.error == "malformed note", "{}: {found:?}", bad.desc);
    }
    let many = SignedNote::parse(&notes.last().unwrap().hex.0);
    assert_eq!(many, Err(NoteError::TooManySignatures));
}

#[test]
fn a_false_signature_of_a_known_key_is_refused() {
    let Some([peter, enoch]) = go_keys() else { return };
    let folder = shared("go-sumdb-note").unwrap();
    let notes: Vec<BadNote> = read_json(folder.join("bad_signature.json"));
    assert_eq!(notes.len(), 1);
    let note = SignedNote::parse(&notes[0].hex.0).unwrap();
    let expected = VerifyNoteError::BadSignature { name: peter.name().to_owned(), id: peter.id() };
    assert_eq!(notes[0].error, format!("invalid signature for key {}+{}", peter.name(), peter.id()));
    assert_eq!(note.verify(&[enoch, peter]), Err(expected));
}

#[test]
fn the_checkpoint_of_sum_golang_org_verifies_and_no_change_to_it_does() {
    let Some(folder) = shared("go-sumdb-note") else { return };
    let keys = [VerifierKey::parse(&read_text(folder.join("sumdb_production.vkey.txt"))).unwrap()];
    let bytes = read(folder.join("sumdb_production_checkpoint_35225469.txt"));
    let origin = "go.sum database tree";
    let checkpoint = Checkpoint::open(&bytes, origin, &keys).unwrap();
    assert_eq!(checkpoint.head.size, Size(35_225_469));
    assert_eq!(checkpoint.head.root.to_string(), "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=");
    assert!(checkpoint.extensions.is_empty() && bytes.starts_with(checkpoint.text().as_bytes()));

    let other_name = Checkpoint::open(&bytes, keys[0].name(), &keys);
    assert!(matches!(other_name, Err(CheckpointError::Origin { .. })), "its origin is not its key's name");
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        assert!(Checkpoint::open(&changed, origin, &keys).is_err(), "byte {position}");
    }
}

#[test]
fn the_tree_head_of_go_is_the_text_of_a_checkpoint() {
    let Some(folder) = shared("go-sumdb-note") else { return };
    let text = read_text(folder.join("tree_head.txt"));
    let checkpoint = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.origin, "go.sum database tree");
    assert_eq!(checkpoint.head.size, Size(123_456_789_012));
    assert_eq!(checkpoint.head.root, leaf_hash(b"hello world"));
    assert_eq!(checkpoint.text(), text);
}

#[test]
fn the_example_of_the_signed_note_specification_verifies() {
    let Some(folder) = shared("c2sp-samples") else { return };
    let keys = [VerifierKey::parse(&read_text(folder.join("signed-note_example-foo.vkey.txt"))).unwrap()];
    let note = SignedNote::parse(&read(folder.join("signed-note_example-foo.txt"))).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify(&keys).unwrap(), [&keys[0]]);
}

#[test]
fn a_text_with_empty_lines_and_umlauts_is_read_whole() {
    let Some(folder) = shared("c2sp-samples") else { return };
    let bytes = read(folder.join("signed-note_quasimodo.txt"));
    let note = SignedNote::parse(&bytes).unwrap();
    assert!(note.text().starts_with("Ognuno sta solo") && note.text().ends_with(":\n\ned è subito sera.\n"));
    let names: Vec<_> = note.signatures().iter().map(|s| (s.name.as_str(), s.bytes.len())).collect();
    assert_eq!(names, [("quasimodo.example/salvatore", 64)]);
}

#[test]
fn signatures_of_keys_that_are_not_known_are_carried_but_prove_nothing() {
    let Some(folder) = shared("c2sp-samples") else { return };
    let alone = read(folder.join("checkpoint_behind-the-sofa.txt"));
    let cosigned = read(folder.join("cosigned-checkpoint_behind-the-sofa.txt"));
    let note = SignedNote::parse(&cosigned).unwrap();
    let lengths: Vec<_> = note.signatures().iter().map(|s| (s.name.as_str(), s.bytes.len())).collect();
    // A cosignature has a time of 8 bytes before its 64.
    assert_eq!(lengths, [("example.com/behind-the-sofa", 64), ("witness.example.com/w1", 72)]);
    assert_eq!(note.text(), SignedNote::parse(&alone).unwrap().text());
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(checkpoint.head.size, Size(20_852_163));

    let stranger = SigningKey::from_seed("example.com/behind-the-sofa", &[1; 32]).unwrap();
    let opened = Checkpoint::open(&cosigned, &checkpoint.origin, &[stranger.verifier().clone()]);
    assert!(matches!(opened, Err(CheckpointError::Signature(VerifyNoteError::Unverified { .. }))));

    // A witness is sent the checkpoint behind a proof; this log signs with two keys of one name.
    let request = read_text(folder.join("witness_add-checkpoint_request.txt"));
    let (_, checkpoint) = request.split_once("\n\n").unwrap();
    assert_eq!(SignedNote::parse(checkpoint.as_bytes()).unwrap().signatures().len(), 2);
}

#[test]
fn what_is_cut_short_or_no_note_at_all_is_refused() {
    let Some(folder) = shared("c2sp-samples") else { return };
    for (file, expected) in [
        // "[...]" stands where base64 was left out.
        ("tlog-proof_truncated-illustration.txt", NoteError::SignatureLine { line: 1 }),
        ("witness_sign-subtree_request_truncated.txt", NoteError::SignatureLine { line: 1 }),
        ("witness_add-checkpoint_response.txt", NoteError::NoSignatures),
        ("cosignature-v1_signed-message_body.txt", NoteError::NoSignatures),
        ("policy_template.txt", NoteError::SignatureLine { line: 1 }),
    ] {
        assert_eq!(SignedNote::parse(&read(folder.join(file))), Err(expected), "{file}");
    }
}

#[test]
fn the_illustrated_receipt_is_read_and_refused_for_its_checkpoint() {
    let Some(folder) = shared("c2sp-samples") else { return };
    let receipt = Receipt::parse(&read(folder.join("tlog-proof_truncated-illustration.txt"))).unwrap();
    let leaf = receipt.leaf.as_deref().unwrap();
    assert!(leaf.starts_with(b"age-v1.2.1-darwin-arm64.tar.gz"));
    assert_eq!((receipt.index, receipt.proof.len()), (Index(73_894), 5));
    let key = SigningKey::from_seed("example.com/fancylog", &[1; 32]).unwrap();
    let verdict = receipt.verify(None, "example.com/fancylog", &[key.verifier().clone()]);
    let cut = CheckpointError::Note(NoteError::SignatureLine { line: 1 });
    assert_eq!(verdict, Err(ReceiptError::Checkpoint(cut)));
}

fn go_keys() -> Option<[VerifierKey; 2]> {
    let text = read_text(shared("go-sumdb-note/vkeys.txt")?);
    let keys: Vec<_> = text.lines().map(|line| VerifierKey::parse(line).unwrap()).collect();
    Some(keys.try_into().unwrap())
}

fn go_note(file: &str) -> Result<SignedNote, NoteError> {
    SignedNote::parse(&read(shared("go-sumdb-note").unwrap().join(file)))
}
