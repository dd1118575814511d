//! `verify`, `show`, `list`, `checkpoint` over ledgers in folders.

use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Correction, EntryBody};

use super::harness::Place;
use super::{ledger, server};

const DATASETS: [&str; 4] = ["besuchertrend", "parkhaeuser", "besuchertrend", "luftqualitaet"];

/// A place with a ledger in the folder `data`.
fn place() -> Place {
    let place = Place::new();
    ledger::write(&place.path("data"), &ledger::bodies(false, &DATASETS));
    place.write("vkey", ledger::key(1).verifier().to_string());
    place
}

#[test]
fn a_ledger_is_verified_and_summed_up() {
    let place = place();
    let run = place.run("verify data --vkey vkey").ended(0);
    assert!(run.err.is_empty(), "{run:?}");
    run.says(&[
        "VERIFIED  ulm.example/ledger",
        "entries      6",
        "access 4, genesis 1, service_start 1",
        "2026-11-22T16:39:07Z to 2026-11-22T16:39:12Z",
        "seen for the first time",
        "no number is missing",
    ]);
    let run = place.run("verify data --vkey vkey --json").ended(0);
    let json = &run.json()[0];
    assert_eq!((&json["outcome"], &json["size"]), (&"verified".into(), &6.into()));
    assert_eq!((&json["kinds"]["access"], &json["sessions"]["missing"]), (&4.into(), &0.into()));
    assert_eq!((&json["simulated"], &json["extends_size"]), (&false.into(), &6.into()));
}

#[test]
fn a_correction_is_shown_wherever_its_record_is() {
    let place = Place::new();
    let mut bodies = ledger::bodies(false, &DATASETS);
    let correction =
        Correction { index: 3, correction: "it was parkhaeuser-ost".into(), ground: "note".into() };
    bodies.push(EntryBody { content: Some(Content::Correction(correction)) });
    ledger::write(&place.path("data"), &bodies);
    place.write("vkey", ledger::key(1).verifier().to_string());
    let shown = place.run("show 3 data --vkey vkey").ended(0);
    shown.says(&["corrected", "by entry 6", "correction: it was parkhaeuser-ost", "ground: note"]);
    let json = &place.run("show 3 data --vkey vkey --json").ended(0).json()[0];
    assert_eq!(json["annotations"][0]["by"], 6);
    let other = &place.run("show 4 data --vkey vkey --json").ended(0).json()[0];
    assert_eq!(other["annotations"], serde_json::json!([]));
    for order in ["", " --oldest-first"] {
        let run = place.run(&format!("list data --vkey vkey{order}")).ended(0);
        let line =
            run.out.lines().find(|line| line.starts_with(" 3") || line.starts_with("3")).unwrap().to_owned();
        assert!(line.contains("corrected by 6"), "{run:?}");
        assert_eq!(run.out.matches("corrected by").count(), 1);
        let json = place.run(&format!("list data --vkey vkey --json{order}")).ended(0).json();
        let corrected: Vec<_> =
            json.iter().filter(|entry| entry["annotations"] != serde_json::json!([])).collect();
        assert_eq!((corrected.len(), &corrected[0]["index"]), (1, &3.into()));
    }
    let run = place.run("receipt 3 data --vkey vkey --out r").ended(0);
    run.complains(&["entry 3 is corrected by 6"]);
}

#[test]
fn corrections_that_could_not_be_asked_for_are_not_none() {
    let place = place();
    ledger::write_tiles(&place.path("mirror"), &ledger::bodies(false, &DATASETS));
    let url = server::serve(&place.path("mirror"));
    // Standard output says it, also to whoever wants no notes.
    let run = place.run(&format!("show 3 {url} --vkey vkey --quiet")).ended(0);
    run.says(&["annotations", "not known: "]);
    let run = place.run(&format!("show 3 {url} --vkey vkey --json")).ended(0);
    assert!(run.json()[0].as_object().unwrap().get("annotations").unwrap().is_null());
    run.complains(&["corrections and openings are not known"]);
    let run = place.run(&format!("list {url} --vkey vkey --oldest-first --csv")).ended(0);
    assert_eq!(run.out.matches(",not known").count(), DATASETS.len(), "{run:?}");
    // Read backwards, whoever says something is met before.
    let run = place.run(&format!("list {url} --vkey vkey --csv")).ended(0);
    assert_eq!(run.out.matches("not known").count(), 0, "{run:?}");
}

/// A ledger with a confidential record at 2, and what is said to open it at 3.
fn opened(place: &Place, is_genuine: bool) {
    let mut bodies = ledger::bodies(false, &[]);
    bodies.extend(super::citizen::confidential(is_genuine));
    ledger::write(&place.path("data"), &bodies);
    place.write("vkey", ledger::key(1).verifier().to_string());
}

#[test]
fn numbers_that_confidential_records_may_have_are_not_called_missing() {
    let place = Place::new();
    let mut bodies = ledger::bodies(false, &DATASETS);
    let [hidden, _] = super::citizen::confidential(true);
    bodies.push(hidden);
    // One number is not seen, and one record is closed.
    bodies.push(ledger::access("x", 9, 5));
    ledger::write(&place.path("data"), &bodies);
    place.write("vkey", ledger::key(1).verifier().to_string());
    let run = place.run("verify data --vkey vkey").ended(0);
    assert!(!run.out.contains("gap") && !run.out.contains("does not have them"), "{run:?}");
    let run =
        run.says(&["whether 1 number is missing nobody can tell", "not seen", "1 record; 1 not opened"]);
    drop(run);
    bodies.push(ledger::access("x", 9, 8));
    ledger::write(&place.path("data"), &bodies);
    place
        .run("verify data --vkey vkey")
        .ended(0)
        .says(&["at least 2 numbers are missing", "of 1 more nobody can tell"]);
}

#[test]
fn what_an_opening_shows_is_proven_or_only_said() {
    let place = Place::new();
    opened(&place, true);
    place
        .run("show 3 data --vkey vkey")
        .ended(0)
        .says(&["of entry 2, proven to be what it sealed:", "dataset: kfz"]);
    let json = &place.run("show 3 data --vkey vkey --json").ended(0).json()[0];
    assert_eq!((&json["opens"], &json["record"]["dataset"]), (&2.into(), &"kfz".into()));
    let json = &place.run("show 2 data --vkey vkey --json").ended(0).json()[0];
    assert_eq!(json["annotations"][0]["record"]["dataset"], "kfz");
    // A receipt shows one entry: what another one sealed, it does not show.
    place.run("receipt 3 data --vkey vkey --out r").ended(0);
    place.run("receipt verify r --vkey vkey").ended(0).says(&["of entry 2, said to be; not compared here:"]);
}

#[test]
fn what_was_not_sealed_is_not_shown_as_opened() {
    let place = Place::new();
    opened(&place, false);
    for index in [2, 3] {
        let run = place.run(&format!("show {index} data --vkey vkey")).ended(1);
        assert!(run.out.is_empty(), "{run:?}");
        run.complains(&["VERIFICATION FAILED", "salt and record do not make the seal"]);
    }
}

#[test]
fn a_gap_is_told_and_fails_nothing() {
    let place = place();
    let mut bodies = ledger::bodies(false, &DATASETS);
    bodies.push(ledger::access("x", 9, 7));
    ledger::write(&place.path("data"), &bodies);
    place.run("verify data --vkey vkey").ended(0).says(&[
        "3 numbers are missing",
        "3 numbers missing from 4 on of session 0909",
        "they may still come",
    ]);
}

#[test]
fn a_flipped_byte_fails_with_1_and_says_where() {
    let place = place();
    let segment = place.path("data/log/entries/00000000000000000000.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let run = place.run("verify data --vkey vkey").ended(1);
    assert!(run.out.is_empty(), "{run:?}");
    run.complains(&["VERIFICATION FAILED", "entry 5", ".seg at byte", "damaged or changed", "Keep a copy"]);
    let run = place.run("verify data --vkey vkey --json").ended(1);
    let json = &run.json()[0];
    assert_eq!((&json["outcome"], &json["finding"]["index"]), (&"failed".into(), &5.into()));
}

#[test]
fn a_folder_is_read_whole_although_the_same_ledger_was_verified_before() {
    let place = place();
    place.run("verify data --vkey vkey").ended(0);
    let segment = place.path("data/log/entries/00000000000000000000.seg");
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap();
    place.run("verify data --vkey vkey").ended(1).complains(&["entry 5", "missing"]);
}

#[test]
fn another_history_fails_with_1() {
    let place = place();
    place.run("checkpoint data --vkey vkey").ended(0);
    let mut other = ledger::bodies(false, &DATASETS);
    other[3] = ledger::access("something-else", 1, 1);
    ledger::write(&place.path("data"), &other);
    for command in ["verify data", "checkpoint data", "show 3 data", "list data", "receipt 3 data --out r"] {
        let run = place.run(&format!("{command} --vkey vkey")).ended(1);
        run.complains(&["VERIFICATION FAILED", "TWO HISTORIES", "fork-6-"]);
    }
}

#[test]
fn without_a_key_nothing_is_believed() {
    let place = place();
    let run = place.run("verify data").ended(2);
    run.complains(&["no verifier key given", "genuine: --vkey data/ledger.vkey"]);
    place.run("verify").ended(2).complains(&["no verifier key given", "web site"]);
    place.write("other", ledger::key(2).verifier().to_string());
    place
        .run("verify data --vkey other")
        .ended(1)
        .complains(&["VERIFICATION FAILED", "make sure that --vkey"]);
    place.write("broken", "ulm.example/ledger+00000000+AAAA");
    place.run("verify data --vkey broken").ended(2).complains(&["broken does not hold a verifier key"]);
}

#[test]
fn what_is_not_there_is_not_taken_for_false() {
    let place = place();
    place.run("verify nowhere --vkey vkey").ended(2).complains(&["no folder nowhere"]);
    place.run("verify state/.. --vkey vkey").ended(2).complains(&["holds no ledger"]);
    place.run("show 6 data --vkey vkey").ended(2).complains(&["no entry 6", "covers 6"]);
    place.run("verify --vkey vkey").ended(2).complains(&[
        "http://127.0.0.1:9",
        "could not be reached",
        "einsichtd dev",
    ]);
}

#[test]
fn an_entry_is_shown_to_people_and_to_programmes() {
    let place = place();
    let run = place.run("show 2 data --vkey vkey").ended(0);
    let run = run.says(&[
        "Entry 2: an access to data",
        "dataset      besuchertrend",
        "occurred_at  2026-11-01T00:00Z",
    ]);
    run.says(&["proven       in ulm.example/ledger, under the signed checkpoint of 6 entries"]);
    let run = place.run("show 2 data --vkey vkey --json").ended(0);
    let json = &run.json()[0];
    assert_eq!((&json["index"], &json["recorded_at"]), (&2.into(), &"2026-11-22T16:39:09Z".into()));
    assert_eq!(json["leaf_hash"].as_str().unwrap().len(), 64);
    place
        .run("show 0 data --vkey vkey")
        .ended(0)
        .says(&["the beginning of the ledger", "simulated       false"]);
}

#[test]
fn entries_that_fit_are_listed_newest_first() {
    let place = place();
    let indexes = |options: &str| {
        let run = place.run(format!("list data --vkey vkey --json {options}").trim_end()).ended(0);
        run.json().iter().map(|entry| entry["index"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(indexes(""), [5, 4, 3, 2]);
    assert_eq!(indexes("--oldest-first --all"), [0, 1, 2, 3, 4, 5]);
    assert_eq!(indexes("--dataset besuchertrend"), [4, 2]);
    assert_eq!(indexes("--since 2026-11-02 --until 2026-11-03"), [4, 3]);
    assert_eq!(indexes("--since 2026-11-22"), [0; 0]);
    assert_eq!(indexes("--limit 1"), [5]);
    assert_eq!(indexes("--unit stadtplanung --purpose statistik --operation query --limit 0").len(), 4);
    assert_eq!(indexes("--operation erase").len(), 0);
    let table = place.run("list data --vkey vkey --limit 2").ended(0);
    table.complains(&["only the first 2"]).says(&[" index ", "2026-11-04T00:00Z  query", "luftqualitaet"]);
    let csv = place.run("list data --vkey vkey --csv").ended(0).out;
    assert!(csv.starts_with("index,recorded_at,kind,dataset,operation,purpose,"), "{csv}");
    assert_eq!(csv.lines().count(), 5);
}

#[test]
fn a_hostile_entry_does_not_drive_the_terminal() {
    let place = place();
    let mut bodies = ledger::bodies(false, &DATASETS);
    let mut hostile = ledger::access("=1+1\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}", 5, 4);
    if let Some(Content::Access(record)) = &mut hostile.content {
        record.purpose = "a\nb".to_owned();
    }
    bodies.push(hostile);
    ledger::write(&place.path("data"), &bodies);
    for command in ["show 6 data", "show 6 data --json", "list data", "list data --json", "list data --csv"] {
        let run = place.run(&format!("{command} --vkey vkey")).ended(0);
        let drives = |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
        assert!(!run.out.contains(drives), "{command}: {:?}", run.out);
    }
    let json = &place.run("show 6 data --vkey vkey --json").json()[0];
    assert_eq!(json["dataset"], "=1+1\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}");
    place.run("list data --vkey vkey --csv").says(&["'=1+1\\u{1b}"]);
}

#[test]
fn a_simulated_ledger_says_so_wherever_it_is_shown() {
    let place = place();
    ledger::write(&place.path("data"), &ledger::bodies(true, &DATASETS));
    place.run("verify data --vkey vkey").ended(0).says(&["SIMULATED"]);
    for command in ["show 2 data", "list data --quiet", "checkpoint data", "receipt 2 data --out r"] {
        place.run(&format!("{command} --vkey vkey")).ended(0).complains(&["SIMULATED"]);
    }
}

#[test]
fn a_checkpoint_is_printed_as_it_was_signed() {
    let place = place();
    let signed = std::fs::read_to_string(place.path("data/log/checkpoint")).unwrap();
    let run =
        place.run("checkpoint data --vkey vkey").ended(0).complains(&["verified", "6 entries", "first time"]);
    assert_eq!(run.out, signed);
    place.run("checkpoint data --vkey vkey").ended(0).complains(&["the one that was verified before"]);
    let run = place.run("checkpoint data --vkey vkey --json --quiet").ended(0);
    assert_eq!((&run.json()[0]["size"], &run.json()[0]["checkpoint"]), (&6.into(), &signed.as_str().into()));
    assert!(run.err.is_empty());
}
