//! Deviations as they come, and those of before; and their figures.

use einsicht_proto::v1::{AccessEvent, Deviation, Severity, WatchDeviationsRequest, WatchDeviationsResponse};
use einsicht_tests::city::{Known, Shown};
use tonic::{Code, Streaming};

use crate::scene::{FIRST, Scene, fitting, ids, second};

async fn watch(
    scene: &Scene,
    by: &Known,
    request: WatchDeviationsRequest,
) -> Streaming<WatchDeviationsResponse> {
    scene.service.charter(by).watch_deviations(request).await.unwrap().into_inner()
}

/// What comes until the end of the log is reached: indexes, with the commitments of each; and where to go on.
async fn until_end(stream: &mut Streaming<WatchDeviationsResponse>, size: u64) -> Vec<(u64, Vec<String>)> {
    let mut found = Vec::new();
    loop {
        let answer = stream.message().await.unwrap().expect("the stream goes on");
        assert!(answer.next <= answer.size && answer.size >= size, "{answer:?}");
        if let Some(deviation) = &answer.deviation {
            assert_eq!(answer.next, deviation.index + 1);
            let commitments = deviation.deviates.iter().map(|from| from.commitment.clone()).collect();
            found.push((deviation.index, commitments));
        }
        if answer.next >= size {
            return found;
        }
    }
}

/// The next record that deviates.
async fn next(stream: &mut Streaming<WatchDeviationsResponse>) -> Deviation {
    loop {
        if let Some(deviation) = stream.message().await.unwrap().expect("the stream goes on").deviation {
            return deviation;
        }
    }
}

fn wrong_purpose() -> AccessEvent {
    AccessEvent { purpose: "x".into(), ..fitting() }
}

fn too_many() -> AccessEvent {
    AccessEvent { record_count: Some(5000), ..fitting() }
}

#[tokio::test]
async fn deviations_are_told_from_the_beginning_and_as_they_are_published() {
    let scene = Scene::new("").await;
    let charter = scene.publish(FIRST).await.last;
    let purpose = scene.record(vec![wrong_purpose()]).await[0].0;
    let fits = scene.record(vec![fitting(), AccessEvent { record_count: None, ..fitting() }]).await[1].0;
    let mut stream = watch(&scene, &scene.auditor, WatchDeviationsRequest::default()).await;
    assert_eq!(until_end(&mut stream, fits + 1).await, [(purpose, ids(&["C-1"]))]);
    let both = scene.record(vec![AccessEvent { purpose: "x".into(), ..too_many() }]).await[0].0;
    let told = next(&mut stream).await;
    assert_eq!((told.index, told.charter, told.dataset.as_str()), (both, charter, "besuchertrend"));
    assert!(told.recorded_at > 1_700_000_000);
    let severities: Vec<_> =
        told.deviates.iter().map(|from| (from.commitment.as_str(), from.severity())).collect();
    assert_eq!(severities, [("C-1", Severity::Breach), ("C-4", Severity::Notice)]);
    // From where the last answer said, nothing is told twice.
    let request = WatchDeviationsRequest { start: both + 1, ..Default::default() };
    let mut later = watch(&scene, &scene.steward, request).await;
    let later_one = scene.record(vec![too_many()]).await[0].0;
    assert_eq!(next(&mut later).await.index, later_one);
}

#[tokio::test]
async fn who_asks_for_a_severity_or_a_commitment_is_told_no_other() {
    let scene = Scene::new("").await;
    scene.publish(FIRST).await;
    let events = vec![wrong_purpose(), too_many(), AccessEvent { purpose: "x".into(), ..too_many() }];
    let first = scene.record(events).await[0].0;
    let cases = [
        (vec![Severity::Notice], ids(&[]), vec![(first + 1, ids(&["C-4"])), (first + 2, ids(&["C-4"]))]),
        (vec![Severity::Breach], ids(&[]), vec![(first, ids(&["C-1"])), (first + 2, ids(&["C-1"]))]),
        (vec![], ids(&["C-1", "C-2"]), vec![(first, ids(&["C-1"])), (first + 2, ids(&["C-1"]))]),
        (vec![Severity::Notice], ids(&["C-1"]), vec![]),
    ];
    for (severities, commitments, expected) in cases {
        let severities = severities.into_iter().map(i32::from).collect();
        let request = WatchDeviationsRequest { start: 0, severities, commitments };
        let mut stream = watch(&scene, &scene.auditor, request).await;
        assert_eq!(until_end(&mut stream, first + 3).await, expected);
    }
}

#[tokio::test]
async fn deviations_under_older_charters_are_told_by_these_also_after_a_restart() {
    let scene = Scene::new("").await;
    let first = scene.publish(FIRST).await.last;
    let old = scene.record(vec![AccessEvent { purpose: "werbung".into(), ..fitting() }]).await[0].0;
    for round in 0..4 {
        // Others in between, so that the first has to be read from the log again.
        scene.publish(&format!("{}# {round}\n", second())).await;
    }
    let new = scene.record(vec![AccessEvent { record_count: Some(20), ..fitting() }]).await[0].0;
    let scene = scene.restart().await;
    let mut stream = watch(&scene, &scene.auditor, WatchDeviationsRequest::default()).await;
    let told = next(&mut stream).await;
    assert_eq!((told.index, told.charter), (old, first));
    assert_eq!(until_end(&mut stream, new + 1).await, [(new, ids(&["C-4"]))]);
}

#[tokio::test]
async fn nobody_watches_who_may_not_read_entries() {
    let scene = Scene::new("").await;
    for by in [&scene.counter, &scene.monitor] {
        let asked = scene.service.charter(by).watch_deviations(WatchDeviationsRequest::default()).await;
        assert_eq!(asked.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_service() {
    let scene = Scene::new("").await;
    let mut stream = watch(&scene, &scene.auditor, WatchDeviationsRequest::default()).await;
    stream.message().await.unwrap().expect("how far the log was looked at");
    let Scene { service, .. } = scene;
    let (ended, last) =
        tokio::join!(service.terminate(), async { while let Ok(Some(_)) = stream.message().await {} });
    ended.expect(0, &[]);
    last
}

/// What stands on the page of figures about deviations: nothing of confidential ones.
#[tokio::test]
async fn deviations_are_counted_by_commitment_once_they_are_published() {
    let scene = Scene::new("").await;
    let figures = || async {
        let page = scene.service.get("/metrics", &Shown::certificate(&scene.monitor)).await;
        let lines = page.text().lines().filter(|line| line.starts_with("einsicht_deviations_total{"));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(figures().await, Vec::<String>::new());
    scene.publish(FIRST).await;
    let line = |id: &str, severity: &str, count: u32| {
        format!("einsicht_deviations_total{{commitment=\"{id}\",severity=\"{severity}\"}} {count}")
    };
    let all = |[a, b, c]: [u32; 3]| {
        vec![line("C-1", "breach", a), line("C-2", "breach", b), line("C-4", "notice", c)]
    };
    assert_eq!(figures().await, all([0, 0, 0]), "so that the first is seen as one more");
    let request =
        einsicht_tests::make::Session::new().request_of(vec![wrong_purpose(), too_many(), wrong_purpose()]);
    for _ in 0..2 {
        // What is known already is not counted again.
        scene.service.recorder(&scene.counter).record(request.clone()).await.unwrap();
    }
    let hidden = AccessEvent { confidential_until_day: Some(30_000), ..wrong_purpose() };
    scene.record(vec![fitting(), hidden]).await;
    assert_eq!(figures().await, all([2, 0, 1]));
}
