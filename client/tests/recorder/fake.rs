//! A ledger on a port of this machine: real chain, tree and signatures, in memory; and faults.

pub mod charter;
mod log;
mod proxy;
mod service;
pub mod vault;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use einsicht_client::answer::Recorded;
use einsicht_client::config::{RecorderConfig, Token};
use einsicht_client::retry::RetryPolicy;
use einsicht_client::{Access, Kept, Recorder};
use einsicht_proto::v1::{AccessRecord, RecordRequest, RecordResponse};
use einsicht_tlog::SigningKey;
use tonic::Status;
use tonic::transport::ServerTlsConfig;

pub use log::Log;
use proxy::Proxy;

pub const ORIGIN: &str = "ledger.example/test";
pub const TOKEN: &str = "sesame";
pub const PRODUCER: &str = "meldewesen";

/// Changes an answer.
pub type Lie = Box<dyn FnOnce(&mut Log, &mut RecordResponse) + Send>;

/// What happens to one request instead of an answer that is prompt and true.
pub enum Fault {
    /// It is answered so, and nothing is recorded.
    Refuse(Status),
    /// It is recorded; then the connection breaks.
    LoseAnswer,
    /// It is recorded, and never answered.
    Hang,
    /// It is recorded, and its answer changed.
    Lie(Lie),
    /// Nothing.
    None,
}

/// The ledger and the way to it.
pub struct Fake {
    shared: Arc<Shared>,
    pub url: String,
    server: tokio::task::JoinHandle<()>,
}

/// An event that was sent, whether or not the ledger took it.
pub struct Sent {
    pub session: Bytes,
    pub number: u64,
    /// Whether it is confidential.
    pub hides: bool,
}

pub struct Shared {
    pub state: Mutex<State>,
    pub proxy: Proxy,
}

pub struct State {
    pub log: Log,
    /// What happens to the next requests of `Record` and `RecordStream`.
    pub faults: VecDeque<Fault>,
    /// How every call is answered, as long as it is set.
    pub down: Option<Status>,
    /// Requests with an access of this purpose are refused so.
    pub refused: Option<(String, Status)>,
    /// What happens to the next requests for a consistency proof.
    pub proof_faults: VecDeque<Status>,
    /// What happens to the next requests to end a session.
    pub end_faults: VecDeque<Status>,
    /// Every request to record that arrived, in order.
    pub seen: Vec<RecordRequest>,
    /// How many consistency proofs were asked for.
    pub proofs_asked: usize,
    /// How many streams were opened.
    pub streams: usize,
    /// What is sealed, and what the service Vault lies about.
    pub vault: vault::Sealed,
    /// What the service Charter answers.
    pub charter: charter::Script,
}

impl Fake {
    pub async fn start() -> Self {
        Self::with_log(Log::new(key())).await
    }

    pub async fn with_log(log: Log) -> Self {
        Self::of(log, None).await
    }

    /// A ledger that speaks TLS only.
    pub async fn encrypted(tls: ServerTlsConfig) -> Self {
        Self::of(Log::new(key()), Some(tls)).await
    }

    async fn of(log: Log, tls: Option<ServerTlsConfig>) -> Self {
        let proxy = Proxy::start().await;
        let state = State {
            log,
            faults: VecDeque::new(),
            down: None,
            refused: None,
            proof_faults: VecDeque::new(),
            end_faults: VecDeque::new(),
            seen: Vec::new(),
            proofs_asked: 0,
            streams: 0,
            vault: vault::Sealed::default(),
            charter: charter::Script::default(),
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", proxy.address);
        let shared = Arc::new(Shared { state: Mutex::new(state), proxy });
        let server = service::serve(shared.clone(), tls).await;
        Self { shared, url, server }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    /// Lets one fault happen after another, one per request.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// Stops answering until [`Fake::come_back`].
    pub fn go_away(&self) {
        self.go_away_with(Status::unavailable("the ledger has stopped writing"));
    }

    pub fn go_away_with(&self, status: Status) {
        self.state().down = Some(status);
    }

    pub fn come_back(&self) {
        self.state().down = None;
    }

    pub fn config(&self) -> RecorderConfig {
        let mut config = RecorderConfig::new(Token::parse(TOKEN).unwrap(), key().verifier().clone());
        config.url = self.url.clone();
        config.call_timeout = Duration::from_secs(2);
        config.retry = quick_retry();
        config
    }

    pub async fn recorder(&self) -> Recorder {
        Recorder::connect(self.config()).await.unwrap()
    }

    /// A recorder that asks for proofs.
    pub async fn proving(&self) -> Recorder {
        self.recorder().await.with_proofs()
    }

    /// The accesses in the log, in their order.
    pub fn records(&self) -> Vec<AccessRecord> {
        self.state().log.records()
    }

    /// Running numbers of the accesses in the log, in the order of the log.
    pub fn sequences(&self) -> Vec<u64> {
        self.records().iter().map(|record| record.sequence).collect()
    }

    /// The events that were sent, in order, each with its number.
    pub fn sent(&self) -> Vec<Sent> {
        let of = |request: &RecordRequest| {
            let (session, numbers) = (request.session.clone(), request.first_sequence..);
            let events = request.events.iter().map(|event| event.confidential_until_day.is_some());
            let sent =
                events.zip(numbers).map(|(hides, number)| Sent { session: session.clone(), number, hides });
            sent.collect::<Vec<_>>()
        };
        self.state().seen.iter().flat_map(of).collect()
    }

    pub fn request_count(&self) -> usize {
        self.state().seen.len()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[42; 32]).unwrap()
}

pub fn quick_retry() -> RetryPolicy {
    RetryPolicy {
        attempts_max: 5,
        total_max: Duration::from_secs(10),
        delay_first: Duration::from_millis(2),
        delay_max: Duration::from_millis(10),
    }
}

pub fn access() -> Access {
    Access::query("besuchertrend", "verkehrsplanung")
}

/// Where accesses stand that were recorded at once.
pub fn places(kept: Vec<Kept>) -> Vec<Recorded> {
    kept.into_iter().map(place).collect()
}

pub fn place(kept: Kept) -> Recorded {
    kept.into_recorded().unwrap()
}

/// Accesses that can be told from each other by their purpose.
/// A confidential access.
pub fn hidden() -> Access {
    access().confidential_until("2099-12-31".parse().unwrap())
}

pub fn accesses(count: usize) -> Vec<Access> {
    (0..count).map(|number| Access::query("besuchertrend", format!("zweck-{number}"))).collect()
}
