//! When certificates end: told as a metric, and said in time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::material::End;

/// From when on it is said that a certificate ends.
const WARN_BEFORE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// How often it is said again, in looks.
const WARN_EVERY: u32 = 24 * 60;
/// How often it is looked.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// When the certificates end. Clones share it.
#[derive(Clone, Debug)]
pub struct Expiry {
    ends: Arc<Mutex<Vec<End>>>,
}

impl Expiry {
    pub(super) fn new(ends: Vec<End>) -> Self {
        Self { ends: Arc::new(Mutex::new(ends)) }
    }

    pub(super) fn replace(&self, ends: Vec<End>) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends;
        self.look(true);
    }

    /// Looks again for as long as the service runs.
    pub async fn watch(self) {
        for round in (1..=WARN_EVERY).cycle() {
            tokio::time::sleep(LOOK_INTERVAL).await;
            self.look(round == WARN_EVERY);
        }
    }

    /// Sets the metric, and warns of what ends soon.
    pub fn look(&self, warns: bool) {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for End { listener, certificate, not_after_s } in ends {
            let left_s = left_s(not_after_s, SystemTime::now());
            // Exact for every date that a certificate can have.
            #[allow(clippy::cast_precision_loss)]
            metrics::gauge!("einsicht_certificate_expires_in_seconds", "listener" => listener)
                .set(left_s as f64);
            if warns && left_s < i64::try_from(WARN_BEFORE.as_secs()).unwrap_or(i64::MAX) {
                let (days_left, file) = (left_s / 86_400, certificate.display());
                tracing::warn!(listener, days_left, %file, "the certificate ends soon; renew it and reload");
            }
        }
    }
}

/// Negative once it is over.
fn left_s(not_after_s: u64, now: SystemTime) -> i64 {
    let now_s = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(not_after_s).unwrap_or(i64::MAX).saturating_sub(i64::try_from(now_s).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_goes_below_zero() {
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        assert_eq!((left_s(1100, now), left_s(900, now)), (100, -100));
    }
}
