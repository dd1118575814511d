//! What is done by itself once a day: confidential records whose day has come are opened, what is due goes. What could
//! not be erased is tried again sooner.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Custody, CustodyError, Due};

/// After a start others come first: those who waited for it.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// A clock that says more than this has passed since the newest entry may be wrong. …
const GAP_MAX_S: u64 = 24 * 60 * 60;
/// … A machine that comes up with a wrong one gets the right time from others within this.
const FIRST_AFTER_GAP: Duration = Duration::from_secs(60 * 60);
/// How often it is looked whether a day has begun.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);
/// How long it is left alone after it has failed.
const RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Months and classes that were erased.
    pub erased: usize,
    /// Those that were due and are held back.
    pub held: usize,
    /// Confidential records that were opened.
    pub opened: usize,
    /// Of all these, and of what entries say was erased, those with which it could not be done.
    pub failed: usize,
}

/// How long the first daily run waits after a start, when the newest entry is `gap_s` seconds old by a clock that somebody
/// has confirmed, or nobody has.
#[must_use]
pub fn first_after(gap_s: u64, is_confirmed: bool) -> Duration {
    if is_confirmed || gap_s <= GAP_MAX_S {
        return FIRST_AFTER;
    }
    tracing::warn!(
        gap_hours = gap_s / (60 * 60),
        "by this clock the newest entry is old; in case the clock is wrong, the daily run waits for an hour"
    );
    FIRST_AFTER_GAP
}

impl Custody {
    /// Does it `first_after` the start, and then once in each day (UTC), until `shutdown`.
    pub async fn run_daily(self, first_after: Duration, shutdown: CancellationToken) {
        let _ = shutdown.run_until_cancelled(self.run_until_dropped(first_after)).await;
    }

    async fn run_until_dropped(&self, first_after: Duration) {
        let mut done = None;
        let mut pause = first_after;
        loop {
            sleep(pause).await;
            pause = LOOK_INTERVAL;
            let today = self.today().ok();
            if today.is_some() && done == today && !self.has_undone() {
                continue;
            }
            match self.run_day().await {
                Ok(Day { failed: 0, .. }) => done = today,
                Ok(_) => pause = RETRY_AFTER,
                Err(error) => {
                    metrics::counter!("einsicht_daily_failures_total").increment(1);
                    tracing::error!(%error, "the daily run was not finished; it is tried again");
                    pause = RETRY_AFTER;
                }
            }
        }
    }

    /// What is to be done today.
    ///
    /// # Errors
    /// [`CustodyError`] if nobody knows what is to be done.
    pub async fn run_day(&self) -> Result<Day, CustodyError> {
        let undone = self.erase_undone().await?;
        let today = self.today()?;
        let openings = self.open_due(today).await?;
        let (due, _) = self.erase_due(today, &openings).await?;
        let count = |is: fn(&Due) -> bool| due.iter().filter(|class| is(class)).count();
        let (erased, held) = (count(|class| class.erased_by.is_some()), count(|class| class.held));
        let failed = undone + openings.failed + due.len() - erased - held;
        let day = Day { erased, held, opened: openings.opened, failed };
        self.tell_of_predecessors().await?;
        tracing::info!(erased, held, opened = day.opened, failed, "the daily run is done");
        metrics::gauge!("einsicht_retention_held_classes")
            .set(f64::from(u32::try_from(held).unwrap_or(u32::MAX)));
        metrics::gauge!("einsicht_daily_last_run_timestamp_seconds").set(self.now_seconds()?);
        Ok(day)
    }

    // Exact for the next million years.
    #[allow(clippy::cast_precision_loss)]
    fn now_seconds(&self) -> Result<f64, CustodyError> {
        Ok(self.now_s()? as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_a_clock_that_nobody_confirmed_nothing_is_done_soon_after_a_long_gap() {
        assert_eq!(first_after(GAP_MAX_S, false), FIRST_AFTER);
        assert_eq!(first_after(GAP_MAX_S + 1, false), FIRST_AFTER_GAP);
        assert_eq!(first_after(GAP_MAX_S + 1, true), FIRST_AFTER);
    }
}
