//! Texts of charters that are whole, none, or for a later release.

use super::*;

#[tokio::test]
async fn what_is_written_as_a_charter_and_is_none_fails() {
    let cases: [(&str, Vec<EntryBody>, u64, &str); 4] = [
        ("not TOML", vec![part(1, 1, "Charta\nder Stadt")], 1, "line 1, column 1"),
        ("the second part first", vec![part(2, 2, TEXT)], 1, "part 2 of 2"),
        (
            "another entry between",
            vec![part(1, 2, TEXT), entry::service_start("x"), part(2, 2, TEXT)],
            2,
            "after part 1 of 2",
        ),
        ("other bytes than announced", vec![part(1, 2, "a"), part(2, 2, "a")], 2, "SHA-256"),
    ];
    for (name, bodies, index, found) in cases {
        let mut ledger = Ledger::new();
        bodies.iter().for_each(|body| ledger.push(body));
        ledger.commit();
        let tiles = tempfile::tempdir().unwrap();
        ledger.write_tiles(tiles.path(), &[ledger.size()]);
        for folder in [folder_of(&ledger), tiles] {
            let finding = finding_in(folder.path()).await;
            assert_eq!(
                (finding.fault, finding.index),
                (Fault::Charter, Some(Index(index))),
                "{name}: {finding}"
            );
            assert!(finding.found.contains(found), "{name}: {finding}");
        }
    }
}

#[tokio::test]
async fn a_charter_that_a_later_release_may_understand_is_neither_verified_nor_failed() {
    let mut ledger = Ledger::new();
    ledger.push(&part(1, 1, &TEXT.replace("record_count =", "record_cuont =")));
    ledger.push(&body_of(judged(&events()[0], 0, None)));
    ledger.commit();
    let error = verify(folder_of(&ledger).path(), &trust()).await.unwrap_err();
    assert_eq!(error.conclusion(), crate::Conclusion::CouldNotTell);
    let said = error.to_string();
    assert!(said.contains("entry 1") && said.contains("'record_cuont'") && said.contains("newer"), "{said}");
    // What is false weighs more.
    ledger.leaves[2] = reforged(&ledger, 2).leaves[1].clone();
    assert_eq!(
        verify(folder_of(&ledger).path(), &trust()).await.unwrap_err().conclusion(),
        crate::Conclusion::Failed
    );
}

#[tokio::test]
async fn a_ledger_that_ends_within_a_charter_fails() {
    let mut ledger = Ledger::new();
    let last = ledger.publish(&long_text(3));
    let folder = folder_of(&ledger);
    verify(folder.path(), &trust()).await.unwrap();
    fs::write(folder.path().join("log/checkpoint"), ledger.note_at(last)).unwrap();
    let finding = finding_in(folder.path()).await;
    assert_eq!((finding.fault, finding.index), (Fault::Charter, Some(Index(last))), "{finding}");
    assert!(finding.found.contains("after part 2 of 3"), "{finding}");
}

fn part(number: u32, parts: u32, text: &str) -> EntryBody {
    let mut part = einsicht_access::charter::parts_of(text.as_bytes()).remove(0);
    (part.part, part.parts) = (number, parts);
    EntryBody { content: Some(Content::Charter(part)) }
}
