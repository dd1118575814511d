//! Making a report again, and naming what differs.

use einsicht_access::Zone;

use super::pages::files;
use crate::samples::city::city;
use crate::samples::{ULM, inputs};
use crate::{Entries, Files, InputFile, Inputs, MakeError, Maker, Manifest, ManifestError, compare, make};

fn report() -> Files {
    files(&city(), "2026-10", Entries::Public)
}

/// What is told when the first occurrence of a text in a file is another one.
fn told(path: &str, from: &str, to: &str) -> String {
    let (expected, mut found) = (report(), report());
    let text = String::from_utf8(found[path].clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    found.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    compare(&expected, &found).unwrap().to_string()
}

#[test]
fn the_same_log_and_inputs_give_the_same_bytes() {
    assert_eq!(report(), report());
    assert_eq!(compare(&report(), &report()), None);
}

#[test]
fn a_figure_that_was_changed_is_named_wherever_it_stands() {
    let json = String::from_utf8(report()["report.json"].clone()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let table = value["tables"].as_array().unwrap().iter().find(|table| table["id"] == "by_purpose").unwrap();
    let count = table["rows"][0]["cells"][0].as_u64().unwrap();
    let code = table["rows"][0]["key"][0]["code"].as_str().unwrap();
    let (at, _) = json.match_indices("\"by_purpose\"").next().unwrap();
    let mut changed = json.clone();
    let place = at + json[at..].find(&format!("            {count},")).unwrap();
    changed.replace_range(place..place + 12 + count.to_string().len(), &format!("            {}", count + 1));
    let mut found = report();
    found.insert("report.json".into(), changed.into_bytes());
    let told_json = compare(&report(), &found).unwrap().to_string();
    let expected = format!(
        "report.json: table by_purpose, row {code}, column records: expected {count}, found {}",
        count + 1
    );
    assert_eq!(told_json, expected);
    let sheet = told("csv/by_purpose.csv", &format!(",{count},"), ",7,");
    assert_eq!(
        sheet,
        format!(
            "csv/by_purpose.csv: table by_purpose, row {code}, column records: expected {count}, found 7"
        )
    );
    let page = told(
        "index.html",
        "data-column=\"deviates\" data-head=\"weicht ab\" class=\"figure\">0<",
        "data-column=\"deviates\" data-head=\"weicht ab\" class=\"figure\">4<",
    );
    assert_eq!(page, "index.html: table commitments, row DE-01, column deviates: expected 0, found 4");
    // Outside tables what stands in neighbouring elements is not run together.
    let glance = told("index.html", "<dt>Zugriffseinträge</dt><dd>", "<dt>Zugriffseinträge</dt><dd>9");
    assert!(
        glance.contains(": expected Zugriffseinträge ") && glance.contains(" Zugriffseinträge 9"),
        "{glance}"
    );
}

#[test]
fn figures_are_named_before_what_is_made_of_them() {
    let order = ["report.json", "csv/months.csv", "index.html", "key.txt", "manifest.json"];
    for (position, first) in order.iter().enumerate() {
        let mut found = report();
        for path in &order[position..] {
            found.insert((*path).to_owned(), b"x".to_vec());
        }
        assert_eq!(compare(&report(), &found).unwrap().file, *first);
    }
}

#[test]
fn texts_and_whole_files_are_named_too() {
    let sentence = told("report.json", "darf keine Gegenleistung", "darf eine Gegenleistung");
    assert!(
        sentence.starts_with("report.json: commitments.1.sentence.de: expected Wenn die Daten"),
        "{sentence}"
    );
    let key = told("key.txt", "ulm.example", "neu.example");
    assert!(
        key.starts_with("key.txt, line 1: expected ulm.example/ledger+")
            || key.starts_with("key.txt: line 1"),
        "{key}"
    );
    let (expected, mut found) = (report(), report());
    let bytes = found.remove("csv/by_unit.csv").unwrap().len();
    assert_eq!(
        compare(&expected, &found).unwrap().to_string(),
        format!("csv/by_unit.csv: expected a file of {bytes} bytes, found nothing")
    );
    let mut more = report();
    more.insert("extra.html".into(), b"x".to_vec());
    assert_eq!(
        compare(&expected, &more).unwrap().to_string(),
        "extra.html: expected nothing, found a file of 1 bytes"
    );
    let spaces = told("report.json", "{\n", "{\n\n");
    assert!(spaces.starts_with("report.json, line 2"), "{spaces}");
}

#[test]
fn a_log_with_other_entries_differs_in_a_figure_and_not_in_its_hash() {
    let mut other = city();
    let at = other.entries.len() - 2_000;
    other.entries[at].1 = other.entries[at + 1].1.clone();
    let difference = compare(&report(), &files(&other, "2026-10", Entries::Public)).unwrap();
    assert!(difference.to_string().starts_with("report.json: table "), "{difference}");
}

#[test]
fn a_manifest_names_all_that_a_report_is_made_of() {
    let log = city();
    let checkpoint = log.checkpoint();
    let mut inputs = inputs(&checkpoint, Entries::Closed { fewer_than: 7 });
    inputs.corrects = Some(einsicht_tlog::Index(12));
    let files = make(&log.figures("2026-W41"), &inputs).unwrap();
    let manifest = Manifest::parse(&files["manifest.json"]).unwrap();
    assert_eq!(manifest.scope().unwrap(), log.scope("2026-W41"));
    assert_eq!(manifest.entries().unwrap(), inputs.entries);
    assert_eq!(
        (manifest.first_instant.as_str(), manifest.end_instant.as_str()),
        ("2026-10-04T22:00:00Z", "2026-10-11T22:00:00Z")
    );
    assert_eq!((manifest.corrects().map(|index| index.0), manifest.charter), (Some(12), Some(2)));
    let mut paths: Vec<_> = files.keys().filter(|path| *path != Manifest::PATH).collect();
    paths.sort();
    assert_eq!(manifest.files.keys().collect::<Vec<_>>(), paths);
    for (path, hash) in &manifest.files {
        assert_eq!(*hash, einsicht_tlog::hash::sha256(&files[path]).to_hex(), "{path}");
    }
    let text = String::from_utf8(files["manifest.json"].clone()).unwrap();
    for (from, to, error) in [
        ("report-manifest/v1", "report-manifest/v2", "format"),
        ("\"2026-W41\"", "\"2026-W99\"", "period"),
        ("Europe/Berlin", "Europe/Ulm", "time zone"),
        ("\"closed\"", "\"public\"", "entries"),
        ("\"origin\"", "\"orgin\"", "unknown field"),
    ] {
        let told = Manifest::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(told.contains(error), "{told}");
    }
}

#[test]
fn what_another_maker_made_is_made_again_under_its_name() {
    let log = city();
    let (figures, signed) = (log.figures("2026-10"), log.checkpoint());
    let first = Inputs {
        maker: Maker { software: "einsicht 0.0.9", time_zones: "2019c" },
        ..inputs(&signed, Entries::Public)
    };
    let found = make(&figures, &first).unwrap();
    let manifest = Manifest::parse(&found["manifest.json"]).unwrap();
    assert_eq!(manifest.maker(), first.maker);
    let again =
        make(&figures, &Inputs { maker: manifest.maker(), ..inputs(&signed, Entries::Public) }).unwrap();
    assert_eq!(compare(&again, &found), None);
    let ours = make(&figures, &inputs(&signed, Entries::Public)).unwrap();
    assert!(compare(&ours, &found).is_some());
}

#[test]
fn a_manifest_names_its_time_zones_and_tells_others_from_its_own() {
    let ours = Zone::database_version();
    assert!(ours.starts_with("20") && ours.len() == 5, "{ours}");
    let files = report();
    let text = std::str::from_utf8(&files["manifest.json"]).unwrap();
    let parse = |text: &str| Manifest::parse(text.as_bytes());
    let same = parse(text).unwrap();
    assert_eq!((same.time_zones.as_str(), same.other_time_zones()), (ours, None));
    let older = text.replacen(&format!("\"{ours}\""), "\"1999c\"", 1);
    assert_eq!(parse(&older).unwrap().other_time_zones(), Some("1999c"));
    // A zone that we lack may be one of theirs, but not of ours.
    let lacking = |text: &str| parse(&text.replacen("Europe/Berlin", "Europe/Ulm", 1)).unwrap_err();
    assert!(matches!(lacking(text), ManifestError::Zone(_)));
    let told = lacking(&older);
    assert!(matches!(told, ManifestError::OtherTimeZones { .. }));
    assert!(told.to_string().contains("the time zones of 1999c, this software has those of 20"), "{told}");
}

#[test]
fn inputs_that_do_not_fit_make_no_report() {
    let log = city();
    let (figures, checkpoint) = (log.figures("2026-10"), log.checkpoint());
    let mut shorter = log.clone();
    shorter.entries.pop();
    let other = shorter.checkpoint();
    let error = make(&figures, &inputs(&other, Entries::Public)).unwrap_err();
    assert!(matches!(error, MakeError::Size { .. }), "{error}");
    for fewer_than in [0, 2] {
        let error = make(&figures, &inputs(&checkpoint, Entries::Closed { fewer_than })).unwrap_err();
        assert!(error.to_string().contains("Take at least 3"), "{error}");
    }
    let mut wrong = inputs(&checkpoint, Entries::Public);
    wrong.coverage =
        Some(InputFile { name: "c.toml", bytes: b"[[recorder]]\nid = \"geoportl\"\ntitle = \"G\"\n" });
    let error = make(&figures, &wrong).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "c.toml:2: no entry of the log is of a recorder \"geoportl\"; there are: beteiligungsportal, "
        ),
        "{error}"
    );
    let mut note = checkpoint.clone();
    note.0 = ULM.as_bytes().to_vec();
    assert!(matches!(make(&figures, &inputs(&note, Entries::Public)), Err(MakeError::Checkpoint(_))));
}

#[test]
fn a_manifest_that_contradicts_itself_is_told_in_its_own_words() {
    let mut value: serde_json::Value = serde_json::from_slice(&report()["manifest.json"]).unwrap();
    value["entries"] = "closed".into();
    value["fewer_than"] = serde_json::Value::Null;
    let manifest: Manifest = serde_json::from_value(value).unwrap();
    let told = manifest.entries().unwrap_err().to_string();
    assert!(told.contains("\"entries\" is \"closed\" and \"fewer_than\" is null;"), "{told}");
}
