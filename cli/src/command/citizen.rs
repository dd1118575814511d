//! `einsicht citizen`: what a person learns about accesses to their own data.

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::options::Options;

mod key;
mod report;
mod scan;

/// What `citizen` takes.
#[derive(Debug, Args)]
pub struct CitizenArgs {
    #[command(subcommand)]
    command: CitizenCommand,
}

#[derive(Debug, Subcommand)]
enum CitizenCommand {
    /// Give out view keys for a person (for stewards)
    Key(key::KeyArgs),
    /// Find the accesses to your data in the public log, by your own computation
    Scan(scan::ScanArgs),
    /// Find them, and write a report to read, print and keep: German, English, JSON, with proofs
    Report(report::ReportArgs),
}

/// Does what is asked for.
///
/// # Errors
/// It could not be done, or the ledger is not what it should be.
pub async fn run(args: &CitizenArgs, options: &Options) -> anyhow::Result<Exit> {
    match &args.command {
        CitizenCommand::Key(args) => key::run(args, options).await,
        CitizenCommand::Scan(args) => scan::run(args, options).await,
        CitizenCommand::Report(args) => report::run(args, options).await,
    }
}
