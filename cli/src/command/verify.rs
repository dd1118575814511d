//! `einsicht verify`: everything, from the first entry to the newest checkpoint.

use anyhow::Context as _;
use clap::Args;
use einsicht_client::VerifyError;
use einsicht_client::audit::{AuditOptions, audit};

use crate::exit::Exit;
use crate::options::Options;
use crate::output;
use crate::output::progress::Progress;

mod json;
mod text;
mod vault;

use json::{failure_json, report_json};
use text::print;

const EXAMPLES: &str = "\
Examples:
  einsicht verify http://127.0.0.1:7420 --vkey ledger.vkey
  einsicht verify ./copy-of-the-data-folder --vkey ledger.vkey
  einsicht verify https://ledger.example --vkey ledger.vkey --full --json | jq .size
  einsicht verify ./copy --vkey ledger.vkey --vault --keys ./keys --wrapping-key-file wrapping.key

What is verified: every entry is read; the chain, the tree and the signature are recomputed; and
the ledger must extend everything that was verified before. What is not: whether what the entries
say is true, and what was never recorded. --vault, for auditors who have a copy of the vault and its
keys, also recomputes every seal and marker, and that what is gone was erased by an entry. Of a service
that runs, take a copy first (einsichtd backup): of what is recorded or erased meanwhile, nobody can tell.

Ends with 0 if verified, 1 if verification failed, 2 if nobody can tell.";

/// What `verify` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The ledger: an address, or a folder (the data folder, or a copy of it or of its tiles)
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Read everything, even what was verified before; a folder is always read whole
    #[arg(long)]
    full: bool,
    /// Print the result as one JSON object, also when verification fails
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    vault: vault::VaultArgs,
}

/// Verifies.
///
/// # Errors
/// What is false, or what could not be read.
pub async fn run(args: &VerifyArgs, options: &Options) -> anyhow::Result<Exit> {
    let place = options.place(args.place.as_deref());
    let trust = options.trust(place)?;
    if args.vault.vault {
        return vault::run(&args.vault, place, &trust, args.json, options).await;
    }
    let source = options.source(args.place.as_deref())?;
    let mut progress = Progress::counting("verifying", options.is_quiet());
    let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
    // A copy is verified for its own sake: that another one was verified says nothing about it.
    let is_folder = !place.contains("://");
    let audited = audit(&source, &trust, AuditOptions { full: args.full || is_folder }, show).await;
    drop(progress);
    match audited {
        Ok(report) => {
            output::print(
                |out| if args.json { out.json(&report_json(&report)) } else { print(&report, out) },
            )?;
            // Openings that nobody could compare are not verified.
            Ok(if report.confidential.unchecked == 0 { Exit::Done } else { Exit::Untold })
        }
        Err(error) => fail(error, place, args.json),
    }
}

/// Tells that the log is not verified.
fn fail(error: VerifyError, place: &str, as_json: bool) -> anyhow::Result<Exit> {
    let finding = error.finding().cloned();
    let error = anyhow::Error::new(error);
    if as_json {
        output::print(|out| out.json(&failure_json(&error, finding.as_ref())))?;
    }
    Err(error).with_context(|| format!("{place} is not verified"))
}
