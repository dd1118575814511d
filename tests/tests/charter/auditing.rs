//! What anybody can tell of a ledger that they have a copy of: every record judged again, by the charters in it.

use std::collections::BTreeMap;
use std::fs;

use einsicht_proto::v1::{AccessEvent, AccessRecord};
use einsicht_tests::folder::copy;
use einsicht_tests::forge::forge;
use einsicht_tests::process::{Ended, offline};
use serde_json::Value;

use crate::scene::{FIRST, Scene, fitting, long, second};

const COMMITMENTS: [&str; 3] = ["C-1", "C-2", "C-4"];

/// Accesses with their verdicts on C-1, C-2 and C-4 by the first charter and by the second, worked out by hand:
/// kept, deviates, not verifiable.
fn mix() -> Vec<(AccessEvent, &'static str, &'static str)> {
    let twenty = || AccessEvent { record_count: Some(20), ..fitting() };
    let unknown = || AccessEvent { dataset: "unknown".into(), ..fitting() };
    vec![
        (fitting(), "kkk", "kkk"),
        (twenty(), "kkk", "kkd"),
        // The second charter allows it.
        (AccessEvent { purpose: "werbung".into(), ..fitting() }, "dkk", "kkk"),
        (AccessEvent { purpose: "werbung".into(), ..twenty() }, "dkk", "kkd"),
        (AccessEvent { purpose: "x".into(), ..fitting() }, "dkk", "dkk"),
        (AccessEvent { record_count: Some(1001), ..fitting() }, "kkd", "kkd"),
        (AccessEvent { record_count: None, ..fitting() }, "kkn", "kkn"),
        (AccessEvent { legal_basis: None, ..fitting() }, "knk", "knk"),
        (AccessEvent { legal_basis: Some("x".into()), ..fitting() }, "kdk", "kdk"),
        // Nothing of it is personal.
        (AccessEvent { dataset: "parkhaeuser".into(), legal_basis: None, ..fitting() }, "kkk", "kkk"),
        (unknown(), "nkn", "nkn"),
        (AccessEvent { legal_basis: None, ..unknown() }, "nnn", "nnn"),
    ]
}

/// Records each of the mix as often as its position says, and counts what is to be expected.
async fn record_mix(
    scene: &Scene,
    by_second: bool,
    counts: &mut BTreeMap<&'static str, [u64; 3]>,
) -> Vec<u64> {
    let mut indexes = Vec::new();
    for (times, (event, first, second)) in (1..).zip(mix()) {
        let verdicts = if by_second { second } else { first };
        for (commitment, verdict) in COMMITMENTS.into_iter().zip(verdicts.chars()) {
            let position = "kdn".find(verdict).unwrap();
            counts.entry(commitment).or_default()[position] += times;
        }
        let events = (0..times).map(|_| AccessEvent { event_id: uuid(), ..event.clone() }).collect();
        indexes.extend(scene.record(events).await.into_iter().map(|(index, _)| index));
    }
    indexes
}

fn uuid() -> bytes::Bytes {
    einsicht_tests::make::event().event_id
}

fn tallies(verified: &Value) -> BTreeMap<&'static str, [u64; 3]> {
    let commitments = verified["verdicts"]["commitments"].as_array().unwrap();
    let of = |commitment: &Value| {
        let id = COMMITMENTS.into_iter().find(|id| commitment["id"] == *id).unwrap();
        (id, ["kept", "deviates", "not_verifiable"].map(|name| commitment[name].as_u64().unwrap()))
    };
    commitments.iter().map(of).collect()
}

/// Publishes with the real program.
async fn publish(scene: &Scene, text: &str) -> Value {
    fs::write(scene.city.path("charter.toml"), text).unwrap();
    let ended = scene.einsicht(&scene.steward, "charter publish charter.toml --json").await;
    json(&ended)
}

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

impl Scene {
    async fn einsicht(&self, known: &einsicht_tests::city::Known, line: &str) -> Ended {
        self.city.einsicht(&self.service, known, &line.split(' ').collect::<Vec<_>>()).await
    }
}

#[tokio::test]
async fn two_charters_a_known_mix_under_each_and_one_false_verdict_is_named() {
    let scene = Scene::new("").await;
    let mut counts = BTreeMap::new();
    record_mix(&scene, false, &mut BTreeMap::new()).await;
    let first = publish(&scene, &long()).await;
    assert_eq!(
        (&first["outcome"], first["last"].as_u64().unwrap() - first["first"].as_u64().unwrap()),
        (&"published".into(), 2)
    );
    let under_first = record_mix(&scene, false, &mut counts).await;
    let last = publish(&scene, &second()).await["last"].as_u64().unwrap();
    let under_second = record_mix(&scene, true, &mut counts).await;
    assert_eq!(publish(&scene, &second()).await["outcome"], "already in force");

    // Through the service, and of the folder at rest.
    let verified = json(&scene.einsicht(&scene.auditor, "verify --json").await);
    assert_eq!(tallies(&verified), counts);
    let records = (1..=mix().len() as u64).sum::<u64>();
    let verdicts = &verified["verdicts"];
    assert_eq!((&verdicts["judged"], &verdicts["without_charter"]), (&(2 * records).into(), &records.into()));
    assert_eq!((&verdicts["charters"], &verdicts["in_force"]["last"]), (&2.into(), &last.into()));
    scene.service.terminate().await.expect(0, &[]);
    let (data, vkey) = (scene.city.data(), scene.city.path("original.vkey"));
    fs::copy(data.join("ledger.vkey"), &vkey).unwrap();
    assert_eq!(tallies(&json(&offline(&data, &vkey, "verify --json").await)), counts);

    type Forgery = (u64, fn(&mut AccessRecord), [&'static str; 3]);
    let of = |indexes: &[u64], position: u64| indexes[(position * (position + 1) / 2) as usize];
    let forgeries: [Forgery; 4] = [
        // The third of the mix: a purpose that the first charter does not list.
        (
            of(&under_first, 2),
            |record| record.deviates.clear(),
            ["a recorded verdict is not", "commitment C-1 as deviating", "C-1 recorded as kept"],
        ),
        // The second: more records than the second charter allows.
        (
            of(&under_second, 1),
            |record| record.deviates = vec!["C-2".into()],
            ["a recorded verdict is not", "commitment C-2 as kept", "C-2 recorded as deviating"],
        ),
        // The eighth: no legal basis is stated.
        (
            of(&under_second, 7),
            |record| record.legal_basis = Some("gdpr-6-1-e".into()),
            ["a recorded verdict is not", "commitment C-2 as kept", "C-2 recorded as not verifiable"],
        ),
        (
            of(&under_second, 0),
            |record| record.charter = None,
            ["not judged by the charter in force", "the charter that ends with entry", "found no charter"],
        ),
    ];
    for (index, change, parts) in forgeries {
        let copied = tempfile::tempdir().unwrap();
        copy(&data, &copied.path().join("data"));
        copy(&scene.city.path("keys"), &copied.path().join("keys"));
        let data = copied.path().join("data");
        forge(&data, index, change);
        let ended = offline(&data, &vkey, "verify").await;
        ended.expect(1, &["VERIFICATION FAILED", &format!("entry {index}: ")]);
        ended.expect(1, &parts);
    }
}

#[tokio::test]
async fn what_is_confidential_is_judged_when_it_is_opened_and_not_before() {
    let scene = Scene::new("").await;
    publish(&scene, FIRST).await;
    let today = i32::try_from(einsicht_tests::make::now_us() / 86_400_000_000).unwrap();
    let hidden = AccessEvent { purpose: "werbung".into(), confidential_until_day: Some(today), ..fitting() };
    let index = scene.record(vec![fitting(), hidden]).await[1].0;
    let verified = json(&scene.einsicht(&scene.auditor, "verify --json").await);
    assert_eq!(
        (&verified["verdicts"]["judged"], &verified["verdicts"]["confidential"]),
        (&1.into(), &1.into())
    );
    assert_eq!(tallies(&verified)["C-1"], [1, 0, 1]);
    let explain = format!("charter explain {index}");
    let said = scene.einsicht(&scene.auditor, &explain).await;
    assert!(said.stdout.contains("the access is still confidential"), "{said:#?}");
    scene.einsicht(&scene.steward, &format!("open {index}")).await.expect(0, &[]);
    // It is another charter by now.
    publish(&scene, &second()).await;
    let verified = json(&scene.einsicht(&scene.auditor, "verify --json --full").await);
    assert_eq!(
        (&verified["verdicts"]["judged"], &verified["verdicts"]["confidential"]),
        (&2.into(), &0.into())
    );
    assert_eq!(tallies(&verified)["C-1"], [1, 1, 0]);
    let said = scene.einsicht(&scene.auditor, &explain).await;
    assert!(said.code == Some(0) && said.stdout.contains("does not fit C-1"), "{said:#?}");
}

#[tokio::test]
async fn what_the_commands_tell_of_a_ledger_fits_together() {
    let scene = Scene::new("").await;
    scene.einsicht(&scene.auditor, "charter show").await.expect(2, &["no charter is in force", "publish"]);
    publish(&scene, FIRST).await;
    let shown = scene.einsicht(&scene.auditor, "charter show --text").await;
    assert_eq!(shown.stdout, FIRST);
    let index = scene.record(vec![AccessEvent { purpose: "werbung".into(), ..fitting() }]).await[0].0;
    let listed = json(&scene.einsicht(&scene.auditor, "list --deviates C-1 --json").await);
    assert_eq!(listed["index"], index);
    let watched = json(&scene.einsicht(&scene.auditor, "charter watch --once --json").await);
    assert_eq!((&watched["index"], &watched["deviates"][0]["severity"]), (&index.into(), &"breach".into()));
    let line = format!("  entry {index}  besuchertrend  does not fit C-1 (breach, if confirmed)\n");
    let said = scene.einsicht(&scene.auditor, "charter watch --once").await;
    assert!(said.stdout.ends_with(&line) && said.stdout.lines().count() == 1, "{said:#?}");
    let unknown = scene.einsicht(&scene.auditor, "charter watch --once --commitment c-1").await;
    unknown.expect(2, &["'c-1' is no rule of any charter of this ledger; there are C-1, C-2, C-4"]);
    let nothing = scene.einsicht(&scene.auditor, "charter watch --once --severity notice --json").await;
    assert!(nothing.code == Some(0) && nothing.stdout.is_empty(), "{nothing:#?}");
    // What would change, what would have been, and then it is so.
    fs::write(scene.city.path("second.toml"), second()).unwrap();
    let diff = scene.einsicht(&scene.auditor, "charter diff second.toml").await;
    assert!(diff.stdout.contains("from 1,000 to 10 records"), "{diff:#?}");
    let what_if = json(&scene.einsicht(&scene.auditor, "verify --charter second.toml --json").await);
    assert_eq!((&what_if["verdicts"]["deviating"], &what_if["what_if"]["deviating"]), (&1.into(), &0.into()));
    let refused = scene.einsicht(&scene.auditor, "charter publish second.toml").await;
    refused.expect(2, &["publish charters"]);
    fs::write(scene.city.path("wrong.toml"), second().replace("severity", "severety")).unwrap();
    let wrong = scene.einsicht(&scene.steward, "charter publish wrong.toml").await;
    wrong.expect(2, &["wrong.toml:", "did you mean 'severity'?"]);
}

/// Who records is no auditor, and learns it all the same: from the proof of the entry, and why from the service.
#[tokio::test]
async fn who_records_is_told_what_does_not_fit_and_what_nobody_can_tell() {
    let scene = Scene::new("").await;
    let record = async |more: &str| {
        let line = format!("record --dataset besuchertrend --operation query --purpose {more}");
        let ended = scene.einsicht(&scene.counter, &line).await;
        ended.expect(0, &[]);
        ended
    };
    let fits = "verkehrsplanung --legal-basis gdpr-6-1-e --record-count 5";
    assert_eq!(record("x").await.stderr, "", "no charter is in force");
    let charter = publish(&scene, FIRST).await["last"].clone();
    assert_eq!(record(fits).await.stderr, "");
    let said = record("x --record-count 5").await;
    let index = said.stdout.split(' ').nth(1).unwrap();
    let lines: Vec<_> = said.stderr.lines().collect();
    let [purpose, basis] = &lines[..] else { panic!("{said:#?}") };
    assert!(purpose.starts_with(&format!("entry {index}: The access does not fit C-1 because")), "{said:#?}");
    assert!(basis.starts_with(&format!("entry {index}: can't be verified: C-2; ")), "{said:#?}");
    let told = json(&record("x --json").await);
    assert_eq!((&told["charter"], &told["deviates"]), (&charter, &Value::from(vec!["C-1"])));
    assert_eq!(told["not_verifiable"], Value::from(vec!["C-2", "C-4"]));
    assert_eq!(record("x --confidential-until 2999-01-01").await.stderr, "", "it is sealed");
}
