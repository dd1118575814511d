//! A spool without room, and whoever observes it.

use std::sync::{Arc, Mutex, OnceLock};

use einsicht_client::config::WhenFull;
use einsicht_client::spool::{Observer, SpoolEvent, SpoolObserver};

use super::*;

#[tokio::test]
async fn a_full_spool_is_an_error_or_a_wait_and_nothing_is_dropped() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    fake.go_away();
    let mut spool = spooling.spool();
    spool.bytes_max = 2000;
    let recorder = spooling.recorder_with(spool.clone()).await;
    let mut taken = 0;
    let error = loop {
        match recorder.record(access()).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, RecordError::Spool(SpoolError::Full { bytes_max: 2000, .. })), "{error}");
    assert!((1..20).contains(&taken), "{taken}");
    let on_disk = fs::read_dir(&spool.dir).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    let on_disk: u64 = on_disk.sum();
    assert_eq!(recorder.spool_status().unwrap().bytes, on_disk);
    drop(recorder);
    tokio::time::sleep(Duration::from_millis(100)).await;

    spool.when_full = WhenFull::Wait;
    let recorder = spooling.recorder_with(spool).await;
    let waiting = tokio::spawn({
        let recorder = recorder.clone();
        async move { recorder.record_batch(accesses(2)).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    fake.come_back();
    assert_eq!(waiting.await.unwrap().len(), 2);
    until(&recorder, |status| status.events == 0).await;
    assert_eq!(fake.records().len(), taken + 2);
}

#[tokio::test]
async fn closing_does_not_wait_for_room_for_ever() {
    let spooling = Spooling::start().await;
    spooling.fake.go_away();
    let mut spool = spooling.spool();
    (spool.bytes_max, spool.when_full) = (2000, WhenFull::Wait);
    let recorder = spooling.recorder_with(spool).await;
    let events = || recorder.spool_status().unwrap().events;
    let fill = async { while recorder.record(access()).await.is_ok() {} };
    let mut waiting = None;
    tokio::pin!(fill);
    // Full once nothing more goes in for a while.
    while waiting != Some(events()) {
        waiting = Some(events());
        assert!(
            tokio::time::timeout(Duration::from_millis(500), &mut fill).await.is_err(),
            "it waits for room"
        );
    }
    let waiting = events();
    // The end of the session finds no room either.
    let error = tokio::time::timeout(SOON, recorder.close()).await.unwrap().unwrap_err();
    assert!(matches!(error, RecordError::Spool(SpoolError::Full { .. })), "{error}");
    assert_eq!(recorder.spool_status().unwrap().events, waiting);
    spooling.fake.come_back();
    until(&recorder, |status| status.events == 0).await;
    recorder.close().await.unwrap();
    assert_eq!(spooling.fake.records().len() as u64, waiting);
    assert_eq!(spooling.fake.state().log.session_ends().len(), 1);
}

#[tokio::test]
async fn whoever_observes_may_ask_for_the_status() {
    #[derive(Default)]
    struct Asking(OnceLock<Recorder>, Mutex<Vec<SpoolEvent>>);
    impl SpoolObserver for Asking {
        fn observe(&self, event: &SpoolEvent) {
            self.0.get().map(Recorder::spool_status);
            self.1.lock().unwrap().push(event.clone());
        }
    }
    let spooling = Spooling::start().await;
    let asking = Arc::new(Asking::default());
    let mut spool = spooling.spool();
    (spool.bytes_max, spool.observer) = (500, Observer::new(asking.clone()));
    let recorder = spooling.recorder_with(spool).await;
    asking.0.set(recorder.clone()).ok().unwrap();
    spooling.fake.go_away();
    let fill = tokio::spawn(async move { while recorder.record(access()).await.is_ok() {} });
    tokio::time::timeout(SOON, fill).await.unwrap().unwrap();
    assert!(asking.1.lock().unwrap().contains(&SpoolEvent::Full));
}

#[tokio::test]
async fn whoever_observes_sees_every_access_come_and_go() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<SpoolEvent>>);
    impl SpoolObserver for Seen {
        fn observe(&self, event: &SpoolEvent) {
            self.0.lock().unwrap().push(event.clone());
        }
    }
    let spooling = Spooling::start().await;
    let seen = Arc::new(Seen::default());
    let mut spool = spooling.spool();
    spool.observer = Observer::new(seen.clone());
    spooling.fake.go_away();
    let recorder = spooling.recorder_with(spool).await;
    recorder.record_batch(accesses(3)).await.unwrap();
    spooling.fake.come_back();
    until(&recorder, |status| status.events == 0 && status.halted.is_none()).await;
    let seen = seen.0.lock().unwrap().clone();
    let expected = [
        SpoolEvent::Halted { reason: HaltReason::Away },
        SpoolEvent::Spooled { events: 3 },
        SpoolEvent::Resumed,
        SpoolEvent::Shipped { events: 3 },
    ];
    assert_eq!(seen, expected);
}
