//! Erasing, correcting, opening: what they leave, and what they take from no proof.

use serde_json::json as value;

use crate::place::{Place, json, says};

fn event() -> serde_json::Value {
    value!({
        "dataset": "melderegister", "operation": "query", "purpose": "auskunft",
        "subjects": ["person:4711"], "actor": "kornblum", "justification": "application 2026-17",
    })
}

#[tokio::test]
async fn what_is_erased_stays_erased_through_restarts_and_every_proof_stays() {
    let mut place = Place::serving().await;
    let index = place.record(event()).await;
    let erased = place.run(&format!("erase {index} --fields actor --ground art-17 --json")).await;
    assert_eq!(json(&erased)["fields"], value!(["actor"]));
    let by = json(&erased)["erased_by"].as_u64().unwrap();
    says(&place.run(&format!("show {by}")).await, 0, &["sealed values were erased", "art-17"]);
    for _ in 0..2 {
        let disclosed = place.run(&format!("disclose {index} --reason r")).await;
        says(&disclosed, 0, &["PROVEN  3 values", &format!("erased, see entry {by}"), "application 2026-17"]);
        assert!(!disclosed.stdout.contains("kornblum"), "{disclosed:#?}");
        place.kill_and_restart().await;
    }
    place.run(&format!("erase {index} --fields actor --ground again")).await.expect(2, &["erased before"]);
    says(
        &place.run(&format!("erase {index} --all --ground all")).await,
        0,
        &["ERASED", "subjects, justification"],
    );
    says(&place.run(&format!("disclose {index} --reason r")).await, 2, &["ERASED  nothing is left"]);
    says(&place.run("verify --full").await, 0, &["VERIFIED"]);
}

#[tokio::test]
async fn an_erasure_that_could_not_be_done_is_told_and_done_by_the_next_try_without_a_second_entry() {
    let place = Place::serving().await;
    let index = place.record(event()).await;
    // Nothing can be written there.
    let journal = place.data().join("vault/erasing");
    std::fs::create_dir(&journal).unwrap();
    let line = format!("erase {index} --fields actor --ground art-17");
    let by = index + 1;
    let told = format!("entry {by} says that it was erased, but it could not be done yet");
    for _ in 0..2 {
        let parts =
            ["vault/erasing could not be written", "nothing was overwritten", "within a quarter of an hour"];
        let answer = place.run(&line).await;
        answer.expect(2, &[&[&told[..]], &parts[..]].concat());
        assert!(!answer.stderr.contains("nobody knows"), "it is known: {answer:#?}");
    }
    says(&place.run(&format!("show {by}")).await, 0, &["sealed values were erased"]);
    // It is there still, and nobody sees it.
    let disclosed = place.run(&format!("disclose {index} --reason r")).await;
    says(&disclosed, 0, &["PROVEN  3 values", &format!("erased, see entry {by}"), "application 2026-17"]);
    assert!(!disclosed.stdout.contains("kornblum"), "{disclosed:#?}");
    std::fs::remove_dir(&journal).unwrap();
    place.run(&line).await.expect(2, &["erased before", &format!("see entry {by}"), "Nothing was written"]);
    let disclosed = place.run(&format!("disclose {index} --fields actor --reason r --json")).await;
    assert_eq!(json(&disclosed)["trail"], by + 2, "there was one entry: {disclosed:#?}");
    assert!(!disclosed.stdout.contains("kornblum"), "{disclosed:#?}");
}

#[tokio::test]
async fn a_confidential_record_that_could_not_be_erased_yet_does_not_become_public() {
    let place = Place::serving().await;
    let mut event = event();
    event["confidential_until"] = "2020-01-01".into();
    event["dataset"] = "ermittlung".into();
    let index = place.record(event).await;
    let journal = place.data().join("vault/erasing");
    std::fs::create_dir(&journal).unwrap();
    let line = format!("erase {index} --all --ground art-17");
    place.run(&line).await.expect(2, &["says that it was erased, but it could not be done yet"]);
    let told = format!("see entry {}", index + 1);
    place.run(&format!("open {index}")).await.expect(2, &["erased before", &told, "Nothing was written"]);
    says(&place.run(&format!("disclose {index} --reason r")).await, 2, &["ERASED  nothing is left", &told]);
    let listed = place.run("list").await;
    assert!(!listed.stdout.contains("ermittlung"), "{listed:#?}");
}

#[tokio::test]
async fn a_correction_stands_beside_its_record() {
    let place = Place::serving().await;
    let index = place.record(event()).await;
    place.write("correction.txt", "the unit was stadtplanung\n");
    let line = format!("correct {index} --correction-file correction.txt --ground art-16");
    says(&place.run(&line).await, 0, &["CORRECTED"]);
    let shown = place.run(&format!("show {index}")).await;
    says(&shown, 0, &["melderegister", "corrected", "the unit was stadtplanung", "art-16"]);
    says(&place.run("list").await, 0, &[&format!("corrected by {}", index + 1)]);
    says(&place.run("list --oldest-first").await, 0, &[&format!("corrected by {}", index + 1)]);
    place.run("correct 99 --correction c --ground g").await.expect(2, &["NOT_FOUND"]);
}

#[tokio::test]
async fn a_confidential_record_shows_nothing_before_its_day_and_everything_behind() {
    let mut place = Place::serving().await;
    let hidden = |day: &str| {
        let mut event = event();
        event["confidential_until"] = day.into();
        event["dataset"] = "ermittlung".into();
        event
    };
    let later = place.record(hidden("9999-12-31")).await;
    let today = place.record(hidden("2020-01-01")).await;
    place.kill_and_restart().await;
    // The daily run may have opened what is due by now.
    place.run(&format!("open {later}")).await.expect(2, &["FAILED_PRECONDITION"]);
    let shown = place.run(&format!("show {later}")).await;
    says(&shown, 0, &["confidential_until", "9999-12-31"]);
    assert!(!shown.stdout.contains("ermittlung"), "{shown:#?}");
    let opened = place.run(&format!("open {today}")).await;
    assert!(opened.code == Some(0) || opened.stderr.contains("opened before"), "{opened:#?}");
    let shown = place.run(&format!("show {today}")).await;
    says(&shown, 0, &["opened", "dataset: ermittlung", "occurred_at: 20"]);
    let verified = place.run("verify --full").await;
    says(&verified, 0, &["2 records; 1 opened, and shown to be what was sealed; 1 not opened"]);
    let disclosed = place.run(&format!("disclose {later} --reason r")).await;
    says(&disclosed, 0, &["PROVEN", "dataset: ermittlung", "kornblum"]);
    let one = place.run(&format!("disclose {later} --fields actor --reason r --out one")).await;
    one.expect(0, &[]);
    says(&place.run("disclosure verify one").await, 0, &["kornblum", "confidential"]);
}

#[tokio::test]
async fn nothing_is_due_for_erasure_on_the_first_day() {
    let place = Place::serving().await;
    place.record(event()).await;
    says(&place.run("retain --dry-run").await, 0, &["nothing is due"]);
    says(&place.run("retain --now").await, 0, &["nothing is due"]);
    let none = place.run("requests").await;
    none.expect(0, &["names no request"]);
}
