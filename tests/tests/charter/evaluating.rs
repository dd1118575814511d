//! What the verdict would be, before anything is touched or written.

use einsicht_proto::v1::{AccessEvent, Evaluation, GetCheckpointRequest};
use einsicht_tests::make::personal;
use tonic::Code;

use crate::scene::{FIRST, Scene, fitting, ids, second};

#[tokio::test]
async fn who_asks_learns_why_in_both_languages_and_nothing_is_written() {
    let scene = Scene::new("").await;
    let charter = scene.publish(FIRST).await.last;
    let checkpoint = || async {
        let mut ledger = scene.service.ledger(&scene.auditor);
        ledger.get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner().checkpoint
    };
    let before = checkpoint().await;
    let event = AccessEvent { record_count: Some(20_000), legal_basis: None, ..fitting() };
    let (by, evaluations) = scene.evaluate(&scene.counter, vec![event, fitting()]).await.unwrap();
    assert_eq!(by, Some(charter));
    let [first, last] = &evaluations[..] else { panic!("{evaluations:?}") };
    assert_eq!((&first.deviates, &first.not_verifiable), (&ids(&["C-4"]), &ids(&["C-2"])));
    let because: Vec<_> = first.because.iter().map(|because| because.commitment.as_str()).collect();
    assert_eq!(because, ["C-2", "C-4"], "in the order of the charter");
    let [basis, ceiling] = &first.because[..] else { panic!("{first:?}") };
    assert!(basis.german.contains("Rechtsgrundlage") && basis.english.contains("legal basis"), "{basis:?}");
    assert!(ceiling.german.contains("20.000") && ceiling.german.contains("1.000"), "{ceiling:?}");
    assert!(ceiling.english.contains("20,000") && ceiling.english.contains("1,000"), "{ceiling:?}");
    assert_eq!(*last, Default::default());
    assert_eq!(checkpoint().await, before, "nothing was written");
}

#[tokio::test]
async fn recorders_ask_for_their_own_data_sets_auditors_and_stewards_for_all() {
    let scene = Scene::new("").await;
    scene.publish(FIRST).await;
    let own = AccessEvent { dataset: "parkhaeuser".into(), ..fitting() };
    scene.evaluate(&scene.parking, vec![own.clone()]).await.unwrap();
    let both = vec![own, fitting()];
    let refused = scene.evaluate(&scene.parking, both.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    assert!(refused.message().contains("events[1].dataset"), "{refused}");
    for by in [&scene.counter, &scene.auditor, &scene.steward] {
        assert_eq!(scene.evaluate(by, both.clone()).await.unwrap().1.len(), 2);
    }
    let refused = scene.evaluate(&scene.monitor, both).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
}

#[tokio::test]
async fn events_are_validated_as_those_that_are_recorded() {
    let scene = Scene::new("").await;
    let (by, evaluations) = scene.evaluate(&scene.counter, vec![fitting()]).await.unwrap();
    assert_eq!((by, evaluations), (None, vec![Default::default()]), "no charter is in force");
    scene.publish(FIRST).await;
    for (events, part) in [
        (vec![], "events"),
        (vec![fitting(); 1001], "events"),
        (vec![fitting(), AccessEvent { purpose: String::new(), ..fitting() }], "events[1].purpose"),
        (
            vec![AccessEvent {
                subjects: vec![einsicht_proto::v1::Subject { scheme: "kfz".into(), id: "UL-X 1".into() }],
                ..personal()
            }],
            "events[0].subjects[0].scheme",
        ),
    ] {
        let refused = scene.evaluate(&scene.counter, events).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{part}: {refused}");
        assert!(refused.message().contains(part), "{part}: {refused}");
    }
    // What is sealed has no part in it, and is not shown.
    let sealed = AccessEvent { record_count: None, legal_basis: None, ..personal() };
    let (_, evaluations) = scene.evaluate(&scene.counter, vec![sealed]).await.unwrap();
    assert_eq!(evaluations[0].not_verifiable, ids(&["C-2", "C-4"]));
    assert!(!format!("{evaluations:?}").contains("kornblum"));
}

#[tokio::test]
async fn a_charter_that_follows_gives_other_verdicts() {
    let scene = Scene::new("").await;
    let event = || AccessEvent { record_count: Some(20), ..fitting() };
    scene.publish(FIRST).await;
    assert_eq!(scene.evaluate(&scene.auditor, vec![event()]).await.unwrap().1[0].deviates, ids(&[]));
    let last = scene.publish(&second()).await.last;
    let (by, evaluations) = scene.evaluate(&scene.auditor, vec![event()]).await.unwrap();
    assert_eq!((by, &evaluations[0].deviates), (Some(last), &ids(&["C-4"])));
}

/// A reason names the first values of a list, and a charter may list a thousand.
#[tokio::test]
async fn a_thousand_events_are_answered_however_much_the_charter_lists() {
    let scene = Scene::new("").await;
    scene.publish(&with_purposes(300, 10)).await;
    let (_, evaluations) = scene.evaluate(&scene.counter, vec![fitting(); 1000]).await.unwrap();
    assert_eq!(evaluations.len(), 1000);
    assert!(evaluations.iter().all(|evaluation| evaluation.deviates == ids(&["C-1"])));
    let told = &evaluations[0].because[0];
    assert!(told.german.ends_with("(purpose-9) oder 290 weitere)."), "{}", told.german);
    assert!(told.english.ends_with("(purpose-9) or 290 more)."), "{}", told.english);
    // Of short titles there is room for the first ten of them a thousand times.
    assert!(evaluations.iter().all(|evaluation| evaluation.because == evaluations[0].because));
}

#[tokio::test]
async fn a_thousand_events_are_answered_however_long_the_reasons_are() {
    let scene = Scene::new("").await;
    scene.publish(&with_purposes(10, 1000)).await;
    let (_, evaluations) = scene.evaluate(&scene.counter, vec![fitting(); 1000]).await.unwrap();
    assert_eq!(evaluations.len(), 1000);
    assert!(evaluations.iter().all(|evaluation| evaluation.deviates == ids(&["C-1"])));
    let told = evaluations.iter().take_while(|evaluation| !evaluation.because.is_empty()).count();
    assert!((10..500).contains(&told), "{told}");
    let of_one = |evaluation: &Evaluation| {
        evaluation.because.iter().map(|one| one.german.len() + one.english.len()).sum::<usize>()
    };
    let bytes: usize = evaluations.iter().map(of_one).sum();
    assert!((1 << 20..=2 << 20).contains(&bytes), "{bytes}");
    assert!(evaluations[told..].iter().all(|evaluation| evaluation.because.is_empty()));
}

/// A charter whose data set lists so many purposes, with titles of so many bytes; none that events here have.
fn with_purposes(count: usize, title_bytes: usize) -> String {
    let purposes: Vec<_> = (0..count).map(|number| format!("purpose-{number}")).collect();
    let title = "Z".repeat(title_bytes);
    let declared = |id: &String| format!("\n[[purpose]]\nid = \"{id}\"\ntitle = \"{title}\"\n");
    let listed = purposes.iter().map(|id| format!("\"{id}\", ")).collect::<String>();
    let text = FIRST.replace("purposes = [\"verkehrsplanung\"]", &format!("purposes = [{listed}]"));
    format!("{text}{}", purposes.iter().map(declared).collect::<String>())
}
