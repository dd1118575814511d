//! What was erased is gone, stays gone, and everybody can see that it was erased.

use std::fs;
use std::time::Duration;

use einsicht_proto::v1::EraseRequest;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tests::folder::files;
use einsicht_tests::process::{run, text};
use tokio::time::sleep;
use tonic::Code;

use crate::scene::{ACTOR, Scene, personal, refused};

#[tokio::test]
async fn an_erased_field_is_gone_and_the_others_stay_also_after_restarts() {
    let scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    let neighbour = scene.record(personal()).await;
    let erased = scene.erase(index, &["actor"]).await.unwrap();
    assert_eq!(erased.fields, [33]);
    let (by, entry) = scene.proven(&erased.receipt);
    let Some(Content::Erasure(erasure)) = &entry.content else { panic!("{entry:?}") };
    assert_eq!(erasure.ground, "GDPR Art. 17(1)(b)");
    let said = scene.statement(&erased.receipt, erased.statement.as_ref());
    assert_eq!((said.who.as_str(), said.index, said.fields), ("steward-a", Some(index), vec![33]));
    assert!(erasure.seal.is_some() && erasure.month.is_none());
    assert!(!format!("{entry:?}").contains("steward-a"));
    let mut scene = scene;
    for round in 0..3 {
        let answer = scene.disclose(&scene.auditor, index, &["actor", "justification"]).await.unwrap();
        assert_eq!(scene.text(&answer, "actor"), Err(by), "round {round}");
        assert_eq!(scene.text(&answer, "justification"), Ok("Bürgeranfrage".to_owned()));
        let answer = scene.disclose(&scene.auditor, neighbour, &["actor"]).await.unwrap();
        assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
        scene = if round == 0 { scene.restart().await } else { scene.crash().await };
    }
}

#[tokio::test]
async fn erasing_twice_is_told_and_writes_nothing() {
    let scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    let by = scene.proven(&scene.erase(index, &["actor"]).await.unwrap().receipt).0;
    let told = format!("see entry {by}");
    refused(scene.erase(index, &["actor"]).await, Code::FailedPrecondition, &["erased before", &told]);
    let rest = scene.erase(index, &[]).await.unwrap();
    assert_eq!(rest.fields, [32, 36, 42], "what was left, and nothing twice");
    let before: Vec<_> = rest.erased_before.iter().map(|field| (field.field, field.erased_by)).collect();
    assert_eq!(before, [(33, Some(by))]);
    let by = scene.proven(&rest.receipt).0;
    assert_eq!(by, index + 2, "the refusal is no entry");
    refused(scene.erase(index, &[]).await, Code::FailedPrecondition, &["erased before"]);
}

#[tokio::test]
async fn only_what_is_there_is_erased_and_only_by_stewards() {
    let scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    refused(scene.erase(index, &["query"]).await, Code::NotFound, &["'query'"]);
    refused(scene.erase(index, &["colour"]).await, Code::InvalidArgument, &["fields[0]"]);
    refused(scene.erase(99, &[]).await, Code::NotFound, &["entry 99"]);
    for ground in ["", &"x".repeat(1025)] {
        let request = EraseRequest { index, ground: ground.into(), ..EraseRequest::default() };
        let answer = scene.service.vault(&scene.steward).erase(request).await;
        refused(answer, Code::InvalidArgument, &["ground"]);
    }
    let request = EraseRequest { index, ground: "x".into(), ..EraseRequest::default() };
    let answer = scene.service.vault(&scene.auditor).erase(request).await;
    refused(answer, Code::PermissionDenied, &["auditor"]);
    let trail = scene.disclose(&scene.steward, index, &["actor"]).await.unwrap().trail;
    let trail = scene.proven(&trail).0;
    refused(scene.erase(trail, &["statement"]).await, Code::FailedPrecondition, &["never alone"]);
    let answer = scene.disclose(&scene.auditor, index, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
}

#[tokio::test]
async fn a_vault_that_is_damaged_is_named_and_the_log_is_recorded_and_verified_all_the_same() {
    let mut scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    scene.service.terminate().await.expect(0, &[]);
    let openings = files(&scene.city.data()).into_iter().find(|path| path.ends_with("openings")).unwrap();
    let mut bytes = fs::read(&openings).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    fs::write(&openings, bytes).unwrap();
    scene.service = scene.city.serve_with(&[]).await;
    let answer = scene.disclose(&scene.auditor, index, &["actor"]).await;
    refused(answer, Code::DataLoss, &["openings", &format!("entry {index}")]);
    let next = scene.record(personal()).await;
    let answer = scene.disclose(&scene.auditor, next, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
}

/// Of what was in order at the last stop, a start looks at the end only.
#[tokio::test]
async fn damage_that_no_start_looks_at_is_found_all_the_same_and_known_until_it_is_erased() {
    let mut scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    scene.record(personal()).await;
    scene.service.terminate().await.expect(0, &[]);
    let openings = files(&scene.city.data()).into_iter().find(|path| path.ends_with("openings")).unwrap();
    let mut bytes = fs::read(&openings).unwrap();
    let first = bytes.windows(4).position(|window| window == b"EIV1").unwrap();
    bytes[first + 100] ^= 1;
    fs::write(&openings, bytes).unwrap();
    let told = format!("the openings of entry {index} are damaged");
    let known = scene.city.data().join("vault/damaged");
    for _ in 0..2 {
        scene.service = scene.city.serve_with(&[]).await;
        let mut tries = 0;
        while !(known.exists() && scene.service.log().contains(&told)) {
            tries += 1;
            assert!(tries < 1000, "nobody found it: {}", scene.service.log());
            sleep(Duration::from_millis(10)).await;
        }
        scene.service.terminate().await.expect(0, &[]);
    }
    scene.service = scene.city.serve_with(&[]).await;
    let erased = scene.erase(index, &[]).await.unwrap();
    let (by, _) = scene.proven(&erased.receipt);
    assert!(!known.exists());
    scene.service.terminate().await.expect(0, &[]);
    scene.service = scene.city.serve_with(&[]).await;
    let answer = scene.disclose(&scene.auditor, index, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Err(by));
    assert!(!scene.service.log().contains(&told));
}

#[tokio::test]
async fn under_a_new_wrapping_key_everything_opens_and_copies_under_the_old_one_do_not() {
    let mut scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    let (old, new) = (scene.city.wrapping_key(), scene.city.path("new.key"));
    scene.city.einsichtd("rewrap", &["--new-wrapping-key-file", text(&old)]).await.expect(2, &["in use"]);
    scene.service.terminate().await.expect(0, &[]);
    let key = scene.city.path("keys/vault").read_dir().unwrap().next().unwrap().unwrap().path();
    let copy = fs::read(&key).unwrap();
    run("einsichtd", &["wrapping-key", "--out", text(&new)]).await.expect(0, &[]);
    scene.city.einsichtd("rewrap", &["--new-wrapping-key-file", text(&new)]).await.expect(0, &[]);
    assert_ne!(fs::read(&key).unwrap(), copy);
    scene.city.einsichtd("serve", &[]).await.expect(2, &["does not open with this wrapping key"]);
    fs::rename(&new, &old).unwrap();
    scene.service = scene.city.serve_with(&[]).await;
    let answer = scene.disclose(&scene.auditor, index, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
}

#[tokio::test]
async fn a_wrong_wrapping_key_is_no_start_and_the_right_one_opens_again() {
    let mut scene = Scene::new("").await;
    let index = scene.record(personal()).await;
    scene.service.terminate().await.expect(0, &[]);
    let file = scene.city.wrapping_key();
    let right = fs::read(&file).unwrap();
    fs::write(&file, "ab".repeat(32)).unwrap();
    scene.city.einsichtd("serve", &[]).await.expect(2, &["does not open with this wrapping key"]);
    let checked = run("einsichtd", &["config", "check", "--config", text(&scene.city.config())]).await;
    checked.expect(1, &[]);
    assert!(checked.stdout.contains("does not open with this wrapping key"), "{checked:?}");
    fs::write(&file, "not a key").unwrap();
    scene.city.einsichtd("serve", &[]).await.expect(2, &[text(&file), "hexadecimal digits"]);
    fs::write(&file, right).unwrap();
    scene.service = scene.city.serve_with(&[]).await;
    let answer = scene.disclose(&scene.auditor, index, &["actor"]).await.unwrap();
    assert_eq!(scene.text(&answer, "actor"), Ok(ACTOR.to_owned()));
}
