//! The command line of `einsicht-bench`.

mod check;
mod measure;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Compares the ratios of an earlier run with bounds
    Check(check::CheckArgs),
}

/// Runs a command. Exit codes: 0 done and within bounds, 1 checked and out of bounds, 2 could not tell
/// or run.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Run(args) => measure::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => check::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("einsicht-bench: {error:#}");
        ExitCode::from(2)
    })
}

/// For the person at the terminal.
#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{text}");
}
