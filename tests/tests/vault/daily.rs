//! What the service does by itself, soon after a start and then once a day.

use std::time::{Duration, Instant};

use einsicht_access::{RetentionClass, SealedField};
use einsicht_proto::v1::{AccessEvent, DiscloseRequest};
use einsicht_service::config::{DatasetRetention, Retention};
use einsicht_tests::city::City;
use einsicht_tests::past::{ask, begin, begin_with, last_month};
use tonic::Code;

use crate::scene::{ACTOR, REASON, Scene, personal, refused};

/// The service waits a minute before it does something that can't be taken back; machines are shared.
const PATIENCE: Duration = Duration::from_secs(150);

#[tokio::test]
async fn what_is_due_goes_by_itself_and_what_was_confidential_becomes_public() {
    let mut city = City::without_ledger();
    city.seal("[retention]\ndatasets = [\"kameras=P0M\"]");
    let cameras = AccessEvent { dataset: "kameras".into(), ..personal() };
    let hidden = AccessEvent { confidential_until_day: Some(20_000), ..personal() };
    let datasets = vec![DatasetRetention { dataset: "kameras".into(), class: RetentionClass::Months(0) }];
    begin_with(&city, &[cameras, hidden, personal()], &Retention { datasets, ..Retention::default() });
    let scene = Scene::of(city).await;
    let begun = Instant::now();
    while !scene.service.log().contains("the daily run is done") {
        assert!(begun.elapsed() < PATIENCE, "{}", scene.service.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (month, _) = last_month();
    let answer = scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap();
    let by = scene.text(&answer, "actor").unwrap_err();
    assert!(!scene.city.path("keys").join(format!("vault/{month}.P0M.key")).exists());
    let open = scene.service.vault(&scene.steward);
    let request = einsicht_proto::v1::OpenRecordRequest { index: 2 };
    let again = open.clone().open_record(request).await;
    // Opened before anything went.
    refused(again, Code::FailedPrecondition, &["opened before", &format!("entry {}", by - 1)]);
    let answer = scene.disclose(&scene.auditor, 3, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()), "its time is not over");
    let scene = scene.restart().await;
    let answer = scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Err(by));
}

#[tokio::test]
async fn a_request_of_last_month_has_lapsed_and_is_made_again() {
    let mut city = City::without_ledger();
    city.seal("[disclosure]\ntwo_stewards = [\"actor\"]\nrequest_hours = 1");
    begin(&city, &[personal()], RetentionClass::NextYearEnd);
    let request = ask(&city, "steward-a", 1, SealedField::Actor).await;
    let scene = Scene::of(city).await;
    let grant = |request| DiscloseRequest {
        reason: REASON.into(),
        request: Some(request),
        ..DiscloseRequest::default()
    };
    let lapsed = scene.ask(&scene.other, grant(request)).await;
    refused(lapsed, Code::FailedPrecondition, &["lapsed 1 hours after it was made", "make it again"]);
    let listed = scene.city.einsicht(&scene.service, &scene.auditor, &["requests"]).await;
    listed.expect(0, &["names no request"]);
    let asked = scene.disclose(&scene.steward, 1, &["actor"]).await.unwrap();
    let granted = scene.ask(&scene.other, grant(asked.requested.unwrap())).await.unwrap();
    assert_eq!(scene.text(&granted, "actor"), Ok(ACTOR.to_owned()));
}
