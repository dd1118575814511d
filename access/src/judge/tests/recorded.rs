//! The verdict as it stands in what is recorded, and as whoever checks that reads it.

use bytes::Bytes;
use einsicht_proto::v1::AccessEvent;
use proptest::prelude::*;

use super::charter;
use crate::facts::LoggedAccess;
use crate::judge::{InForce, Judgement};
use crate::limits::CODE_BYTES_MAX;
use crate::openings::State;
use crate::record::{Prepared, Provenance, record_states_event, seal_accesses};
use crate::samples::{
    arbitrary_event, arbitrary_sealed_event, full_event, largest_event, random, sealed_event,
};
use crate::seal::SealedField;
use crate::view::EventView;
use crate::{Charter, PeriodKey, entry, read_body, read_record};

const RULES: [&str; 2] = [
    "must = { purpose = { listed_in_dataset = \"purposes\" } }",
    "must = { record_count = { at_most = 10 } }",
];
static SESSION: Bytes = Bytes::from_static(&[7; 16]);
const FIRST: Provenance<'static> = Provenance { producer: "p", session: &SESSION, sequence: 0 };

fn prepare(event: &AccessEvent, charter: Option<InForce<'_>>) -> Prepared {
    let views = [EventView::from(event)];
    let key = PeriodKey::from([5; 32]);
    seal_accesses(&views, FIRST, Some(&key), charter, random(1)).unwrap().remove(0)
}

/// What is recorded of an event under a charter passes the check against that charter, where it stands.
fn check(charter: &Charter, event: &AccessEvent) {
    let prepared = prepare(event, Some(InForce { index: 0, charter }));
    let body = read_body(&prepared.body).unwrap();
    record_states_event(entry::access_of(&body).unwrap(), event, FIRST).unwrap();
    let shown = LoggedAccess::of_body(&prepared.body).unwrap();
    if event.confidential_until_day.is_none() {
        assert_eq!(charter.check_verdict(&shown), Ok(prepared.judgement));
        assert_eq!(shown.charter, Some(0), "index 0 is written, too");
        return;
    }
    assert_eq!(
        (shown.charter, shown.deviates.is_empty(), shown.not_verifiable.is_empty()),
        (None, true, true)
    );
    let openings = prepared.sealed.unwrap().openings;
    let Some(State::Open { value, .. }) = openings.state(SealedField::Confidential) else {
        panic!("no record")
    };
    let hidden = LoggedAccess::of_record(value).unwrap();
    assert_eq!((hidden.charter, charter.check_verdict(&hidden)), (Some(0), Ok(prepared.judgement)));
    assert_eq!(read_record(value).unwrap().charter, Some(0));
}

proptest! {
    #[test]
    fn the_verdict_of_a_record_is_the_one_that_its_charter_gives(event in arbitrary_event(), day: Option<i32>) {
        check(&charter(&RULES), &AccessEvent { confidential_until_day: day, ..event });
    }

    #[test]
    fn so_is_that_of_a_record_with_sealed_values(event in arbitrary_sealed_event()) {
        check(&charter(&RULES), &event);
    }
}

#[test]
fn without_a_charter_nothing_is_said_of_one() {
    for event in [full_event(), sealed_event()] {
        let prepared = prepare(&event, None);
        assert_eq!(prepared.judgement, Judgement::default());
        let body = read_body(&prepared.body).unwrap();
        let record = entry::access_of(&body).unwrap();
        assert_eq!((record.charter, record.deviates.len(), record.not_verifiable.len()), (None, 0, 0));
    }
}

/// However long its ids are, a verdict has room in the leaf of every event that is valid.
#[test]
fn the_largest_record_with_the_longest_verdict_fits_in_a_leaf() {
    const BODY_BYTES_MAX: usize = 65_535 - 41;
    let rules: Vec<String> = (0..64).map(|number| format!("severity = \"notice\"\nmust = {{ dataset = \"plain\", record_count = {{ at_most = {number} }} }}")).collect();
    let text = charter_text_with_long_ids(&rules);
    let charter = Charter::parse("long", text.as_bytes()).unwrap();
    let event = largest_event();
    let prepared = prepare(&event, Some(InForce { index: u64::MAX, charter: &charter }));
    assert_eq!(prepared.judgement.deviates.len() + prepared.judgement.not_verifiable.len(), 64);
    assert!(prepared.body.len() <= BODY_BYTES_MAX, "{} bytes", prepared.body.len());
}

fn charter_text_with_long_ids(rules: &[String]) -> String {
    let mut text = "charter = { title = \"T\" }\npurpose = [{ id = \"a\", title = \"A\" }]\n[[dataset]]\nid = \"plain\"\ntitle = \"P\"\npersonal = \"none\"\npurposes = [\"a\"]\n".to_owned();
    for (number, rule) in rules.iter().enumerate() {
        let id = format!("{number:0>CODE_BYTES_MAX$}");
        text += &format!(
            "[[commitment]]\nid = \"{id}\"\ntitle = \"C\"\nsource = \"S\"\nevidence = \"city page\"\n{rule}\n"
        );
    }
    text
}
