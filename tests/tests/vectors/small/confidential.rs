//! Small ledgers with confidential records and what opens them.

use bytes::Bytes;
use einsicht_access::record::opening_entry;
use einsicht_access::seal::{Salt, seal};
use einsicht_access::{SealedField, body_bytes};
use einsicht_proto::v1::AccessRecord;
use einsicht_proto::v1::entry_body::Content;
use prost::Message as _;

use super::charters::charter;
use super::{Case, any, begun, body};
use crate::ledger::NOVEMBER;

/// The day on which these ledgers are recorded.
const DAY: i32 = (NOVEMBER / 86_400) as i32;
const NONCE: [u8; 16] = [5; 16];
const SALT: [u8; 32] = [4; 32];

pub fn cases() -> Vec<Case> {
    let failed = Some("entries");
    let record = within(|_| {});
    let hide = hidden(&record, |_| {});
    let tomorrow = within(|record| record.confidential_until_day = Some(DAY + 1));
    let hide_longer = hidden(&tomorrow, |outer| outer.confidential_until_day = Some(DAY + 1));
    let by = |charter| within(move |record| record.charter = Some(charter));
    vec![
        begun("a confidential record that is opened", None, vec![hide.clone(), opening(1, &record)]),
        begun("opened twice", failed, vec![hide.clone(), opening(1, &record), opening(1, &record)]),
        begun("opened before it is there", failed, vec![opening(2, &record), hide.clone()]),
        begun(
            "opened as another record",
            failed,
            vec![hide.clone(), opening(1, &within(|record| record.dataset = "e".into()))],
        ),
        begun("an access that is opened", failed, vec![any(), opening(1, &record)]),
        begun("opened a day too early", failed, vec![hide_longer, opening(1, &tomorrow)]),
        begun("a confidential record that nobody opens", None, vec![hide, any()]),
        begun(
            "a confidential record that shows its data set",
            failed,
            vec![hidden(&record, |outer| outer.dataset = "d".into())],
        ),
        begun(
            "a confidential record that shows its verdict",
            failed,
            vec![charter(), hidden(&by(1), |outer| outer.charter = Some(1))],
        ),
        begun(
            "judged by a charter of later",
            failed,
            vec![hidden(&by(2), |_| {}), charter(), opening(1, &by(2))],
        ),
        begun(
            "judged by none, where one was in force",
            failed,
            vec![charter(), hidden(&record, |_| {}), opening(2, &record)],
        ),
        begun(
            "judged by its own charter, behind the next one",
            None,
            vec![charter(), hidden(&judged_within(1), |_| {}), charter(), opening(2, &judged_within(1))],
        ),
        begun(
            "a hidden verdict that is wrong",
            Some("verdicts"),
            vec![charter(), hidden(&by(1), |_| {}), opening(2, &by(1))],
        ),
    ]
}

/// What is hidden, with some changes.
fn within(change: impl Fn(&mut AccessRecord)) -> Vec<u8> {
    let mut record = AccessRecord {
        dataset: "d".into(),
        confidential_until_day: Some(DAY),
        producer: "p".into(),
        nonce: Some(Bytes::from_static(&NONCE)),
        ..AccessRecord::default()
    };
    change(&mut record);
    record.encode_to_vec()
}

fn hidden(record: &[u8], change: impl Fn(&mut AccessRecord)) -> Vec<u8> {
    let sealed = seal(SealedField::Confidential, &Salt::from(SALT), record);
    let mut outer = AccessRecord {
        confidential_until_day: Some(DAY),
        confidential_seal: Some(Bytes::copy_from_slice(&sealed)),
        nonce: Some(Bytes::from_static(&NONCE)),
        ..AccessRecord::default()
    };
    change(&mut outer);
    body(Content::Access(outer))
}

fn opening(index: u64, record: &[u8]) -> Vec<u8> {
    body_bytes(&opening_entry(index, &Salt::from(SALT), record))
}

/// A record whose verdict is right: without a purpose, nobody can tell.
fn judged_within(charter: u64) -> Vec<u8> {
    within(|record| {
        record.charter = Some(charter);
        record.purpose = "a".into();
    })
}
