//! The ledger as it is: the real service, wired as `einsichtd dev` wires it; and a log to audit.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use einsicht_access::judge::InForce;
use einsicht_access::marker::PeriodKey;
use einsicht_access::record::Sealed;
use einsicht_access::vault::{AEAD_NONCE_BYTES, VaultKey, WrappingKey};
use einsicht_access::{EventView, Month, Provenance, RetentionClass, seal_accesses};
use einsicht_client::view_keys::{ViewKeyOf, ViewKeys};
use einsicht_proto::v1::RecordRequest;
use einsicht_service::auth::{Door, Gate, Policy};
use einsicht_service::charters::Publishing;
use einsicht_service::clock::{Clock, SystemClock};
use einsicht_service::config::Rules;
use einsicht_service::custody::{self, Custody, RulesSlot};
use einsicht_service::http::Site;
use einsicht_service::ledger::{self, Ledger, NewLedger, Opening, Recording, Standby};
use einsicht_service::listen::{Quota, QuotaLimits};
use einsicht_service::metrics::Metrics;
use einsicht_service::reports::{self, Reports, Shelf};
use einsicht_service::rpc::Shared;
use einsicht_service::sequencer::{Judged, PreparedEvent, Work};
use einsicht_service::server::{Entrance, Server};
use einsicht_service::sessions::SessionKey;
use einsicht_service::signer;
use einsicht_service::storage::{LogReader, RESERVE_BYTES, SEGMENT_BYTES_MAX};
use einsicht_service::vault::{SealedBytes, Vault};
use einsicht_tlog::leaf::LEAF_HEADER_BYTES;
use einsicht_tlog::{Index, Origin, TreeHead, VerifierKey};
use tokio_util::sync::CancellationToken;

use crate::certificate::{Certified, certify};
use crate::charter;
use crate::event::{self, PRODUCER, Run, SCHEME, Standard};
use crate::served::{LISTEN, Served, Stage, TOKEN, runtime};

/// Domain that can't exist (RFC 2606): these ledgers are nobody's.
pub(crate) const ORIGIN: &str = "bench.einsicht.invalid/";
/// Longest that going down may take.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// More than the load opens.
const CONNECTIONS_MAX: usize = 10_000;
/// Events that a producer records before its next session: a service that starts anew each night.
const SESSION_EVENTS: u64 = 10_000;
/// How long what is sealed would be kept.
const CLASS: RetentionClass = RetentionClass::NextYearEnd;
/// Commits that are prepared while another one is written.
const PREPARED_COMMITS_MAX: usize = 4;

/// Starts the real service over a new folder in `parent`.
///
/// # Errors
/// Those of opening a ledger and of binding an address.
pub fn start(parent: &Path, metrics: Metrics, standard: Standard) -> anyhow::Result<Served> {
    Served::start("ledger", parent, move |folder, stage| serve(folder, metrics, None, standard, stage))
}

/// The same over TLS, as `einsichtd serve` does it.
///
/// # Errors
/// Those of [`start`], and of making a certificate.
pub fn start_over_tls(parent: &Path, metrics: Metrics) -> anyhow::Result<Served> {
    Served::start("ledger", parent, move |folder, stage| {
        let certified = certify(folder)?;
        serve(folder, metrics, Some(certified), Standard::Plain, stage)
    })
}

fn serve(
    folder: &Path,
    metrics: Metrics,
    certified: Option<Certified>,
    standard: Standard,
    stage: Stage,
) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind(LISTEN).context("binding an address")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut standby = stand_by(folder, Arc::clone(&clock))?;
    let mut recording = standby.serve()?;
    charter::publish_first(&mut recording, standard)?;
    let Standby { reader, vault, verifier, genesis, annotations, charters, lock, .. } = standby;
    let (tls, authority) = certified.map(|certified| (certified.tls, certified.authority)).unzip();
    let gate = Gate::new(Policy::development(PRODUCER, TOKEN));
    let limits = QuotaLimits { connections: CONNECTIONS_MAX, per_address: CONNECTIONS_MAX };
    let quota = Quota::new(Door::Internal.name(), limits);
    let entrance = Entrance { door: Door::Internal, tcp: listener, tls, quota };
    let runtime = runtime("ledger-server")?;
    let (sequencer, writer) = recording.start().context("the writer's thread")?;
    let served = runtime.block_on(async move {
        let site = Site {
            sequencer: sequencer.clone(),
            reader: reader.clone(),
            metrics,
            simulated: genesis.simulated,
            verifier_key: verifier.to_string().into(),
            annotations: annotations.clone(),
            shelf: Shelf::new(folder.join(reports::FOLDER)),
        };
        let shutdown = stage.shutdown.clone();
        let publishing =
            Publishing::new(charters.clone(), sequencer.clone(), reader.clone(), annotations.clone());
        let custody = Custody::new(custody::Parts {
            sequencer: sequencer.clone(),
            reader: reader.clone(),
            annotations: annotations.clone(),
            charters,
            vault,
            clock: Arc::clone(&clock),
            rules: RulesSlot::new(Rules { schemes: vec![SCHEME.to_owned()], ..Rules::default() }),
            origin: Origin::parse(&genesis.origin)?,
            predecessors: Vec::new(),
        });
        let origin = Origin::parse(&genesis.origin)?;
        let reports = Reports::new(origin, sequencer.clone(), reader.clone(), annotations.clone());
        let shared = Shared { sequencer, reader, annotations, publishing, reports, custody, clock, shutdown };
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

/// How a log is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filling {
    /// Events to record.
    pub events: u64,
    /// Events of each commit.
    pub commit_events: u64,
    /// Which of the standard events.
    pub standard: Standard,
}

/// What a log was filled with.
#[derive(Debug)]
pub struct Filled {
    /// Verifies its checkpoints.
    pub verifier: VerifierKey,
    /// Bytes of the leaves of the events that were recorded, all together.
    pub leaf_bytes: u64,
}

/// Writes standard events into the log in `folder`, which is begun if there is none. Bodies and commits are made as the service makes them; gRPC and the queue are left
/// out. A session has 10,000 events.
///
/// # Errors
/// Those of opening the ledger and of recording; if `interrupted` is cancelled.
pub fn fill(folder: &Path, filling: Filling, interrupted: &CancellationToken) -> anyhow::Result<Filled> {
    fill_by(&(Arc::new(SystemClock::new()) as _), folder, filling, interrupted)
}

/// The same, by another clock than that of the machine.
///
/// # Errors
/// Those of [`fill`].
pub fn fill_by(
    clock: &Arc<dyn Clock>,
    folder: &Path,
    filling: Filling,
    interrupted: &CancellationToken,
) -> anyhow::Result<Filled> {
    let mut standby = stand_by(folder, Arc::clone(clock))?;
    let Recording::Begun(mut committer) = standby.serve()? else {
        bail!("there is no room on the disk of {}", folder.display());
    };
    let Standby { verifier, vault, genesis, lock, .. } = standby;
    let charter = charter::publish(&mut committer, filling.standard)?;
    let sealing = Sealing::of(&vault, &genesis.origin, &**clock)?;
    let (sender, prepared) = sync_channel(PREPARED_COMMITS_MAX);
    let leaf_bytes = std::thread::scope(|scope| {
        let preparing = scope.spawn(move || prepare(filling, charter, &sealing, &**clock, &sender));
        for work in prepared {
            ensure!(!interrupted.is_cancelled(), "interrupted");
            committer.record_now(vec![work])?;
        }
        preparing.join().map_err(|_| anyhow!("preparing events panicked"))?
    })?;
    committer.finish();
    drop(lock);
    Ok(Filled { verifier, leaf_bytes })
}

/// Prepares commits, and returns how many bytes their leaves have. Ends early, and well, when nobody
/// takes them any more.
fn prepare(
    filling: Filling,
    charter: Option<Index>,
    sealing: &Sealing,
    clock: &dyn Clock,
    commits: &SyncSender<Work>,
) -> anyhow::Result<u64> {
    let Filling { events, commit_events, standard } = filling;
    let in_force = charter.and_then(|charter| standard.charter(charter.0));
    let (mut run, mut sequence, mut rest, mut leaf_bytes) = (Run::new()?, 0, events, 0);
    while rest > 0 {
        let count = commit_events.min(rest);
        let request = event::request(&run, standard, sequence, count, clock.unix_us());
        let work = sealing.accesses(&run, &request, in_force)?;
        if let Work::Accesses { events, .. } = &work {
            leaf_bytes +=
                events.iter().map(|event| (LEAF_HEADER_BYTES + event.body.len()) as u64).sum::<u64>();
        }
        if commits.send(work).is_err() {
            break;
        }
        rest -= count;
        sequence += count;
        if sequence >= SESSION_EVENTS {
            (run, sequence) = (Run::new()?, 0);
        }
    }
    Ok(leaf_bytes)
}

/// Opens the log in `folder` to read it, and says where it ends. Nothing is recorded.
///
/// # Errors
/// Those of opening the ledger.
pub fn read(folder: &Path) -> anyhow::Result<(LogReader, TreeHead)> {
    let Ledger { committer, reader, .. } = stand_by(folder, Arc::new(SystemClock::new()))?.begin()?;
    let head = committer.published().borrow().head;
    committer.finish();
    Ok((reader, head))
}

/// The view key of a subject of the sealed events, for the month in which they were recorded: this one.
///
/// # Errors
/// Those of opening the ledger; if nothing was sealed this month.
pub fn view_key(folder: &Path, id: &str) -> anyhow::Result<ViewKeys> {
    view_key_by(&(Arc::new(SystemClock::new()) as _), folder, id)
}

/// The same, for the month that a clock shows.
///
/// # Errors
/// Those of [`view_key`].
pub fn view_key_by(clock: &Arc<dyn Clock>, folder: &Path, id: &str) -> anyhow::Result<ViewKeys> {
    let Standby { vault, genesis, .. } = stand_by(folder, Arc::clone(clock))?;
    let Sealing { month, period, .. } = Sealing::of(&vault, &genesis.origin, &**clock)?;
    let mut keys = ViewKeys::new(genesis.origin);
    keys.add(ViewKeyOf { scheme: SCHEME.to_owned(), month, key: period.view_key(SCHEME, id) });
    Ok(keys)
}

/// What events are sealed with.
struct Sealing {
    origin: String,
    month: Month,
    period: Arc<PeriodKey>,
    key: Arc<VaultKey>,
}

impl Sealing {
    /// That of this month.
    fn of(vault: &Vault, origin: &str, clock: &dyn Clock) -> anyhow::Result<Self> {
        let keyring = vault.keyring().context("there is no wrapping key")?;
        let month = Month::of_unix_s(u64::try_from(clock.unix_us() / 1_000_000)?);
        let (period, key) = (keyring.period_key(month)?, keyring.vault_key(month, CLASS)?);
        Ok(Self { origin: origin.to_owned(), month, period, key })
    }

    /// Work as the service makes it of a request.
    fn accesses(
        &self,
        run: &Run,
        request: &RecordRequest,
        charter: Option<InForce<'_>>,
    ) -> anyhow::Result<Work> {
        let first = request.first_sequence;
        let first_event = Provenance { producer: PRODUCER, session: run.session(), sequence: first };
        let events: Vec<_> = request.events.iter().map(EventView::from).collect();
        let prepared = seal_accesses(&events, first_event, Some(&self.period), charter, getrandom::fill)?;
        let prepared = events.iter().zip(first..).zip(prepared).map(|((event, sequence), prepared)| {
            let event_id = event.event_id().try_into().unwrap_or_default();
            let charter = charter.map(|charter| Index(charter.index));
            let judged = Judged { charter, deviates: prepared.judgement.deviates };
            let sealed = prepared.sealed.map(|sealed| self.encrypt(&sealed)).transpose()?;
            Ok(PreparedEvent { sequence, event_id, body: prepared.body, sealed, judged })
        });
        let events = prepared.collect::<anyhow::Result<_>>()?;
        Ok(Work::Accesses { session: SessionKey::new(PRODUCER, run.session()), events })
    }

    fn encrypt(&self, sealed: &Sealed) -> anyhow::Result<SealedBytes> {
        let mut nonce = [0; AEAD_NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let bytes = self.key.encrypt(&self.origin, &sealed.nonce, &nonce, sealed.openings.as_bytes());
        Ok(SealedBytes { month: self.month, class: CLASS, bytes: bytes.into() })
    }
}

/// Where `einsichtd dev` has it, too: a ledger that was filled here is served by that. Always the same one: nothing in
/// it is anybody's.
fn wrapping_key(keys: &Path) -> anyhow::Result<WrappingKey> {
    let path = keys.join("wrapping.key");
    let digits = "5a".repeat(32);
    if !path.exists() {
        std::fs::create_dir_all(keys)?;
        signer::write_secret(&path, digits.as_bytes())?;
    }
    Ok(WrappingKey::parse(&digits)?)
}

fn stand_by(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Standby> {
    let mut suffix = [0; 4];
    getrandom::fill(&mut suffix)?;
    let origin = Origin::parse(&format!("{ORIGIN}{:08x}", u32::from_be_bytes(suffix)))?;
    Ok(ledger::stand_by(Opening {
        data: folder,
        keys: folder.join("keys"),
        wrapping_key: Some(wrapping_key(&folder.join("keys"))?),
        clock,
        accept_clock: false,
        new: NewLedger { origin, simulated: true },
        segment_bytes_max: SEGMENT_BYTES_MAX,
        disk_reserve_bytes: RESERVE_BYTES,
    })?)
}
