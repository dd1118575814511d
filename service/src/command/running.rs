//! From an open ledger to goodbye: what `dev` and `serve` have in common.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use einsicht_access::judge::Commitments;
use einsicht_tlog::{Index, Origin, Size};
use tokio_util::sync::CancellationToken;

use super::place::generations;
use crate::auth::Gate;
use crate::charters::{Charters, Publishing};
use crate::clock::Clock;
use crate::custody::{self, Custody, RulesSlot};
use crate::http::Site;
use crate::ledger::Standby;
use crate::metrics::Metrics;
use crate::reports::{Reports, Shelf};
use crate::rpc::Shared;
use crate::scrub::{self, Scrub};
use crate::server::{Entrance, Server};
use crate::storage::file::{Folder, RealFolder};
use crate::supervisor;
use crate::vault::Vault;

/// Longest that tasks under way may take once serving has ended.
const RUNTIME_GRACE: Duration = Duration::from_secs(5);

/// What is served with.
pub(super) struct Running {
    /// The data folder.
    pub(super) data: PathBuf,
    /// The folder of the published reports.
    pub(super) reports: PathBuf,
    /// The listeners, bound.
    pub(super) entrances: Vec<Entrance>,
    /// Who is let in.
    pub(super) gate: Gate,
    /// The time that events are checked against.
    pub(super) clock: Arc<dyn Clock>,
    /// Whether somebody said that the clock is right.
    pub(super) is_clock_confirmed: bool,
    /// How sealed values are taken, kept and shown.
    pub(super) rules: RulesSlot,
}

/// What is known once everything stands.
pub(super) struct Started<'a> {
    /// Which ledger.
    pub(super) origin: &'a str,
    /// Its entries.
    pub(super) size: Size,
    /// Where it listens, in the order of the entrances.
    pub(super) addresses: &'a [SocketAddr],
}

/// How old the newest entry is.
fn gap_s(ledger: &Standby, clock: &dyn Clock) -> u64 {
    let newest = Index(ledger.head().size.0.saturating_sub(1));
    let now_s = u64::try_from(clock.unix_us()).unwrap_or(0) / 1_000_000;
    // There is none, or it can't be read, which is told elsewhere.
    ledger.reader.recorded_at(newest).map_or(0, |newest| now_s.saturating_sub(newest.0))
}

/// The folders of the ledgers that this one continues.
fn predecessors(data: &Path) -> Vec<Arc<dyn Folder>> {
    let folder = |(folder, _): (PathBuf, PathBuf)| Arc::new(RealFolder::new(&folder)) as Arc<dyn Folder>;
    generations(data, data).skip(1).map(folder).collect()
}

/// Serves until SIGTERM or Ctrl-C, then finishes what was accepted. `ready` is called in the runtime,
/// once, when everything stands.
pub(super) fn run(
    mut ledger: Standby,
    running: Running,
    ready: impl FnOnce(Started<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let gap_s = gap_s(&ledger, &*running.clock);
    // Last: that the service came up is recorded once nothing of its own can stop it any more.
    let recording = ledger.serve()?;
    let Standby { reader, vault, verifier, genesis, annotations, charters, lock, .. } = ledger;
    let Running { data, reports, entrances, gate, clock, is_clock_confirmed, rules } = running;
    let metrics = Metrics::install().context("the metrics recorder")?;
    metrics.watch(&data).context("the thread that watches the disk")?;
    let runtime = tokio::runtime::Runtime::new().context("the async runtime")?;
    let (sequencer, writer) = recording.start().context("the writer's thread")?;
    let served = runtime.block_on(async move {
        let shutdown = CancellationToken::new();
        let size = sequencer.published().borrow().head.size;
        let origin = Origin::parse(&genesis.origin)?;
        let scrub = Scrub {
            origin: origin.clone(),
            published: sequencer.published(),
            reader: reader.clone(),
            vault: vault.clone(),
        };
        scrub::start(&data, scrub).context("the scrub's thread")?;
        show_figures(&vault, &charters);
        let custody = Custody::new(custody::Parts {
            sequencer: sequencer.clone(),
            reader: reader.clone(),
            annotations: annotations.clone(),
            charters: charters.clone(),
            vault,
            clock: Arc::clone(&clock),
            rules,
            origin: origin.clone(),
            predecessors: predecessors(&data),
        });
        let site = Site {
            sequencer: sequencer.clone(),
            reader: reader.clone(),
            metrics,
            simulated: genesis.simulated,
            verifier_key: verifier.to_string().into(),
            annotations: annotations.clone(),
            shelf: Shelf::new(reports),
        };
        let publishing = Publishing::new(charters, sequencer.clone(), reader.clone(), annotations.clone());
        let reports = Reports::new(origin, sequencer.clone(), reader.clone(), annotations.clone());
        let shared = Shared {
            sequencer,
            reader,
            annotations,
            publishing,
            reports,
            custody,
            clock,
            shutdown: shutdown.clone(),
        };
        let server = Server::new(entrances, &shared, &site, &gate).await.context("serving can't begin")?;
        let first_after = custody::first_after(gap_s, is_clock_confirmed);
        tokio::spawn(shared.custody.clone().run_daily(first_after, shutdown.clone()));
        // With the last handle the writer finishes: only what serves may hold one.
        drop((shared, site));
        tokio::spawn(cancel_on_signal(shutdown.clone())?);
        ready(Started { origin: &genesis.origin, size, addresses: &server.addresses()? })?;
        server.serve().await;
        anyhow::Ok(())
    });
    // Ends what is still under way; with the last handle the writer finishes, and with it the rest.
    runtime.shutdown_timeout(RUNTIME_GRACE);
    ensure!(
        writer.join().is_ok(),
        "the writer ended in disorder; run `einsichtd fsck` before the next start"
    );
    drop(lock);
    served?;
    tracing::info!("everything that was accepted is durable; goodbye");
    Ok(())
}

/// Figures that are there from the start: what is counted later is seen as one more.
fn show_figures(vault: &Vault, charters: &Charters) {
    let damages = u32::try_from(vault.damages().len()).unwrap_or(u32::MAX);
    metrics::gauge!("einsicht_vault_damages").set(f64::from(damages));
    if let Some(charter) = charters.to_judge_by() {
        charter.count(Commitments::default());
    }
}

fn cancel_on_signal(shutdown: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("going down: no new calls, finishing what was accepted");
        supervisor::stopping();
        shutdown.cancel();
    })
}
