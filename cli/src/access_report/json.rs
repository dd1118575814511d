//! The report for programmes.

use einsicht_client::scan::Untold;
use serde_json::{Map, Value, json};

use super::{Access, AccessReport};
use crate::view::Json;

/// What the file says that it is.
const FORMAT: &str = "einsicht-access-report/v1";

/// The report as one JSON object.
pub fn of(report: &AccessReport) -> Value {
    let months = report.months.iter().map(|month| {
        json!({
            "month": month.month.to_string(), "keys": month.keys, "schemes": month.schemes,
            "records": month.records, "with_markers": month.marked,
            "accesses": month.hits, "still_confidential": month.hidden, "is_over": month.is_over,
        })
    });
    let untold = report.untold.iter().map(|(month, untold)| {
        let (why, records) = match untold {
            Untold::NoRecords => ("no records of that month name anybody", None),
            Untold::NotOver => ("the ledger ends before the month does", None),
            Untold::Hidden(records) => ("records that are still confidential", Some(records)),
            Untold::NotUnderstood(entries) => {
                ("entries of kinds that this release does not know", Some(entries))
            }
            Untold::Forgotten(accesses) => (
                "more accesses, of which too many confidential records left no room to keep what they say",
                Some(accesses),
            ),
            Untold::Unchecked(openings) => {
                ("openings that could not be compared with what was sealed", Some(openings))
            }
        };
        json!({"month": month, "why": why, "records": records})
    });
    json!({
        "format": FORMAT,
        "origin": report.origin,
        "size": report.size,
        "root": report.root,
        "checkpoint": report.checkpoint,
        "simulated": report.simulated,
        "made_at": report.made_at,
        "months": months.collect::<Vec<_>>(),
        "could_not_tell": untold.collect::<Vec<_>>(),
        "accesses": report.accesses.iter().map(access).collect::<Vec<_>>(),
    })
}

fn access(access: &Access) -> Value {
    let mut object = Map::new();
    object.insert("index".to_owned(), access.index.into());
    object.insert("recorded_at".to_owned(), access.recorded_at.clone().into());
    for (name, value) in &access.fields {
        // Texts, numbers and flags always have a JSON.
        object.insert((*name).to_owned(), serde_json::to_value(Json(value)).unwrap_or_default());
    }
    object.insert("found_by".to_owned(), json!(access.schemes));
    object.insert("opened_by".to_owned(), json!(access.opened_by));
    let corrections = access.corrections.iter();
    let corrections = corrections.map(
        |(index, correction, ground)| json!({"index": index, "correction": correction, "ground": ground}),
    );
    object.insert("corrections".to_owned(), corrections.collect());
    let proofs = access.proofs.iter().map(|(index, proof)| json!({"index": index, "tlog_proof": proof}));
    object.insert("proofs".to_owned(), proofs.collect());
    Value::Object(object)
}
