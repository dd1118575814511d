//! Where two stewards have to agree, one of them is never enough.

use einsicht_proto::v1::{DiscloseRequest, ListRequestsRequest};
use tonic::Code;

use crate::scene::{ACTOR, REASON, Scene, disclosed, disclosure, personal, refused};

const TWO: &str = "[disclosure]\ntwo_stewards = [\"actor\"]\nrequest_hours = 48";

fn grant(request: u64) -> DiscloseRequest {
    DiscloseRequest { reason: REASON.into(), request: Some(request), ..DiscloseRequest::default() }
}

async fn pending(scene: &Scene) -> Vec<u64> {
    let listed = scene.service.vault(&scene.auditor).list_requests(ListRequestsRequest {}).await;
    listed.unwrap().into_inner().pending.iter().map(|pending| pending.index).collect()
}

#[tokio::test]
async fn one_steward_asks_and_another_one_grants_also_after_a_restart() {
    let scene = Scene::new(TWO).await;
    let index = scene.record(personal()).await;
    let asked = scene.disclose(&scene.steward, index, &["actor"]).await.unwrap();
    let request = asked.requested.expect("a second steward is needed");
    assert!(asked.opened.is_empty() && asked.receipt.is_empty());
    assert_eq!(scene.proven(&asked.trail).0, request);
    assert_eq!(scene.statement(&asked.trail, asked.statement.as_ref()).who, "steward-a");
    let scene = scene.restart().await;
    assert_eq!(pending(&scene).await, [request]);
    refused(
        scene.ask(&scene.steward, grant(request)).await,
        Code::PermissionDenied,
        &["made by 'steward-a'", "another steward"],
    );
    refused(scene.ask(&scene.auditor, grant(request)).await, Code::PermissionDenied, &["two stewards"]);
    let other_fields = DiscloseRequest { request: Some(request), ..disclosure(index, &["subjects"]) };
    refused(scene.ask(&scene.other, other_fields).await, Code::FailedPrecondition, &["other fields"]);
    assert_eq!(pending(&scene).await, [request], "what was refused settles nothing");
    let granted = scene.ask(&scene.other, grant(request)).await.unwrap();
    assert_eq!(scene.text(&granted, "actor"), Ok(ACTOR.to_owned()));
    let (by, entry) = scene.proven(&granted.trail);
    assert_eq!(disclosed(&entry), ("steward", Some(request)));
    assert_eq!(pending(&scene).await, [0; 0]);
    let again = scene.ask(&scene.other, grant(request)).await;
    refused(again, Code::FailedPrecondition, &["granted before", &format!("entry {by}")]);
    let scene = scene.crash().await;
    refused(scene.ask(&scene.other, grant(request)).await, Code::FailedPrecondition, &["granted before"]);
}

#[tokio::test]
async fn what_needs_two_is_not_asked_for_by_others_and_the_rest_needs_nobody_else() {
    let scene = Scene::new(TWO).await;
    let index = scene.record(personal()).await;
    refused(
        scene.disclose(&scene.auditor, index, &["actor"]).await,
        Code::PermissionDenied,
        &["actor", "two stewards", "'audit-office'"],
    );
    refused(scene.disclose(&scene.auditor, index, &[]).await, Code::PermissionDenied, &["actor"]);
    let answer = scene.disclose(&scene.auditor, index, &["justification"]).await.unwrap();
    assert_eq!((answer.opened.len(), answer.requested), (1, None));
    refused(scene.ask(&scene.other, grant(index)).await, Code::FailedPrecondition, &["no request"]);
    refused(scene.ask(&scene.other, grant(99)).await, Code::NotFound, &["entry 99"]);
}

#[tokio::test]
async fn a_reload_takes_the_rule_over() {
    let mut scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    assert_eq!(scene.disclose(&scene.steward, index, &["actor"]).await.unwrap().opened.len(), 1);
    scene.city.seal(TWO);
    assert!(scene.service.reload().await);
    let asked = scene.disclose(&scene.steward, index, &["actor"]).await.unwrap();
    assert!(asked.opened.is_empty() && asked.requested.is_some());
}
