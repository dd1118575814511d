//! What stewards and auditors say is as telling as what they see: it stands nowhere in the clear either, nor in what they
//! are told when they are refused.

use std::fs;
use std::path::Path;

use einsicht_access::RetentionClass;
use einsicht_proto::v1::{DiscloseRequest, EraseRequest, IssueViewKeysRequest, Subject};
use einsicht_tests::city::{City, Known};
use einsicht_tests::folder::{files, has_trace, traces};
use einsicht_tests::past::{begin, last_month};
use tonic::Status;

use crate::scene::{Scene, names, personal};

/// Reasons that nobody else gives, and somebody whom nobody else asks for.
const SHOWN: &str = "kanarienvogel: anlass der offenlegung";
const ASKED: &str = "kanarienvogel: antrag zu zweit";
const GRANTED: &str = "kanarienvogel: bewilligung";
const KEYS: &str = "kanarienvogel: auskunft nach art. 15";
const PERSON: &str = "kanarienvogel-4711";
/// Callers: who they were stands in sealed statements.
const WHO: [&str; 3] = ["audit-office", "steward-a", "steward-b"];

fn said() -> Vec<Vec<u8>> {
    [SHOWN, ASKED, GRANTED, KEYS, PERSON].iter().flat_map(|said| traces(said.as_bytes())).collect()
}

/// No file holds what was said, nor by whom.
fn expect_none(folder: &Path) {
    let who = WHO.iter().flat_map(|who| traces(who.as_bytes()));
    let looked_for: Vec<_> = said().into_iter().chain(who).collect();
    for file in files(folder) {
        assert!(!has_trace(&fs::read(&file).unwrap(), &looked_for), "{} says it", file.display());
    }
}

fn expect_refused<T>(what: &str, answer: Result<T, Status>) {
    let Err(status) = answer else { panic!("{what}: it was not refused") };
    let shows = |bytes: &[u8]| has_trace(bytes, &said());
    assert!(!shows(status.message().as_bytes()) && !shows(status.details()), "{what}: {status}");
}

fn wanted(index: u64, field: &str, reason: &str) -> DiscloseRequest {
    DiscloseRequest { index: Some(index), fields: names(&[field]), reason: reason.into(), request: None }
}

fn grant(request: u64) -> DiscloseRequest {
    DiscloseRequest { reason: GRANTED.into(), request: Some(request), ..DiscloseRequest::default() }
}

async fn keys(scene: &Scene, by: &Known, subjects: Vec<Subject>, month: String) -> Result<(), Status> {
    let request = IssueViewKeysRequest { subjects, months: vec![month], reason: KEYS.into() };
    scene.service.vault(by).issue_view_keys(request).await.map(drop)
}

/// What is done.
async fn act(scene: &Scene) {
    scene.ask(&scene.auditor, wanted(1, "actor", SHOWN)).await.unwrap();
    let asked = scene.ask(&scene.steward, wanted(1, "justification", ASKED)).await.unwrap();
    scene.ask(&scene.other, grant(asked.requested.unwrap())).await.unwrap();
    let person = Subject { scheme: "person".into(), id: PERSON.into() };
    keys(scene, &scene.steward, vec![person], last_month().0.to_string()).await.unwrap();
}

/// What is not.
async fn fail(scene: &Scene) {
    let asked = scene.ask(&scene.steward, wanted(1, "justification", ASKED)).await.unwrap();
    let request = asked.requested.unwrap();
    expect_refused("one of two", scene.ask(&scene.steward, grant(request)).await);
    expect_refused("no steward", scene.ask(&scene.auditor, wanted(1, "justification", SHOWN)).await);
    expect_refused("no entry", scene.ask(&scene.auditor, wanted(99, "actor", SHOWN)).await);
    expect_refused("a field of that name", scene.ask(&scene.auditor, wanted(1, PERSON, SHOWN)).await);
    let long = SHOWN.repeat(200);
    expect_refused("a long reason", scene.ask(&scene.auditor, wanted(1, "actor", &long)).await);
    let subject = |scheme: &str, id: String| Subject { scheme: scheme.into(), id };
    let person = || subject("person", PERSON.into());
    let (last, now) = (last_month().0.to_string(), last_month().0.next().to_string());
    for (what, subjects, month) in [
        ("a month that goes on", vec![person()], now),
        ("an unknown scheme", vec![subject("kanarienvogel-register", PERSON.into())], last.clone()),
        ("twice the same", vec![person(), person()], last.clone()),
        ("a control character", vec![subject("person", format!("{PERSON}\u{7}"))], last.clone()),
        ("a month of that name", vec![person()], PERSON.into()),
    ] {
        expect_refused(what, keys(scene, &scene.steward, subjects, month).await);
    }
    expect_refused("no steward", keys(scene, &scene.auditor, vec![person()], last).await);
    fs::create_dir(scene.city.data().join("vault/erasing")).unwrap();
    let erase = EraseRequest { index: 1, ground: "art-17".into(), ..EraseRequest::default() };
    expect_refused("a disk that fails", scene.service.vault(&scene.steward).erase(erase).await);
}

#[tokio::test]
async fn what_stewards_and_auditors_say_stands_nowhere_in_the_clear() {
    let mut city = City::without_ledger();
    city.seal("[disclosure]\ntwo_stewards = [\"justification\"]");
    city.variables.push(("EINSICHT_LOG", "trace".into()));
    begin(&city, &[personal()], RetentionClass::NextYearEnd);
    let scene = Scene::of(city).await;
    act(&scene).await;
    fail(&scene).await;
    let log = scene.service.log();
    assert!(!has_trace(log.as_bytes(), &said()), "the service says it: {log}");
    expect_none(&scene.city.data());
    fs::remove_dir(scene.city.data().join("vault/erasing")).unwrap();
    let scene = scene.crash().await;
    act_again(&scene).await;
    let (data, keys) = (scene.city.data(), scene.city.path("keys"));
    let ended = scene.service.terminate().await;
    ended.expect(0, &[]);
    assert!(!has_trace(ended.stderr.as_bytes(), &said()), "{ended:#?}");
    expect_none(&data);
    expect_none(&keys);
}

/// After a start at which something was erased again.
async fn act_again(scene: &Scene) {
    let answer = scene.ask(&scene.auditor, wanted(1, "actor", SHOWN)).await.unwrap();
    assert!(scene.text(&answer, "actor").is_err(), "it was erased");
}
