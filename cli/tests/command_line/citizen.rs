//! `citizen scan` and `citizen report` over a ledger in a folder, with keys that a steward gave out.

use std::path::Path;

use einsicht_access::marker::PeriodKey;
use einsicht_access::openings::State;
use einsicht_access::record::{opening_entry, seal_accesses};
use einsicht_access::{EventView, Provenance, SealedField, read_body};
use einsicht_proto::v1::{AccessEvent, EntryBody, Subject};

use super::harness::Place;
use super::ledger::{self, BEGAN_AT, ORIGIN};

/// The period key of November 2026, when the ledger begins.
fn november() -> PeriodKey {
    PeriodKey::from([11; 32])
}

/// A sealed access to the data of one person.
fn sealed(person: &str, dataset: &str) -> EntryBody {
    let event = AccessEvent {
        dataset: dataset.to_owned(),
        operation: 3,
        purpose: "auskunft".to_owned(),
        unit: Some("buergerdienste".to_owned()),
        event_id: bytes::Bytes::from_static(&[7; 16]),
        occurred_at_us: i64::try_from(BEGAN_AT).unwrap() * 1_000_000,
        subjects: vec![Subject { scheme: "person".to_owned(), id: person.to_owned() }],
        actor: Some("Kornblum".to_owned()),
        ..AccessEvent::default()
    };
    let session = bytes::Bytes::from_static(&[9; 16]);
    let first = Provenance { producer: "p", session: &session, sequence: 0 };
    // Salts need not be secret in a test.
    let random = |bytes: &mut [u8]| {
        bytes.iter_mut().zip(0..).for_each(|(byte, at)| *byte = person.len() as u8 ^ at);
        Ok::<_, std::convert::Infallible>(())
    };
    let prepared = seal_accesses(&[EventView::from(&event)], first, Some(&november()), None, random);
    read_body(&prepared.unwrap()[0].body).unwrap()
}

/// A confidential record for index 2, whose day has come, and the entry that opens it; or one that opens another.
pub fn confidential(is_genuine: bool) -> [EntryBody; 2] {
    let hidden = |purpose: &str| {
        let event = AccessEvent {
            dataset: "kfz".to_owned(),
            operation: 3,
            purpose: purpose.to_owned(),
            event_id: bytes::Bytes::from_static(&[7; 16]),
            occurred_at_us: i64::try_from(BEGAN_AT).unwrap() * 1_000_000,
            confidential_until_day: Some(1),
            ..AccessEvent::default()
        };
        let session = bytes::Bytes::from_static(&[9; 16]);
        let provenance = Provenance { producer: "p", session: &session, sequence: 0 };
        let random = |bytes: &mut [u8]| {
            bytes.fill(7);
            Ok::<_, std::convert::Infallible>(())
        };
        seal_accesses(&[EventView::from(&event)], provenance, Some(&november()), None, random)
            .unwrap()
            .pop()
            .unwrap()
    };
    let (sealed, other) = (hidden("ermittlung"), hidden("anderes"));
    let shown = if is_genuine { &sealed } else { &other };
    let openings = &shown.sealed.as_ref().unwrap().openings;
    let Some(State::Open { salt, value }) = openings.state(SealedField::Confidential) else {
        panic!("it is not confidential")
    };
    [read_body(&sealed.body).unwrap(), opening_entry(2, &salt, value)]
}

/// A place with a ledger about 4711 (twice) and 12 (once), and 4711's keys.
fn place() -> Place {
    let place = Place::new();
    let mut bodies = ledger::bodies(true, &["parkhaeuser"]);
    bodies.extend([sealed("4711", "melderegister"), sealed("12", "melderegister"), sealed("4711", "kfz")]);
    ledger::write(&place.path("data"), &bodies);
    place.write("vkey", ledger::key(1).verifier().to_string());
    write_keys(&place, "keys", "4711", ORIGIN, "2026-11");
    place
}

fn write_keys(place: &Place, name: &str, person: &str, origin: &str, month: &str) {
    let key = einsicht_tlog::hash::encode_base64(november().view_key("person", person).as_bytes());
    let json = format!(
        r#"{{"format": "einsicht-view-keys/v1", "origin": "{origin}", "keys": [{{"scheme": "person", "month": "{month}", "key": "{key}"}}]}}"#
    );
    place.write(name, json);
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_person_finds_their_accesses_and_no_others_and_what_cannot_be_told_is_said() {
    let place = place();
    // The ledger ends within the month.
    let run = place.run("citizen scan data --keys keys --vkey vkey --proofs proofs").ended(2);
    run.says(&[
        "VERIFIED  ulm.example/ledger, 6 entries",
        "SIMULATED",
        "2 accesses to your data found",
        "entry 3  2026-11-22T16:39Z  buergerdienste: query of melderegister for auskunft",
        "entry 5 ",
        "2026-11: 2 found in 4 records, of which 3 name people or are confidential, with 1 key (person)",
        "could not tell  2026-11: the ledger as it is shown here ends before the month does",
    ]);
    for index in [3, 5] {
        place.run(&format!("receipt verify proofs/{index}.tlog-proof --vkey vkey")).ended(0);
    }
    assert!(!place.path("proofs/4.tlog-proof").exists());
    let run = place.run("citizen scan data --keys keys --vkey vkey --json").ended(2);
    let json = &run.json()[0];
    let indexes: Vec<_> =
        json["accesses"].as_array().unwrap().iter().map(|access| &access["index"]).collect();
    assert_eq!(indexes, [3, 5]);
    assert!(!run.out.contains("Kornblum") && !run.out.contains("4711"));
}

#[test]
fn keys_of_another_month_or_ledger_are_told_apart_from_no_access() {
    let place = place();
    write_keys(&place, "october", "4711", ORIGIN, "2026-10");
    let run = place.run("citizen scan data --keys october --vkey vkey").ended(2);
    run.says(&[
        "0 accesses",
        "could not tell  2026-10: the ledger has no record of that month that names anybody",
    ]);
    write_keys(&place, "other", "4711", "other.example", "2026-11");
    let run = place.run("citizen scan data --keys other --vkey vkey").ended(2);
    run.complains(&["nothing is known", "for the ledger 'other.example'"]);
    place.write("broken", "{}");
    place.run("citizen scan data --keys broken --vkey vkey").ended(2).complains(&["no file of view keys"]);
}

#[test]
fn a_ledger_that_fails_verification_tells_nothing() {
    let place = place();
    let segment = place.path("data/log/entries/00000000000000000000.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let position = bytes.len() - 40;
    bytes[position] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let run = place.run("citizen scan data --keys keys --vkey vkey").ended(1);
    assert!(run.out.is_empty(), "{run:?}");
    run.complains(&["VERIFICATION FAILED", "nothing is known about accesses to your data"]);
}

#[test]
fn a_report_is_written_in_two_languages_with_proofs_for_the_user_alone() {
    let place = place();
    let run = place.run("citizen report data --keys keys --vkey vkey --out report").ended(2);
    run.says(&["VERIFIED", "2 accesses found; the report is in report", "could not tell"]);
    let german = text(&place.path("report/report.de.html"));
    assert!(
        german.contains("wurden 2 Zugriffe auf Ihre Daten gefunden.") && german.contains("melderegister")
    );
    assert!(
        text(&place.path("report/report.en.html"))
            .contains("2 accesses to your data were found in the months below.")
    );
    let json: serde_json::Value = serde_json::from_str(&text(&place.path("report/report.json"))).unwrap();
    assert_eq!(json["format"], "einsicht-access-report/v1");
    for access in json["accesses"].as_array().unwrap() {
        let proof = access["proofs"][0]["tlog_proof"].as_str().unwrap();
        assert_eq!(proof, text(&place.path(&format!("report/proofs/{}.tlog-proof", access["index"]))));
    }
    place.run("receipt verify report/proofs/5.tlog-proof --vkey vkey").ended(0);
    #[cfg(unix)]
    for (name, mode) in
        [("report", 0o700), ("report/report.json", 0o600), ("report/proofs/3.tlog-proof", 0o600)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let found = std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    place
        .run("citizen report data --keys keys --vkey vkey --out report")
        .ended(2)
        .complains(&["holds something"]);
}
