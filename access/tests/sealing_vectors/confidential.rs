//! Confidential records, and the entries that open them.

use bytes::Bytes;
use einsicht_access::entry::access_of;
use einsicht_access::openings::State;
use einsicht_access::record::{check_opening, opening_entry};
use einsicht_access::seal::{Salt, seal};
use einsicht_access::{SealedField, body_bytes, read_body, read_record};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, EntryBody, Opening};
use prost::Message as _;
use serde::Serialize;

use crate::Refused;
use crate::make::{fixed, full, hex, plain, sealed};

const DAY: i32 = 21_000;
const INDEX: u64 = 17;

#[derive(Serialize)]
pub struct File {
    valid: Vec<Valid>,
    invalid: Vec<Refused<Given>>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    #[serde(flatten)]
    given: Given,
    index: String,
    record: String,
}

#[derive(Serialize)]
struct Given {
    confidential: String,
    opening: String,
}

pub fn file() -> File {
    let valid = |name, event: AccessEvent| {
        let (outer, opening) = confidential(&event);
        let inner = check(&outer, &opening).unwrap();
        assert_eq!(inner, read_record(&opening_of(&opening).record).unwrap());
        let record = hex(&opening_of(&opening).record);
        Valid { name, given: given(&outer, &opening), index: INDEX.to_string(), record }
    };
    File {
        valid: vec![valid("everything that can be sealed", full()), valid("nothing personal", plain())],
        invalid: invalid(),
    }
}

fn confidential(event: &AccessEvent) -> (EntryBody, EntryBody) {
    let prepared = sealed(&AccessEvent { confidential_until_day: Some(DAY), ..event.clone() }, "hidden");
    let openings = prepared.sealed.unwrap().openings;
    let Some(State::Open { salt, value }) = openings.state(SealedField::Confidential) else {
        panic!("there is no opening of the whole record");
    };
    (read_body(&prepared.body).unwrap(), opening_entry(INDEX, &salt, value))
}

fn opening_of(body: &EntryBody) -> Opening {
    match &body.content {
        Some(Content::Opening(opening)) => opening.clone(),
        _ => panic!("no opening"),
    }
}

fn check(outer: &EntryBody, opening: &EntryBody) -> Result<AccessRecord, String> {
    check_opening(&opening_of(opening), access_of(outer).unwrap()).map_err(|fault| fault.to_string())
}

fn given(outer: &EntryBody, opening: &EntryBody) -> Given {
    Given { confidential: hex(&body_bytes(outer)), opening: hex(&body_bytes(opening)) }
}

/// A confidential record of these bytes, sealed as it should be.
fn hiding(record: &[u8]) -> (EntryBody, EntryBody) {
    let salt = Salt::from(fixed("salt of a record"));
    let sealed = seal(SealedField::Confidential, &salt, record);
    let mut outer = confidential(&full()).0;
    if let Some(Content::Access(outer)) = &mut outer.content {
        outer.confidential_seal = Some(Bytes::copy_from_slice(&sealed));
    }
    (outer, opening_entry(INDEX, &salt, record))
}

fn invalid() -> Vec<Refused<Given>> {
    let changed_opening = |name, change: fn(&mut Opening)| {
        let (outer, opening) = confidential(&full());
        let mut opening = opening_of(&opening);
        change(&mut opening);
        refused(name, (outer, EntryBody { content: Some(Content::Opening(opening)) }))
    };
    let changed_record = |name, change: fn(&mut AccessRecord)| {
        let mut inner = read_record(&opening_of(&confidential(&full()).1).record).unwrap();
        change(&mut inner);
        refused(name, hiding(&inner.encode_to_vec()))
    };
    let (mut plain_record, opening) = confidential(&full());
    if let Some(Content::Access(record)) = &mut plain_record.content {
        record.confidential_seal = None;
    }
    vec![
        changed_opening("another salt", |opening| opening.salt = vec![1; 32].into()),
        changed_opening("a cut salt", |opening| opening.salt.truncate(31)),
        changed_opening("another record", |opening| opening.record = vec![0x0a, 1, b'a'].into()),
        refused("a record that is not confidential", (plain_record, opening)),
        refused("a record that two readers read as two", hiding(b"\x0a\x01a\x0a\x01b")),
        changed_record("another day", |record| record.confidential_until_day = Some(DAY - 1)),
        changed_record("no day", |record| record.confidential_until_day = None),
        changed_record("a record that hides another", |record| {
            record.confidential_seal = Some(vec![1; 32].into());
        }),
        changed_record("no nonce within", |record| record.nonce = None),
        changed_record("a cut marker within", |record| record.markers[0].truncate(15)),
        changed_record("a long seal within", |record| record.actor_seal = Some(vec![1; 33].into())),
    ]
}

fn refused(name: &'static str, (outer, opening): (EntryBody, EntryBody)) -> Refused<Given> {
    let reason = check(&outer, &opening).expect_err(name);
    Refused { name, vector: given(&outer, &opening), reason }
}
