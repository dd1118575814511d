//! Calls `Recorder.Record` from many lanes at once, for a while, and counts what was acknowledged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use einsicht_proto::v1::RecordRequest;
use einsicht_proto::v1::recorder_client::RecorderClient;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::event::{self, Run};
use crate::served::TOKEN;
use crate::stats::percentile;

/// No call may take longer; one that does ends the bench.
const CALL_WITHIN: Duration = Duration::from_secs(20);

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
}

/// Producers that are connected to one server.
pub struct Load {
    shape: Shape,
    producers: Vec<Arc<Producer>>,
}

/// One connection, and the session that it records in.
struct Producer {
    client: RecorderClient<Channel>,
    authorization: MetadataValue<Ascii>,
    run: Run,
    next_sequence: AtomicU64,
}

impl Load {
    /// Connects to `address`.
    ///
    /// # Errors
    /// If nobody answers there, or the shape has no call in flight.
    pub async fn connect(address: SocketAddr, shape: Shape) -> anyhow::Result<Self> {
        ensure!(
            shape.connections > 0 && shape.in_flight >= shape.connections && shape.events_per_call > 0,
            "a load needs a connection, a call in flight on each, and an event in each call"
        );
        let mut producers = Vec::with_capacity(shape.connections);
        for _ in 0..shape.connections {
            let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
            let channel = endpoint.connect().await.with_context(|| format!("connecting to {address}"))?;
            producers.push(Arc::new(Producer {
                client: RecorderClient::new(channel),
                authorization: format!("Bearer {TOKEN}").parse()?,
                run: Run::new()?,
                next_sequence: AtomicU64::new(0),
            }));
        }
        Ok(Self { shape, producers })
    }

    /// Keeps as many calls in flight as the shape says, for as long as the span says.
    ///
    /// # Errors
    /// If a call fails, no call ended in time, or `interrupted` is cancelled.
    pub async fn run(&self, span: Span, interrupted: &CancellationToken) -> anyhow::Result<Outcome> {
        let begin = Instant::now() + span.ramp;
        let window = Window { begin, end: begin + span.measured };
        let mut lanes = JoinSet::new();
        for lane in 0..self.shape.in_flight {
            let Some(producer) = self.producers.get(lane % self.producers.len()) else { continue };
            let lane = call_until_over(Arc::clone(producer), self.shape.events_per_call, window);
            lanes.spawn(interrupted.clone().run_until_cancelled_owned(lane));
        }
        let mut latencies = Vec::new();
        while let Some(ended) = lanes.join_next().await {
            latencies.extend(ended.context("a lane panicked")?.context("interrupted")??);
        }
        outcome(latencies, self.shape.events_per_call, span.measured).context("no call ended in time")
    }
}

/// Calls that end in here count.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

/// One call after the other; returns how long each took that ended in the window.
async fn call_until_over(
    producer: Arc<Producer>,
    events_per_call: u64,
    window: Window,
) -> anyhow::Result<Vec<Duration>> {
    let mut client = producer.client.clone();
    let mut latencies = Vec::new();
    loop {
        let request = producer.request(events_per_call);
        let called = Instant::now();
        if called >= window.end {
            return Ok(latencies);
        }
        let response = client.record(request).await.context("a call failed")?;
        let answered = Instant::now();
        let recorded = response.into_inner().recorded.len() as u64;
        ensure!(recorded == events_per_call, "{recorded} of {events_per_call} events were acknowledged");
        if answered >= window.begin && answered < window.end {
            latencies.push(answered - called);
        }
    }
}

impl Producer {
    fn request(&self, events: u64) -> Request<RecordRequest> {
        let first = self.next_sequence.fetch_add(events, Ordering::Relaxed);
        let mut request = Request::new(event::request(&self.run, first, events, now_us()));
        request.set_timeout(CALL_WITHIN);
        request.metadata_mut().insert("authorization", self.authorization.clone());
        request
    }
}

fn outcome(mut latencies: Vec<Duration>, events_per_call: u64, measured: Duration) -> Option<Outcome> {
    latencies.sort_unstable();
    let events = u32::try_from(latencies.len() as u64 * events_per_call).ok()?;
    Some(Outcome {
        events_per_s: f64::from(events) / measured.as_secs_f64(),
        p50_ms: percentile(&latencies, 50)?.as_secs_f64() * 1e3,
        p99_ms: percentile(&latencies, 99)?.as_secs_f64() * 1e3,
    })
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_over_the_measured_time() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let outcome = outcome(latencies, 500, Duration::from_secs(2)).unwrap();
        assert_eq!(outcome, Outcome { events_per_s: 50_000.0, p50_ms: 100.0, p99_ms: 198.0 });
    }

    #[test]
    fn a_turn_without_a_call_has_no_outcome() {
        assert_eq!(outcome(Vec::new(), 1, Duration::from_secs(1)), None);
    }
}
