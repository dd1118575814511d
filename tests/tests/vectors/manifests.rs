//! Manifests of reports, and the entries that name them.

use std::collections::BTreeMap;

use einsicht_access::{body_bytes, read_body};
use einsicht_client::proven::ProvenEntry;
use einsicht_client::reports::{Found, Standing};
use einsicht_proto::v1::Report;
use einsicht_proto::v1::entry_body::Content;
use einsicht_report::{CHECKPOINT, KEY, Manifest, REPORT as FIGURES};
use einsicht_tlog::Index;
use einsicht_tlog::checkpoint::{self, Checkpoint};
use einsicht_tlog::hash::{decode_base64, encode_base64, sha256};
use serde::Serialize;
use serde_json::{Value, json};

use crate::city::{CORRECTED_REPORT, City, REPORT};
use crate::ledger::{Ledger, ORIGIN, hex, key, other_key, text};

/// Files of a report by their paths. All of them are text.
type Files = BTreeMap<String, String>;

#[derive(Serialize)]
pub struct File {
    origin: &'static str,
    verifier_key: String,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Serialize)]
struct Given {
    manifest: String,
    files: Files,
    receipt: Option<String>,
}

#[derive(Serialize)]
struct Valid {
    name: &'static str,
    #[serde(flatten)]
    given: Given,
    sha256: String,
    period: String,
    tree_size: String,
    root: String,
    corrects: Option<String>,
    entry: String,
}

#[derive(Serialize)]
struct Invalid {
    name: &'static str,
    #[serde(flatten)]
    given: Given,
    outcome: u8,
    shows: &'static str,
}

/// The manifest of the report of October, made when the ledger was as it is now.
pub fn of_october(ledger: &Ledger, corrects: Option<u64>) -> Vec<u8> {
    let head = ledger.head_at(ledger.size());
    let files = files_of(ledger, ledger.size());
    let manifest = Manifest {
        format: "einsicht/report-manifest/v1".to_owned(),
        origin: ORIGIN.to_owned(),
        period: "2026-10".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        time_zones: "2026a".to_owned(),
        first_instant: "2026-09-30T22:00:00Z".to_owned(),
        end_instant: "2026-10-31T23:00:00Z".to_owned(),
        provisional: false,
        tree_size: head.size.0,
        root: head.root.to_string(),
        charter: Some(5),
        software: "einsicht 0.1.0".to_owned(),
        entries: "public".to_owned(),
        fewer_than: None,
        corrects,
        files: files.iter().map(|(path, text)| (path.clone(), sha256(text.as_bytes()).to_hex())).collect(),
    };
    format!("{}\n", serde_json::to_string_pretty(&manifest).unwrap()).into_bytes()
}

/// The other files. Only the first two are those of a report: what the others say, no manifest shows.
fn files_of(ledger: &Ledger, size: u64) -> Files {
    let files = [
        (CHECKPOINT, text(ledger.note_at(size))),
        (KEY, format!("{}\n", key().verifier())),
        (FIGURES, "{\"records\": 94}\n".to_owned()),
        ("csv/months.csv", "Monat,Zugriffe\r\nOktober „26“,94\r\n".to_owned()),
    ];
    files.map(|(path, text)| (path.to_owned(), text)).into()
}

/// The ledger when it had `size` entries.
fn before(ledger: &Ledger, size: u64) -> Ledger {
    Ledger { leaves: ledger.leaves[..size as usize].to_vec() }
}

fn genuine(ledger: &Ledger, entry: u64, corrects: Option<u64>) -> Given {
    let manifest = text(of_october(&before(ledger, entry), corrects));
    Given { manifest, files: files_of(ledger, entry), receipt: Some(text(ledger.receipt(entry).to_bytes())) }
}

pub fn file(city: &City) -> File {
    let ledger = &city.ledger;
    let valid = vec![
        check("the report of a month", ledger, genuine(ledger, REPORT, None)),
        check("the report that corrects it", ledger, genuine(ledger, CORRECTED_REPORT, Some(REPORT))),
    ];
    File { origin: ORIGIN, verifier_key: key().verifier().to_string(), valid, invalid: invalid(ledger) }
}

/// Which part does not hold, and whether that is a failure.
type Shown = (&'static str, u8);

/// What the parts of `einsicht report verify` that need no figures say: the manifest, the entry that names it, the state
/// that it was made from, its files.
fn judge(ledger: &Ledger, given: &Given) -> Result<Manifest, Shown> {
    let bytes = given.manifest.as_bytes();
    let manifest = Manifest::parse(bytes).map_err(|_| ("file", 2))?;
    if manifest.origin != ORIGIN {
        return Err(("file", 2));
    }
    named(ledger, given, &manifest)?;
    let note = given.files.get(CHECKPOINT).ok_or(("state", 2))?;
    let known = std::slice::from_ref(key().verifier()).to_vec();
    let Checkpoint { head, .. } =
        Checkpoint::open(note.as_bytes(), ORIGIN, &known).map_err(|_| ("state", 1))?;
    if (head.size.0, head.root.to_string()) != (manifest.tree_size, manifest.root.clone()) {
        return Err(("state", 1));
    }
    for (path, text) in &given.files {
        match manifest.files.get(path) {
            Some(hash) if *hash != sha256(text.as_bytes()).to_hex() => return Err(("files", 1)),
            _ => {}
        }
    }
    match manifest.files.keys().eq(given.files.keys()) {
        true => Ok(manifest),
        false => Err(("files", 2)),
    }
}

fn named(ledger: &Ledger, given: &Given, manifest: &Manifest) -> Result<(), Shown> {
    let receipt = given.receipt.as_ref().ok_or(("named", 2))?;
    let entry = ProvenEntry::verify(receipt.as_bytes(), key().verifier()).map_err(|_| ("named", 1))?;
    let mut found = Found::default();
    // The report that it corrects stands before it.
    for index in (0..entry.index().0).map(Index) {
        let leaf = ledger.leaf(index.0);
        found.note(index, leaf.recorded_at, leaf.body);
    }
    found.note(entry.index(), entry.recorded_at(), &body_bytes(entry.body()));
    let hash = Manifest::hash_of(given.manifest.as_bytes());
    match found.standing(&hash, &manifest.period, manifest.corrects()) {
        Ok(Standing::Stands(report)) if report.index == entry.index() => Ok(()),
        _ => Err(("named", 1)),
    }
}

fn check(name: &'static str, ledger: &Ledger, given: Given) -> Valid {
    let manifest = judge(ledger, &given).unwrap_or_else(|shown| panic!("{name}: {shown:?}"));
    let entry = ProvenEntry::verify(given.receipt.as_ref().unwrap().as_bytes(), key().verifier()).unwrap();
    Valid {
        name,
        sha256: Manifest::hash_of(given.manifest.as_bytes()).to_hex(),
        period: manifest.period.clone(),
        tree_size: manifest.tree_size.to_string(),
        root: hex(&decode_base64(&manifest.root).unwrap()),
        corrects: manifest.corrects.map(|index| index.to_string()),
        entry: entry.index().to_string(),
        given,
    }
}

fn invalid(ledger: &Ledger) -> Vec<Invalid> {
    let mut cases = of_files(ledger);
    cases.extend(of_entries(ledger));
    cases.extend(of_layout(ledger));
    let refuse = |(name, ledger, given): (_, Ledger, Given)| {
        let (shows, outcome) = judge(&ledger, &given).expect_err(name);
        Invalid { name, given, outcome, shows }
    };
    cases.into_iter().map(refuse).collect()
}

type Case = (&'static str, Ledger, Given);

/// A ledger that names a changed manifest in the place of the genuine one, with what it names.
fn naming(ledger: &Ledger, change: impl Fn(&mut Value)) -> (Ledger, Given) {
    let given = genuine(ledger, REPORT, None);
    let mut json: Value = serde_json::from_str(&given.manifest).unwrap();
    let old = json.clone();
    change(&mut json);
    assert_ne!(json, old, "nothing was changed");
    naming_text(ledger, format!("{}\n", serde_json::to_string_pretty(&json).unwrap()))
}

fn naming_text(ledger: &Ledger, manifest: String) -> (Ledger, Given) {
    let hash = sha256(manifest.as_bytes());
    let other = reporting(ledger, |report| report.manifest_sha256 = hash.0.to_vec().into());
    let receipt = Some(text(other.receipt(REPORT).to_bytes()));
    (other, Given { manifest, receipt, ..genuine(ledger, REPORT, None) })
}

/// The ledger up to the report, with another `report` entry.
fn reporting(ledger: &Ledger, change: impl Fn(&mut Report)) -> Ledger {
    before(ledger, REPORT + 1).again(|index, _, body| {
        if index == REPORT {
            let mut read = read_body(body).unwrap();
            let Some(Content::Report(report)) = &mut read.content else { panic!("no report") };
            change(report);
            *body = body_bytes(&read);
        }
    })
}

fn of_files(ledger: &Ledger) -> Vec<Case> {
    let with = |name, change: &dyn Fn(&mut Files)| {
        let mut given = genuine(ledger, REPORT, None);
        change(&mut given.files);
        (name, ledger.clone(), given)
    };
    let head = ledger.head_at(REPORT);
    let put = |path: &'static str, text: String| {
        move |files: &mut Files| drop(files.insert(path.to_owned(), text.clone()))
    };
    let foreign = text(checkpoint::sign(head, &other_key()));
    vec![
        with("a figure that was changed", &put(FIGURES, "{\"records\": 93}\n".to_owned())),
        with(
            "a line end that was changed",
            &put("csv/months.csv", "Monat,Zugriffe\nOktober „26“,94\n".to_owned()),
        ),
        with("a file that is missing", &|files| drop(files.remove(FIGURES))),
        with("a file that the manifest does not name", &put("more.txt", String::new())),
        with("no checkpoint", &|files| drop(files.remove(CHECKPOINT))),
        with("a checkpoint that another key signed", &put(CHECKPOINT, foreign)),
        with("a later checkpoint of the ledger", &put(CHECKPOINT, text(ledger.note()))),
    ]
}

fn of_entries(ledger: &Ledger) -> Vec<Case> {
    let naming = |name, change: &dyn Fn(&mut Report)| {
        let other = reporting(ledger, change);
        let receipt = Some(text(other.receipt(REPORT).to_bytes()));
        (name, other, Given { receipt, ..genuine(ledger, REPORT, None) })
    };
    let pointing = |name, receipt: Option<String>| {
        (name, ledger.clone(), Given { receipt, ..genuine(ledger, REPORT, None) })
    };
    let receipt = |index| Some(text(ledger.receipt(index).to_bytes()));
    let without_corrects =
        Given { receipt: receipt(CORRECTED_REPORT), ..genuine(ledger, CORRECTED_REPORT, None) };
    vec![
        pointing("no entry that names it", None),
        pointing("an entry that names another report", receipt(CORRECTED_REPORT)),
        pointing("an entry that is an access", receipt(REPORT + 1)),
        naming("an entry that names another period", &|report| report.period = "2026-11".into()),
        naming("an entry that corrects another report, and the manifest does not", &|report| {
            report.replaces = Some(3)
        }),
        ("a manifest that corrects no report, of one that does", ledger.clone(), without_corrects),
        naming("an entry with a cut hash", &|report| report.manifest_sha256.truncate(31)),
    ]
}

fn of_layout(ledger: &Ledger) -> Vec<Case> {
    let set = |name, member: &'static str, value: Value| {
        let (other, given) = naming(ledger, |json| json[member] = value.clone());
        (name, other, given)
    };
    let without = |name, member: &'static str| {
        let (other, given) = naming(ledger, |json| drop(json.as_object_mut().unwrap().remove(member)));
        (name, other, given)
    };
    let edited = |name, from: &str, to: &str| {
        let manifest = genuine(ledger, REPORT, None).manifest;
        assert!(manifest.contains(from), "nothing to edit: {from}");
        let (other, given) = naming_text(ledger, manifest.replacen(from, to, 1));
        (name, other, given)
    };
    let files = |hash: String| json!({ FIGURES: hash });
    vec![
        set("another version", "format", "einsicht/report-manifest/v2".into()),
        set("another ledger", "origin", "else.example".into()),
        set("a further member", "note", "x".into()),
        set("a period that is none", "period", "2026-13".into()),
        set("week 54", "period", "2026-W54".into()),
        set("week 53 of a year that has 52", "period", "2025-W53".into()),
        set("the year 0", "period", "0000".into()),
        set("entries that are neither public nor closed", "entries", "secret".into()),
        set("hidden counts without a threshold", "entries", "closed".into()),
        set("a threshold where all is public", "fewer_than", 5.into()),
        set("another size", "tree_size", 274.into()),
        set("another root", "root", encode_base64(&[1; 32]).into()),
        set("a size that is text", "tree_size", "275".into()),
        set("another file", "files", files("ab".repeat(32))),
        without("no period", "period"),
        without("no version of the time zones", "time_zones"),
        without("no files", "files"),
        edited("a member twice", "\"origin\"", "\"format\": \"einsicht/report-manifest/v1\", \"origin\""),
        edited("a negative size", "\"tree_size\": 275", "\"tree_size\": -275"),
        edited("a size of 2^64", "\"tree_size\": 275", "\"tree_size\": 18446744073709551616"),
    ]
}
