//! The real service over a large ledger: how long it takes to start, and what it has in memory.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use einsicht_tlog::VerifierKey;

use super::report::{MEMORY_MB, RESTART_CLEAN_S, RESTART_KILLED_S};
use super::{Bench, seconds};
use crate::event::Standard;
use crate::lanes::Span;
use crate::load::Load;
use crate::making::megabytes;
use crate::plan::BATCH;
use crate::process::Service;
use crate::steady::{self, Answers};
use crate::turns::settle;

/// How long the service records as fast as it can before it is killed.
const BEFORE_KILL: Duration = Duration::from_millis(700);

impl Bench<'_> {
    /// Starts after going down in order.
    pub(super) fn starts_in_order(&mut self) -> anyhow::Result<()> {
        self.tell(&format!("{} starts after going down in order", self.plan.starts));
        let mut starts = Vec::new();
        for _ in 0..self.plan.starts {
            ensure!(!self.interrupted.is_cancelled(), "interrupted");
            let (service, taken) = Service::start(&self.data())?;
            starts.push(taken);
            service.terminate()?;
            settle(&self.data())?;
        }
        self.figures.measure(RESTART_CLEAN_S, &seconds(&starts))
    }

    /// Starts after the service was killed while it recorded as fast as it can: as much as can be is then
    /// behind the watermark.
    pub(super) fn starts_after_kills(&mut self) -> anyhow::Result<()> {
        self.tell(&format!("{} starts after a kill under load", self.plan.starts));
        let mut starts = Vec::new();
        for _ in 0..self.plan.starts {
            let (service, _) = Service::start(&self.data())?;
            self.kill_under_load(service)?;
            let (service, taken) = Service::start(&self.data())?;
            starts.push(taken);
            service.terminate()?;
            settle(&self.data())?;
        }
        self.figures.measure(RESTART_KILLED_S, &seconds(&starts))
    }

    fn kill_under_load(&self, service: Service) -> anyhow::Result<()> {
        let (target, interrupted) = (service.target(), self.interrupted.clone());
        self.runtime.block_on(async {
            let load = Load::connect(&target, BATCH, Standard::Plain).await?;
            let span = Span { ramp: Duration::ZERO, measured: BEFORE_KILL * 10 };
            let calls = tokio::spawn(async move { load.run(span, &interrupted).await });
            tokio::time::sleep(BEFORE_KILL).await;
            ensure!(!calls.is_finished(), "the load ended before the kill");
            service.kill()?;
            let ended = calls.await.context("the load panicked")?;
            ensure!(ended.is_err(), "calls were answered by a service that was killed");
            anyhow::Ok(())
        })?;
        ensure!(!self.interrupted.is_cancelled(), "interrupted");
        Ok(())
    }

    /// What the service has in memory after its start, and after a steady load; returns the most.
    pub(super) fn memory(&mut self, name: &str, verifier: &VerifierKey) -> anyhow::Result<f64> {
        let lasting = Duration::from_secs(self.plan.load_s);
        self.tell(&format!("memory: {} s of recording and reading receipts", self.plan.load_s));
        let (service, _) = Service::start(&self.data())?;
        let started = service.memory()?;
        let (target, pace, answers) = (service.target(), self.plan.pace, Answers::default());
        let load = steady::run(&target, verifier, pace, lasting, &answers, &self.interrupted);
        self.runtime.block_on(load)?;
        let loaded = service.memory()?;
        ensure!(!answers.take().is_empty(), "nothing was answered");
        service.terminate()?;
        settle(&self.data())?;
        let peak = megabytes(loaded.peak);
        self.figures.measure(format!("memory_{name}_started_mb"), &[megabytes(started.resident)])?;
        self.figures.measure(format!("memory_{name}_loaded_mb"), &[megabytes(loaded.resident)])?;
        self.figures.measure(format!("memory_{name}_peak_mb"), &[peak])?;
        if name == "full" {
            self.figures.measure(MEMORY_MB, &[peak])?;
        }
        Ok(peak)
    }
}
