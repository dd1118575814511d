//! Producers that call `Recorder.Record`, and check that every event was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use einsicht_proto::v1::RecordRequest;
use einsicht_proto::v1::recorder_client::RecorderClient;
use tokio_util::sync::CancellationToken;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::event::{self, Run, Standard};
use crate::lanes::{Outcome, Shape, Span, keep_in_flight};

/// No call may take longer; one that does ends the bench.
const CALL_WITHIN: Duration = Duration::from_secs(20);

/// A server to call, and what it takes to be let in.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub url: String,
    /// The certificate that is to be trusted, PEM; `None` if it speaks plain text.
    pub authority: Option<String>,
    /// Who may record there.
    pub token: String,
}

/// Producers that are connected to one server.
pub struct Load {
    shape: Shape,
    standard: Standard,
    producers: Vec<Arc<Producer>>,
}

/// One connection, and the session that it records in.
pub(crate) struct Producer {
    client: RecorderClient<Channel>,
    authorization: MetadataValue<Ascii>,
    run: Run,
    next_sequence: AtomicU64,
}

impl Target {
    /// Opens a connection.
    ///
    /// # Errors
    /// If nobody answers there.
    pub async fn connect(&self) -> anyhow::Result<Channel> {
        let mut endpoint = Endpoint::from_shared(self.url.clone())?;
        if let Some(authority) = &self.authority {
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
            endpoint = endpoint.tls_config(tls)?;
        }
        endpoint.connect().await.with_context(|| format!("connecting to {}", self.url))
    }
}

impl Load {
    /// Connects to a server, over TLS if it shows a certificate.
    ///
    /// # Errors
    /// If nobody answers there, or the shape has no call in flight.
    pub async fn connect(target: &Target, shape: Shape, standard: Standard) -> anyhow::Result<Self> {
        ensure!(
            shape.connections > 0 && shape.in_flight >= shape.connections && shape.events_per_call > 0,
            "a load needs a connection, a call in flight on each, and an event in each call"
        );
        let mut producers = Vec::with_capacity(shape.connections);
        for _ in 0..shape.connections {
            producers.push(Arc::new(Producer::connect(target).await?));
        }
        Ok(Self { shape, standard, producers })
    }

    /// Keeps as many calls in flight as the shape says, for as long as the span says.
    ///
    /// # Errors
    /// If a call fails, no call ended in time, or `interrupted` is cancelled.
    pub async fn run(&self, span: Span, interrupted: &CancellationToken) -> anyhow::Result<Outcome> {
        let (events, standard) = (self.shape.events_per_call, self.standard);
        keep_in_flight(self.shape, span, interrupted, |lane| {
            let producer = self.producers.get(lane % self.producers.len()).map(Arc::clone);
            move || {
                let producer = producer.clone();
                async move { producer.context("there is a producer for each lane")?.call(standard, events).await }
            }
        })
        .await
    }
}

impl Producer {
    pub(crate) async fn connect(target: &Target) -> anyhow::Result<Self> {
        Ok(Self {
            client: RecorderClient::new(target.connect().await?),
            authorization: format!("Bearer {}", target.token).parse()?,
            run: Run::new()?,
            next_sequence: AtomicU64::new(0),
        })
    }

    /// Records the next `events` events of its session in one call.
    pub(crate) async fn call(&self, standard: Standard, events: u64) -> anyhow::Result<()> {
        let mut client = self.client.clone();
        let response = client.record(self.request(standard, events)).await.context("a call failed")?;
        let recorded = response.into_inner().recorded.len() as u64;
        ensure!(recorded == events, "{recorded} of {events} events were acknowledged");
        Ok(())
    }

    fn request(&self, standard: Standard, events: u64) -> Request<RecordRequest> {
        let first = self.next_sequence.fetch_add(events, Ordering::Relaxed);
        let mut request = Request::new(event::request(&self.run, standard, first, events, now_us()));
        request.set_timeout(CALL_WITHIN);
        request.metadata_mut().insert("authorization", self.authorization.clone());
        request
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
