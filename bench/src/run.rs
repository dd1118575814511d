//! One run of the bench: every measurement, one after the other, each beside its yardstick.

use std::path::Path;

use anyhow::Context as _;
use einsicht_service::metrics::Metrics;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::load::{Load, Outcome, Shape};
use crate::plan::Plan;
use crate::served::{self, Served};
use crate::turns::{Turns, settle};
use crate::{audit, floor, ledger};

/// What a run gave, turn by turn.
#[derive(Debug)]
pub struct Measured {
    /// Floor and ledger: batches.
    pub batch: Turns<Outcome>,
    /// Floor and ledger: one event a call, many in flight.
    pub unary: Turns<Outcome>,
    /// Floor and ledger: one event, nothing else in flight.
    pub lone: Turns<Outcome>,
    /// Hashes of a log alone, and its audit: entries a second.
    pub audit: Turns<f64>,
}

/// Measures. Servers write into new folders in `parent`, which are deleted before this returns;
/// `progress` is told what comes next.
///
/// # Errors
/// If a server, a call or an audit fails, or the process is interrupted (Ctrl-C, SIGTERM): folders are
/// deleted then as well.
pub fn run(
    plan: &Plan,
    parent: &Path,
    metrics: &Metrics,
    progress: &mut dyn FnMut(&str),
) -> anyhow::Result<Measured> {
    let runtime = served::runtime("clients")?;
    let interrupted = CancellationToken::new();
    runtime.block_on(async { cancel_on_signal(interrupted.clone()) }).context("signals")?;
    let mut bench = Bench { plan, parent, metrics, runtime, interrupted, progress };
    let batch = bench.compare("batches", plan.batch)?;
    let unary = bench.compare("one event a call", plan.unary)?;
    let lone = bench.compare("one event at a time", plan.lone)?;
    let audit = bench.audit()?;
    Ok(Measured { batch, unary, lone, audit })
}

/// Without this a signal would end the process on the spot and leave gigabytes in the temporary folder.
fn cancel_on_signal(interrupted: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        interrupted.cancel();
    });
    Ok(())
}

struct Bench<'a> {
    plan: &'a Plan,
    parent: &'a Path,
    metrics: &'a Metrics,
    /// Of the clients; each server has its own.
    runtime: Runtime,
    interrupted: CancellationToken,
    progress: &'a mut dyn FnMut(&str),
}

impl Bench<'_> {
    /// Floor and ledger under one load. Both run all the while, and begin empty.
    fn compare(&mut self, name: &str, shape: Shape) -> anyhow::Result<Turns<Outcome>> {
        (self.progress)(&format!(
            "{name}: {} in flight, {} events a call, {} turns of floor and ledger",
            shape.in_flight, shape.events_per_call, self.plan.turns
        ));
        let floor = floor::start(self.parent)?;
        let ledger = ledger::start(self.parent, self.metrics.clone())?;
        let floor_load = self.runtime.block_on(Load::connect(floor.address(), shape))?;
        let ledger_load = self.runtime.block_on(Load::connect(ledger.address(), shape))?;
        let turns = Turns::take(
            self.plan.turns,
            || self.turn(&floor, &floor_load),
            || self.turn(&ledger, &ledger_load),
        )?;
        // Open connections would hold up a server that goes down in good order.
        drop((floor_load, ledger_load));
        floor.stop().context("the floor")?;
        ledger.stop().context("the ledger")?;
        Ok(turns)
    }

    fn turn(&self, server: &Served, load: &Load) -> anyhow::Result<Outcome> {
        let outcome = self.runtime.block_on(load.run(self.plan.span(), &self.interrupted))?;
        settle(server.folder()).with_context(|| server.folder().display().to_string())?;
        Ok(outcome)
    }

    /// The hashes of a log alone, and the audit of that log.
    fn audit(&mut self) -> anyhow::Result<Turns<f64>> {
        (self.progress)(&format!(
            "audit: a log of {} entries, {} turns of hashing alone and of auditing",
            self.plan.audit_entries, self.plan.audit_turns
        ));
        let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(self.parent)?;
        let verifier = ledger::fill(folder.path(), self.plan.audit_entries, &self.interrupted)?;
        let (path, turns) = (folder.path(), self.plan.audit_turns);
        let turns = audit::in_turns(path, &verifier, turns, &self.runtime, &self.interrupted)?;
        folder.close().context("deleting the log that was audited")?;
        Ok(turns)
    }
}
