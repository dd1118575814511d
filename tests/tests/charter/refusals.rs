//! What is refused, whole, with words to act on; and what is recorded all the same.

use einsicht_access::charter::CHARTER_BYTES_MAX;
use einsicht_proto::v1::{AccessEvent, GetCheckpointRequest, WatchDeviationsRequest};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::scene::{FIRST, Scene, fitting, ids, second};

async fn size(scene: &Scene) -> u64 {
    let checkpoint = scene.service.ledger(&scene.auditor).get_checkpoint(GetCheckpointRequest {}).await;
    scene.city.verifier().open(&checkpoint.unwrap().into_inner().checkpoint).size.0
}

/// What is wrong with a charter, as its fields say it.
fn problems(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("it names what is wrong");
    details
        .field_violations
        .into_iter()
        .map(|found| format!("{}: {}", found.field, found.description))
        .collect()
}

#[tokio::test]
async fn a_text_that_is_no_charter_is_refused_with_every_place_and_nothing_is_written() {
    let scene = Scene::new("").await;
    scene.publish(FIRST).await;
    let before = size(&scene).await;
    let no_utf8 = [FIRST.as_bytes(), b"# \xff\n"].concat();
    let both =
        FIRST.replace("must = { purpose = { listed", "question = \"Warum?\"\nmust = { purpose = { listed");
    let twice = FIRST.replace("id = \"parkhaeuser\"", "id = \"besuchertrend\"");
    let no_field = FIRST.replace("must = { record_count =", "must = { recordcount =");
    let no_purposes = FIRST.replace("purposes = [\"verkehrsplanung\"]\n", "");
    let too_long = "#".repeat(CHARTER_BYTES_MAX + 1);
    let cases: [(&[u8], &str); 8] = [
        (b"", "[charter]"),
        (too_long.as_bytes(), "4194304 bytes"),
        (&no_utf8, "is not UTF-8"),
        (twice.as_bytes(), "twice"),
        (no_field.as_bytes(), "record_count"),
        (no_purposes.as_bytes(), "purposes"),
        (both.as_bytes(), "exactly one of must, must_not and question"),
        (b"[charter\ntitle = 1", "this line must read [charter]"),
    ];
    for (text, part) in cases {
        let refused = scene.try_to_publish(&scene.steward, text).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{part}: {refused}");
        let found = problems(&refused);
        assert!(found.iter().any(|problem| problem.contains(part)), "{part}: {found:?}");
        assert!(found.iter().all(|problem| problem.starts_with("text: ")), "{found:?}");
        assert!(refused.message().contains("nothing was written"), "{refused}");
    }
    assert_eq!(size(&scene).await, before);
    // More problems than a status has room for.
    let wrong = format!("{FIRST}{}", "[[dataset]]\nid = 1\n".repeat(400));
    let refused = scene.try_to_publish(&scene.steward, wrong.as_bytes()).await.unwrap_err();
    assert_eq!(problems(&refused).len(), 10);
    assert!(refused.message().contains("more: `einsicht charter check` lists them"), "{refused}");
    assert!(scene.publish(FIRST).await.already_in_force, "what was in force is so still");
}

#[tokio::test]
async fn only_a_steward_publishes() {
    let scene = Scene::new("").await;
    for by in [&scene.counter, &scene.auditor, &scene.monitor] {
        let refused = scene.try_to_publish(by, FIRST.as_bytes()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{}: {refused}", by.name);
        assert!(refused.message().contains("publish charters"), "{refused}");
    }
    assert_eq!(scene.charters().await, []);
}

#[tokio::test]
async fn a_request_longer_than_any_charter_is_not_read() {
    let scene = Scene::new("").await;
    let refused = scene.try_to_publish(&scene.steward, &vec![b'#'; 5 << 20]).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
}

/// The ledger is a witness, not a gate.
#[tokio::test]
async fn what_does_not_fit_and_what_the_charter_does_not_know_is_recorded() {
    let scene = Scene::new("").await;
    scene.publish(FIRST).await;
    let unknown = AccessEvent { dataset: "nie-gehört".into(), ..fitting() };
    assert_eq!(scene.verdict(unknown).await.2, ids(&["C-1", "C-4"]));
    // An activity of another data set says nothing here: with its legal basis C-2 would be kept.
    let other = AccessEvent {
        dataset: "nie-gehört".into(),
        activity: Some("va-17".into()),
        legal_basis: None,
        ..fitting()
    };
    assert_eq!(scene.verdict(other).await.2, ids(&["C-1", "C-2", "C-4"]));
}

#[tokio::test]
async fn a_severity_that_is_none_is_refused() {
    let scene = Scene::new("").await;
    for severity in [0, 3, -1] {
        let request = WatchDeviationsRequest { severities: vec![1, severity], ..Default::default() };
        let refused = scene.service.charter(&scene.auditor).watch_deviations(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains("severities[1]"), "{refused}");
    }
}

/// It would be silent for ever, and look like a good sign.
#[tokio::test]
async fn to_watch_a_commitment_that_no_charter_has_is_refused() {
    let scene = Scene::new("").await;
    let watch = async |id: &str| {
        let request = WatchDeviationsRequest { commitments: ids(&["C-1", id]), ..Default::default() };
        scene.service.charter(&scene.auditor).watch_deviations(request).await
    };
    let refused = watch("C-1").await.unwrap_err();
    assert!(refused.message().contains("'C-1' is no rule of any charter of this ledger; none"), "{refused}");
    scene.publish(FIRST).await;
    // Another letter, and a question, which is not computed.
    for id in ["c-1", "C-3"] {
        let refused = watch(id).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let expected =
            format!("commitments[1] '{id}' is no rule of any charter of this ledger; there are C-1, ");
        assert!(refused.message().starts_with(&expected), "{refused}");
    }
    // What is promised no more was promised once.
    scene.publish(&second().replace("id = \"C-4\"", "id = \"C-5\"")).await;
    assert!(watch("C-4").await.is_ok());
}

/// It would pass over what is recorded up to there.
#[tokio::test]
async fn a_watch_does_not_begin_behind_the_end() {
    let scene = Scene::new("").await;
    scene.publish(FIRST).await;
    let size = size(&scene).await;
    let watch = async |start: u64| {
        let request = WatchDeviationsRequest { start, ..Default::default() };
        scene.service.charter(&scene.auditor).watch_deviations(request).await
    };
    for start in [size + 1, u64::MAX] {
        let refused = watch(start).await.unwrap_err();
        assert_eq!(refused.code(), Code::OutOfRange);
        assert!(refused.message().contains(&format!("the ledger has {size} entries")), "{refused}");
    }
    let at_end = watch(size).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!((at_end.next, at_end.size, at_end.deviation), (size, size, None));
}
