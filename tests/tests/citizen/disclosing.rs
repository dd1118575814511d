//! Values are recorded sealed, survive restarts, and come out proven; to third persons, too.

use serde_json::json as value;

use crate::place::{Place, json, says};

/// What is recorded, and must show nowhere but where it was asked for.
const ACTOR: &str = "Kornblum-Canary";
const PERSON: &str = "4711-0815";

/// Why a file fails, with which exit code, and what was changed in it.
type Change = (&'static str, i32, fn(&mut serde_json::Value));

fn event() -> serde_json::Value {
    value!({
        "dataset": "melderegister", "operation": "query", "purpose": "auskunft", "unit": "buergerdienste",
        "subjects": [format!("person:{PERSON}"), "person:12"], "actor": ACTOR,
        "justification": "application 2026-17", "client_address": "192.0.2.7", "record_keys": ["a", "b"],
        "trace_id": "0af7651916cd43dd8448eb211c80319c", "occurred_at": "2026-11-01T08:00:00.000001Z",
    })
}

#[tokio::test]
async fn what_was_sealed_is_disclosed_proven_after_restarts_and_verified_by_a_third_person() {
    let mut place = Place::serving().await;
    let index = place.record(event()).await;
    place.kill_and_restart().await;
    let shown = place.run(&format!("show {index}")).await;
    says(&shown, 0, &["actor_seal", "subjects_seal", "occurred_at_us_seal", "markers"]);
    assert!(!shown.stdout.contains(ACTOR) && !shown.stdout.contains(PERSON), "{shown:#?}");
    let disclosed = place.run(&format!("disclose {index} --reason complaint")).await;
    says(&disclosed, 0, &["PROVEN  7 values", ACTOR, "person:4711-0815", "person:12", "application 2026-17"]);
    says(&disclosed, 0, &["had this disclosed, and why"]);
    says(&disclosed, 0, &["192.0.2.7", "0af7651916cd43dd8448eb211c80319c", "2026-11-01T08:00:00.000001Z"]);
    let line = format!("disclose {index} --fields actor --reason complaint --out actor.disclosure");
    let to_file = place.run(&line).await;
    says(&to_file, 0, &["PROVEN  1 value"]);
    assert!(!to_file.stdout.contains(ACTOR) && !to_file.stderr.contains(ACTOR), "{to_file:#?}");
    place.stop().await;
    // Without the ledger, and without a token.
    let verified = place.run("disclosure verify actor.disclosure").await;
    says(&verified, 0, &["PROVEN  1 value", ACTOR, "says that something was disclosed"]);
    let verified = place.run("disclosure verify actor.disclosure --json").await;
    assert_eq!(json(&verified)["values"]["opened"], value!({"actor": ACTOR}));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.path("actor.disclosure")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_disclosure_that_was_tampered_with_fails_with_the_reason() {
    let mut place = Place::serving().await;
    let index = place.record(event()).await;
    place.run(&format!("erase {index} --fields actor --ground art-17")).await.expect(0, &[]);
    let line = format!("disclose {index} --fields justification,actor --reason complaint --out good");
    place.run(&line).await.expect(0, &[]);
    place.stop().await;
    let good: serde_json::Value = serde_json::from_str(&place.read("good")).unwrap();
    let changes: [Change; 8] = [
        ("is not what was sealed", 1, |file| file["opened"][0]["value"] = "b3RoZXI=".into()),
        ("is not what was sealed", 1, |file| {
            file["opened"][0]["salt"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into()
        }),
        ("no seal of it", 1, |file| file["opened"][0]["field"] = "query".into()),
        ("is not proven", 1, |file| {
            let receipt = file["receipt"].as_str().unwrap().replace("index 2", "index 1");
            file["receipt"] = receipt.into();
        }),
        ("does not say that values of entry", 1, |file| file["trail"] = file["receipt"].clone()),
        ("does not stand between", 1, |file| file["erased"][0]["by"] = 1.into()),
        ("is of the ledger 'other.example'", 2, |file| file["origin"] = "other.example".into()),
        ("no disclosure file", 2, |file| file["more"] = 1.into()),
    ];
    for (reason, code, change) in changes {
        let mut file = good.clone();
        change(&mut file);
        place.write("bad", file.to_string());
        let ended = place.run("disclosure verify bad").await;
        ended.expect(code, &[reason]);
        assert!(!ended.stdout.contains("PROVEN"), "{reason}: {ended:#?}");
    }
    // The file proves what it opens, and repeats what the service said of the rest.
    let verified = place.run("disclosure verify good").await;
    says(&verified, 0, &["actor", "said to be erased (not proven by this file)"]);
    let values = json(&place.run("disclosure verify good --json").await)["values"].take();
    assert_eq!((&values["erased"], &values["erased_said"]), (&value!(null), &value!({"actor": index + 1})));
}

#[tokio::test]
async fn who_reads_is_read_and_why_is_sealed() {
    let place = Place::serving().await;
    let index = place.record(event()).await;
    place.write("reason.txt", "complaint of a neighbour\n");
    let line = format!("disclose {index} --fields actor,justification --reason-file reason.txt --json");
    let trail = json(&place.run(&line).await)["trail"].as_u64().unwrap();
    let shown = place.run(&format!("show {trail}")).await;
    says(&shown, 0, &["sealed values were disclosed", "seal"]);
    assert!(!shown.stdout.contains("neighbour"), "{shown:#?}");
    let read = place.run(&format!("disclose {trail} --fields statement --reason review")).await;
    says(&read, 0, &["who: dev", &format!("entry: {index}"), "fields: actor, justification", "neighbour"]);
    place.run("verify --full").await.expect(0, &[]);
}

#[tokio::test]
async fn what_cannot_be_disclosed_is_said() {
    let place = Place::serving().await;
    let index = place.record(event()).await;
    let reason = "--reason r";
    place.run(&format!("disclose 99 {reason}")).await.expect(2, &["NOT_FOUND", "99"]);
    place.run(&format!("disclose 0 {reason}")).await.expect(2, &["NOT_FOUND", "no sealed values"]);
    place.run(&format!("disclose {index} --fields query {reason}")).await.expect(2, &["NOT_FOUND", "query"]);
    place
        .run(&format!("disclose {index} --fields name {reason}"))
        .await
        .expect(2, &["no sealed field is called so"]);
    place.run_with(&["disclose", "2", "--reason", " "]).await.expect(2, &["the reason is empty"]);
    let long = "x".repeat(4097);
    let refused = place.run_with(&["disclose", "2", "--reason", &long]).await;
    refused.expect(2, &["INVALID_ARGUMENT", "4096"]);
    assert!(!refused.stderr.contains("xxxxx"), "{refused:#?}");
}
