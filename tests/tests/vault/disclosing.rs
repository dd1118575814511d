//! What was sealed is shown with proof, to those who may see it, and never without a trace.

use einsicht_access::SealedField;
use einsicht_access::value::Value;
use einsicht_proto::v1::{DiscloseRequest, Statement};
use einsicht_tests::make::event;
use einsicht_tlog::receipt::Receipt;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::scene::{ACTOR, REASON, Scene, disclosed, disclosure, personal, refused};

#[tokio::test]
async fn what_was_recorded_is_disclosed_as_it_was_and_proven_also_after_restarts() {
    let scene = Scene::new("").await;
    let recorded = personal();
    let time = recorded.occurred_at_us.to_string();
    let index = scene.record(recorded).await;
    assert_eq!(index, 2);
    let answer = scene.disclose(&scene.auditor, index, &[]).await.unwrap();
    let values = scene.values(&answer);
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["subjects", "actor", "justification", "occurred_at"]);
    assert_eq!(values[1].1.as_deref(), Ok(ACTOR.as_bytes()));
    assert_eq!(values[3].1.as_deref(), Ok(time.as_bytes()));
    let (trail, entry) = scene.proven(&answer.trail);
    assert_eq!((trail, disclosed(&entry)), (3, ("auditor", None)));
    let checkpoint = |receipt: &[u8]| Receipt::parse(receipt).unwrap().checkpoint;
    assert_eq!(checkpoint(&answer.receipt), checkpoint(&answer.trail), "both are of one history");
    let scene = scene.restart().await;
    let answer = scene.disclose(&scene.steward, index, &["actor"]).await.unwrap();
    assert_eq!(scene.values(&answer).len(), 1);
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
    let scene = scene.crash().await;
    let answer = scene.disclose(&scene.auditor, index, &["justification", "actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "justification"), Ok("Bürgeranfrage".to_owned()));
}

#[tokio::test]
async fn the_entry_of_a_disclosure_shows_the_role_and_seals_who_saw_what_and_why() {
    let scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    let answer = scene.disclose(&scene.auditor, index, &["actor"]).await.unwrap();
    let (trail, entry) = scene.proven(&answer.trail);
    let said = scene.statement(&answer.trail, answer.statement.as_ref());
    assert_eq!((said.who.as_str(), said.reason.as_str()), ("audit-office", REASON));
    assert_eq!((said.index, said.fields), (Some(index), vec![33]));
    let shown = format!("{entry:?}");
    assert!(!shown.contains("audit-office") && !shown.contains(REASON), "{shown}");
    let answer = scene.disclose(&scene.steward, trail, &["statement"]).await.unwrap();
    let (_, value) = scene.values(&answer).remove(0);
    let value = value.unwrap();
    let Ok(Value::Statement(statement)) = Value::read(SealedField::Statement, &value) else {
        panic!("no statement")
    };
    let expected = Statement {
        who: "audit-office".into(),
        index: Some(index),
        fields: vec![33],
        reason: REASON.into(),
        ..Statement::default()
    };
    assert_eq!(statement.into_owned(), expected);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_call_is_said_and_nothing_is_written() {
    let scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    let plain = scene.record(event()).await;
    let by = &scene.auditor;
    let with_reason = |reason: &str| DiscloseRequest { reason: reason.into(), ..disclosure(index, &[]) };
    for reason in ["", &"x".repeat(4097), "a\u{7}b"] {
        let status = refused(scene.ask(by, with_reason(reason)).await, Code::InvalidArgument, &["reason"]);
        assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "reason");
    }
    refused(scene.disclose(by, index, &["colour"]).await, Code::InvalidArgument, &["fields[0]", "actor"]);
    let no_index = DiscloseRequest { index: None, ..disclosure(0, &[]) };
    refused(scene.ask(by, no_index).await, Code::InvalidArgument, &["index"]);
    refused(scene.disclose(by, 99, &[]).await, Code::NotFound, &["entry 99"]);
    refused(scene.disclose(by, plain, &[]).await, Code::NotFound, &["no sealed values"]);
    refused(scene.disclose(by, index, &["query"]).await, Code::NotFound, &["'query'"]);
    refused(scene.disclose(&scene.counter, index, &[]).await, Code::PermissionDenied, &["recorder"]);
    let written = scene.record(event()).await;
    assert_eq!(written, plain + 1, "no call wrote an entry");
    let longest = with_reason(&"x".repeat(4096));
    assert_eq!(scene.ask(by, longest).await.unwrap().opened.len(), 4);
}
