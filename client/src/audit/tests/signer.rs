//! A ledger that signs what it must not: checksums, tree and signature all fit.

use einsicht_proto::v1::{Genesis, KeyChange};

use super::*;

/// A ledger of 20 entries whose entry 10 is `leaf`, and whose chain goes on from it.
fn with_entry_10(leaf: impl FnOnce(&Ledger) -> Vec<u8>) -> Ledger {
    let mut ledger = Ledger::of(10, 4);
    let leaf = leaf(&ledger);
    ledger.leaves.push(leaf);
    ledger.commit();
    ledger.grow(20, 4);
    ledger
}

fn leaf(previous: Hash, recorded_at: u64, body: &[u8]) -> Vec<u8> {
    Leaf { previous, recorded_at: RecordedAt(recorded_at), body }.to_bytes().unwrap()
}

#[tokio::test]
async fn what_no_entry_may_be_is_found_at_its_index() {
    let good = body_bytes(&access(7, 99));
    let body = good.clone();
    let twice = [good.clone(), body_bytes(&genesis())].concat();
    let overlong = b"\x1a\x80\x00".to_vec();
    let later = BEGAN_AT + 50;
    let cases: Vec<(&str, Ledger, Fault, u64)> = vec![
        ("another predecessor", with_entry_10(|_| leaf(Hash([3; 32]), later, &good)), Fault::Chain, 10),
        (
            "the predecessor's predecessor",
            with_entry_10(|l| leaf(leaf_hash(&l.leaves[8]), later, &good)),
            Fault::Chain,
            10,
        ),
        ("an earlier time", with_entry_10(|l| leaf(l.previous(), BEGAN_AT + 1, &good)), Fault::Time, 10),
        (
            "another leaf version",
            with_entry_10(|l| {
                let mut bytes = leaf(l.previous(), later, &body);
                bytes[0] = 2;
                bytes
            }),
            Fault::Leaf,
            10,
        ),
        ("shorter than a leaf", with_entry_10(|_| vec![1; 40]), Fault::Leaf, 10),
        (
            "two members of a oneof",
            with_entry_10(|l| leaf(l.previous(), BEGAN_AT + 3, &twice)),
            Fault::Body,
            10,
        ),
        (
            "an overlong length",
            with_entry_10(|l| leaf(l.previous(), BEGAN_AT + 3, &overlong)),
            Fault::Body,
            10,
        ),
        (
            "a second genesis",
            with_entry_10(|l| leaf(l.previous(), BEGAN_AT + 3, &body_bytes(&genesis()))),
            Fault::Genesis,
            10,
        ),
    ];
    for (name, ledger, fault, index) in cases {
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(index))), "{name}: {finding}");
        assert!(finding.place.unwrap().contains("at byte"), "{name}");
        let tiles = tempfile::tempdir().unwrap();
        ledger.write_tiles(tiles.path(), &[20]);
        assert_eq!(finding_in(tiles.path()).await.fault, fault, "{name}, from tiles");
    }
}

#[tokio::test]
async fn entry_0_is_the_genesis_of_this_ledger_and_names_its_key() {
    let changed = |change: fn(&mut Genesis)| {
        let Some(Content::Genesis(mut genesis)) = genesis().content else { panic!("genesis") };
        change(&mut genesis);
        EntryBody { content: Some(Content::Genesis(genesis)) }
    };
    let cases: [(&str, EntryBody); 5] = [
        ("no genesis", access(7, 0)),
        ("empty", EntryBody { content: None }),
        ("another origin", changed(|genesis| genesis.origin.push('x'))),
        ("another key", changed(|genesis| genesis.public_keys = vec![vec![7; 32].into()])),
        ("no key", changed(|genesis| genesis.public_keys.clear())),
    ];
    for (name, body) in cases {
        let mut ledger = Ledger::empty();
        ledger.push(&body);
        ledger.commit();
        ledger.grow(5, 2);
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::Genesis, Some(Index(0))), "{name}: {finding}");
    }
}

#[tokio::test]
async fn what_a_newer_release_may_understand_is_neither_verified_nor_failed() {
    let Some(Content::Genesis(genesis)) = genesis().content else { panic!("genesis") };
    let newer_format = Genesis { format_version: 2, ..genesis };
    let mut of_newer_format = Ledger::empty();
    of_newer_format.push(&EntryBody { content: Some(Content::Genesis(newer_format)) });
    of_newer_format.commit();
    of_newer_format.grow(5, 2);
    let mut with_other_keys = Ledger::of(10, 4);
    with_other_keys.push(&EntryBody { content: Some(Content::KeyChange(KeyChange::default())) });
    with_other_keys.commit();
    for (ledger, what) in [(of_newer_format, "format version 2"), (with_other_keys, "signing keys")] {
        let error = verify(folder_of(&ledger).path(), &trust()).await.unwrap_err();
        assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[tokio::test]
async fn entry_0_names_the_hash_of_the_origin() {
    let mut ledger = Ledger::empty();
    ledger.leaves.push(leaf(Hash([0; 32]), BEGAN_AT, &body_bytes(&genesis())));
    ledger.commit();
    ledger.grow(5, 2);
    let finding = finding_in(folder_of(&ledger).path()).await;
    assert_eq!((finding.fault, finding.index), (Fault::Chain, Some(Index(0))), "{finding}");
}

#[tokio::test]
async fn a_commit_that_states_another_root_is_found() {
    let ledger = Ledger::of(20, 4);
    let folder = folder_of(&ledger);
    let path = folder.path().join(format!("log/entries/{:020}.seg", 0));
    let mut bytes = fs::read(&path).unwrap();
    let (honest, forged) = (ledger.frame(9, 13), ledger.frame_stating(9, 13, &Hash([9; 32])));
    let position = bytes.windows(honest.len()).position(|window| window == honest).unwrap();
    bytes[position..position + forged.len()].copy_from_slice(&forged);
    fs::write(&path, bytes).unwrap();
    let finding = finding_in(folder.path()).await;
    assert_eq!((finding.fault, finding.index), (Fault::CommitRoot, Some(Index(12))), "{finding}");
    assert!(finding.expected.contains(&ledger.head_at(13).root.to_string()), "{finding}");
}

/// Several chunks are checked at a time, and what is wrong in a later one may be found first.
#[tokio::test]
async fn of_many_faults_the_first_in_the_order_of_the_log_is_reported() {
    let mut ledger = Ledger::of(16_000, 2_000);
    let path = |folder: &TempDir| folder.path().join(format!("log/entries/{:020}.seg", 0));
    let stated = ledger.frame_stating(2_001, 4_001, &Hash([9; 32]));
    for index in [5_000, 9_000, 12_500, 15_999] {
        let leaf = ledger.leaves[index].len() - 1;
        ledger.leaves[index][leaf] ^= 1;
    }
    let folder = folder_of(&ledger);
    assert!(fs::metadata(path(&folder)).unwrap().len() > 3 * 512 * 1024, "more than one chunk");
    for _ in 0..5 {
        let finding = finding_in(folder.path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::Chain, Some(Index(5_001))), "{finding}");
    }
    let mut bytes = fs::read(path(&folder)).unwrap();
    let honest = ledger.frame(2_001, 4_001);
    let position = bytes.windows(honest.len()).position(|window| window == honest).unwrap();
    bytes[position..position + stated.len()].copy_from_slice(&stated);
    fs::write(path(&folder), bytes).unwrap();
    for _ in 0..5 {
        let finding = finding_in(folder.path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::CommitRoot, Some(Index(4_000))), "{finding}");
        assert!(finding.place.unwrap().ends_with(&format!("at byte {position}")));
    }
}

#[tokio::test]
async fn other_entries_than_were_signed_are_found() {
    let (ledger, other) = (Ledger::of(20, 4), Ledger::of(20, 5));
    let folder = folder_of(&other);
    fs::write(folder.path().join("log/checkpoint"), ledger.note_at(20)).unwrap();
    let finding = finding_in(folder.path()).await;
    assert_eq!((finding.fault, finding.index), (Fault::Root, None), "{finding}");
    assert!(finding.expected.contains(&ledger.head_at(20).root.to_string()), "{finding}");
    assert!(finding.found.contains(&other.head_at(20).root.to_string()), "{finding}");
}

#[tokio::test]
async fn a_foreign_signature_and_another_origin_fail() {
    let ledger = Ledger::of(20, 4);
    let folder = folder_of(&ledger);
    for foreign in [SigningKey::from_seed(ORIGIN, &[2; 32]), SigningKey::from_seed("else.example", &[1; 32])]
    {
        let note = checkpoint::sign(ledger.head_at(20), &foreign.unwrap());
        fs::write(folder.path().join("log/checkpoint"), note).unwrap();
        let error = verify(folder.path(), &trust()).await.unwrap_err();
        assert!(matches!(error, VerifyError::Distrusted(TrustError::Checkpoint(_))), "{error}");
        assert_eq!(error.conclusion(), Conclusion::Failed);
    }
}
