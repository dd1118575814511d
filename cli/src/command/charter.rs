//! `einsicht charter`: what the city promised, for those who write it and for those who check it.

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::options::Options;

mod check;
mod diff;
mod explain;
mod file;
mod json;
mod list;
mod publish;
mod show;
mod text;
mod watch;

pub use file::{Unusable, read_file};

/// What `charter` takes.
#[derive(Debug, Args)]
pub struct CharterArgs {
    #[command(subcommand)]
    command: CharterCommand,
}

#[derive(Debug, Subcommand)]
enum CharterCommand {
    /// Check a charter file before it is published, and read back what it says
    Check(check::CheckArgs),
    /// Put a charter in force, for good (for stewards)
    Publish(publish::PublishArgs),
    /// Show the charter that is in force, or was
    Show(show::ShowArgs),
    /// List the charters that the ledger holds
    List(list::ListArgs),
    /// Tell in sentences what changes from one charter to another
    Diff(diff::DiffArgs),
    /// Explain the verdict on one access: which rules it does not fit, and why
    Explain(explain::ExplainArgs),
    /// Tell of accesses that do not fit, as they are recorded
    Watch(watch::WatchArgs),
}

/// Does what is asked for.
///
/// # Errors
/// It could not be done, or the ledger is not what it should be.
pub async fn run(args: &CharterArgs, options: &Options) -> anyhow::Result<Exit> {
    match &args.command {
        CharterCommand::Check(args) => check::run(args),
        CharterCommand::Publish(args) => publish::run(args, options).await,
        CharterCommand::Watch(args) => watch::run(args, options).await,
        CharterCommand::Show(args) => show::run(args, options).await,
        CharterCommand::List(args) => list::run(args, options).await,
        CharterCommand::Diff(args) => diff::run(args, options).await,
        CharterCommand::Explain(args) => explain::run(args, options).await,
    }
}
