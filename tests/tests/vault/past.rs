//! Months that are over: their retention ends, and their view keys are given out.

use einsicht_access::RetentionClass;
use einsicht_access::marker::ViewKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, GetEntryRequest, IssueViewKeysRequest, IssueViewKeysResponse, OpenRecordRequest,
    RetainRequest, Retention, Subject,
};
use einsicht_tests::city::City;
use einsicht_tests::past::{begin, last_month};
use einsicht_tlog::Leaf;
use tonic::{Code, Status};

use crate::scene::{ACTOR, REASON, Scene, personal, refused, subject};

/// Two accesses to the data of person 4711 last month, as entries 1 and 2, kept as `class` says.
async fn scene(class: RetentionClass, more: &str) -> Scene {
    let mut city = City::without_ledger();
    city.seal(more);
    begin(&city, &[personal(), personal()], class);
    Scene::of(city).await
}

async fn retain(scene: &Scene, dry_run: bool) -> Vec<Retention> {
    let answer = scene.service.vault(&scene.steward).retain(RetainRequest { dry_run }).await;
    answer.unwrap().into_inner().due
}

async fn keys(scene: &Scene, subjects: &[Subject], month: &str) -> Result<IssueViewKeysResponse, Status> {
    let request = IssueViewKeysRequest {
        subjects: subjects.to_vec(),
        months: vec![month.to_owned()],
        reason: REASON.into(),
    };
    scene.service.vault(&scene.steward).issue_view_keys(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_month_whose_time_is_over_goes_as_a_whole_and_stays_gone() {
    let scene = scene(RetentionClass::Months(0), "").await;
    let (month, _) = last_month();
    let answer = scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
    let due = retain(&scene, true).await;
    let expected = Retention {
        month: month.to_string(),
        retention_class: "P0M".into(),
        due_day: month.next().first_day(),
        held: false,
        erased_by: None,
    };
    assert_eq!(due, std::slice::from_ref(&expected));
    assert!(scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap().opened[0].erased_by.is_none());
    let gone = retain(&scene, false).await;
    let by = gone[0].erased_by.expect("it was erased");
    assert_eq!(gone, [Retention { erased_by: Some(by), ..expected }]);
    assert_eq!(retain(&scene, false).await, [], "once is enough");
    let mut scene = scene;
    for round in 0..2 {
        let answer = scene.disclose(&scene.auditor, 2, &["actor"]).await.unwrap();
        assert_eq!(scene.text(&answer, "actor"), Err(by), "round {round}");
        refused(scene.erase(1, &[]).await, Code::FailedPrecondition, &[&format!("see entry {by}")]);
        scene = scene.restart().await;
    }
    let key = scene.city.path("keys").join(format!("vault/{month}.P0M.key"));
    let openings = scene.city.data().join(format!("vault/{month}/P0M/openings"));
    assert!(!key.exists() && !openings.exists());
    let told = format!("see entry {by}");
    refused(keys(&scene, &[subject("4711")], &month.to_string()).await, Code::FailedPrecondition, &[&told]);
    let now = scene.record(personal()).await;
    let answer = scene.disclose(&scene.auditor, now, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()), "this month stays");
}

#[tokio::test]
async fn a_month_whose_time_is_over_goes_also_where_the_wrapping_key_was_taken_away() {
    let mut scene = scene(RetentionClass::Months(0), "").await;
    scene.service.terminate().await.expect(0, &[]);
    let sealing = std::mem::take(&mut scene.city.sealing);
    scene.city.write();
    scene.service = scene.city.serve_with(&["--accept-clock"]).await;
    let by = retain(&scene, false).await[0].erased_by.expect("it was erased");
    let (month, _) = last_month();
    assert!(!scene.city.path("keys").join(format!("vault/{month}.P0M.key")).exists());
    scene.service.terminate().await.expect(0, &[]);
    scene.city.sealing = sealing;
    scene.city.write();
    scene.service = scene.city.serve_with(&[]).await;
    let answer = scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Err(by));
}

#[tokio::test]
async fn a_month_with_a_record_that_is_to_be_public_waits_for_the_wrapping_key() {
    let mut city = City::without_ledger();
    city.seal("");
    let hidden = AccessEvent { confidential_until_day: Some(20_000), ..personal() };
    begin(&city, &[hidden], RetentionClass::Months(0));
    let sealing = std::mem::take(&mut city.sealing);
    city.write();
    let mut scene = Scene::of(city).await;
    let arguments = ["retain", "--now"];
    let waits = scene.city.einsicht(&scene.service, &scene.steward, &arguments).await;
    waits.expect(
        2,
        &["confidential records whose day has come", "could not be opened", "stays until they are"],
    );
    assert!(scene.service.log().contains("a confidential record could not be opened on its day"));
    assert!(scene.service.log().contains("sealing is off"), "{}", scene.service.log());
    scene.service.terminate().await.expect(0, &[]);
    scene.city.sealing = sealing;
    scene.city.write();
    scene.service = scene.city.serve_with(&[]).await;
    let by = retain(&scene, false).await[0].erased_by.expect("it was erased");
    let request = OpenRecordRequest { index: 1 };
    let again = scene.service.vault(&scene.steward).open_record(request).await;
    refused(again, Code::FailedPrecondition, &["opened before", &format!("entry {}", by - 1)]);
}

#[tokio::test]
async fn the_key_of_a_month_whose_time_is_over_goes_also_where_its_files_are_lost() {
    let mut scene = scene(RetentionClass::Months(0), "").await;
    scene.service.terminate().await.expect(0, &[]);
    let (month, _) = last_month();
    std::fs::remove_dir_all(scene.city.data().join(format!("vault/{month}"))).unwrap();
    scene.service = scene.city.serve_with(&["--accept-clock"]).await;
    let key = scene.city.path("keys").join(format!("vault/{month}.P0M.key"));
    assert!(key.exists());
    let by = retain(&scene, false).await[0].erased_by.expect("an entry says so");
    assert!(!key.exists(), "copies of the files can't be read any more");
    let answer = scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Err(by));
}

#[tokio::test]
async fn what_is_held_back_stays_until_the_hold_ends() {
    let (month, _) = last_month();
    let hold = format!("[retention]\nhold = [\"{month}\"]");
    let mut scene = scene(RetentionClass::Months(0), &hold).await;
    for dry_run in [true, false] {
        let due = retain(&scene, dry_run).await;
        assert!(due[0].held && due[0].erased_by.is_none());
    }
    let answer = scene.disclose(&scene.auditor, 1, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
    scene.city.seal("");
    assert!(scene.service.reload().await);
    assert!(retain(&scene, false).await[0].erased_by.is_some());
}

#[tokio::test]
async fn a_month_whose_time_is_not_over_is_not_due() {
    let scene = scene(RetentionClass::NextYearEnd, "").await;
    assert_eq!(retain(&scene, false).await, []);
}

#[tokio::test]
async fn a_view_key_finds_the_accesses_to_one_person_and_nobody_else() {
    let scene = scene(RetentionClass::NextYearEnd, "").await;
    let (month, _) = last_month();
    let issued = keys(&scene, &[subject("4711"), subject("4712")], &month.to_string()).await.unwrap();
    assert_eq!(issued.keys.iter().map(|key| key.subject).collect::<Vec<_>>(), [0, 1]);
    let said = scene.statement(&issued.trail, issued.statement.as_ref());
    assert_eq!((said.subjects.len(), said.months), (2, vec![month.to_string()]));
    let (_, trail) = scene.proven(&issued.trail);
    assert!(matches!(trail.content, Some(Content::Disclosure(_))) && !format!("{trail:?}").contains("4711"));
    for index in [1, 2] {
        let leaf = scene.service.ledger(&scene.auditor).get_entry(GetEntryRequest { index }).await.unwrap();
        let leaf = leaf.into_inner().leaf;
        let body = einsicht_access::read_body(Leaf::parse(&leaf).unwrap().body).unwrap();
        let Some(Content::Access(record)) = body.content else { panic!("no access") };
        let nonce = record.nonce.as_deref().unwrap().try_into().unwrap();
        let found = |key: &[u8]| {
            let key = ViewKey::from(<[u8; 32]>::try_from(key).unwrap());
            key.scan(&nonce, record.markers.iter().map(|marker| &marker[..])).is_some()
        };
        assert!(found(&issued.keys[0].key) && !found(&issued.keys[1].key), "entry {index}");
    }
}

#[tokio::test]
async fn view_keys_are_for_ended_months_and_declared_registers() {
    let scene = scene(RetentionClass::NextYearEnd, "").await;
    let (month, _) = last_month();
    let (last, now) = (month.to_string(), month.next().to_string());
    let person = [subject("4711")];
    let twice = [subject("4711"), subject("4711")];
    refused(keys(&scene, &twice, &last).await, Code::InvalidArgument, &["subjects[1].id", "same as item 0"]);
    refused(keys(&scene, &person, &now).await, Code::FailedPrecondition, &["has not ended"]);
    refused(keys(&scene, &person, "2026-13").await, Code::InvalidArgument, &["months[0]"]);
    refused(keys(&scene, &[], &last).await, Code::InvalidArgument, &["subjects has 0 items"]);
    let many: Vec<Subject> = (0..101).map(|id| subject(&id.to_string())).collect();
    refused(keys(&scene, &many, &last).await, Code::InvalidArgument, &["subjects has 101 items"]);
    let foreign = Subject { scheme: "melderegister".into(), id: "1".into() };
    refused(keys(&scene, &[foreign], &last).await, Code::InvalidArgument, &["not declared"]);
    refused(keys(&scene, &[subject("a\nb")], &last).await, Code::InvalidArgument, &["subjects[0].id"]);
    assert_eq!(keys(&scene, &person, "1999-12").await.unwrap().keys, [], "nothing was sealed then");
}
