//! One run of the bench: every measurement, one after the other, each beside its yardstick.

use std::path::Path;

use anyhow::Context as _;
use einsicht_service::metrics::Metrics;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::charter::Judging;
use crate::event::Standard::{self, Plain, Sealed};
use crate::lanes::{Outcome, Shape};
use crate::layer::{self, Services};
use crate::ledger::Filling;
use crate::load::Load;
use crate::making::{self, Taken};
use crate::part::Part;
use crate::plan::Plan;
use crate::sealing::Preparing;
use crate::served::{self, Served};
use crate::spool::{self, Spooling};
use crate::turns::{Turns, settle};
use crate::{audit, floor, ledger, scan};

/// Events of one commit of the log that is audited.
const AUDIT_COMMIT_EVENTS: u64 = 500;

/// What a run gave, turn by turn. What was not measured is absent.
#[derive(Debug, Default)]
pub struct Measured {
    /// Floor and ledger: batches.
    pub batch: Option<Turns<Outcome>>,
    /// Floor and ledger: batches of sealed events.
    pub sealed: Option<Turns<Outcome>>,
    /// Preparing plain events, and sealed ones: microseconds for each.
    pub sealing: Option<Turns<f64>>,
    /// Looking at what a rule may ask of a sealed event, and judging it: nanoseconds for each.
    pub judging: Option<Turns<f64>>,
    /// Floor and ledger: one event a call, many in flight.
    pub unary: Option<Turns<Outcome>>,
    /// Floor and ledger: one event, nothing else in flight.
    pub lone: Option<Turns<Outcome>>,
    /// The ledger in plain text and over TLS: batches.
    pub tls: Option<Turns<Outcome>>,
    /// A handler that records itself, and one under the layer: one event a request, many in flight.
    pub layer: Option<Turns<Outcome>>,
    /// Appends of the bytes of a batch, and batches into the spool.
    pub spool_batch: Option<Turns<Outcome>>,
    /// Appends of the bytes of one event, and single events into the spool, one by one.
    pub spool_lone: Option<Turns<Outcome>>,
    /// Hashes of a log alone, and its audit: entries a second.
    pub audit: Option<Turns<f64>>,
    /// Hashes of a log of judged records alone, and its audit with every verdict: entries a second.
    pub judged: Option<Turns<f64>>,
    /// Testing the markers of records, and a whole scan of the log: records a second and core.
    pub scan: Option<Turns<f64>>,
    /// Verifying a log of judged records, and making a report of it, as whole programs.
    pub report: Option<Turns<Taken>>,
}

/// Measures `parts`, one after the other. Servers write into new folders in `parent`, which are deleted
/// before this returns; `progress` is told what comes next.
///
/// # Errors
/// If a server, a call or an audit fails, or the process is interrupted (Ctrl-C, SIGTERM): folders are
/// deleted then as well.
pub fn run(
    plan: &Plan,
    parts: &[Part],
    parent: &Path,
    metrics: &Metrics,
    progress: &mut dyn FnMut(&str),
) -> anyhow::Result<Measured> {
    let runtime = served::runtime("clients")?;
    let interrupted = CancellationToken::new();
    runtime.block_on(async { cancel_on_signal(interrupted.clone()) }).context("signals")?;
    let mut bench = Bench { plan, parent, metrics, runtime, interrupted, progress };
    let mut measured = Measured::default();
    for part in parts {
        bench.measure(*part, &mut measured)?;
    }
    Ok(measured)
}

/// Cancels `interrupted` at Ctrl-C and SIGTERM. Without this a signal would end the process on the spot and leave gigabytes in the temporary folder.
pub(crate) fn cancel_on_signal(interrupted: CancellationToken) -> std::io::Result<()> {
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
    fn measure(&mut self, part: Part, measured: &mut Measured) -> anyhow::Result<()> {
        let Plan { batch, unary, lone, .. } = *self.plan;
        match part {
            Part::Batch => measured.batch = Some(self.against_floor("batches", batch, Plain)?),
            Part::Sealed => {
                measured.sealing = Some(self.sealing()?);
                measured.judging = Some(self.judging()?);
                measured.sealed = Some(self.against_floor("sealed batches", batch, Sealed)?);
            }
            Part::Unary => measured.unary = Some(self.against_floor("one event a call", unary, Plain)?),
            Part::Lone => measured.lone = Some(self.against_floor("one event at a time", lone, Plain)?),
            Part::Tls => measured.tls = Some(self.over_tls()?),
            Part::Layer => measured.layer = Some(self.layer()?),
            Part::Spool => {
                measured.spool_batch = Some(self.spool("batches", batch)?);
                measured.spool_lone = Some(self.spool("one event at a time", lone)?);
            }
            Part::Audit => {
                measured.audit = Some(self.audit("audit", self.plan.audit_entries, Plain)?);
            }
            Part::Judged => {
                measured.judged = Some(self.audit("judged audit", self.plan.scan_entries, Sealed)?);
            }
            Part::Scan => measured.scan = Some(self.scan()?),
            Part::Report => measured.report = Some(self.report()?),
        }
        Ok(())
    }

    /// Floor and ledger under one load.
    fn against_floor(
        &mut self,
        name: &str,
        shape: Shape,
        standard: Standard,
    ) -> anyhow::Result<Turns<Outcome>> {
        self.tell(name, shape, self.plan.turns, "floor and ledger");
        let floor = floor::start(self.parent, standard)?;
        let ledger = ledger::start(self.parent, self.metrics.clone(), standard)?;
        self.compare(floor, ledger, shape, standard)
    }

    /// What the service does with one event before it may be written, on one core.
    fn sealing(&mut self) -> anyhow::Result<Turns<f64>> {
        let turns = self.plan.turns;
        (self.progress)(&format!("sealing: {turns} turns of preparing plain events and sealed ones"));
        let (plain, sealed) = (Preparing::new(Plain)?, Preparing::new(Sealed)?);
        Turns::take(turns, || plain.us_per_event(), || sealed.us_per_event())
    }

    /// What twelve commitments cost, on one core.
    fn judging(&mut self) -> anyhow::Result<Turns<f64>> {
        let turns = self.plan.turns;
        (self.progress)(&format!("judging: {turns} turns of looking at sealed events and of judging them"));
        let judging = Judging::new()?;
        Turns::take(turns, || judging.facts_ns(), || judging.judging_ns())
    }

    /// The ledger in plain text and over TLS, under the load of batches.
    fn over_tls(&mut self) -> anyhow::Result<Turns<Outcome>> {
        let shape = self.plan.batch;
        self.tell("batches", shape, self.plan.turns, "plain text and TLS");
        let plain = ledger::start(self.parent, self.metrics.clone(), Plain)?;
        let tls = ledger::start_over_tls(self.parent, self.metrics.clone())?;
        self.compare(plain, tls, shape, Plain)
    }

    /// Two servers under one load. Both run all the while, and begin empty.
    fn compare(
        &self,
        yardstick: Served,
        measured: Served,
        shape: Shape,
        standard: Standard,
    ) -> anyhow::Result<Turns<Outcome>> {
        let connect =
            |server: &Served| self.runtime.block_on(Load::connect(&server.target(), shape, standard));
        let yardstick_load = connect(&yardstick)?;
        let measured_load = connect(&measured)?;
        let turns = Turns::take(
            self.plan.turns,
            || self.turn(&yardstick, &yardstick_load),
            || self.turn(&measured, &measured_load),
        )?;
        // Open connections would hold up a server that goes down in good order.
        drop((yardstick_load, measured_load));
        yardstick.stop().context("the yardstick")?;
        measured.stop().context("what is measured against it")?;
        Ok(turns)
    }

    fn turn(&self, server: &Served, load: &Load) -> anyhow::Result<Outcome> {
        let before = server.committed()?;
        let mut outcome = self.runtime.block_on(load.run(self.plan.span(), &self.interrupted))?;
        settle(server.folder()).with_context(|| server.folder().display().to_string())?;
        outcome.events_per_commit = before
            .zip(server.committed()?)
            .map(|(before, after)| (after.entries - before.entries) / (after.commits - before.commits));
        Ok(outcome)
    }

    /// Two services that record over one ledger: by hand, and through the layer.
    fn layer(&mut self) -> anyhow::Result<Turns<Outcome>> {
        let (shape, turns) = (self.plan.unary, self.plan.layer_turns);
        self.tell("requests", shape, turns, "handlers that record themselves and the layer");
        let ledger = ledger::start(self.parent, self.metrics.clone(), Plain)?;
        let services = self.runtime.block_on(Services::connect(&ledger))?;
        let turn = |service| {
            let calls = layer::run(service, shape, self.plan.span(), &self.interrupted);
            let outcome = self.runtime.block_on(calls)?;
            settle(ledger.folder()).with_context(|| ledger.folder().display().to_string())?;
            Ok(outcome)
        };
        let turns = Turns::take(turns, || turn(&services.by_hand), || turn(&services.layered))?;
        self.runtime.block_on(services.close())?;
        ledger.stop().context("the ledger")?;
        Ok(turns)
    }

    /// The spool of a recorder whose ledger is away, and appends of as many bytes.
    fn spool(&mut self, name: &str, shape: Shape) -> anyhow::Result<Turns<Outcome>> {
        self.tell(name, shape, self.plan.turns, "appends and the spool");
        let spooling = self.runtime.block_on(Spooling::open(self.parent, shape))?;
        let bytes = self.runtime.block_on(spooling.bytes_per_call())?;
        let (span, interrupted, folder) = (self.plan.span(), &self.interrupted, spooling.folder());
        Turns::take(
            self.plan.turns,
            || spool::append(folder, bytes, span, interrupted),
            || {
                let outcome = self.runtime.block_on(spooling.run(span, interrupted))?;
                settle(folder).with_context(|| folder.display().to_string())?;
                Ok(outcome)
            },
        )
    }

    fn tell(&mut self, name: &str, shape: Shape, turns: usize, of: &str) {
        (self.progress)(&format!(
            "{name}: {} in flight, {} events a call, {turns} turns of {of}",
            shape.in_flight, shape.events_per_call
        ));
    }

    /// The hashes of a log alone, and the audit of that log. Sealed events were judged, and are judged again.
    fn audit(&mut self, name: &str, events: u64, standard: Standard) -> anyhow::Result<Turns<f64>> {
        (self.progress)(&format!(
            "{name}: a log of {events} entries, {} turns of hashing alone and of auditing",
            self.plan.audit_turns
        ));
        let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(self.parent)?;
        let filling = Filling { events, commit_events: AUDIT_COMMIT_EVENTS, standard };
        let verifier = ledger::fill(folder.path(), filling, &self.interrupted)?.verifier;
        let judged = standard.charter(0).map_or(0, |_| events);
        let log = audit::Log { folder: folder.path(), verifier: &verifier, judged };
        let turns = audit::in_turns(&log, self.plan.audit_turns, &self.runtime, &self.interrupted)?;
        folder.close().context("deleting the log that was audited")?;
        Ok(turns)
    }

    /// A citizen's scan of a log of sealed events: the test of the markers alone, and all of it.
    fn scan(&mut self) -> anyhow::Result<Turns<f64>> {
        let (events, turns) = (self.plan.scan_entries, self.plan.audit_turns);
        (self.progress)(&format!(
            "scan: a log of {events} sealed events, {turns} turns of testing markers and scanning"
        ));
        let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(self.parent)?;
        let filling = Filling { events, commit_events: AUDIT_COMMIT_EVENTS, standard: Sealed };
        let verifier = ledger::fill(folder.path(), filling, &self.interrupted)?.verifier;
        let turns = scan::in_turns(folder.path(), &verifier, turns, &self.runtime, &self.interrupted)?;
        folder.close().context("deleting the log that was scanned")?;
        Ok(turns)
    }

    /// The report of a log of judged records, and its verification alone.
    fn report(&mut self) -> anyhow::Result<Turns<Taken>> {
        let (events, turns) = (self.plan.scan_entries, self.plan.audit_turns);
        (self.progress)(&format!(
            "report: a log of {events} judged events, {turns} turns of `einsicht verify` and `einsicht report make`"
        ));
        let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(self.parent)?;
        let log = folder.path().join("data");
        let filling = Filling { events, commit_events: AUDIT_COMMIT_EVENTS, standard: Sealed };
        let verifier = ledger::fill(&log, filling, &self.interrupted)?.verifier;
        let turns = making::in_turns(&log, &verifier, folder.path(), turns, &self.interrupted)?;
        folder.close().context("deleting the log that was reported")?;
        Ok(turns)
    }
}
