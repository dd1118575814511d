//! What stands in records: the charter in force, and its verdict.

use einsicht_access::{Charter, LoggedAccess, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, DiscloseRequest, EntryBody, OpenRecordRequest};

use crate::scene::{FIRST, Scene, fitting, ids, second};

/// One access of each kind that the tests know, and what it deviates from and is not verifiable for by the first charter,
/// worked out by hand.
fn mix() -> Vec<(AccessEvent, [Vec<String>; 2])> {
    vec![
        (fitting(), [ids(&[]), ids(&[])]),
        (AccessEvent { purpose: "werbung".into(), ..fitting() }, [ids(&["C-1"]), ids(&[])]),
        (AccessEvent { record_count: Some(1001), ..fitting() }, [ids(&["C-4"]), ids(&[])]),
        (AccessEvent { record_count: Some(1000), ..fitting() }, [ids(&[]), ids(&[])]),
        (AccessEvent { record_count: None, ..fitting() }, [ids(&[]), ids(&["C-4"])]),
        (AccessEvent { legal_basis: None, ..fitting() }, [ids(&[]), ids(&["C-2"])]),
        (
            AccessEvent { legal_basis: Some("other".into()), purpose: "x".into(), ..fitting() },
            [ids(&["C-1", "C-2"]), ids(&[])],
        ),
        // From the activity, because it is about this data set.
        (
            AccessEvent { legal_basis: None, activity: Some("va-17".into()), ..fitting() },
            [ids(&[]), ids(&[])],
        ),
        // Not from an activity of another data set: with its legal basis C-2 would be kept.
        (
            AccessEvent {
                dataset: "unknown".into(),
                legal_basis: None,
                activity: Some("va-17".into()),
                ..fitting()
            },
            [ids(&[]), ids(&["C-1", "C-2", "C-4"])],
        ),
        // A data set that the charter does not know, and one that is combined.
        (AccessEvent { dataset: "unknown".into(), ..fitting() }, [ids(&[]), ids(&["C-1", "C-4"])]),
        (
            AccessEvent { dataset: "unknown".into(), legal_basis: None, ..fitting() },
            [ids(&[]), ids(&["C-1", "C-2", "C-4"])],
        ),
        (
            AccessEvent { other_datasets: ids(&["parkhaeuser"]), purpose: "werbung".into(), ..fitting() },
            [ids(&["C-1"]), ids(&["C-4"])],
        ),
    ]
}

#[tokio::test]
async fn each_record_names_the_charter_in_force_and_what_it_says_of_it() {
    let scene = Scene::new("").await;
    let before = scene.verdict(AccessEvent { purpose: "werbung".into(), ..fitting() }).await;
    assert_eq!(before, (None, ids(&[]), ids(&[])), "no charter is in force");
    let charter = scene.publish(FIRST).await.last;
    let (events, expected): (Vec<_>, Vec<_>) = mix().into_iter().unzip();
    let together = scene.record(events.clone()).await;
    for ((index, record), [deviates, not_verifiable]) in together.iter().zip(&expected) {
        assert!(*index > charter);
        assert_eq!(record.charter, Some(charter));
        assert_eq!((&record.deviates, &record.not_verifiable), (deviates, not_verifiable), "{record:?}");
    }
    // What is asked before gives the same, and writes nothing.
    let (by, evaluations) = scene.evaluate(&scene.counter, events).await.unwrap();
    assert_eq!(by, Some(charter));
    for (evaluation, [deviates, not_verifiable]) in evaluations.iter().zip(&expected) {
        assert_eq!((&evaluation.deviates, &evaluation.not_verifiable), (deviates, not_verifiable));
        assert_eq!(evaluation.because.len(), deviates.len() + not_verifiable.len());
    }
}

#[tokio::test]
async fn a_newer_charter_is_in_force_from_its_entry_on_also_after_a_restart() {
    let scene = Scene::new("").await;
    let first = scene.publish(FIRST).await.last;
    let twenty = || AccessEvent { record_count: Some(20), ..fitting() };
    assert_eq!(scene.verdict(twenty()).await, (Some(first), ids(&[]), ids(&[])));
    let scene = scene.restart().await;
    assert_eq!(scene.verdict(twenty()).await, (Some(first), ids(&[]), ids(&[])));
    let last = scene.publish(&second()).await.last;
    assert_eq!(scene.verdict(twenty()).await, (Some(last), ids(&["C-4"]), ids(&[])));
    let scene = scene.crash().await;
    assert_eq!(scene.verdict(twenty()).await, (Some(last), ids(&["C-4"]), ids(&[])));
    let advertising = AccessEvent { purpose: "werbung".into(), ..fitting() };
    assert_eq!(scene.verdict(advertising).await, (Some(last), ids(&[]), ids(&[])));
}

#[tokio::test]
async fn the_verdict_on_a_confidential_access_is_sealed_with_it() {
    let scene = Scene::new("").await;
    let charter = scene.publish(FIRST).await.last;
    let today = i32::try_from(einsicht_tests::make::now_us() / 86_400_000_000).unwrap();
    let event = AccessEvent {
        purpose: "werbung".into(),
        record_count: None,
        confidential_until_day: Some(today),
        ..fitting()
    };
    let (index, shown) = scene.record(vec![event]).await.remove(0);
    assert_eq!((shown.charter, shown.deviates, shown.not_verifiable), (None, vec![], vec![]));
    let request = DiscloseRequest {
        index: Some(index),
        reason: "audit".into(),
        fields: vec!["confidential".into()],
        ..DiscloseRequest::default()
    };
    let disclosed = scene.service.vault(&scene.auditor).disclose(request).await.unwrap().into_inner();
    let hidden = disclosed.opened[0].value.clone();
    let access = LoggedAccess::of_record(&hidden).unwrap();
    assert_eq!(access.charter, Some(charter));
    assert_eq!(access.deviates.iter().collect::<Vec<_>>(), [b"C-1"]);
    assert_eq!(access.not_verifiable.iter().collect::<Vec<_>>(), [b"C-4"]);
    // Opened, it is judged in the open by the charter that it names.
    let opened = scene.service.vault(&scene.steward).open_record(OpenRecordRequest { index }).await.unwrap();
    let (_, body) = scene.proven(&opened.into_inner().receipt);
    let Some(Content::Opening(opening)) = body.content else { panic!("no opening: {body:?}") };
    assert_eq!(opening.record, hidden);
    let first = Charter::parse("first", FIRST.as_bytes()).unwrap();
    first.check_verdict(&LoggedAccess::of_record(&opening.record).unwrap()).unwrap();
}

/// Recording and publishing at the same time: whatever the order, each record is judged by the charter that stands
/// before it, and by no other.
#[tokio::test(flavor = "multi_thread")]
async fn records_among_charters_are_judged_by_the_one_before_them() {
    let scene = Scene::new("").await;
    let (one, two) = (FIRST.to_owned(), second());
    scene.publish(&one).await;
    let recorder = scene.service.recorder(&scene.counter);
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let mut recorder = recorder.clone();
        tasks.push(tokio::spawn(async move {
            let mut session = einsicht_tests::make::Session::new();
            for _ in 0..60 {
                let twenty = AccessEvent { record_count: Some(20), ..fitting() };
                let plain = session.request_of(vec![twenty]);
                let sealed = session.request_of(vec![AccessEvent {
                    record_count: Some(20),
                    legal_basis: Some("gdpr-6-1-e".into()),
                    ..einsicht_tests::make::personal()
                }]);
                recorder.record(plain).await.unwrap();
                recorder.record(sealed).await.unwrap();
            }
        }));
    }
    for round in 0..10 {
        scene.publish(if round % 2 == 0 { &two } else { &one }).await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let charters = scene.charters().await;
    assert_eq!(charters.len(), 11);
    let parsed = [Charter::parse("1", one.as_bytes()).unwrap(), Charter::parse("2", two.as_bytes()).unwrap()];
    let mut judged = [0; 2];
    for index in charters[0].last + 1.. {
        let request = einsicht_proto::v1::GetEntryRequest { index };
        if scene.service.ledger(&scene.auditor).get_entry(request).await.is_err() {
            break;
        }
        let entry = scene.entry(index).await;
        let EntryBody { content: Some(Content::Access(record)) } = &entry else { continue };
        let position = charters.iter().rposition(|charter| charter.last < index).unwrap();
        assert_eq!(record.charter, Some(charters[position].last), "entry {index}");
        let body = body_bytes(&entry);
        parsed[position % 2].check_verdict(&LoggedAccess::of_body(&body).unwrap()).unwrap();
        judged[position % 2] += 1;
    }
    assert_eq!(judged[0] + judged[1], 480);
}
