//! What citizens find in the whole ledger.

use einsicht_access::Month;
use einsicht_client::scan::scan;
use einsicht_client::source::Source;
use einsicht_client::view_keys::{ViewKeyOf, ViewKeys};
use serde::Serialize;

use crate::city::{A, A_IN_TRAFFIC, B};
use crate::ledger::{Ledger, ORIGIN, period_key, trust, write};

#[derive(Serialize)]
pub struct Scanned {
    name: &'static str,
    file: String,
    months: Vec<ScannedMonth>,
    found: Vec<Hit>,
}

#[derive(Serialize, PartialEq, Debug)]
pub struct ScannedMonth {
    month: String,
    records: u64,
    hidden: u64,
    found: u64,
}

#[derive(Serialize, PartialEq, Debug)]
pub struct Hit {
    pub index: String,
    month: String,
    schemes: Vec<String>,
    opened_by: Option<String>,
    corrections: Vec<String>,
}

pub async fn scans(ledger: &Ledger) -> Vec<Scanned> {
    let [october, november, december] = ["2026-10", "2026-11", "2026-12"];
    let everywhere = [
        (A, october),
        (A_IN_TRAFFIC, october),
        (A, november),
        (A_IN_TRAFFIC, november),
        (A, december),
        (A_IN_TRAFFIC, december),
    ];
    let cases = [
        ("one person, one month", key_file(&[(A, october)])),
        ("the same person, the next month", key_file(&[(A, november)])),
        ("every month, in two registers", key_file(&everywhere)),
        ("another register alone", key_file(&[(A_IN_TRAFFIC, november)])),
        ("another person", key_file(&[(B, november), (B, october)])),
        (
            "a person whom nothing is about",
            key_file(&[(("person", "4713"), october), (("person", "4713"), november)]),
        ),
        ("a month that the ledger does not have", key_file(&[(A, "2026-09")])),
    ];
    let mut scans = Vec::new();
    for (name, keys) in cases {
        let (months, found) = scanned(ledger, &keys).await;
        scans.push(Scanned { name, file: keys.to_json().to_string(), months, found });
    }
    let said_of = |pairs: &[(&str, &str)]| {
        let mut keys = ViewKeys::new(ORIGIN.to_owned());
        for (is_of, said) in pairs {
            let key = period_key(is_of).view_key(A.0, A.1);
            keys.add(ViewKeyOf { scheme: A.0.to_owned(), month: said.parse().unwrap(), key });
        }
        keys
    };
    let wrong = [
        ("a key of another month than it says", said_of(&[(november, october)])),
        ("two keys of each other's month", said_of(&[(november, october), (october, november)])),
    ];
    for (name, keys) in wrong {
        let (months, found) = scanned(ledger, &keys).await;
        assert_eq!(found, [], "{name}");
        scans.push(Scanned { name, file: keys.to_json().to_string(), months, found });
    }
    scans
}

pub async fn scanned(ledger: &Ledger, keys: &ViewKeys) -> (Vec<ScannedMonth>, Vec<Hit>) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &ledger.tiles());
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let scan = scan(&source, &trust(), keys, |_| {}).await.unwrap();
    let month = |month: &einsicht_client::scan::ScannedMonth| ScannedMonth {
        month: month.month.to_string(),
        records: month.records,
        hidden: month.hidden,
        found: month.hits,
    };
    let hit = |hit: &einsicht_client::scan::Hit| Hit {
        index: hit.index.to_string(),
        month: Month::of_unix_s(hit.recorded_at.0).to_string(),
        schemes: hit.schemes.iter().cloned().collect(),
        opened_by: hit.opened_by.map(|index| index.to_string()),
        corrections: hit.corrections.iter().map(|(index, _)| index.to_string()).collect(),
    };
    (scan.months.iter().map(month).collect(), scan.hits.iter().map(hit).collect())
}

/// The key file of a person who is known by these.
pub fn key_file(keys: &[((&str, &str), &str)]) -> ViewKeys {
    let mut file = ViewKeys::new(ORIGIN.to_owned());
    for ((scheme, id), month) in keys {
        let key = period_key(month).view_key(scheme, id);
        file.add(ViewKeyOf { scheme: (*scheme).to_owned(), month: month.parse().unwrap(), key });
    }
    file
}
