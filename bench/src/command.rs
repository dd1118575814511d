//! The command line of `einsicht-bench`.

mod check;
mod fill;
mod large;
mod measure;
mod soak;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use serde::Serialize;

use crate::machine::Machine;

/// What the ledger costs beyond gRPC, the disk and SHA-256. See docs/performance.md.
#[derive(Debug, Parser)]
#[command(name = "einsicht-bench", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures the ledger against its yardsticks, in turns
    Run(measure::RunArgs),
    /// Measures a large ledger: disk, memory, starts, proofs, audit
    Large(large::LargeArgs),
    /// Keeps the service under a steady load, and shows memory and latency over time
    Soak(soak::SoakArgs),
    /// Makes a ledger of standard events that stays, to be served and looked at with other programs
    Fill(fill::FillArgs),
    /// Compares the ratios of an earlier run with bounds
    Check(check::CheckArgs),
}

/// Runs a command. Exit codes: 0 done and within bounds, 1 checked and out of bounds, 2 could not tell
/// or run.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Run(args) => measure::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Large(args) => large::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Soak(args) => soak::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Fill(args) => fill::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => check::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("einsicht-bench: {error:#}");
        ExitCode::from(2)
    })
}

/// Before anything is measured for minutes: can the result be written, and do its figures say anything?
fn begin(json: Option<&Path>, dir: &Path) -> anyhow::Result<Machine> {
    if let Some(path) = json {
        std::fs::write(path, "").with_context(|| format!("can't write {}", path.display()))?;
    }
    let machine = Machine::look(dir)?;
    if machine.file_system == "tmpfs" {
        eprintln!("{} is in memory: syncing costs nothing there; choose a disk with --dir", dir.display());
    }
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures say nothing; use cargo run --release");
    }
    Ok(machine)
}

/// Writes a result, if it is wanted.
fn end(json: Option<&Path>, result: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = json else { return Ok(()) };
    let text = serde_json::to_string_pretty(result)?;
    std::fs::write(path, format!("{text}\n")).with_context(|| path.display().to_string())
}

/// For the person at the terminal.
#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{text}");
}
