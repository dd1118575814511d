//! Signed checkpoints.

use einsicht_tlog::checkpoint::{self, Checkpoint, CheckpointError};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::key::KeyId;
use einsicht_tlog::note::{self, NoteError, SignedNote, VerifyNoteError};
use einsicht_tlog::{Hash, SigningKey, Size, TreeHead, VerifierKey};
use serde::Serialize;

use crate::fixture::{
    Decimal, Hex, ORIGIN, SEED, chain, json, key, other_key, signature_line, text, texts, tree_of, verifiers,
};

#[derive(Serialize)]
struct CheckpointFile {
    valid: Vec<Valid>,
    invalid_under: KnownKeys,
    invalid: Vec<Invalid>,
}

/// What the reader of the invalid checkpoints expects.
#[derive(Serialize)]
struct KnownKeys {
    origin: &'static str,
    verifier_keys: Vec<String>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    origin: String,
    verifier_keys: Vec<String>,
    note: String,
    size: Decimal,
    root: Hex,
    extensions: Vec<String>,
    signers: Vec<String>,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    note: String,
    reason: &'static str,
}

pub fn checkpoints() -> String {
    let invalid_under = KnownKeys { origin: ORIGIN, verifier_keys: texts(&verifiers(&[&key()])) };
    json(&CheckpointFile { valid: valid_checkpoints(), invalid_under, invalid: invalid_checkpoints() })
}

/// The head of the ledger in `chain.json`.
pub fn head() -> TreeHead {
    tree_of(chain().iter().map(|leaf| leaf_hash(leaf))).head()
}

/// The head's checkpoint.
pub fn signed() -> String {
    text(checkpoint::sign(head(), &key()))
}

/// A signature line of a kind and key that nobody here knows.
pub fn unknown_line(number: u8, signature_bytes: usize) -> String {
    let name = format!("witness{number}.example");
    signature_line(&name, KeyId([0xee, 0, 0, number]), &vec![number; signature_bytes])
}

fn valid_checkpoints() -> Vec<Valid> {
    let known = verifiers(&[&key()]);
    let empty = TreeHead { size: Size(0), root: Hash::EMPTY_ROOT };
    let one = tree_of([leaf_hash(&chain()[0])]).head();
    let largest = TreeHead { size: Size(u64::MAX), ..head() };
    let extended = text(note::sign(&format!("{}more\nand more\n", head_text()), &key()));
    let both = signed() + text(note::sign(&head_text(), &other_key())).split("\n\n").nth(1).unwrap();
    let witnesses: String =
        [64, 72, 1, 2420].into_iter().zip(1..).map(|(bytes, number)| unknown_line(number, bytes)).collect();
    let sixteen: String = (1..16).map(|number| unknown_line(number, 64)).collect();
    let elsewhere = SigningKey::from_seed("münchen.example/straße", SEED).unwrap();
    let other_log =
        Checkpoint { origin: "a log of another make".into(), head: head(), extensions: Vec::new() };
    vec![
        valid("the ledger of chain.json", ORIGIN, &known, signed()),
        valid("one entry", ORIGIN, &known, text(checkpoint::sign(one, &key()))),
        valid(
            "no entries: never published, but accepted",
            ORIGIN,
            &known,
            text(checkpoint::sign(empty, &key())),
        ),
        valid("the largest size", ORIGIN, &known, text(checkpoint::sign(largest, &key()))),
        valid("extension lines", ORIGIN, &known, extended),
        valid("two known keys", ORIGIN, &verifiers(&[&key(), &other_key()]), both.clone()),
        valid("two keys, one of them known", ORIGIN, &verifiers(&[&other_key()]), both),
        valid("signatures of unknown keys and kinds behind", ORIGIN, &known, signed() + &witnesses),
        valid("signatures of unknown keys and kinds before", ORIGIN, &known, before_signature(&witnesses)),
        valid("sixteen signatures", ORIGIN, &known, signed() + &sixteen),
        valid(
            "an origin beyond ASCII",
            elsewhere.verifier().name(),
            &verifiers(&[&elsewhere]),
            text(checkpoint::sign(head(), &elsewhere)),
        ),
        valid(
            "an origin with spaces that is not the key's name",
            &other_log.origin,
            &known,
            text(note::sign(&other_log.text(), &key())),
        ),
    ]
}

fn valid(name: &'static str, origin: &str, keys: &[VerifierKey], note: String) -> Valid {
    let read = Checkpoint::open(note.as_bytes(), origin, keys).unwrap();
    let signed = SignedNote::parse(note.as_bytes()).unwrap();
    let signers: Vec<_> = signed.verify(keys).unwrap().into_iter().cloned().collect();
    Valid {
        name,
        origin: origin.to_owned(),
        verifier_keys: texts(keys),
        note,
        size: Decimal(read.head.size.0),
        root: read.head.root.into(),
        extensions: read.extensions,
        signers: texts(&signers),
    }
}

fn head_text() -> String {
    format!("{ORIGIN}\n{}\n{}\n", head().size, head().root)
}

fn before_signature(lines: &str) -> String {
    signed().replacen("\n\n", &format!("\n\n{lines}"), 1)
}

/// A note whose signature is good, so that it is refused for its text.
fn signed_text(text_of_note: &str) -> String {
    text(note::sign(text_of_note, &key()))
}

const ORIGIN_REASON: &str = "the checkpoint is of another log";
const UNVERIFIED: &str = "no known key signed";
const BAD_SIGNATURE: &str = "a signature of a known key does not fit, whatever else the note holds";
const EMPTY_ROOT: &str = "the empty tree has one root only: SHA-256 of nothing";
const TEXT: &str = "the text is origin, size in canonical decimal, root in canonical base64, extension lines";
const SIGNATURES: &str = "behind an empty line stand signature lines '— name base64' and nothing else";
const CONTROL: &str = "a note is UTF-8 without control characters other than line feed";
const MANY: &str = "more than 100 signatures (a limit of this implementation; 16 is the least)";

fn invalid_checkpoints() -> Vec<Invalid> {
    let (size, root) = (head().size.to_string(), head().root.to_string());
    let with = |size: &str, root: &str| signed_text(&format!("{ORIGIN}\n{size}\n{root}\n"));
    let other_root = Hash([7; 32]).to_string();
    let forged = |bytes: usize| signature_line(ORIGIN, key().verifier().id(), &vec![7; bytes]);
    let by_other = text(checkpoint::sign(head(), &other_key()));
    let cases = [
        ("another origin", signed_text(&head_text().replacen("test", "tost", 1)), ORIGIN_REASON),
        ("signed by an unknown key of the same name", by_other.clone(), UNVERIFIED),
        ("size changed after signing", signed().replacen("\n5\n", "\n6\n", 1), BAD_SIGNATURE),
        ("root changed after signing", signed().replacen(&root, &other_root, 1), BAD_SIGNATURE),
        ("extension line put in after signing", signed().replacen("\n\n", "\nmore\n\n", 1), BAD_SIGNATURE),
        ("a good signature and a false one of one key", signed() + &forged(64), BAD_SIGNATURE),
        ("a signature of a known key that is too short", signed() + &forged(63), BAD_SIGNATURE),
        ("size with a leading zero", with("05", &root), TEXT),
        ("size with a sign", with("+5", &root), TEXT),
        ("negative size", with("-5", &root), TEXT),
        ("size of 2^64", with("18446744073709551616", &root), TEXT),
        ("size in hexadecimal", with("0x5", &root), TEXT),
        ("no size", with("", &root), TEXT),
        ("size with a space behind", with("5 ", &root), TEXT),
        ("root without padding", with(&size, root.trim_end_matches('=')), TEXT),
        ("root with unused bits set", with(&size, &unused_bits_set(&root)), TEXT),
        ("root of 31 bytes", with(&size, &einsicht_tlog::hash::encode_base64(&[7; 31])), TEXT),
        ("root of 33 bytes", with(&size, &einsicht_tlog::hash::encode_base64(&[7; 33])), TEXT),
        ("root in URL-safe base64", with(&size, &Hash([0xff; 32]).to_string().replace('/', "_")), TEXT),
        ("no root", signed_text(&format!("{ORIGIN}\n{size}\n")), TEXT),
        ("no origin", signed_text(&format!("\n{size}\n{root}\n")), TEXT),
        ("an empty extension line", signed_text(&format!("{}\nmore\n", head_text())), TEXT),
        ("no entries, but a root", with("0", &root), EMPTY_ROOT),
        ("no signature", format!("{}\n", head_text()), SIGNATURES),
        ("no empty line", signed().replacen("\n\n", "\n", 1), SIGNATURES),
        ("no line feed at the end", signed().trim_end().to_owned(), SIGNATURES),
        ("a hyphen instead of the em dash", signed().replacen('—', "-", 1), SIGNATURES),
        ("something behind the signatures", signed() + "more\n", SIGNATURES),
        ("an empty line behind the signatures", signed() + "\n", SIGNATURES),
        ("a key id without a signature", signed() + &unknown_line(1, 0), SIGNATURES),
        ("a key name with '+'", signed() + &signature_line("a+b", KeyId([1; 4]), &[1; 64]), SIGNATURES),
        ("a signature without padding", signed().trim_end_matches(['=', '\n']).to_owned() + "\n", SIGNATURES),
        ("line ends of Windows", signed().replace('\n', "\r\n"), CONTROL),
        ("a tab in the origin", signed_text(&head_text().replacen('/', "\t", 1)), CONTROL),
        ("101 signatures", signed() + &(0..100).map(|n| unknown_line(n, 1)).collect::<String>(), MANY),
    ];
    let known = verifiers(&[&key()]);
    let check = |(name, note, reason): (_, String, _)| {
        let refused = Checkpoint::open(note.as_bytes(), ORIGIN, &known).unwrap_err();
        assert_eq!(reason_of(&refused), reason, "{name}: {refused}");
        Invalid { name, note, reason }
    };
    cases.into_iter().map(check).collect()
}

fn reason_of(error: &CheckpointError) -> &'static str {
    match error {
        CheckpointError::Origin { .. } => ORIGIN_REASON,
        CheckpointError::Signature(VerifyNoteError::Unverified { .. }) => UNVERIFIED,
        CheckpointError::Signature(VerifyNoteError::BadSignature { .. }) => BAD_SIGNATURE,
        CheckpointError::EmptyRoot { .. } => EMPTY_ROOT,
        CheckpointError::Malformed { .. } => TEXT,
        CheckpointError::Note(NoteError::NoSignatures | NoteError::SignatureLine { .. }) => SIGNATURES,
        CheckpointError::Note(NoteError::NotText { .. }) => CONTROL,
        CheckpointError::Note(NoteError::TooManySignatures) => MANY,
        CheckpointError::Note(NoteError::TooLong { .. }) => "too long",
    }
}

/// Another spelling of the same 32 bytes, as a careless decoder reads it.
fn unused_bits_set(base64: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (front, last) = base64.trim_end_matches('=').split_at(42);
    let value = alphabet.find(last).unwrap();
    assert!(value.is_multiple_of(4), "the last digit of 32 bytes has two unused bits");
    format!("{front}{}=", &alphabet[value + 1..value + 2])
}
