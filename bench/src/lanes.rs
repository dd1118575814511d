//! Calls from many lanes at once, for a while, and what came of them.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::stats::percentile;

/// What is called, and how much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// HTTP/2 connections, each with a session of its own: as many producers.
    pub connections: usize,
    /// Calls under way at once, over all connections.
    pub in_flight: usize,
    /// Events of one call.
    pub events_per_call: u64,
}

/// When calls count: they run for `ramp` first, then for `measured`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Calls that end within this time do not count.
    pub ramp: Duration,
    /// Calls that end within this time count.
    pub measured: Duration,
}

/// What one turn gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Durable acknowledged events a second.
    pub events_per_s: f64,
    /// Half of the calls were answered within this many milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 calls were answered within this many milliseconds.
    pub p99_ms: f64,
    /// Events of a commit, on average; where the server tells.
    pub events_per_commit: Option<f64>,
}

/// Keeps as many calls in flight as the shape says, for as long as the span says. `lane` makes what
/// calls in each lane: a function that begins one call.
///
/// # Errors
/// If a call fails, no call ended in time, or `interrupted` is cancelled.
pub async fn keep_in_flight<C, F>(
    shape: Shape,
    span: Span,
    interrupted: &CancellationToken,
    mut lane: impl FnMut(usize) -> C,
) -> anyhow::Result<Outcome>
where
    C: FnMut() -> F + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let begin = Instant::now() + span.ramp;
    let window = Window { begin, end: begin + span.measured };
    let mut lanes = JoinSet::new();
    for number in 0..shape.in_flight {
        let calls = call_until_over(lane(number), window);
        lanes.spawn(interrupted.clone().run_until_cancelled_owned(calls));
    }
    let mut latencies = Vec::new();
    while let Some(ended) = lanes.join_next().await {
        latencies.extend(ended.context("a lane panicked")?.context("interrupted")??);
    }
    Outcome::of(latencies, shape.events_per_call, span.measured).context("no call ended in time")
}

/// Calls that end in here count.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

/// One call after the other; returns how long each took that ended in the window.
async fn call_until_over<C, F>(mut call: C, window: Window) -> anyhow::Result<Vec<Duration>>
where
    C: FnMut() -> F,
    F: Future<Output = anyhow::Result<()>>,
{
    let mut latencies = Vec::new();
    loop {
        let called = Instant::now();
        if called >= window.end {
            return Ok(latencies);
        }
        call().await?;
        let answered = Instant::now();
        if answered >= window.begin && answered < window.end {
            latencies.push(answered - called);
        }
    }
}

impl Outcome {
    /// Sums up calls of one turn; `None` if there was none.
    #[must_use]
    pub fn of(mut latencies: Vec<Duration>, events_per_call: u64, measured: Duration) -> Option<Self> {
        latencies.sort_unstable();
        let events = u32::try_from(latencies.len() as u64 * events_per_call).ok()?;
        Some(Self {
            events_per_s: f64::from(events) / measured.as_secs_f64(),
            p50_ms: percentile(&latencies, 50)?.as_secs_f64() * 1e3,
            p99_ms: percentile(&latencies, 99)?.as_secs_f64() * 1e3,
            events_per_commit: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_over_the_measured_time() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let outcome = Outcome::of(latencies, 500, Duration::from_secs(2)).unwrap();
        assert_eq!(
            outcome,
            Outcome { events_per_s: 50_000.0, p50_ms: 100.0, p99_ms: 198.0, events_per_commit: None }
        );
    }

    #[test]
    fn a_turn_without_a_call_has_no_outcome() {
        assert_eq!(Outcome::of(Vec::new(), 1, Duration::from_secs(1)), None);
    }
}
