//! Test vectors of verdicts (`docs/charter.md`), in `testdata/verdict.json`: records with the verdict of a charter, and
//! records that state another one. `EINSICHT_WRITE_TESTDATA=1` writes the file.

use bytes::Bytes;
use einsicht_access::judge::InForce;
use einsicht_access::{Charter, Facts, LoggedAccess, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, ActorKind, EntryBody, Operation, Outcome, Processing};
use serde::Serialize;

use super::is_committed;

const TEXT: &str = include_str!("verdicts.toml");
/// 2026-11-22T16:39Z.
const MINUTE: i64 = 29_922_759;
const DAY: i32 = 20_779;

#[derive(Serialize)]
struct File {
    charter: &'static str,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Valid {
    name: String,
    entry: String,
}

#[derive(Serialize)]
struct Invalid {
    name: String,
    entry: String,
    reason: String,
}

type Change = (&'static str, fn(&mut AccessRecord));

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn base(dataset: &str) -> AccessRecord {
    AccessRecord {
        dataset: dataset.to_owned(),
        operation: Operation::Query.into(),
        purpose: "a".to_owned(),
        event_id: Bytes::from_static(&[1; 16]),
        occurred_at_min: MINUTE,
        producer: "p".to_owned(),
        session: Bytes::from_static(&[7; 16]),
        ..AccessRecord::default()
    }
}

const CHANGES: [Change; 44] = [
    ("as it is", |_| {}),
    ("purpose b", |record| record.purpose = "b".into()),
    ("purpose that nobody declared", |record| record.purpose = "c".into()),
    ("legal basis", |record| record.legal_basis = some("gdpr-6-1-e")),
    ("another legal basis", |record| record.legal_basis = some("GDPR-6-1-E")),
    ("nothing given in return", |record| record.consideration = Some(false)),
    ("something given in return", |record| record.consideration = Some(true)),
    ("five records", |record| record.record_count = Some(5)),
    ("six records", |record| record.record_count = Some(6)),
    ("ten records", |record| record.record_count = Some(10)),
    ("eleven records", |record| record.record_count = Some(11)),
    ("no records", |record| record.record_count = Some(0)),
    ("a hundred accesses", |record| record.access_count = Some(100)),
    ("more accesses", |record| record.access_count = Some(101)),
    ("disclosed", |record| record.operation = Operation::Disclose.into()),
    ("announced two weeks before", |record| disclosed(record, DAY - 14)),
    ("announced 13 days before", |record| disclosed(record, DAY - 13)),
    ("announced later", |record| disclosed(record, DAY + 1)),
    ("announced a year before", |record| disclosed(record, DAY - 365)),
    ("announced more than a year before", |record| disclosed(record, DAY - 366)),
    ("of 30 days ago", |record| record.collected_on_day = Some(DAY - 30)),
    ("of 31 days ago", |record| record.collected_on_day = Some(DAY - 31)),
    ("of before 1970", |record| record.collected_on_day = Some(-1)),
    ("of tomorrow, denied", |record| {
        record.collected_on_day = Some(DAY + 1);
        record.outcome = Some(Outcome::Denied.into());
    }),
    ("categories", |record| record.categories = vec!["ort".into(), "zeit".into()]),
    ("other categories", |record| record.categories = vec!["ort".into(), "name".into()]),
    ("for something else, raw", |record| {
        record.secondary_use = Some(true);
        record.processing = Some(Processing::Raw.into());
    }),
    ("for something else, aggregated", |record| {
        record.secondary_use = Some(true);
        record.processing = Some(Processing::Aggregated.into());
    }),
    ("for something else", |record| record.secondary_use = Some(true)),
    ("role", |record| record.role = some("r")),
    ("another role", |record| record.role = some("s")),
    ("by a programme", |record| record.actor_kind = Some(ActorKind::System.into())),
    ("by a person who is sealed", |record| {
        record.actor_kind = Some(ActorKind::Human.into());
        record.actor_seal = Some(Bytes::from_static(&[3; 32]));
    }),
    ("by a programme that is sealed", |record| {
        record.actor_kind = Some(ActorKind::System.into());
        record.actor_seal = Some(Bytes::from_static(&[3; 32]));
    }),
    ("to somebody", |record| record.recipient = some("swu")),
    ("to somebody, raw", |record| {
        record.recipient = some("swu");
        record.processing = Some(Processing::Raw.into());
    }),
    ("activity", |record| record.activity = some("va:17")),
    ("activity and something else said", |record| {
        record.activity = some("va:17");
        record.consideration = Some(true);
        record.role = some("s");
    }),
    ("activity that nobody knows", |record| record.activity = some("va:18")),
    ("altered", |record| record.operation = Operation::Alter.into()),
    ("altered, lasted", |record| {
        record.operation = Operation::Alter.into();
        record.occurred_until_min = Some(MINUTE + 1);
    }),
    ("role, something given in return", |record| {
        record.role = some("r");
        record.consideration = Some(true);
    }),
    ("six records, denied", |record| {
        record.record_count = Some(6);
        record.outcome = Some(Outcome::Denied.into());
    }),
    ("of 30 days ago, raw", |record| {
        record.collected_on_day = Some(DAY - 30);
        record.processing = Some(Processing::Raw.into());
    }),
];

fn disclosed(record: &mut AccessRecord, announced_on_day: i32) {
    record.operation = Operation::Disclose.into();
    record.announced_on_day = Some(announced_on_day);
}

/// The records, without their verdicts.
fn records() -> Vec<(String, AccessRecord)> {
    let mut records = Vec::new();
    for (dataset, others) in [
        ("plain", &[][..]),
        ("full", &[]),
        ("tight", &[]),
        ("unknown", &[]),
        ("plain", &["full"]),
        ("full", &["unknown"]),
        ("unknown", &["full"]),
        ("full", &["plain", "unknown", "tight"]),
        ("plain", &["unknown"]),
    ] {
        for (name, change) in CHANGES {
            let mut record = base(dataset);
            record.other_datasets = others.iter().map(ToString::to_string).collect();
            change(&mut record);
            let with: String = others.iter().map(|other| format!(" with {other}")).collect();
            records.push((format!("{dataset}{with}: {name}"), record));
        }
    }
    let confidential = AccessRecord { confidential_until_day: Some(DAY + 1), ..base("full") };
    records.push(("full: a record that was hidden".to_owned(), confidential));
    records
}

fn judged(charter: &Charter, record: &AccessRecord) -> AccessRecord {
    let judgement = charter.judge(&Facts::from(record));
    let ids = |commitments: einsicht_access::judge::Commitments| {
        commitments.ids(charter).map(str::to_owned).collect::<Vec<_>>()
    };
    let (deviates, not_verifiable) = (ids(judgement.deviates), ids(judgement.not_verifiable));
    AccessRecord { charter: Some(3), deviates, not_verifiable, ..record.clone() }
}

fn bytes(record: AccessRecord) -> Vec<u8> {
    body_bytes(&EntryBody { content: Some(Content::Access(record)) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn valid(charter: &Charter) -> Vec<Valid> {
    let of = |(name, record): (String, AccessRecord)| {
        let entry = bytes(judged(charter, &record));
        charter.check_verdict(&LoggedAccess::of_body(&entry).unwrap()).unwrap();
        Valid { name, entry: hex(&entry) }
    };
    records().into_iter().map(of).collect()
}

fn invalid(charter: &Charter) -> Vec<Invalid> {
    let mut record = base("full");
    record.purpose = "b".to_owned();
    let right = judged(charter, &record);
    let changes: [Change; 7] = [
        ("a deviation that is not told", |record| drop(record.deviates.pop())),
        ("a deviation that is none", |record| record.deviates.push("V-05".into())),
        ("a doubt that is not told", |record| drop(record.not_verifiable.pop())),
        ("a doubt that is told as a deviation", |record| {
            let doubt = record.not_verifiable.pop().unwrap();
            record.deviates.push(doubt);
        }),
        ("a list in another order", |record| record.not_verifiable.reverse()),
        ("a commitment twice", |record| record.deviates.push(record.deviates[0].clone())),
        ("a commitment that the charter does not have", |record| record.deviates.push("V-99".into())),
    ];
    let of = |(name, change): Change| {
        let mut record = right.clone();
        change(&mut record);
        let entry = bytes(record);
        let reason = charter.check_verdict(&LoggedAccess::of_body(&entry).unwrap()).unwrap_err();
        Invalid { name: name.to_owned(), entry: hex(&entry), reason: reason.to_string() }
    };
    changes.into_iter().map(of).collect()
}

#[test]
fn every_commitment_is_kept_deviated_from_and_in_doubt_somewhere() {
    let charter = Charter::check("verdicts.toml", TEXT.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(InForce { index: 3, charter: &charter }.charter.commitments().len() > 12);
    for commitment in charter.commitments().iter().filter(|commitment| commitment.rule().is_some()) {
        let is_in = |ids: &[String]| ids.contains(&commitment.id);
        let records = records();
        let judged: Vec<_> = records.iter().map(|(_, record)| judged(&charter, record)).collect();
        assert!(judged.iter().any(|record| is_in(&record.deviates)), "{} is always kept", commitment.id);
        assert!(
            judged.iter().any(|record| is_in(&record.not_verifiable)),
            "{} is never in doubt",
            commitment.id
        );
        let kept = |record: &AccessRecord| !is_in(&record.deviates) && !is_in(&record.not_verifiable);
        assert!(judged.iter().any(kept), "{} is never kept", commitment.id);
    }
}

#[test]
fn the_committed_verdicts_are_what_this_code_gives() {
    let charter = Charter::parse("verdicts.toml", TEXT.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let file = File { charter: TEXT, valid: valid(&charter), invalid: invalid(&charter) };
    is_committed("verdict.json", &file);
}
