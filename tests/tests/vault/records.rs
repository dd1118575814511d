//! What stands beside records: corrections, and openings of those that were confidential.

use einsicht_access::wire::read_record;
use einsicht_access::{SealedField, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, AnnotationKind, CorrectRequest, CorrectResponse, ListAnnotationsRequest, OpenRecordRequest,
    OpenRecordResponse, Subject,
};
use einsicht_tests::folder::leaves;
use einsicht_tests::make::{Session, now_us};
use einsicht_tlog::Leaf;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::scene::{ACTOR, Scene, personal, refused, subject};

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

async fn correct(scene: &Scene, index: u64, correction: &str) -> Result<CorrectResponse, Status> {
    let request = CorrectRequest { index, correction: correction.into(), ground: "GDPR Art. 16".into() };
    scene.service.vault(&scene.steward).correct(request).await.map(tonic::Response::into_inner)
}

async fn open(scene: &Scene, index: u64) -> Result<OpenRecordResponse, Status> {
    let request = OpenRecordRequest { index };
    scene.service.vault(&scene.steward).open_record(request).await.map(tonic::Response::into_inner)
}

async fn annotations(scene: &Scene) -> Vec<(u64, AnnotationKind, u64)> {
    let request = ListAnnotationsRequest { start: 0, count: 0 };
    let mut said = scene.service.ledger(&scene.auditor).list_annotations(request).await.unwrap().into_inner();
    let mut listed = Vec::new();
    while let Some(item) = said.next().await {
        let item = item.unwrap();
        listed.push((item.index, item.kind(), item.by));
    }
    listed
}

fn confidential(in_days: i64) -> AccessEvent {
    let day = i32::try_from(now_us() / DAY_US + in_days).unwrap();
    AccessEvent { confidential_until_day: Some(day), ..personal() }
}

#[tokio::test]
async fn a_correction_stands_beside_the_record_and_is_found_there_after_a_restart() {
    let scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    let corrected = correct(&scene, index, "The purpose was 'statistik'.").await.unwrap();
    let (by, entry) = scene.proven(&corrected.receipt);
    let Some(Content::Correction(correction)) = &entry.content else { panic!("{entry:?}") };
    assert_eq!((correction.index, correction.correction.as_str()), (index, "The purpose was 'statistik'."));
    refused(correct(&scene, index, "").await, Code::InvalidArgument, &["correction"]);
    refused(correct(&scene, by, "x").await, Code::FailedPrecondition, &["correction", "only accesses"]);
    refused(correct(&scene, 99, "x").await, Code::NotFound, &["entry 99"]);
    let expected = [(index, AnnotationKind::Corrected, by)];
    assert_eq!(annotations(&scene).await, expected);
    let scene = scene.restart().await;
    assert_eq!(annotations(&scene).await, expected);
    let mut scene = scene;
    scene.service.terminate().await.expect(0, &[]);
    std::fs::remove_dir_all(scene.city.data().join("state")).unwrap();
    scene.service = scene.city.serve_with(&[]).await;
    assert_eq!(annotations(&scene).await, expected, "read from the log again");
}

#[tokio::test]
async fn a_confidential_record_shows_nothing_until_its_day_and_then_all_that_is_public() {
    let scene = Scene::new("").await;
    let later = scene.record(confidential(2)).await;
    let now = scene.record(confidential(0)).await;
    refused(open(&scene, later).await, Code::FailedPrecondition, &["confidential until"]);
    let answer = scene.disclose(&scene.auditor, later, &["actor"]).await.unwrap();
    let fields: Vec<u32> = answer.opened.iter().map(|opened| opened.field).collect();
    assert_eq!(fields, [33, 44], "what is in it is proven through the record itself");
    let scene = scene.restart().await;
    let opened = open(&scene, now).await.unwrap();
    let (by, entry) = scene.proven(&opened.receipt);
    let Some(Content::Opening(opening)) = &entry.content else { panic!("{entry:?}") };
    let record = read_record(&opening.record).unwrap();
    assert_eq!((opening.index, record.dataset.as_str()), (now, "besuchertrend"));
    assert!(record.actor_seal.is_some() && !format!("{entry:?}").contains(ACTOR));
    refused(open(&scene, now).await, Code::FailedPrecondition, &["opened before", &format!("entry {by}")]);
    refused(open(&scene, 0).await, Code::FailedPrecondition, &["no confidential record"]);
    assert_eq!(annotations(&scene).await, [(now, AnnotationKind::Opened, by)]);
    let scene = scene.crash().await;
    refused(open(&scene, now).await, Code::FailedPrecondition, &["opened before"]);
    let erased = scene.erase(later, &[SealedField::Confidential.name()]).await.unwrap();
    assert_eq!(erased.fields, [32, 33, 36, 42, 44], "with the record goes what is in it");
}

#[tokio::test]
async fn which_event_a_confidential_record_is_gets_known_again_with_its_key() {
    let mut scene = Scene::new("").await;
    let mut session = Session::new();
    let request = session.request_of(vec![confidential(2)]);
    let send = async |scene: &Scene| {
        let answer = scene.service.recorder(&scene.counter).record(request.clone()).await.unwrap();
        answer.into_inner().recorded[0].index
    };
    let index = send(&scene).await;
    let key = scene.city.path("keys/vault").read_dir().unwrap().next().unwrap().unwrap().path();
    let away = scene.city.path("away.key");
    scene.service.terminate().await.expect(0, &[]);
    std::fs::rename(&key, &away).unwrap();
    std::fs::remove_dir_all(scene.city.data().join("state")).unwrap();
    scene.service = scene.city.serve_with(&[]).await;
    scene.service.terminate().await.expect(0, &["can't be told"]);
    std::fs::rename(&away, &key).unwrap();
    for round in 0..2 {
        scene.service = scene.city.serve_with(&[]).await;
        assert_eq!(send(&scene).await, index, "round {round}: it is not recorded again");
        scene.service.terminate().await.expect(0, &[]);
    }
}

#[tokio::test]
async fn what_cannot_be_sealed_is_refused_by_the_service_itself_with_the_place_and_without_the_value() {
    let scene = Scene::new("").await;
    let people = |count: usize| (0..count).map(|id| subject(&id.to_string())).collect::<Vec<_>>();
    let long = "x".repeat(257);
    let other = Subject { scheme: "melderegister".into(), id: "4711".into() };
    let refusals: [(&str, AccessEvent); 8] = [
        ("events[0].subjects", AccessEvent { subjects: people(101), ..personal() }),
        ("events[0].subjects[0].id", AccessEvent { subjects: vec![subject(&long)], ..personal() }),
        ("events[0].subjects[0].id", AccessEvent { subjects: vec![subject("47\u{7}11")], ..personal() }),
        ("events[0].subjects[0].id", AccessEvent { subjects: vec![subject("")], ..personal() }),
        ("events[0].subjects[0].scheme", AccessEvent { subjects: vec![other], ..personal() }),
        ("events[0].justification", AccessEvent { justification: Some("x".repeat(4097)), ..personal() }),
        ("events[0].justification", AccessEvent { justification: Some("x\u{7}".into()), ..personal() }),
        ("events[0].trace_id", AccessEvent { trace_id: Some(vec![1; 3].into()), ..personal() }),
    ];
    for (field, event) in refusals {
        let request = Session::new().request_of(vec![event]);
        let answer = scene.service.recorder(&scene.counter).record(request).await;
        let status = refused(answer, Code::InvalidArgument, &[field]);
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, field, "{status}");
        for secret in ["4711", "xxx", "melderegister"] {
            assert!(!status.message().contains(secret), "{status}");
        }
    }
    let most = AccessEvent {
        subjects: people(100),
        justification: Some("x".repeat(4096)),
        actor: Some("x".repeat(256)),
        ..personal()
    };
    assert_eq!(scene.record(most).await, 2, "nothing was recorded before");
}

/// A number that is missing between two that everybody sees would tell whose the hidden record is.
#[tokio::test]
async fn a_file_with_confidential_events_leaves_no_gap_among_the_others() {
    let scene = Scene::new("").await;
    let event = |more: &str| {
        format!(r#"{{"dataset": "melderegister", "operation": "query", "purpose": "auskunft"{more}}}"#)
    };
    let hidden = event(r#", "confidential_until": "9999-12-31""#);
    let events = [event(""), hidden.clone(), hidden.clone(), event(""), hidden, event("")].join("\n");
    std::fs::write(scene.city.path("events"), events).unwrap();
    let record = ["record", "--from", "events", "--json"];
    let recorded = scene.city.einsicht(&scene.service, &scene.counter, &record).await;
    recorded.expect(0, &[]);
    assert_eq!(recorded.stdout.lines().count(), 6);
    scene.service.terminate().await.expect(0, &[]);
    let mut numbers = Vec::new();
    for leaf in leaves(&scene.city.data()) {
        let body = read_body(Leaf::parse(&leaf).unwrap().body).unwrap();
        let Some(Content::Access(record)) = body.content else { continue };
        let is_hidden = record.confidential_seal.is_some();
        numbers.push((!is_hidden).then_some((record.session, record.sequence)));
    }
    let session = numbers[0].clone().unwrap().0;
    let seen = |number: u64| Some((session.clone(), number));
    assert_eq!(numbers, [seen(0), None, None, seen(1), None, seen(2)]);
}
