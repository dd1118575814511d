//! `record`, as far as it needs no service.

use einsicht_tlog::SigningKey;

use super::harness::Place;

const LEAST: &str = "--dataset d --operation query --purpose p";

#[test]
fn what_would_be_refused_is_told_before_a_service_is_asked() {
    let place = Place::new();
    place.run("record").ended(2).complains(&["--dataset is missing"]);
    place
        .run("record --dataset d,e --operation query --purpose p")
        .ended(2)
        .complains(&["--dataset has the character U+002C"]);
    place
        .run(&format!("record {LEAST} --record-count many"))
        .ended(2)
        .complains(&["record_count must be a whole number"]);
    place
        .run(&format!("record {LEAST} --occurred-at 2999-01-01T00:00Z"))
        .ended(2)
        .complains(&["--occurred-at lies", "ahead of the clock"]);
}

#[test]
fn nothing_personal_is_repeated_or_recorded() {
    let place = Place::new();
    let run = place.run(&format!("record {LEAST} --client-address erika.example")).ended(2);
    let run = run.complains(&["--client-address is no IP address"]);
    assert!(!run.err.contains("erika"));
    let event = r#"{"dataset":"d","operation":"query","purpose":"p","case_number":"erika\u0007"}"#;
    let run = place.run_with(&["record", "--from", "-"], &[], event).ended(2);
    assert!(run.err.contains("event 1: case_number has the character U+0007"), "{run:?}");
    assert!(!run.err.contains("erika"), "{run:?}");
    let subject = r#"{"dataset":"d","operation":"query","purpose":"p","subjects":["two words:1"]}"#;
    place
        .run_with(&["record", "--from", "-"], &[], subject)
        .ended(2)
        .complains(&["subjects (item 1, scheme) has the character"]);
}

#[test]
fn json_that_can_not_be_used_is_told_with_its_place() {
    let place = Place::new();
    let record = |input: &str| place.run_with(&["record", "--from", "-"], &[], input).ended(2);
    record("{\"dataset\":\n").complains(&["not JSON (line 2"]);
    record(r#"{"datset":"d"}"#).complains(&["did you mean dataset?"]);
    record(r#"{"dataset":"d","operation":"query"}"#).complains(&["event 1: purpose is required"]);
    place.run("record --from nowhere.json").ended(2).complains(&["nowhere.json can't be read"]);
}

#[test]
fn who_is_not_set_up_is_told_what_is_missing() {
    let place = Place::new();
    place.run(&format!("record {LEAST}")).ended(2).complains(&["no token given", "keys/dev.token"]);
    place.write("token", "sesame-0123456789");
    place.run(&format!("record {LEAST} --token-file token")).ended(2).complains(&["no verifier key given"]);
    let key = SigningKey::from_seed("log.example", &[7; 32]).unwrap();
    place.write("vkey", key.verifier().to_string());
    let run = place.run(&format!("record {LEAST} --token-file token --vkey vkey --with-receipt r")).ended(2);
    let run = run.complains(&["http://127.0.0.1:9", "could not be read", "einsichtd dev --data"]);
    assert!(run.out.is_empty() && !run.err.contains("sesame"), "{run:?}");
    assert!(!place.path("r").exists(), "an empty receipt is left behind");
}
