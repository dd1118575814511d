//! Forgeries that only the ledger itself can make: all hashes, the chain and the signature are right.

use einsicht_access::{body_bytes, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Opening};

use crate::city;
use crate::ledger::Ledger;

/// Name, ledger, and what shows that it is not right, if anything.
type Forgery = (&'static str, Ledger, Option<&'static str>);

/// What records and other entries say is not what it must be.
pub fn signed_anew(ledger: &Ledger) -> Vec<Forgery> {
    let record = |of, change: &dyn Fn(&mut AccessRecord)| with_record(ledger, of, change);
    let body = |of, change: &dyn Fn(&mut Vec<u8>)| {
        ledger.again(|index, _, body| {
            if index == of {
                change(body);
            }
        })
    };
    let other_opening = |change: &dyn Fn(&mut Opening)| {
        body(city::OPENING, &|body| {
            let mut read = read_body(body).unwrap();
            let Some(Content::Opening(opening)) = &mut read.content else { panic!("no opening") };
            change(opening);
            *body = body_bytes(&read);
        })
    };
    let earlier = ledger.again(|index, second, _| {
        if index == 298 {
            *second -= 20_000;
        }
    });
    let judged = city::JUDGED_IN_DECEMBER;
    vec![
        ("a deviation that is kept quiet", record(289, &|record| record.deviates.clear()), Some("verdicts")),
        (
            "a deviation that is none",
            record(judged, &|record| record.deviates = vec!["C-1".into()]),
            Some("verdicts"),
        ),
        (
            "a purpose that does not fit its verdict",
            record(judged, &|record| record.purpose = "werbung".into()),
            Some("verdicts"),
        ),
        (
            "a charter that is not in force any more",
            record(judged, &|record| record.charter = Some(5)),
            Some("entries"),
        ),
        ("no charter", record(judged, &|record| record.charter = None), Some("entries")),
        ("time that runs back", earlier, Some("entries")),
        (
            "an opening of another record",
            other_opening(&|opening| opening.index = city::STILL_HIDDEN),
            Some("entries"),
        ),
        (
            "an opening of what is no confidential record",
            other_opening(&|opening| opening.index = 45),
            Some("entries"),
        ),
        (
            "an opening with another salt",
            other_opening(&|opening| opening.salt = vec![1; 32].into()),
            Some("entries"),
        ),
        ("a second genesis", body(295, &|body| *body = ledger.leaf(0).body.to_vec()), Some("genesis")),
        (
            "a body that two readers read as two",
            body(295, &|body| *body = [body.clone(), body.clone()].concat()),
            Some("entries"),
        ),
        ("an entry of unknown kind in the place of another", body(295, &|body| *body = vec![0x6a, 0]), None),
    ]
}

/// The same ledger with another record in an entry, chained and signed anew: only who has its key can do that.
pub fn with_record(ledger: &Ledger, of: u64, change: impl Fn(&mut AccessRecord)) -> Ledger {
    ledger.again(|index, _, body| {
        if index == of {
            let mut read = read_body(body).unwrap();
            let Some(Content::Access(record)) = &mut read.content else { panic!("no access") };
            change(record);
            *body = body_bytes(&read);
        }
    })
}
