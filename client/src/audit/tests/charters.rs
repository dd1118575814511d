//! Every record is judged again, by the charter that the ledger holds.

use std::collections::BTreeMap;

use einsicht_access::{Charter, Facts, Verdict};
use einsicht_proto::v1::{AccessEvent, AccessRecord};
use proptest::prelude::*;

use super::*;
use crate::sample::judged::{InForce, TEXT, body_of, charter, event, hidden, judged, long_text, other_text};

/// What the tests count on their own.
type Counts = BTreeMap<String, [u64; 3]>;

fn count(counts: &mut Counts, charter: &Charter, record: Option<&AccessRecord>) {
    let facts = record.map(Facts::from);
    for (position, commitment) in charter.commitments().iter().enumerate() {
        let verdict = match &facts {
            Some(facts) => charter.judge(facts).verdict(charter, position),
            None => commitment.rule().map(|_| Verdict::NotVerifiable),
        };
        let Some(verdict) = verdict else { continue };
        counts.entry(commitment.id.clone()).or_default()[verdict as usize] += 1;
    }
}

fn counts_of(report: &AuditReport) -> Counts {
    let tallies = report.verdicts.all(report.charter.as_ref().map(|published| &published.charter));
    let tallies =
        tallies.map(|(id, tally)| (id.to_owned(), [tally.kept, tally.deviates, tally.not_verifiable]));
    tallies.filter(|(_, counts)| counts.iter().sum::<u64>() > 0).collect()
}

/// Fits, does not fit, does not say enough, is unknown to the charter.
fn events() -> Vec<AccessEvent> {
    vec![
        event("grabregister", "friedhofsverwaltung", Some(3), Some("gdpr-6-1-c")),
        event("grabregister", "statistik", Some(30), Some("gdpr-6-1-c")),
        event("grabregister", "friedhofsverwaltung", None, None),
        event("strassenzustand", "winterdienst", None, None),
        event("hundesteuer", "winterdienst", Some(80), None),
    ]
}

/// Two charters, records before and under each, in segments and tiles of many chunks.
fn known_mix() -> (Ledger, Counts) {
    let (mut ledger, mut counts, mut sequence) = (Ledger::new(), Counts::new(), 0);
    let (first, second) = (charter(TEXT), charter(&other_text()));
    let record = |ledger: &mut Ledger, sequence: &mut u64, in_force: InForce<'_>, counts: &mut Counts| {
        for event in events() {
            let record = judged(&event, *sequence, in_force);
            *sequence += 1;
            if let Some((_, charter)) = in_force {
                count(counts, charter, Some(&record));
            }
            ledger.push(&body_of(record));
        }
        ledger.commit();
    };
    record(&mut ledger, &mut sequence, None, &mut counts);
    let last = ledger.publish(&long_text(3));
    (0..120).for_each(|_| record(&mut ledger, &mut sequence, Some((last, &first)), &mut counts));
    let last = ledger.publish(&other_text());
    (0..120).for_each(|_| record(&mut ledger, &mut sequence, Some((last, &second)), &mut counts));
    (ledger, counts)
}

#[tokio::test]
async fn the_tally_of_each_commitment_is_the_one_that_is_counted_by_hand() {
    let (ledger, counts) = known_mix();
    let tiles = tempfile::tempdir().unwrap();
    ledger.write_tiles(tiles.path(), &[ledger.size()]);
    for folder in [folder_of(&ledger), tiles] {
        let report = verify(folder.path(), &trust()).await.unwrap();
        assert_eq!(counts_of(&report), counts);
        assert_eq!(report.charters, 2);
        let published = report.charter.unwrap();
        assert_eq!((published.first, published.last), (Index(609), Index(609)));
        assert_eq!(published.text, other_text().as_bytes());
        let verdicts = &report.verdicts;
        assert_eq!((verdicts.judged, verdicts.without_charter, verdicts.hidden), (1200, 5, 0));
        // By the first charter, of five records the second and the fifth; by the other one, which knows
        // the purpose and has another ceiling, only what it does not know.
        assert_eq!(verdicts.deviating, 120);
    }
}

#[tokio::test]
async fn commitments_come_in_the_order_of_the_newest_charter() {
    let (ledger, _) = known_mix();
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    let newest = report.charter.as_ref().map(|published| &published.charter);
    let ids: Vec<_> = report.verdicts.all(newest).map(|(id, _)| id).collect();
    assert_eq!(ids, ["V-1", "V-2", "V-3", "V-4"]);
}

/// Changes the record `index` of the mix, and makes the ledger consistent again, as only its operator can.
fn forged(index: u64, change: impl Fn(&mut AccessRecord)) -> Ledger {
    let (original, _) = known_mix();
    let mut ledger = Ledger::empty();
    for (position, leaf) in (0..).zip(&original.leaves) {
        let mut body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        if let (true, Some(Content::Access(record))) = (position == index, &mut body.content) {
            change(record);
        }
        ledger.push(&body);
        if original.commits.contains(&(position + 1)) {
            ledger.commit();
        }
    }
    ledger
}

#[tokio::test]
async fn a_verdict_that_the_charter_does_not_give_fails_with_index_commitment_and_both_verdicts() {
    type Case = (u64, Change, &'static str, &'static str);
    let cases: [Case; 7] = [
        // Entry 10 is the second record under the first charter: it does not fit V-1.
        (10, |record| record.deviates.clear(), "commitment V-1 as deviating", "V-1 recorded as kept"),
        (
            10,
            |record| record.deviates = vec!["V-3".into()],
            "commitment V-1 as deviating",
            "V-1 recorded as kept",
        ),
        (
            11,
            |record| record.not_verifiable.clear(),
            "commitment V-3 as not verifiable",
            "V-3 recorded as kept",
        ),
        (
            11,
            |record| record.record_count = Some(1),
            "commitment V-4 as kept",
            "V-4 recorded as not verifiable",
        ),
        (9, |record| record.deviates.push("V-9".into()), "has a rule", "\"V-9\""),
        (11, |record| record.not_verifiable.reverse(), "in the order", "another order"),
        (1, |record| record.deviates.push("V-1".into()), "names no charter", "a list of commitments"),
    ];
    for (index, change, expected, found) in cases {
        let ledger = forged(index, change);
        let tiles = tempfile::tempdir().unwrap();
        ledger.write_tiles(tiles.path(), &[ledger.size()]);
        for folder in [folder_of(&ledger), tiles] {
            let finding = finding_in(folder.path()).await;
            assert_eq!((finding.fault, finding.index), (Fault::Verdict, Some(Index(index))), "{finding}");
            assert!(finding.expected.contains(expected) && finding.found.contains(found), "{finding}");
            assert!(finding.place.is_some(), "{finding}");
        }
    }
}

#[tokio::test]
async fn a_record_that_names_another_charter_than_the_one_in_force_fails() {
    type Case = (u64, Change, &'static str, &'static str);
    let cases: [Case; 4] = [
        (9, |record| record.charter = None, "ends with entry 8", "no charter"),
        (9, |record| record.charter = Some(7), "ends with entry 8", "ends with entry 7"),
        (700, |record| record.charter = Some(8), "ends with entry 609", "ends with entry 8"),
        (3, |record| record.charter = Some(8), "no charter", "ends with entry 8"),
    ];
    for (index, change, expected, found) in cases {
        let without_lists = move |record: &mut AccessRecord| {
            (record.deviates, record.not_verifiable) = (Vec::new(), Vec::new());
            change(record);
        };
        let ledger = forged(index, without_lists);
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::OtherCharter, Some(Index(index))), "{finding}");
        assert!(finding.expected.contains(expected) && finding.found.contains(found), "{finding}");
    }
}

type Change = fn(&mut AccessRecord);

/// The mix with other records in some entries, in one commit.
fn changed(changes: &[(u64, Change)]) -> Ledger {
    let (original, _) = known_mix();
    let mut ledger = Ledger::empty();
    for (position, leaf) in (0..).zip(&original.leaves) {
        let mut body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        for (_, change) in changes.iter().filter(|(index, _)| *index == position) {
            let Some(Content::Access(record)) = &mut body.content else { panic!("{position} is no access") };
            change(record);
        }
        ledger.push(&body);
    }
    ledger.commit();
    ledger
}

#[tokio::test]
async fn the_first_thing_that_is_wrong_is_reported_whatever_it_is() {
    let kept: Change = |record| record.deviates.clear();
    let unjudged: Change = |record| {
        record.charter = None;
        (record.deviates, record.not_verifiable) = (Vec::new(), Vec::new());
    };
    for (changes, fault) in [
        ([(10, kept), (900, unjudged)], Fault::Verdict),
        ([(10, unjudged), (15, kept)], Fault::OtherCharter),
        ([(10, unjudged), (900, kept)], Fault::OtherCharter),
    ] {
        let finding = finding_in(folder_of(&changed(&changes)).path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(10))), "{finding}");
    }
}

#[tokio::test]
async fn a_commit_with_another_root_and_a_wrong_verdict_are_reported_in_their_order() {
    let ledger = changed(&[(10, |record| record.deviates.clear())]);
    for (commits, fault, index) in [
        // The wrong root stands behind, in, or before the entry.
        ([8, 500], Fault::Verdict, 10),
        ([11, 500], Fault::Verdict, 10),
        ([10, 500], Fault::CommitRoot, 9),
    ] {
        let folder = folder_of(&ledger);
        let origin_hash = einsicht_tlog::Origin::parse(ORIGIN).unwrap().hash();
        let mut segment = einsicht_tlog::segment::SegmentHeader { origin_hash, first: Index(0) }.to_bytes();
        let mut start = 0;
        for (number, end) in commits.into_iter().chain([ledger.size()]).enumerate() {
            let is_wrong = number == usize::from(fault == Fault::Verdict && commits[0] == 8);
            let root = if is_wrong { Hash([7; 32]) } else { ledger.head_at(end).root };
            segment.extend(ledger.frame_stating(start, end, &root));
            start = end;
        }
        fs::write(folder.path().join(format!("log/entries/{:020}.seg", 0)), segment).unwrap();
        let finding = finding_in(folder.path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(index))), "{finding}");
    }
}

fn part(number: u32, parts: u32, text: &str) -> EntryBody {
    let mut part = einsicht_access::charter::parts_of(text.as_bytes()).remove(0);
    (part.part, part.parts) = (number, parts);
    EntryBody { content: Some(Content::Charter(part)) }
}

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

#[tokio::test]
async fn what_is_confidential_counts_as_not_verifiable_until_it_is_opened() {
    let (mut ledger, mut sealed, charter) = (Ledger::new(), Counts::new(), charter(TEXT));
    let last = ledger.publish(TEXT);
    let (body, opening) = hidden(&events()[1], 0, Some((last, &charter)), |_| {});
    ledger.push_bytes(&body);
    ledger.commit();
    count(&mut sealed, &charter, None);
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    assert_eq!((counts_of(&report), report.verdicts.hidden, report.verdicts.judged), (sealed, 1, 0));
    // The charter is followed by another: the record is judged by its own.
    ledger.publish(&other_text());
    ledger.push_bytes(&opening(last + 1));
    ledger.commit();
    let mut opened = Counts::new();
    count(&mut opened, &charter, Some(&judged(&events()[1], 0, None)));
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    assert_eq!((counts_of(&report), report.verdicts.hidden, report.verdicts.judged), (opened, 0, 1));
}

#[tokio::test]
async fn a_wrong_verdict_in_a_confidential_record_fails_when_it_is_opened() {
    type Case = (Change, Fault, &'static str);
    let cases: [Case; 4] = [
        (|record| record.deviates.clear(), Fault::Verdict, "V-1 as deviating"),
        (|record| record.charter = Some(0), Fault::OtherCharter, "ends with entry 1"),
        (
            |record| (record.charter, record.deviates) = (None, Vec::new()),
            Fault::OtherCharter,
            "ends with entry 1",
        ),
        // Without a session it is judged all the same.
        (
            |record| {
                record.session = bytes::Bytes::new();
                record.deviates.clear();
                record.not_verifiable = ["V-1", "V-2", "V-3", "V-4"].map(str::to_owned).into();
            },
            Fault::Verdict,
            "V-1 as deviating",
        ),
    ];
    for (change, fault, expected) in cases {
        let (mut ledger, charter) = (Ledger::new(), charter(TEXT));
        let last = ledger.publish(TEXT);
        let (body, opening) = hidden(&events()[1], 0, Some((last, &charter)), change);
        ledger.push_bytes(&body);
        ledger.commit();
        verify(folder_of(&ledger).path(), &trust()).await.unwrap();
        ledger.push_bytes(&opening(2));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (fault, Some(Index(2))), "{finding}");
        assert!(finding.expected.contains(expected), "{finding}");
        assert!(finding.place.unwrap().contains("opened by entry 3"));
    }
}

/// Whoever writes the ledger could else show an access, and keep it from being judged.
#[tokio::test]
async fn a_confidential_record_that_shows_anything_of_the_access_fails() {
    let changes: [(Change, &str); 5] = [
        (|record| record.charter = Some(1), "charter"),
        (|record| record.not_verifiable = vec!["V-1".to_owned()], "not_verifiable"),
        (|record| record.consideration = Some(true), "consideration"),
        (|record| record.session = vec![3; 16].into(), "session"),
        (|record| record.purpose = "statistik".to_owned(), "purpose"),
    ];
    for (change, field) in changes {
        let (mut ledger, charter) = (Ledger::new(), charter(TEXT));
        let last = ledger.publish(TEXT);
        let (body, _) = hidden(&events()[1], 0, Some((last, &charter)), |_| {});
        let body = einsicht_access::read_body(&body).unwrap();
        let Some(Content::Access(mut record)) = body.content else { panic!("an access is an access") };
        change(&mut record);
        ledger.push(&body_of(record));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::Confidential, Some(Index(2))), "{finding}");
        assert!(finding.found.starts_with(field), "{finding}");
    }
}

/// Neither a day nor a missing session hides anything: only a seal does.
#[tokio::test]
async fn a_record_without_a_seal_is_judged_whatever_else_it_lacks() {
    let changes: [Change; 3] = [
        |record| record.confidential_until_day = Some(20_779),
        |record| record.session = bytes::Bytes::new(),
        |record| (record.confidential_until_day, record.session) = (Some(19_000), bytes::Bytes::new()),
    ];
    for change in changes {
        let (mut ledger, charter) = (Ledger::new(), charter(TEXT));
        let last = ledger.publish(TEXT);
        let mut record = judged(&events()[1], 0, None);
        change(&mut record);
        ledger.push(&body_of(record.clone()));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::OtherCharter, Some(Index(2))), "{finding}");

        let mut ledger = Ledger::new();
        ledger.publish(TEXT);
        record.charter = Some(last);
        record.not_verifiable = charter
            .commitments()
            .iter()
            .filter(|one| one.rule().is_some())
            .map(|one| one.id.clone())
            .collect();
        ledger.push(&body_of(record));
        ledger.commit();
        let finding = finding_in(folder_of(&ledger).path()).await;
        assert_eq!((finding.fault, finding.index), (Fault::Verdict, Some(Index(2))), "{finding}");
    }
}

#[tokio::test]
async fn an_audit_that_goes_on_counts_as_one_that_reads_everything() {
    let state = tempfile::tempdir().unwrap();
    let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
    let (ledger, counts) = known_mix();
    let folder = tempfile::tempdir().unwrap();
    let mut resumed = 0;
    for size in [4, 300, 609, 610, 900, ledger.size()] {
        ledger.write_tiles(folder.path(), &[size]);
        let report = verify(folder.path(), &stored()).await.unwrap();
        assert_eq!((report.resumed_at, report.head.size), (resumed, Size(size)));
        let full = verify(folder.path(), &trust()).await.unwrap();
        assert_eq!(report.verdicts, full.verdicts);
        assert_eq!(report.charter.map(|known| known.last), full.charter.map(|known| known.last));
        resumed = size;
    }
    let report = verify(folder.path(), &stored()).await.unwrap();
    assert_eq!(counts_of(&report), counts);
    // A verdict behind what was verified is judged by the charter that was remembered.
    let forged = forged(ledger.size() - 4, |record| record.deviates.push("V-1".into()));
    let state = tempfile::tempdir().unwrap();
    let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    forged.write_tiles(folder.path(), &[900]);
    verify(folder.path(), &stored()).await.unwrap();
    forged.write_tiles(folder.path(), &[forged.size()]);
    let error = verify(folder.path(), &stored()).await.unwrap_err();
    assert_eq!(error.finding().unwrap().index, Some(Index(forged.size() - 4)));
}

#[tokio::test]
async fn what_another_charter_would_say_is_counted_beside_what_was_recorded() {
    let (mut ledger, recorded) = known_mix();
    let (body, opening) = hidden(&events()[1], 5000, Some((609, &charter(&other_text()))), |_| {});
    ledger.push_bytes(&body);
    let proposed = charter(TEXT);
    let mut counts = Counts::new();
    for leaf in &ledger.leaves {
        let body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        if let Some(Content::Access(record)) = body.content {
            count(
                &mut counts,
                &proposed,
                Some(&record).filter(|record| record.confidential_until_day.is_none()),
            );
        }
    }
    ledger.commit();
    let ask = async |ledger: &Ledger| {
        let folder = folder_of(ledger);
        let source = Source::open(folder.path().to_str().unwrap()).unwrap();
        what_if(&source, &trust(), proposed.clone().into(), |_| {}).await.unwrap()
    };
    let (report, answer) = ask(&ledger).await;
    assert_eq!((answer.records, answer.hidden, answer.deviating), (1206, 1, 241));
    // Under the first charter nothing changes; under the second and before the first it does, counted by hand.
    let changes = changes(&ledger, &proposed);
    let told = |id: &str| (answer.change(id).newly, answer.change(id).no_longer);
    assert!(
        proposed
            .commitments()
            .iter()
            .all(|one| told(&one.id) == changes.get(&*one.id).copied().unwrap_or_default())
    );
    assert_eq!((answer.newly, answer.no_longer), changes["any"]);
    assert_eq!(answer.examples[0], Index(2));
    assert_eq!(tallied(&answer), counts);
    assert_eq!(counts_of(&report)["V-1"][1], recorded["V-1"][1], "what was recorded stays what it is");
    ledger.push_bytes(&opening(ledger.size() - 1));
    ledger.commit();
    let (_, answer) = ask(&ledger).await;
    assert_eq!((answer.records, answer.hidden, answer.deviating), (1206, 0, 242));
}

/// Of how many records a charter says newly, and no longer, that they deviate, by commitment and at all.
fn changes(ledger: &Ledger, proposed: &Charter) -> BTreeMap<String, (u64, u64)> {
    let mut changes = BTreeMap::<_, (u64, u64)>::new();
    for leaf in &ledger.leaves {
        let body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        let Some(Content::Access(record)) = body.content else { continue };
        if record.confidential_seal.is_some() {
            continue;
        }
        let judgement = proposed.judge(&Facts::from(&record));
        let would: Vec<String> = judgement.deviates.ids(proposed).map(str::to_owned).collect();
        let newly = would.iter().filter(|id| !record.deviates.contains(id));
        newly.clone().for_each(|id| changes.entry(id.clone()).or_default().0 += 1);
        let no_longer = record.deviates.iter().filter(|id| !would.contains(id));
        no_longer.for_each(|id| changes.entry(id.clone()).or_default().1 += 1);
        let any = changes.entry("any".to_owned()).or_default();
        any.0 += u64::from(newly.count() > 0);
        any.1 += u64::from(would.is_empty() && !record.deviates.is_empty());
    }
    changes
}

/// What happens in a ledger.
#[derive(Debug, Clone)]
enum Step {
    Publish(usize),
    Record(usize),
    Hide(usize),
    /// The oldest that is hidden.
    Open,
    Start,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..4_usize).prop_map(Step::Publish),
        8 => (0..5_usize).prop_map(Step::Record),
        2 => (0..5_usize).prop_map(Step::Hide),
        2 => Just(Step::Open),
        1 => Just(Step::Start),
    ]
}

/// The ledger of these steps, and its tally.
fn ledger_of(steps: &[Step]) -> (Ledger, Counts, Vec<u64>) {
    let texts = [TEXT.to_owned(), other_text(), long_text(2), TEXT.to_owned()];
    let charters = texts.each_ref().map(|text| charter(text));
    let (mut ledger, mut counts, mut in_force) = (Ledger::new(), Counts::new(), None);
    let (mut waiting, mut records) = (std::collections::VecDeque::new(), Vec::new());
    for (sequence, step) in (0..).zip(steps) {
        match step {
            Step::Publish(which) => {
                let last = ledger.publish(&texts[*which]);
                in_force = Some((last, &charters[*which]));
            }
            Step::Record(which) => {
                let record = judged(&events()[*which], sequence, in_force);
                if let Some((_, charter)) = in_force {
                    count(&mut counts, charter, Some(&record));
                    records.push(ledger.size());
                }
                ledger.push(&body_of(record));
            }
            Step::Hide(which) => {
                let (body, opening) = hidden(&events()[*which], sequence, in_force, |_| {});
                waiting.push_back((ledger.size(), opening, in_force, *which));
                ledger.push_bytes(&body);
            }
            Step::Open => {
                if let Some((index, opening, in_force, which)) = waiting.pop_front() {
                    if let Some((_, charter)) = in_force {
                        count(&mut counts, charter, Some(&judged(&events()[which], 0, None)));
                    }
                    ledger.push_bytes(&opening(index));
                }
            }
            Step::Start => ledger.push(&entry::service_start("einsichtd 0.1.0")),
        }
        if sequence % 3 == 0 && ledger.commits.last() != Some(&ledger.size()) {
            ledger.commit();
        }
    }
    for (_, _, in_force, _) in waiting {
        if let Some((_, charter)) = in_force {
            count(&mut counts, charter, None);
        }
    }
    if ledger.commits.last() != Some(&ledger.size()) {
        ledger.commit();
    }
    (ledger, counts, records)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happened in a ledger, each way to read it counts what happened, at once or in two goes; and one
    /// verdict that is changed anywhere is found there.
    #[test]
    fn every_ledger_counts_as_it_was_made(
        steps in prop::collection::vec(step(), 1..60),
        cut in any::<prop::sample::Index>(),
        forged in any::<prop::sample::Index>(),
    ) {
        let (mut ledger, counts, records) = ledger_of(&steps);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (folder, state) = (folder_of(&ledger), tempfile::tempdir().unwrap());
            let report = verify(folder.path(), &trust()).await.unwrap();
            assert_eq!(counts_of(&report), counts);
            let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
            let tiles = tempfile::tempdir().unwrap();
            for size in [*cut.get(&ledger.commits), ledger.size()] {
                ledger.write_tiles(tiles.path(), &[size]);
                let resumed = verify(tiles.path(), &stored()).await.unwrap();
                if size == ledger.size() {
                    assert_eq!(resumed.verdicts, report.verdicts);
                    assert_eq!(resumed.charters, report.charters);
                }
            }
            if records.is_empty() {
                return;
            }
            let index = records[forged.index(records.len())];
            ledger = reforged(&ledger, index);
            let finding = finding_in(folder_of(&ledger).path()).await;
            assert_eq!((finding.fault, finding.index), (Fault::Verdict, Some(Index(index))), "{finding}");
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// What if the charter in force had been in force? Then everything would be as it is.
    #[test]
    fn by_the_charter_in_force_everything_is_as_it_is(mut steps in prop::collection::vec(step(), 1..40)) {
        steps.retain(|step| !matches!(step, Step::Publish(_)));
        steps.insert(0, Step::Publish(0));
        let (ledger, counts, records) = ledger_of(&steps);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (report, answer) = runtime.block_on(async {
            let folder = folder_of(&ledger);
            let source = Source::open(folder.path().to_str().unwrap()).unwrap();
            what_if(&source, &trust(), charter(TEXT).into(), |_| {}).await.unwrap()
        });
        let verdicts = &report.verdicts;
        assert_eq!(tallied(&answer), counts);
        assert_eq!(answer.records, verdicts.judged + verdicts.hidden);
        assert_eq!((answer.deviating, answer.hidden), (verdicts.deviating, verdicts.hidden));
        assert!(verdicts.judged >= records.len() as u64 && verdicts.without_charter == 0);
    }
}

fn tallied(what_if: &WhatIf) -> Counts {
    let tallies = what_if.tallies();
    let tallies =
        tallies.map(|(id, tally)| (id.to_owned(), [tally.kept, tally.deviates, tally.not_verifiable]));
    tallies.filter(|(_, counts)| counts.iter().sum::<u64>() > 0).collect()
}

/// The ledger with another verdict in an entry.
fn reforged(original: &Ledger, index: u64) -> Ledger {
    let mut ledger = Ledger::empty();
    for (position, leaf) in (0..).zip(&original.leaves) {
        let mut body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        if let (true, Some(Content::Access(record))) = (position == index, &mut body.content) {
            match record.deviates.pop() {
                Some(id) => record.not_verifiable.push(id),
                None => record.deviates.push("V-1".into()),
            }
        }
        ledger.push_bytes(&body_bytes(&body));
        if original.commits.contains(&(position + 1)) {
            ledger.commit();
        }
    }
    ledger
}
