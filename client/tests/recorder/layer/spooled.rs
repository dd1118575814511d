//! A service whose recorder has a spool: answers go on while the ledger is away, as long as there is room.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use einsicht_client::Recorder;
use einsicht_client::config::{OnUnavailable, SpoolConfig};
use einsicht_client::layer::AccessGuard;
use http::StatusCode;
use tokio::time::timeout;

use super::recorded;
use crate::fake::{Fake, access};

const DATA: &str = "340 visitors";
/// Long enough on the slowest machine.
const SOON: Duration = Duration::from_secs(20);

async fn visitors(guard: AccessGuard) -> &'static str {
    guard.state(access());
    DATA
}

async fn spooling(
    fake: &Fake,
    change: impl FnOnce(&mut SpoolConfig),
) -> (Recorder, Router, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = SpoolConfig::new(&folder.path().join("spool"));
    change(&mut spool);
    let mut config = fake.config();
    config.on_unavailable = OnUnavailable::Spool(spool);
    let recorder = Recorder::connect(config).await.unwrap();
    let service = recorded(Router::new().route("/", get(visitors)), &recorder);
    (recorder, service, folder)
}

#[tokio::test]
async fn answers_leave_when_their_access_is_spooled_and_it_is_recorded_later() {
    let fake = Fake::start().await;
    let (recorder, service, _folder) = spooling(&fake, |spool| spool.drain_max = SOON).await;
    fake.go_away();
    for _ in 0..5 {
        assert_eq!(super::get(&service, "/").await, (StatusCode::OK, DATA.to_owned()));
    }
    assert_eq!((fake.records().len(), recorder.spool_status().unwrap().events), (0, 5));
    fake.come_back();
    recorder.close().await.unwrap();
    assert_eq!(fake.sequences(), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_full_spool_keeps_answers_back() {
    let fake = Fake::start().await;
    let (recorder, service, _folder) = spooling(&fake, |spool| {
        spool.bytes_max = 2000;
        spool.drain_max = SOON;
    })
    .await;
    fake.go_away();
    let mut left = 0;
    let (status, text) = timeout(SOON, async {
        loop {
            match super::get(&service, "/").await {
                (StatusCode::OK, _) => left += 1,
                other => break other,
            }
        }
    })
    .await
    .unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(left > 0 && !text.contains(DATA), "{left} {text}");
    fake.come_back();
    let emptied = async {
        while recorder.spool_status().unwrap().events > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(SOON, emptied).await.unwrap();
    assert_eq!(fake.records().len(), left, "one access for each answer that left");
}
