//! `einsicht report`: transparency reports, for those who publish them and for those who doubt them.

use clap::{Args, Subcommand};
use einsicht_access::Language;

use crate::exit::Exit;
use crate::options::Options;

mod changed;
mod differs;
mod doubted;
mod folder;
mod gather;
mod judged;
mod list;
mod made;
mod make;
mod publish;
mod recompute;

pub use doubted::Doubted;

/// What `report` takes.
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Verify a ledger, and make the report of a period from it
    Make(make::MakeArgs),
    /// Name a report in the ledger, for good (for stewards)
    Publish(publish::PublishArgs),
    /// List the reports that the ledger names
    List(list::ListArgs),
    /// Verify a ledger, make a report from it again, compare every byte
    Recompute(recompute::RecomputeArgs),
}

impl ReportArgs {
    /// The language that everything is told in.
    pub fn language(&self) -> Language {
        match &self.command {
            ReportCommand::Make(args) => &args.language,
            ReportCommand::Publish(args) => &args.language,
            ReportCommand::List(args) => &args.language,
            ReportCommand::Recompute(args) => &args.language,
        }
        .language()
    }
}

/// Does what is asked for.
///
/// # Errors
/// It could not be done, or the ledger or the report is not what it should be.
pub async fn run(args: &ReportArgs, options: &Options) -> anyhow::Result<Exit> {
    match &args.command {
        ReportCommand::Make(args) => make::run(args, options).await,
        ReportCommand::Recompute(args) => recompute::run(args, options).await,
        ReportCommand::Publish(args) => publish::run(args, options).await,
        ReportCommand::List(args) => list::run(args, options).await,
    }
}
