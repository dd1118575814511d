//! `receipt` and `receipt verify`.

use serde_json::Value;

use super::harness::{Place, project};
use super::ledger;

#[test]
fn a_receipt_is_verified_without_the_ledger() {
    let place = Place::new();
    ledger::write(&place.path("data"), &ledger::bodies(false, &["besuchertrend", "parkhaeuser"]));
    place.write("vkey", ledger::key(1).verifier().to_string());
    place.run("receipt 3 data --out r --vkey vkey").ended(0).complains(&["receipt of entry 3 written to r"]);
    place.run("receipt 3 data --out r --vkey vkey").ended(2).complains(&["r can't be written as a new file"]);
    std::fs::remove_dir_all(place.path("data")).unwrap();
    let run = place.run("receipt verify r --vkey vkey").ended(0);
    run.says(&[
        "VERIFIED  ulm.example/ledger",
        "Entry 3: an access",
        "parkhaeuser",
        "checkpoint of 4 entries",
    ]);
    let run = place.run("receipt verify r --vkey vkey --json").ended(0);
    let json = &run.json()[0];
    assert_eq!((&json["outcome"], &json["entry"]["dataset"]), (&"verified".into(), &"parkhaeuser".into()));
    place.write("other", ledger::key(2).verifier().to_string());
    place
        .run("receipt verify r --vkey other")
        .ended(1)
        .complains(&["VERIFICATION FAILED", "make sure that --vkey"]);
    place.run("receipt verify r").ended(2).complains(&["no verifier key given"]);
    place.run("receipt verify none --vkey vkey").ended(2).complains(&["none can't be read"]);
    let receipt = std::fs::read_to_string(place.path("r")).unwrap();
    place.write("changed", receipt.replace("index 3", "index 2"));
    let run =
        place.run("receipt verify changed --vkey vkey --json").ended(1).complains(&["changed or damaged"]);
    assert_eq!(run.json()[0]["outcome"], "failed");
}

#[test]
fn a_receipt_can_go_to_standard_output() {
    let place = Place::new();
    ledger::write(&place.path("data"), &ledger::bodies(false, &["besuchertrend"]));
    let run = place.run("receipt 2 data --out - --vkey data/ledger.vkey").ended(0);
    assert!(run.out.starts_with("c2sp.org/tlog-proof@v1\nextra ") && run.err.is_empty(), "{run:?}");
    place.write("r", run.out);
    place.run("receipt verify r --vkey data/ledger.vkey").ended(0).says(&["VERIFIED"]);
}

#[test]
fn every_receipt_that_is_not_valid_is_refused() {
    let vectors = std::fs::read(project().join("testdata/receipt.json")).unwrap();
    let vectors: Value = serde_json::from_slice(&vectors).unwrap();
    let place = Place::new();
    place.write("vkey", vectors["verifier_keys"][0].as_str().unwrap());
    let mut refused = 0;
    for vector in vectors["invalid"].as_array().unwrap() {
        // The programme takes no leaf from elsewhere.
        if !vector["given_leaf"].is_null() {
            continue;
        }
        place.write("r", vector["receipt"].as_str().unwrap());
        let run = place.run("receipt verify r --vkey vkey");
        let code = if vector["name"] == "no leaf" { 2 } else { 1 };
        assert_eq!(run.code, code, "{}: {run:?}", vector["name"]);
        assert!(run.out.is_empty() && run.err.contains("the receipt r is not verified"), "{run:?}");
        refused += 1;
    }
    assert!(refused >= 25, "{refused}");
}

#[test]
fn a_valid_proof_of_what_is_no_entry_is_refused_too() {
    let vectors = std::fs::read(project().join("testdata/receipt.json")).unwrap();
    let vectors: Value = serde_json::from_slice(&vectors).unwrap();
    let place = Place::new();
    place.write("vkey", vectors["verifier_keys"][0].as_str().unwrap());
    place.write("r", vectors["valid"][0]["receipt"].as_str().unwrap());
    let run = place.run("receipt verify r --vkey vkey").ended(1);
    run.complains(&["does hold these bytes", "no well-formed entry"]);
}
