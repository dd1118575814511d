//! The commands, one file each.

use clap::Subcommand;
use einsicht_access::Language;

pub use self::charter::Unusable;
pub use self::report::Doubted;
use crate::cli::Cli;
use crate::exit::Exit;

mod charter;
mod checkpoint;
mod citizen;
mod correct;
mod disclose;
mod disclosure;
mod erase;
mod import;
mod list;
mod manual;
mod open;
mod receipt;
mod record;
mod report;
mod requests;
mod retain;
mod show;
mod spool;
mod verify;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record accesses, one by one or from JSON
    Record(Box<record::RecordArgs>),
    /// Record the accesses of a log file, line by line
    Import(import::ImportArgs),
    /// Verify everything: each entry, the chain, the tree, the signature
    Verify(verify::VerifyArgs),
    /// Show one entry as a person reads it
    Show(show::ShowArgs),
    /// List accesses, newest first
    List(list::ListArgs),
    /// Fetch the proof that an entry is in the ledger, or verify one
    Receipt(receipt::ReceiptArgs),
    /// Fetch and verify the newest signed checkpoint
    Checkpoint(checkpoint::CheckpointArgs),
    /// Check, publish, show, compare and explain charters: what the city promised
    Charter(charter::CharterArgs),
    /// Make, publish, list and recompute transparency reports
    Report(report::ReportArgs),
    /// Find the accesses to one person's data
    Citizen(citizen::CitizenArgs),
    /// Disclose sealed values of an entry, proven to be what was sealed
    Disclose(disclose::DiscloseArgs),
    /// Verify disclosed values that somebody else was given
    Disclosure(disclosure::DisclosureArgs),
    /// List requests for disclosure that wait for a second steward
    Requests(requests::RequestsArgs),
    /// Erase sealed values of an entry
    Erase(erase::EraseArgs),
    /// Erase the months whose time has come, or list them
    Retain(retain::RetainArgs),
    /// Write a correction beside a record
    Correct(correct::CorrectArgs),
    /// Make a confidential record public once its day has come
    Open(open::OpenArgs),
    /// Show or ship what a recorder left on this machine while its ledger was away
    Spool(spool::SpoolArgs),
    /// Write manual pages for all commands
    Man(manual::ManArgs),
    /// Print completions for a shell
    Completions(manual::CompletionsArgs),
}

impl Command {
    /// The language that its errors are told in.
    pub fn language(&self) -> Language {
        match self {
            Self::Report(args) => args.language(),
            _ => Language::English,
        }
    }
}

/// Does what the command line says.
///
/// # Errors
/// What went wrong; [`crate::explain`] tells it.
pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new()?;
    let options = &cli.options;
    let ended = runtime.block_on(async {
        match &cli.command {
            Command::Record(args) => record::run(args, options).await,
            Command::Import(args) => import::run(args, options).await,
            Command::Verify(args) => verify::run(args, options).await,
            Command::Show(args) => show::run(args, options).await,
            Command::List(args) => list::run(args, options).await,
            Command::Receipt(args) => receipt::run(args, options).await,
            Command::Checkpoint(args) => checkpoint::run(args, options).await,
            Command::Charter(args) => charter::run(args, options).await,
            Command::Report(args) => report::run(args, options).await,
            Command::Citizen(args) => citizen::run(args, options).await,
            Command::Disclose(args) => disclose::run(args, options).await,
            Command::Disclosure(args) => disclosure::run(args, options),
            Command::Requests(args) => requests::run(args, options).await,
            Command::Erase(args) => erase::run(args, options).await,
            Command::Retain(args) => retain::run(args, options).await,
            Command::Correct(args) => correct::run(args, options).await,
            Command::Open(args) => open::run(args, options).await,
            Command::Spool(args) => spool::run(args, options).await,
            Command::Man(args) => manual::write_pages(args),
            Command::Completions(args) => manual::print_completions(args),
        }
    });
    // Nothing that is still under way, such as a read ahead, is worth waiting for.
    runtime.shutdown_background();
    ended
}
