//! Openings: the plaintext of the vault.

use einsicht_access::SealedField;
use einsicht_access::openings::{Openings, State};
use einsicht_access::record::Sealed;
use serde::Serialize;

use crate::Refused;
use crate::make::{full, hex, plain, sealed};

#[derive(Serialize)]
pub struct File {
    valid: Vec<Valid>,
    erasing: Vec<Erasing>,
    invalid: Vec<Refused<Given>>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    bytes: String,
    openings: Vec<Opening>,
}

#[derive(Serialize)]
struct Opening {
    field: u8,
    salt: Option<String>,
    value: Option<String>,
    erased_by: Option<String>,
}

#[derive(Serialize)]
struct Erasing {
    name: &'static str,
    before: String,
    fields: Vec<u8>,
    by: String,
    after: String,
    erased: Vec<u8>,
}

#[derive(Serialize)]
struct Given {
    bytes: String,
}

pub fn file() -> File {
    let all = opened(&sealed(&full(), "all openings").sealed.unwrap());
    let mut some = all.clone();
    some.erase(&[SealedField::Subjects, SealedField::Actor], u64::from(u32::MAX) + 1);
    let confidential = einsicht_proto::v1::AccessEvent { confidential_until_day: Some(21_000), ..plain() };
    let hidden = opened(&sealed(&confidential, "hidden openings").sealed.unwrap());
    File {
        valid: vec![
            valid("all of an access", &all),
            valid("some erased", &some),
            valid("confidential", &hidden),
        ],
        erasing: vec![
            erasing("two fields", &all, &[SealedField::Query, SealedField::CaseNumber], 9),
            erasing("again, and one that is left", &some, &[SealedField::Actor, SealedField::Query], 9),
            erasing("a field that there is none of", &all, &[SealedField::Statement], 9),
            erasing(
                "a confidential record, and with it all that it says",
                &hidden,
                &[SealedField::Confidential],
                9,
            ),
        ],
        invalid: invalid(&all),
    }
}

fn opened(sealed: &Sealed) -> Openings {
    let read = Openings::parse(sealed.openings.as_bytes()).unwrap();
    assert!(read == sealed.openings);
    read
}

fn valid(name: &'static str, openings: &Openings) -> Valid {
    let openings_of = |openings: &Openings| {
        let one = |opening: einsicht_access::openings::Opening<'_>| match opening.state {
            State::Open { salt, value } => Opening {
                field: opening.field.number(),
                salt: Some(hex(salt.as_bytes())),
                value: Some(hex(value)),
                erased_by: None,
            },
            State::Erased { by } => Opening {
                field: opening.field.number(),
                salt: None,
                value: None,
                erased_by: Some(by.to_string()),
            },
        };
        openings.iter().map(one).collect()
    };
    Valid { name, bytes: hex(openings.as_bytes()), openings: openings_of(openings) }
}

fn erasing(name: &'static str, before: &Openings, fields: &[SealedField], by: u64) -> Erasing {
    let numbers = |fields: &[SealedField]| fields.iter().map(|field| field.number()).collect();
    let mut after = before.clone();
    let erased = after.erase(fields, by);
    Erasing {
        name,
        before: hex(before.as_bytes()),
        fields: numbers(fields),
        by: by.to_string(),
        after: hex(after.as_bytes()),
        erased: numbers(&erased),
    }
}

fn invalid(all: &Openings) -> Vec<Refused<Given>> {
    let actor = |state: u8| [&[33, state][..], &[7; 32], &[0, 0, 0, 1], b"x"].concat();
    let erased = |field: u8| [&[field, 0][..], &[0; 8]].concat();
    let mut huge = actor(1);
    huge[34..38].fill(0xff);
    let cases = [
        ("none", Vec::new(), "an entry has at least one"),
        ("cut", all.as_bytes()[..all.as_bytes().len() - 1].to_vec(), "they end inside an opening"),
        ("a length without end", huge, "they end inside an opening"),
        ("cut behind the field", vec![33], "they end inside an opening"),
        ("a cut erasure", erased(33)[..9].to_vec(), "they end inside an opening"),
        ("neither open nor erased", actor(2), "the byte behind the field is 0 or 1"),
        ("the field before the first", erased(31), "field 31 is not sealed"),
        ("the field behind the last", erased(46), "field 46 is not sealed"),
        ("a field twice", [actor(1), erased(33)].concat(), "fields ascend"),
        ("a field that comes too late", [erased(34), actor(1)].concat(), "fields ascend"),
    ];
    let refused = |(name, bytes, reason): (&'static str, Vec<u8>, &str)| {
        assert!(Openings::parse(&bytes).is_err(), "{name}: read");
        Refused { name, vector: Given { bytes: hex(&bytes) }, reason: reason.to_owned() }
    };
    cases.into_iter().map(refused).collect()
}
