//! What can't be sealed, disclosed or found is refused by name, at its limit and not before it, and says what to do
//! without showing what was wrong.

use serde_json::{Value, json};

use crate::last_month::{last_month, record};
use crate::place::{Place, says};

/// Bytes of an id, of a reason and of a ground.
const ID_MAX: usize = 256;
const REASON_MAX: usize = 4096;
const GROUND_MAX: usize = 1024;

fn event(subjects: &[String]) -> Value {
    json!({"dataset": "d", "operation": "query", "purpose": "p", "subjects": subjects, "actor": "kornblum"})
}

fn people(count: usize) -> Vec<String> {
    (0..count).map(|id| format!("person:{id}")).collect()
}

#[tokio::test]
async fn data_subjects_are_taken_up_to_their_limits_and_refused_by_name_behind_them() {
    let place = Place::serving().await;
    place.record(event(&people(100))).await;
    let longest = format!("person:{}", "x".repeat(ID_MAX));
    let last = place.record(event(std::slice::from_ref(&longest))).await;
    let refused: [(&[String], &[&str]); 5] = [
        (&people(101), &["subjects", "101", "100"]),
        (&[format!("{longest}y")], &["subjects (item 1, id)", "at most 256"]),
        (&["kfz:UL-X 4711".into()], &["subjects[0].scheme is no declared scheme", "declared are person"]),
        (&["person:47\u{7}11".into()], &["subjects (item 1, id)", "control character"]),
        (&["person:".into()], &["subjects"]),
    ];
    for (subjects, parts) in refused {
        place.write("event.json", event(subjects).to_string());
        let ended = place.run("record --from event.json").await;
        ended.expect(2, parts);
        for secret in ["4711", "xxxx", "UL-X"] {
            assert!(!format!("{ended:?}").contains(secret), "{ended:#?}");
        }
    }
    assert_eq!(place.record(event(&[])).await, last + 1, "nothing of these was recorded");
}

#[tokio::test]
async fn reasons_and_grounds_are_taken_up_to_their_limits() {
    let place = Place::serving().await;
    let index = place.record(event(&people(1))).await.to_string();
    let [reason, ground] = [REASON_MAX, GROUND_MAX].map(|bytes| "x".repeat(bytes));
    let [long_reason, long_ground] = [format!("{reason}y"), format!("{ground}y")];
    let disclose = |reason| ["disclose", index.as_str(), "--fields", "actor", "--reason", reason];
    says(&place.run_with(&disclose(&reason)).await, 0, &["PROVEN"]);
    place.run_with(&disclose(&long_reason)).await.expect(2, &["reason", "4096"]);
    place.run_with(&disclose("")).await.expect(2, &["the reason is empty"]);
    place.run_with(&disclose("a\u{7}b")).await.expect(2, &["reason", "control character"]);
    place.run_with(&disclose("\t")).await.expect(2, &["the reason is empty"]);
    let correct = |ground| ["correct", index.as_str(), "--correction", "c", "--ground", ground];
    says(&place.run_with(&correct(&ground)).await, 0, &["CORRECTED"]);
    place.run_with(&correct(&long_ground)).await.expect(2, &["ground", "1024"]);
    let erase = |ground| ["erase", index.as_str(), "--fields", "actor", "--ground", ground];
    place.run_with(&erase(&long_ground)).await.expect(2, &["ground", "1024"]);
    place.run_with(&erase("")).await.expect(2, &["ground is empty"]);
    says(&place.run_with(&erase(&ground)).await, 0, &["ERASED"]);
    place.run_with(&erase(&ground)).await.expect(2, &["erased before", "Nothing was written"]);
    place
        .run_with(&["disclose", &index, "--fields", "query", "--reason", "r"])
        .await
        .expect(2, &["no sealed value 'query'"]);
}

#[tokio::test]
async fn keys_are_given_out_for_people_that_there_can_be_and_find_their_own_month_only() {
    let mut place = Place::new();
    record(&place.data(), &[&["4711"], &["4711"]]);
    place.start().await;
    let (month, _) = last_month();
    let line = format!("citizen key --subject-file people.txt --month {month} --reason r --out");
    let refused: [(String, &[&str]); 5] = [
        (people(101).join("\n"), &["subjects", "101", "100"]),
        (format!("person:{}", "x".repeat(ID_MAX + 1)), &["line 1 of the subjects: id", "256"]),
        ("kfz:UL-X".into(), &["subjects[0].scheme", "not declared"]),
        ("person:47\u{7}11".into(), &["line 1 of the subjects: id", "control character"]),
        (String::new(), &["there is no subject in the file"]),
    ];
    for (people, parts) in refused {
        place.write("people.txt", people);
        place.run(&format!("{line} refused.keys")).await.expect(2, parts);
        assert!(!place.path("refused.keys").exists());
    }
    place.write("people.txt", people(100).join("\n"));
    place.run(&format!("{line} many.keys")).await.expect(0, &[]);
    place.write("people.txt", "person:4711");
    place.run(&format!("{line} last.keys")).await.expect(0, &[]);
    place.record(event(&["person:4711".into()])).await;
    says(&place.run("citizen scan --keys last.keys").await, 0, &["2 accesses to your data found"]);
    // As if it were that of this month: it finds nothing, and nobody is told that there is nothing.
    let next = month.next().to_string();
    place.write("other.keys", place.read("last.keys").replace(&month.to_string(), &next));
    let found = place.run("citizen scan --keys other.keys").await;
    says(&found, 2, &["0 accesses to your data found", "could not tell"]);
}

#[tokio::test]
async fn a_key_of_a_month_that_is_gone_or_damaged_is_named_and_everything_else_goes_on() {
    let mut place = Place::new();
    record(&place.data(), &[&["4711"]]);
    place.start().await;
    let index = place.record(event(&people(1))).await;
    place.stop().await;
    let (month, _) = last_month();
    let key = place.data().join(format!("keys/vault/{month}.next-year-end.key"));
    let whole = std::fs::read(&key).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    for (bytes, told) in
        [(None, "there is no key for"), (Some(damaged), "restore the file from your backup of the keys")]
    {
        match bytes {
            None => std::fs::remove_file(&key).unwrap(),
            Some(bytes) => std::fs::write(&key, bytes).unwrap(),
        }
        place.start().await;
        let ended = place.run("disclose 1 --fields actor --reason r").await;
        ended.expect(2, &["DATA_LOSS", told, &month.to_string()]);
        says(
            &place.run(&format!("disclose {index} --fields actor --reason r")).await,
            0,
            &["PROVEN", "kornblum"],
        );
        says(&place.run("verify --full").await, 0, &["VERIFIED"]);
        place.stop().await;
    }
    std::fs::write(&key, whole).unwrap();
    place.start().await;
    says(&place.run("disclose 1 --fields actor --reason r").await, 0, &["PROVEN", "Kornblum"]);
}
