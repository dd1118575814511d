//! What was found, under its names, and what it rests on: the same shape in every result.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Serialize;

use crate::event::{Description, Standard};
use crate::goals::{self, Goal};
use crate::machine::{self, Machine};
use crate::stats::Summary;
use crate::turns::Turns;

/// What every figure depends on.
#[derive(Debug, Serialize)]
pub struct Basis {
    /// What it was measured on.
    pub machine: Machine,
    /// What was measured.
    pub commit: String,
    /// How it was started.
    pub command: String,
    /// Whether the compiler optimised: `release` or `debug`. Figures of the latter say nothing.
    pub build: &'static str,
    /// The events that were recorded; which part records which is in the names of figures.
    pub events: Vec<Description>,
}

/// Medians with their spread.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// Of measures; the unit is the end of each name.
    pub measures: BTreeMap<String, Summary>,
    /// Medians of what was measured against something of the same run.
    pub ratios: BTreeMap<&'static str, f64>,
    /// The same with their spread.
    pub ratio_spread: BTreeMap<&'static str, Summary>,
}

impl Basis {
    /// This program, on `machine`.
    #[must_use]
    pub fn on(machine: Machine) -> Self {
        Self {
            machine,
            commit: machine::commit(),
            command: std::env::args().collect::<Vec<_>>().join(" "),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            events: [Standard::Plain, Standard::Sealed].map(Standard::describe).into(),
        }
    }

    /// For people, at most about 100 columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { machine, events, commit, build, command } = self;
        let events: String = events.iter().map(Description::to_text).collect();
        let load = machine.load_before.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
        format!(
            "{} cores, {}, Linux {}, {}, fdatasync {:.2} ms, load before {load}\n\
             commit {commit}, {build} build: {command}\n\
             {events}",
            machine.cores, machine.cpu, machine.kernel, machine.file_system, machine.fdatasync_ms,
        )
    }
}

impl Figures {
    /// Adds what was measured several times.
    ///
    /// # Errors
    /// If there is no value, or one is not a number.
    pub fn measure(&mut self, name: impl Into<String>, values: &[f64]) -> anyhow::Result<()> {
        let name = name.into();
        let summary = Summary::of(values).with_context(|| format!("{name}: nothing was measured"))?;
        self.measures.insert(name, summary);
        Ok(())
    }

    /// Adds a ratio that was taken several times.
    ///
    /// # Errors
    /// If it was not taken.
    pub fn ratio(&mut self, name: &'static str, summary: Option<Summary>) -> anyhow::Result<()> {
        let summary = summary.with_context(|| format!("{name}: nothing was measured"))?;
        self.ratios.insert(name, summary.median);
        self.ratio_spread.insert(name, summary);
        Ok(())
    }

    /// Adds the ratio of what was measured in turns.
    ///
    /// # Errors
    /// If there was no turn.
    pub fn ratio_of(&mut self, name: &'static str, turns: &Turns<f64>) -> anyhow::Result<()> {
        self.ratio(name, Summary::of_ratios(&turns.measured, &turns.yardstick))
    }

    /// Adds both sides of what was measured in turns, the yardstick under the first name.
    ///
    /// # Errors
    /// If there was no turn.
    pub fn both(&mut self, [yardstick, measured]: [&str; 2], turns: &Turns<f64>) -> anyhow::Result<()> {
        self.measure(yardstick, &turns.yardstick)?;
        self.measure(measured, &turns.measured)
    }

    /// A ratio or measure.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Summary> {
        self.ratio_spread.get(name).or_else(|| self.measures.get(name))
    }

    /// For people: everything that was measured, then what has one of `goals`.
    #[must_use]
    pub fn to_text(&self, goals: &[Goal]) -> String {
        let (all, reached) = (goals::measures(&self.measures), goals::against(goals, |name| self.find(name)));
        format!("{}\n\n{}\n", all.trim_fmt(), reached.trim_fmt())
    }
}
