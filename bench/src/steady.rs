//! A steady load, as a city's services make it: batches, single events and readers who verify receipts,
//! each at a pace of its own, whatever the service does.
//!
//! How long a call takes is counted from when it was due, not from when it was sent: a service that
//! stands still for a second is late for every call of that second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use einsicht_proto::v1::GetReceiptRequest;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, VerifierKey};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::event::Standard;
use crate::load::{Producer, Target};

/// Calls of one kind under way at once; a service that is that far behind is sent no more.
const IN_FLIGHT_MAX: usize = 256;

/// How much is asked for, every second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pace {
    /// Batches.
    pub batches_per_s: u32,
    /// Events of each.
    pub events_per_batch: u64,
    /// Calls with one event.
    pub singles_per_s: u32,
    /// Receipts: leaf, inclusion proof and checkpoint, each verified by its reader.
    pub receipts_per_s: u32,
}

/// What was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A batch was recorded.
    Batch,
    /// One event was recorded.
    Single,
    /// A receipt was read and verified.
    Receipt,
}

/// The calls that have ended, since somebody took them last.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<Vec<(Kind, Duration)>>>);

impl Answers {
    /// Takes them.
    #[must_use]
    pub fn take(&self) -> Vec<(Kind, Duration)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, kind: Kind, taken: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((kind, taken));
    }
}

/// Calls `target`, whose checkpoints `verifier` verifies, for `lasting`. Answers go to `answers`.
///
/// # Errors
/// If nobody answers there, a call fails, a receipt does not verify, or `interrupted` is cancelled.
pub async fn run(
    target: &Target,
    verifier: &VerifierKey,
    pace: Pace,
    lasting: Duration,
    answers: &Answers,
    interrupted: &CancellationToken,
) -> anyhow::Result<()> {
    let batches = Arc::new(Producer::connect(target).await?);
    let singles = Arc::new(Producer::connect(target).await?);
    let reader = Arc::new(Reader::connect(target, verifier).await?);
    let end = Instant::now() + lasting;
    let events = pace.events_per_batch;
    let all = async {
        tokio::try_join!(
            keep_pace(Kind::Batch, pace.batches_per_s, end, answers, || {
                let producer = Arc::clone(&batches);
                async move { producer.call(Standard::Plain, events).await }
            }),
            keep_pace(Kind::Single, pace.singles_per_s, end, answers, || {
                let producer = Arc::clone(&singles);
                async move { producer.call(Standard::Plain, 1).await }
            }),
            keep_pace(Kind::Receipt, pace.receipts_per_s, end, answers, || {
                let reader = Arc::clone(&reader);
                async move { reader.call().await }
            }),
        )
    };
    interrupted.run_until_cancelled(all).await.context("interrupted")?.map(|_| ())
}

/// Begins `per_s` calls a second until `end`, and waits for the last of them.
async fn keep_pace<F>(
    kind: Kind,
    per_s: u32,
    end: Instant,
    answers: &Answers,
    call: impl Fn() -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let Some(period) = Duration::from_secs(1).checked_div(per_s) else { return Ok(()) };
    let (mut due, mut calls) = (interval(period), JoinSet::new());
    let room = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    loop {
        // Those that were missed are made up for: the pace is kept over the whole time.
        let was_due = due.tick().await;
        if was_due >= end {
            break;
        }
        let place = Arc::clone(&room).acquire_owned().await.context("the pace ended")?;
        let (calling, answers) = (call(), answers.clone());
        calls.spawn(async move {
            let answered = calling.await;
            answers.push(kind, was_due.elapsed());
            drop(place);
            answered
        });
        while let Some(ended) = calls.try_join_next() {
            ended.context("a call panicked")??;
        }
    }
    while let Some(ended) = calls.join_next().await {
        ended.context("a call panicked")??;
    }
    Ok(())
}

/// Reads receipts of entries all over the log, and verifies them.
struct Reader {
    client: LedgerClient<Channel>,
    verifier: VerifierKey,
    /// Receipts asked for so far.
    asked: AtomicU64,
    /// Size of the newest checkpoint seen.
    size: AtomicU64,
}

impl Reader {
    async fn connect(target: &Target, verifier: &VerifierKey) -> anyhow::Result<Self> {
        Ok(Self {
            client: LedgerClient::new(target.connect().await?),
            verifier: verifier.clone(),
            asked: AtomicU64::new(0),
            // There is a genesis in every log.
            size: AtomicU64::new(1),
        })
    }

    async fn call(&self) -> anyhow::Result<()> {
        let index = scattered(self.asked.fetch_add(1, Ordering::Relaxed), self.size.load(Ordering::Relaxed));
        let mut client = self.client.clone();
        let answer = client.get_receipt(GetReceiptRequest { index }).await.context("a receipt")?;
        let receipt = Receipt::parse(&answer.into_inner().receipt)?;
        ensure!(receipt.index == Index(index), "the receipt is of another entry");
        let origin = self.verifier.name();
        let (_, checkpoint) = receipt.verify(None, origin, std::slice::from_ref(&self.verifier))?;
        self.size.fetch_max(checkpoint.head.size.0, Ordering::Relaxed);
        Ok(())
    }
}

/// The `step`-th of indexes below `size` that lie all over it, in no order; the same ones in each run.
pub(crate) fn scattered(step: u64, size: u64) -> u64 {
    // Steps by the golden section fill a range evenly.
    let fraction = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u64::try_from((u128::from(fraction) * u128::from(size)) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_indexes_are_below_the_size_and_everywhere() {
        let mut tenths = [0; 10];
        for step in 0..1000 {
            let index = scattered(step, 10_000);
            tenths[usize::try_from(index / 1000).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (90..=110).contains(count)), "{tenths:?}");
        assert_eq!(scattered(7, 1), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_counted_from_when_they_were_due() {
        let answers = Answers::default();
        let end = Instant::now() + Duration::from_millis(95);
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            Ok(())
        };
        keep_pace(Kind::Single, 100, end, &answers, slow).await.unwrap();
        let taken = answers.take();
        assert_eq!(taken.len(), 10);
        assert!(taken.iter().all(|(_, taken)| *taken >= Duration::from_millis(30)), "{taken:?}");
        assert!(answers.take().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_stands_still_is_late_for_every_call_of_that_time() {
        let answers = Answers::default();
        let end = Instant::now() + Duration::from_secs(8);
        let begun = Instant::now();
        // The first second nothing is answered: more calls are due than may be under way.
        let stands_still = move || async move {
            tokio::time::sleep_until(begun + Duration::from_secs(5)).await;
            Ok(())
        };
        keep_pace(Kind::Single, 100, end, &answers, stands_still).await.unwrap();
        let late = answers.take().iter().filter(|(_, taken)| *taken > Duration::from_secs(1)).count();
        assert_eq!(late, 400, "those due in the first four seconds, sent or not");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_ends_the_load() {
        let answers = Answers::default();
        let end = Instant::now() + Duration::from_secs(5);
        let failing = || async { anyhow::bail!("refused") };
        let error = keep_pace(Kind::Batch, 10, end, &answers, failing).await.unwrap_err();
        assert_eq!(error.to_string(), "refused");
    }
}
