//! Tests of what is believed, and of what is kept of it.

use std::fs;

use einsicht_tlog::hash::{leaf_hash, sha256};
use einsicht_tlog::proof::ProofPlan;
use einsicht_tlog::{Frontier, SigningKey, Size, checkpoint};

use super::*;

pub(super) fn key() -> SigningKey {
    SigningKey::from_seed("log.example", &[1; 32]).unwrap()
}

/// A history: entry `i` is `mark` from `forked_at` on, and the same in all histories before.
pub(super) struct History {
    leaves: Vec<Hash>,
}

impl History {
    pub(super) fn new(forked_at: u64, mark: u8) -> Self {
        let leaf =
            |i: u64| leaf_hash(&[&i.to_be_bytes()[..], &[if i < forked_at { 0 } else { mark }]].concat());
        Self { leaves: (0..300).map(leaf).collect() }
    }

    pub(super) fn head(&self, size: u64) -> TreeHead {
        let mut frontier = Frontier::new();
        self.leaves[..size as usize].iter().for_each(|leaf| frontier.push(*leaf));
        frontier.head()
    }

    fn note(&self, size: u64) -> Vec<u8> {
        checkpoint::sign(self.head(size), &key())
    }

    fn proof(&self, needed: &NeededProof) -> Vec<Hash> {
        let plan = ProofPlan::consistency(needed.old.size, needed.new.size).unwrap();
        plan.build::<std::convert::Infallible>(|subtree| {
            let start = (subtree.index << subtree.height) as usize;
            let mut frontier = Frontier::new();
            self.leaves[start..start + (1 << subtree.height)].iter().for_each(|leaf| frontier.push(*leaf));
            Ok(frontier.root())
        })
        .unwrap()
    }
}

fn trust() -> Trust {
    Trust::in_memory(key().verifier().clone())
}

fn needed(trust: &Trust, note: &[u8]) -> NeededProof {
    match trust.offer(note).unwrap() {
        Offer::NeedsProof(needed) => needed,
        Offer::Accepted(checkpoint) => panic!("accepted without proof: {checkpoint:?}"),
    }
}

pub(super) fn advance(trust: &Trust, history: &History, size: u64) {
    match trust.offer(&history.note(size)).unwrap() {
        Offer::Accepted(_) => {}
        Offer::NeedsProof(needed) => drop(trust.link(&needed, &history.proof(&needed)).unwrap()),
    }
}

#[test]
fn the_first_checkpoint_is_taken_on_its_signature_and_the_next_needs_a_proof() {
    let (trust, history) = (trust(), History::new(300, 0));
    assert_eq!(trust.newest(), None);
    assert!(matches!(trust.offer(&history.note(5)).unwrap(), Offer::Accepted(_)));
    assert_eq!(trust.newest(), Some(history.head(5)));
    let needed = needed(&trust, &history.note(9));
    assert_eq!((needed.old, needed.new), (history.head(5), history.head(9)));
    assert_eq!(trust.newest(), Some(history.head(5)), "an offer alone changes nothing");
    assert_eq!(trust.link(&needed, &history.proof(&needed)).unwrap().head, history.head(9));
    assert_eq!(trust.newest(), Some(history.head(9)));
}

#[test]
fn an_older_checkpoint_is_proven_too_and_does_not_replace_the_newest() {
    let (trust, history) = (trust(), History::new(300, 0));
    advance(&trust, &history, 9);
    let needed = needed(&trust, &history.note(5));
    assert_eq!((needed.old, needed.new), (history.head(5), history.head(9)));
    trust.link(&needed, &history.proof(&needed)).unwrap();
    assert_eq!(trust.newest(), Some(history.head(9)));
    assert!(matches!(trust.offer(&history.note(5)).unwrap(), Offer::Accepted(_)), "it is remembered");
}

#[test]
fn another_root_for_a_known_size_is_a_fork() {
    let (trust, history, other) = (trust(), History::new(300, 0), History::new(3, 2));
    advance(&trust, &history, 5);
    advance(&trust, &history, 9);
    for size in [5, 9] {
        let error = trust.offer(&other.note(size)).unwrap_err();
        let TrustError::Fork { dispute } = &error else { panic!("{error}") };
        assert_eq!((dispute.known.head, dispute.offered.head), (history.head(size), other.head(size)));
        assert_eq!(dispute.offered.note, other.note(size));
        assert!(error.is_failure() && error.to_string().contains("TWO HISTORIES"), "{error}");
    }
}

#[test]
fn a_proof_from_the_ledger_itself_that_it_began_otherwise_is_a_fork() {
    let (history, other) = (History::new(300, 0), History::new(3, 2));
    for (known, offered) in [(5, 9), (9, 5), (7, 200), (200, 7)] {
        let trust = trust();
        advance(&trust, &history, known);
        let needed = needed(&trust, &other.note(offered));
        // The proof of whichever history the larger tree belongs to.
        let larger = if offered > known { &other } else { &history };
        let error = trust.link(&needed, &larger.proof(&needed)).unwrap_err();
        assert!(matches!(error, TrustError::Fork { .. }), "{known} → {offered}: {error}");
        assert_eq!(trust.newest(), Some(history.head(known)));
    }
}

#[test]
fn a_damaged_proof_proves_nothing() {
    let (trust, history) = (trust(), History::new(300, 0));
    advance(&trust, &history, 5);
    let needed = needed(&trust, &history.note(9));
    let proof = history.proof(&needed);
    let mut flipped = proof.clone();
    flipped[1].0[7] ^= 1;
    for damaged in [&proof[1..], &[], &flipped] {
        let error = trust.link(&needed, damaged).unwrap_err();
        assert!(matches!(error, TrustError::Unproven { .. }) && error.is_failure(), "{error}");
    }
    assert_eq!(trust.newest(), Some(history.head(5)));
}

#[test]
fn an_answer_that_was_overtaken_has_to_be_offered_again() {
    let (trust, history, other) = (trust(), History::new(300, 0), History::new(6, 2));
    advance(&trust, &history, 5);
    // Both extend 5, and still are two histories: the second must be linked to the first.
    let late = needed(&trust, &other.note(9));
    advance(&trust, &history, 12);
    let error = trust.link(&late, &other.proof(&late)).unwrap_err();
    assert!(matches!(error, TrustError::Overtaken { newest } if newest == history.head(12)), "{error}");
    assert!(!error.is_failure());
    let again = needed(&trust, &other.note(9));
    assert!(matches!(trust.link(&again, &history.proof(&again)), Err(TrustError::Fork { .. })));
}

#[test]
fn an_answer_under_a_checkpoint_that_was_linked_meanwhile_is_accepted() {
    let (trust, history) = (trust(), History::new(300, 0));
    advance(&trust, &history, 5);
    let late = needed(&trust, &history.note(9));
    advance(&trust, &history, 9);
    advance(&trust, &history, 12);
    assert_eq!(trust.link(&late, &history.proof(&late)).unwrap().head, history.head(9));
    assert_eq!(trust.newest(), Some(history.head(12)));
}

#[test]
fn a_recomputed_beginning_counts_as_proof() {
    let (trust, history) = (trust(), History::new(300, 0));
    advance(&trust, &history, 5);
    let needed = needed(&trust, &history.note(9));
    assert!(matches!(trust.link_recomputed(&needed, Hash([7; 32])), Err(TrustError::Fork { .. })));
    trust.link_recomputed(&needed, history.head(5).root).unwrap();
    assert_eq!(trust.newest(), Some(history.head(9)));
}

#[test]
fn a_checkpoint_of_size_0_says_nothing_and_is_not_kept() {
    let trust = trust();
    let empty = checkpoint::sign(TreeHead { size: Size(0), root: Hash::EMPTY_ROOT }, &key());
    assert!(matches!(trust.offer(&empty).unwrap(), Offer::Accepted(_)));
    assert_eq!(trust.newest(), None);
}

#[test]
fn a_foreign_key_and_another_origin_are_refused() {
    let history = History::new(300, 0);
    for other in
        [SigningKey::from_seed("log.example", &[2; 32]), SigningKey::from_seed("else.example", &[1; 32])]
    {
        let note = checkpoint::sign(history.head(3), &other.unwrap());
        let error = trust().offer(&note).unwrap_err();
        assert!(matches!(error, TrustError::Checkpoint(_)) && error.is_failure(), "{error}");
    }
}

#[test]
fn the_newest_checkpoint_survives_the_process() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::new(300, 0));
    let open = || Trust::stored(key().verifier().clone(), folder.path());
    let trust = open().unwrap();
    advance(&trust, &history, 5);
    advance(&trust, &history, 9);
    advance(&trust, &history, 7);
    drop(trust);
    assert_eq!(open().unwrap().newest(), Some(history.head(9)));
    let name = format!("{}.checkpoint", &sha256(b"log.example").to_hex()[..16]);
    assert_eq!(fs::read(folder.path().join(name)).unwrap(), history.note(9));
}

#[test]
fn evidence_of_a_fork_is_written_beside_what_was_verified() {
    let (folder, history, other) = (tempfile::tempdir().unwrap(), History::new(300, 0), History::new(3, 2));
    let trust = Trust::stored(key().verifier().clone(), folder.path()).unwrap();
    advance(&trust, &history, 9);
    let error = trust.offer(&other.note(9)).unwrap_err();
    let TrustError::Fork { dispute } = &error else { panic!("{error}") };
    let kept: Vec<_> = dispute.evidence.iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(kept, [history.note(9), other.note(9)]);
    for path in &dispute.evidence {
        assert!(path.to_str().unwrap().contains(".fork-9-"), "{}", path.display());
        assert!(error.to_string().contains(path.to_str().unwrap()));
    }
    assert_eq!(trust.newest(), Some(history.head(9)));
}

#[test]
fn what_was_stored_under_another_key_or_is_damaged_stops_the_reader() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::new(300, 0));
    let trust = Trust::stored(key().verifier().clone(), folder.path()).unwrap();
    advance(&trust, &history, 9);
    let other = SigningKey::from_seed("log.example", &[2; 32]).unwrap();
    let error = Trust::stored(other.verifier().clone(), folder.path()).unwrap_err();
    assert!(matches!(error, TrustError::Stored { .. }) && !error.is_failure(), "{error}");
    let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let mut note = fs::read(&path).unwrap();
    note[20] ^= 1;
    fs::write(&path, note).unwrap();
    let error = Trust::stored(key().verifier().clone(), folder.path()).unwrap_err();
    assert!(matches!(error, TrustError::Stored { .. }), "{error}");
}

#[test]
fn a_second_process_does_not_take_back_what_the_first_one_stored() {
    let (folder, history, other) = (tempfile::tempdir().unwrap(), History::new(300, 0), History::new(3, 2));
    let open = || Trust::stored(key().verifier().clone(), folder.path()).unwrap();
    let (slow, fast) = (open(), open());
    advance(&fast, &history, 9);
    advance(&slow, &history, 5);
    assert_eq!(open().newest(), Some(history.head(9)));
    let fresh = Trust::stored(key().verifier().clone(), folder.path()).unwrap();
    assert_eq!(fresh.newest(), Some(history.head(9)));
    // The slow one was shown another history up to the size that the fast one knows.
    let forked = Trust::new(
        key().verifier().clone(),
        Some(StateDir::open(folder.path()).unwrap()),
        Verified::default(),
    );
    assert!(matches!(forked.offer(&other.note(9)), Err(TrustError::Fork { .. })));
}
