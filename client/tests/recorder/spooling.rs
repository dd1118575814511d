//! A recorder with a spool: what it takes is recorded once, in order, whatever happens to the ledger.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use einsicht_client::config::{OnUnavailable, RecorderConfig, SpoolConfig};
use einsicht_client::error::RecordError;
use einsicht_client::spool::{HaltReason, SpoolError, SpoolStatus};
use einsicht_client::{Kept, Recorder};

use crate::fake::{Fake, Fault, access, accesses, hidden};

mod full;
mod refusals;

/// Long enough on the slowest machine.
const SOON: Duration = Duration::from_secs(20);

struct Spooling {
    fake: Fake,
    folder: tempfile::TempDir,
}

impl Spooling {
    async fn start() -> Self {
        Self { fake: Fake::start().await, folder: tempfile::tempdir().unwrap() }
    }

    fn spool(&self) -> SpoolConfig {
        let mut spool = SpoolConfig::new(&self.folder.path().join("spool"));
        spool.drain_max = Duration::from_millis(50);
        spool
    }

    fn config(&self, spool: SpoolConfig) -> RecorderConfig {
        let mut config = self.fake.config();
        config.on_unavailable = OnUnavailable::Spool(spool);
        config
    }

    async fn recorder(&self) -> Recorder {
        self.recorder_with(self.spool()).await
    }

    async fn recorder_with(&self, spool: SpoolConfig) -> Recorder {
        Recorder::connect(self.config(spool)).await.unwrap()
    }

    fn files(&self, beginning: &str) -> Vec<String> {
        let files = fs::read_dir(self.spool().dir).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(beginning)).collect()
    }
}

fn is_spooled(kept: &[Kept]) -> bool {
    kept.iter().all(|kept| matches!(kept, Kept::Spooled(_)))
}

async fn until(recorder: &Recorder, what: impl Fn(&SpoolStatus) -> bool) -> SpoolStatus {
    let began = std::time::Instant::now();
    loop {
        let status = recorder.spool_status().unwrap();
        if what(&status) {
            return status;
        }
        assert!(began.elapsed() < SOON, "{status:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn purposes(fake: &Fake) -> Vec<String> {
    fake.records().into_iter().map(|record| record.purpose).collect()
}

#[tokio::test]
async fn what_was_spooled_is_recorded_in_order_and_once_when_the_ledger_is_back() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    let recorder = spooling.recorder().await;
    assert!(matches!(recorder.record(access()).await, Ok(Kept::Recorded(_))));
    fake.go_away();
    for access in accesses(5) {
        assert!(is_spooled(&[recorder.record(access).await.unwrap()]));
    }
    assert!(is_spooled(&recorder.record_batch(accesses(1500)).await.unwrap()));
    let status = until(&recorder, |status| status.halted.is_some()).await;
    assert_eq!((status.events, status.requests), (1505, 7));
    assert_eq!(status.halted.unwrap().reason, HaltReason::Away);
    assert!(status.oldest_age.is_some() && status.bytes > 0);
    fake.come_back();
    until(&recorder, |status| status.events == 0).await;
    assert!(fake.sequences().into_iter().eq(0..1506), "{:?}", fake.sequences());
    let expected = accesses(5).into_iter().chain(accesses(1500)).count();
    assert_eq!(purposes(fake).len(), expected + 1);
    // What was shipped does not stay on this disk, and the ledger is asked directly again.
    let began = std::time::Instant::now();
    while !spooling.files("segment-").is_empty() {
        assert!(began.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(matches!(recorder.record(access()).await, Ok(Kept::Recorded(_))));
    assert_eq!(recorder.spool_status().unwrap().halted, None);
}

#[tokio::test]
async fn confidential_accesses_keep_their_own_session_in_the_spool_and_are_recorded_once() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    let recorder = spooling.recorder().await;
    recorder.record_batch([access(), hidden()]).await.unwrap();
    fake.fail([Fault::LoseAnswer]);
    assert!(is_spooled(&recorder.record_batch([hidden(), hidden()]).await.unwrap()));
    fake.go_away();
    for access in [access(), hidden(), access()] {
        assert!(is_spooled(&[recorder.record(access).await.unwrap()]));
    }
    assert!(is_spooled(&recorder.record_batch([hidden(), access(), hidden()]).await.unwrap()));
    // Another process goes on where this one was.
    drop(recorder);
    fake.come_back();
    let recorder = spooling.recorder().await;
    until(&recorder, |status| status.requests == 0).await;
    let (hidden, public): (Vec<_>, Vec<_>) =
        fake.records().into_iter().partition(|record| record.confidential_seal.is_some());
    assert!(public.iter().all(|record| record.session == public[0].session));
    assert_eq!(public.iter().map(|record| record.sequence).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(hidden.len(), 6);
    // They may have been sent more than once, and are recorded once.
    let sent = fake.sent().into_iter().filter(|sent| sent.hides);
    let sent: BTreeSet<_> = sent.map(|sent| (sent.session, sent.number)).collect();
    let session = sent.first().unwrap().0.clone();
    assert!(session != public[0].session);
    assert!(sent.into_iter().eq((0..6).map(|number| (session.clone(), number))));
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_not_doubled_by_the_spool() {
    let spooling = Spooling::start().await;
    let recorder = spooling.recorder().await;
    spooling.fake.fail([Fault::LoseAnswer]);
    assert!(is_spooled(&recorder.record_batch(accesses(3)).await.unwrap()));
    until(&recorder, |status| status.events == 0).await;
    recorder.record(access()).await.unwrap();
    assert_eq!(spooling.fake.sequences(), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_recorder_starts_without_its_ledger_and_ships_what_the_last_one_left() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    fake.go_away();
    let first = spooling.recorder().await;
    first.record_batch(accesses(3)).await.unwrap();
    // Its end goes behind its accesses.
    first.close().await.unwrap();
    drop(first);
    // The thread of the first one ends on its own, and soon.
    let second = spooling.recorder().await;
    assert_eq!(second.spool_status().unwrap().events, 3);
    assert!(is_spooled(&[second.record(access()).await.unwrap()]));
    fake.come_back();
    until(&second, |status| status.requests == 0).await;
    assert_eq!(fake.sequences(), [0, 1, 2, 0]);
    let ends = fake.state().log.session_ends();
    assert_eq!(ends.len(), 1);
    assert_eq!((&ends[0].session, ends[0].last_sequence), (&fake.records()[0].session, Some(2)));
}

#[tokio::test]
async fn a_recorder_that_was_closed_leaves_nothing_on_disk_that_was_shipped() {
    let spooling = Spooling::start().await;
    spooling.fake.go_away();
    let mut spool = spooling.spool();
    spool.drain_max = SOON;
    let recorder = spooling.recorder_with(spool).await;
    recorder.record_batch(accesses(3)).await.unwrap();
    assert_eq!(spooling.files("segment-").len(), 1);
    spooling.fake.come_back();
    recorder.close().await.unwrap();
    assert_eq!(spooling.fake.sequences(), [0, 1, 2]);
    assert!(spooling.files("segment-").is_empty());
}

#[tokio::test]
async fn a_ledger_that_was_restored_to_an_older_state_gets_nothing_until_it_is_itself_again() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    let recorder = spooling.recorder().await;
    recorder.record_batch(accesses(5)).await.unwrap();
    fake.state().log.cut_back(3);
    let before = fake.records();
    assert!(is_spooled(&[recorder.record(access()).await.unwrap()]));
    let status = until(&recorder, |status| {
        status.halted.as_ref().is_some_and(|halted| halted.reason == HaltReason::Distrusted)
    });
    assert!(status.await.halted.unwrap().message.contains("cut back"));
    // It goes on spooling, and sends nothing.
    let seen = fake.request_count();
    assert!(is_spooled(&recorder.record_batch(accesses(3)).await.unwrap()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((fake.request_count(), fake.records()), (seen, before));
    assert_eq!(recorder.spool_status().unwrap().events, 4);
}

#[tokio::test]
async fn an_older_state_is_none_to_send_to_even_if_it_was_verified_when_it_was_new() {
    let spooling = Spooling::start().await;
    let fake = &spooling.fake;
    let recorder = spooling.recorder().await;
    for _ in 0..3 {
        recorder.record(access()).await.unwrap();
    }
    fake.state().log.cut_back(3);
    assert!(is_spooled(&[recorder.record(access()).await.unwrap()]));
    let status = until(&recorder, |status| status.halted.is_some() || status.refused_events > 0).await;
    assert_eq!(status.refused_events, 0, "{status:?}");
    let halted = status.halted.unwrap();
    assert_eq!(halted.reason, HaltReason::Distrusted);
    assert!(halted.message.contains("had 4 entries, and now shows 3"), "{}", halted.message);
}

#[tokio::test]
async fn a_false_answer_stops_shipping_and_says_so() {
    let spooling = Spooling::start().await;
    let recorder = spooling.recorder().await;
    let lie = || Fault::Lie(Box::new(|_, response| response.recorded[0].index += 7));
    spooling.fake.fail([lie(), lie()]);
    assert!(is_spooled(&[recorder.record(access()).await.unwrap()]));
    assert_eq!(recorder.spool_status().unwrap().halted.unwrap().reason, HaltReason::Distrusted);
    // As soon as it tells the truth, it goes on.
    until(&recorder, |status| status.events == 0 && status.halted.is_none()).await;
    assert_eq!(spooling.fake.sequences(), [0]);
}

#[tokio::test]
async fn a_spool_is_for_one_process_and_for_its_owner_only() {
    let spooling = Spooling::start().await;
    let recorder = spooling.recorder().await;
    let second = Recorder::connect(spooling.config(spooling.spool())).await.err().unwrap();
    assert!(matches!(second, RecordError::Spool(SpoolError::InUse { .. })), "{second}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    spooling.fake.go_away();
    recorder.record(access()).await.unwrap();
    let dir = spooling.spool().dir;
    assert_eq!(mode(&dir), 0o700);
    for name in spooling.files("") {
        assert_eq!(mode(&dir.join(&name)), 0o600, "{name}");
    }
    let open = spooling.folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = Recorder::connect(spooling.config(SpoolConfig::new(&open))).await.err().unwrap();
    assert!(matches!(refused, RecordError::Spool(SpoolError::OpenToOthers { mode: 0o755, .. })), "{refused}");
}

#[tokio::test]
async fn a_stream_never_leaves_the_spool_behind_in_one_session() {
    let spooling = Spooling::start().await;
    let recorder = spooling.recorder().await;
    recorder.record(access()).await.unwrap();
    let stream = recorder.stream(4);
    stream.send(access()).await.unwrap().await.unwrap();
    stream.finish().await.unwrap();
    let records = spooling.fake.records();
    assert_ne!(records[0].session, records[1].session);
    recorder.close().await.unwrap();
    assert_eq!(spooling.fake.state().log.session_ends().len(), 2);
}
