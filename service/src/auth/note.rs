//! Refusals counted and logged: each one, but not without bound. Never a token, never a name that is
//! not configured.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota};

use super::{Kind, Refusal};

/// Lines a second, over time, and at once.
const LINES_PER_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();
const LINES_AT_ONCE: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// Keeps refusals from filling the log.
#[derive(Debug)]
pub(super) struct Notes {
    lines: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Default for Notes {
    fn default() -> Self {
        let quota = Quota::per_second(LINES_PER_SECOND).allow_burst(LINES_AT_ONCE);
        Self { lines: DefaultDirectRateLimiter::direct(quota), left_out: AtomicU64::new(0) }
    }
}

impl Notes {
    pub(super) fn note(&self, refusal: &Refusal, address: Option<IpAddr>) {
        let (caller, reason) = (refusal.caller().map_or("unknown", |name| name), refusal.reason());
        metrics::counter!("einsicht_refused_total", "caller" => caller.to_owned(), "reason" => reason)
            .increment(1);
        // Callers that go too fast are told so, and readers that what they want is not public. Neither
        // did anything wrong; the counter tells operators.
        if matches!(refusal.kind(), Kind::TooMuch(_)) || *refusal == Refusal::EntriesNotPublic {
            return;
        }
        if self.lines.check().is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        let address = address.map_or_else(|| "(not logged)".to_owned(), |address| address.to_string());
        tracing::warn!(caller, reason, address, left_out_before = left_out, "refused: {refusal}");
    }
}
