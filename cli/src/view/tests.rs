//! Entries as they are shown.

use bytes::Bytes;
use einsicht_access::body_bytes;
use einsicht_access::entry::{Beginning, genesis, session_end};
use einsicht_proto::v1::{AccessRecord, Correction, Opening};

use super::*;

fn view(body: &EntryBody) -> EntryView {
    let body = body_bytes(body);
    let leaf = Leaf { previous: Hash([7; 32]), recorded_at: RecordedAt(1_795_365_547), body: &body };
    EntryView::read(Index(5), &leaf.to_bytes().unwrap()).unwrap()
}

fn json(body: &EntryBody) -> serde_json::Value {
    serde_json::to_value(view(body)).unwrap()
}

#[test]
fn an_access_is_shown_by_its_fields() {
    let record = AccessRecord {
        dataset: "besuchertrend".into(),
        record_count: Some(3),
        secondary_use: Some(false),
        categories: vec!["ort".into(), "zeit".into()],
        ..AccessRecord::default()
    };
    let json = json(&EntryBody { content: Some(Content::Access(record)) });
    assert_eq!((&json["index"], &json["kind"]), (&5.into(), &"access".into()));
    assert_eq!(json["recorded_at"], "2026-11-22T16:39:07Z");
    assert_eq!((&json["record_count"], &json["secondary_use"]), (&3.into(), &false.into()));
    assert_eq!(json["categories"], serde_json::json!(["ort", "zeit"]));
    assert_eq!(json["previous_leaf_hash"], "07".repeat(32));
}

#[test]
fn genesis_and_the_end_of_a_session_are_shown() {
    let beginning = Beginning {
        origin: "log.example",
        software: "einsichtd 0.1.0",
        public_keys: &[[1; 32]],
        simulated: true,
        predecessor: None,
    };
    let shown = json(&genesis(beginning));
    assert_eq!((&shown["origin"], &shown["simulated"]), (&"log.example".into(), &true.into()));
    let shown = json(&session_end("p", &Bytes::from_static(&[3; 16]), Some(9)));
    assert_eq!((&shown["session"], &shown["last_sequence"]), (&"03".repeat(16).into(), &9.into()));
}

#[test]
fn what_an_entry_refers_to_does_not_hide_its_own_index() {
    let correction = Correction { index: 3, correction: "c".into(), ground: "g".into() };
    let shown = json(&EntryBody { content: Some(Content::Correction(correction)) });
    assert_eq!((&shown["index"], &shown["corrects"]), (&5.into(), &3.into()));
}

#[test]
fn a_kind_that_is_not_known_is_shown_as_bytes() {
    let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(0), body: b"\x6a\x01a" };
    let view = EntryView::read(Index(0), &leaf.to_bytes().unwrap()).unwrap();
    assert_eq!((view.kind, view.text("body").as_str()), ("unknown", "6a0161"));
}

#[test]
fn what_is_no_entry_is_refused() {
    assert!(matches!(EntryView::read(Index(0), b"short"), Err(ViewError::Leaf(_))));
    let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(0), body: b"body 0" };
    let read = EntryView::read(Index(0), &leaf.to_bytes().unwrap());
    assert!(matches!(read, Err(ViewError::Body(_))));
}

#[test]
fn a_time_that_no_calendar_has_is_shown_as_its_number() {
    assert_eq!(time(RecordedAt(u64::MAX)), format!("second {}", u64::MAX));
}

fn opened(record: &'static [u8]) -> EntryBody {
    let opening =
        Opening { index: 3, salt: Bytes::from_static(&[1; 32]), record: Bytes::from_static(record) };
    EntryBody { content: Some(Content::Opening(opening)) }
}

#[test]
fn what_an_opening_shows_is_said_and_not_its_own() {
    // Field 1 of a record: the data set.
    let shown = json(&opened(b"\x0a\x01d"));
    assert_eq!((&shown["opens"], &shown["record_bytes"]), (&3.into(), &"0a0164".into()));
    assert_eq!(shown["record_said"]["dataset"], "d");
    assert!(
        shown["dataset"].is_null() && shown["record"].is_null(),
        "nobody compared it with what was sealed"
    );
    let mut view = view(&opened(b"\x0a\x01d"));
    view.shown.as_mut().unwrap().is_proven = true;
    assert_eq!(serde_json::to_value(view).unwrap()["record"]["dataset"], "d");
}

#[test]
fn an_opening_of_what_is_no_record_is_refused() {
    let body = body_bytes(&opened(b"\x0a\x01a\x0a\x01b"));
    let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(0), body: &body };
    let read = EntryView::read(Index(5), &leaf.to_bytes().unwrap());
    assert!(matches!(read, Err(ViewError::Shown(_))));
}
