//! A caller who has nothing to do with the bad day, and must not notice it.

use std::time::{Duration, Instant};

use einsicht_tests::make::Session;
use einsicht_tests::service::Recorder;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Longest that one call may take. A disk and two cores are shared with whatever the test does to the
/// service, and with the other tests: what is looked for is a service that hangs.
const CALL_MAX: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Records one access after the other.
pub struct Bystander {
    stop: CancellationToken,
    task: JoinHandle<Served>,
}

/// What it got.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// How many calls were answered.
    pub calls: u32,
    /// How long the slowest of them took.
    pub slowest: Duration,
}

impl Bystander {
    /// Begins to record.
    pub fn begin(recorder: Recorder) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(record(recorder, stop.clone())), stop }
    }

    /// Stops, and panics if a call was refused or slow.
    pub async fn was_served(self) -> Served {
        self.stop.cancel();
        let served = self.task.await.unwrap();
        assert!(served.calls > 0, "no call was made");
        assert!(served.slowest <= CALL_MAX, "a call of somebody else took {:?}", served.slowest);
        served
    }
}

async fn record(mut recorder: Recorder, stop: CancellationToken) -> Served {
    let mut session = Session::new();
    let mut served = Served { calls: 0, slowest: Duration::ZERO };
    loop {
        let begun = Instant::now();
        let answer = recorder.record(session.request(1)).await;
        answer.unwrap_or_else(|status| panic!("a call of somebody else was refused: {status}"));
        served.calls += 1;
        served.slowest = served.slowest.max(begun.elapsed());
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = stop.cancelled() => return served,
        }
    }
}
