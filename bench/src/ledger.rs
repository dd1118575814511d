//! The ledger as it is: the real service, wired as `einsichtd dev` wires it; and a log to audit.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use einsicht_service::auth::{Door, Gate, Policy};
use einsicht_service::clock::{Clock, SystemClock};
use einsicht_service::http::Site;
use einsicht_service::ledger::{self, Ledger, NewLedger, Opening};
use einsicht_service::listen::{Quota, QuotaLimits};
use einsicht_service::metrics::Metrics;
use einsicht_service::rpc::Shared;
use einsicht_service::sequencer::{PreparedEvent, Sequencer, Work};
use einsicht_service::server::{Entrance, Server};
use einsicht_service::sessions::SessionKey;
use einsicht_service::storage::SEGMENT_BYTES_MAX;
use einsicht_tlog::{Origin, VerifierKey};
use tokio_util::sync::CancellationToken;

use crate::certificate::{Certified, certify};
use crate::event::{self, PRODUCER, Run};
use crate::served::{LISTEN, Served, Stage, TOKEN, runtime};

/// Domain that can't exist (RFC 2606): these ledgers are nobody's.
pub(crate) const ORIGIN: &str = "bench.einsicht.invalid/";
/// Longest that going down may take.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// More than the load opens.
const CONNECTIONS_MAX: usize = 10_000;
/// Entries of one commit of the log that is audited.
const FILL_COMMIT_ENTRIES: u64 = 1000;

/// Starts the real service over a new folder in `parent`.
///
/// # Errors
/// Those of opening a ledger and of binding an address.
pub fn start(parent: &Path, metrics: Metrics) -> anyhow::Result<Served> {
    Served::start("ledger", parent, move |folder, stage| serve(folder, metrics, None, stage))
}

/// The same over TLS, as `einsichtd serve` does it.
///
/// # Errors
/// Those of [`start`], and of making a certificate.
pub fn start_over_tls(parent: &Path, metrics: Metrics) -> anyhow::Result<Served> {
    Served::start("ledger", parent, move |folder, stage| {
        let certified = certify(folder)?;
        serve(folder, metrics, Some(certified), stage)
    })
}

fn serve(folder: &Path, metrics: Metrics, certified: Option<Certified>, stage: Stage) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind(LISTEN).context("binding an address")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let Ledger { committer, reader, verifier, genesis, lock, .. } = open(folder, Arc::clone(&clock))?;
    let (tls, authority) = certified.map(|certified| (certified.tls, certified.authority)).unzip();
    let gate = Gate::new(Policy::development(PRODUCER, TOKEN));
    let limits = QuotaLimits { connections: CONNECTIONS_MAX, per_address: CONNECTIONS_MAX };
    let quota = Quota::new(Door::Internal.name(), limits);
    let entrance = Entrance { door: Door::Internal, tcp: listener, tls, quota };
    let runtime = runtime("ledger-server")?;
    let (sequencer, writer) = Sequencer::start(committer).context("the writer's thread")?;
    let served = runtime.block_on(async move {
        let site = Site {
            sequencer: sequencer.clone(),
            reader: reader.clone(),
            metrics,
            simulated: genesis.simulated,
            verifier_key: verifier.to_string().into(),
        };
        let shutdown = stage.shutdown.clone();
        let shared = Shared { sequencer, reader, clock, shutdown };
        let server =
            Server::new(vec![entrance], &shared, &site, &gate).await.context("serving can't begin")?;
        // With the last handle the writer finishes: only what serves may hold one.
        drop((shared, site));
        stage.ready(*server.addresses()?.first().context("no address")?, authority);
        server.serve().await;
        anyhow::Ok(())
    });
    runtime.shutdown_timeout(STOP_WITHIN);
    ensure!(writer.join().is_ok(), "the writer ended in disorder");
    drop(lock);
    served
}

/// Writes a log of `entries` standard events into `folder`, in commits of 1,000, and returns the key
/// that verifies it. The entries are made as the service makes them; gRPC is left out.
///
/// # Errors
/// Those of opening the ledger and of recording; if `interrupted` is cancelled.
pub fn fill(folder: &Path, entries: u64, interrupted: &CancellationToken) -> anyhow::Result<VerifierKey> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let Ledger { mut committer, verifier, lock, .. } = open(folder, Arc::clone(&clock))?;
    let run = Run::new()?;
    let mut first = 0;
    while first < entries {
        ensure!(!interrupted.is_cancelled(), "interrupted");
        let count = FILL_COMMIT_ENTRIES.min(entries - first);
        committer.record_now(vec![accesses(&run, first, count, clock.unix_us())])?;
        first += count;
    }
    committer.finish();
    drop(lock);
    Ok(verifier)
}

/// Work as the service makes it of a request.
fn accesses(run: &Run, first: u64, count: u64, now_us: i64) -> Work {
    let request = event::request(run, first, count, now_us);
    let prepared = request.events.iter().zip(first..).map(|(event, sequence)| PreparedEvent {
        sequence,
        event_id: event.event_id.as_ref().try_into().unwrap_or_default(),
        body: event::body(event, run.session(), sequence),
    });
    Work::Accesses { session: SessionKey::new(PRODUCER, run.session()), events: prepared.collect() }
}

fn open(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Ledger> {
    let mut suffix = [0; 4];
    getrandom::fill(&mut suffix)?;
    let origin = Origin::parse(&format!("{ORIGIN}{:08x}", u32::from_be_bytes(suffix)))?;
    let mut ledger = ledger::open(Opening {
        data: folder,
        keys: folder.join("keys"),
        clock,
        accept_clock: false,
        new: NewLedger { origin, simulated: true },
        segment_bytes_max: SEGMENT_BYTES_MAX,
    })?;
    ledger::record_start(&mut ledger.committer)?;
    Ok(ledger)
}
