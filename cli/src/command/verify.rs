//! `einsicht verify`: everything, from the first entry to the newest checkpoint.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use einsicht_access::Charter;
use einsicht_client::VerifyError;
use einsicht_client::audit::{AuditOptions, AuditReport, WhatIf, audit, what_if};

use crate::command::charter::read_file;
use crate::exit::Exit;
use crate::language::of_environment;
use crate::options::Options;
use crate::output;
use crate::output::progress::Progress;

mod json;
mod text;
mod vault;
mod verdicts;

pub use json::finding_json;
use json::{failure_json, report_json};
use text::print;
use verdicts::{Asked, print_what_if, what_if_json};

const EXAMPLES: &str = "\
Examples:
  einsicht verify http://127.0.0.1:7420 --vkey ledger.vkey
  einsicht verify ./copy-of-the-data-folder --vkey ledger.vkey
  einsicht verify https://ledger.example --vkey ledger.vkey --full --json | jq .size
  einsicht verify ./copy --vkey ledger.vkey --vault --keys ./keys --wrapping-key-file wrapping.key
  einsicht verify ./copy --vkey ledger.vkey --charter proposed.toml

What is verified: every entry is read; the chain, the tree and the signature are recomputed; every
access is judged again by the charter that the ledger holds, and must have the verdict that it gives;
and the ledger must extend everything that was verified before. What is not: whether what the entries
say is true, and what was never recorded. --charter also tells how many accesses would not have fitted
another charter: before a city decides on it. --vault, for auditors who have a copy of the vault and its
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
    /// Judge every access by the charter in this file, too: what if it had been in force? Reads everything
    #[arg(long, value_name = "FILE", conflicts_with = "vault")]
    charter: Option<PathBuf>,
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
    let read = |path| read_file(path, of_environment());
    let proposed = args.charter.as_deref().map(read).transpose()?;
    let proposed = proposed.map(|file| Arc::new(file.charter));
    let source = options.source(args.place.as_deref())?;
    let mut progress = Progress::counting("verifying", options.is_quiet());
    let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
    // A copy is verified for its own sake: that another one was verified says nothing about it.
    let is_folder = !place.contains("://");
    let audited = match &proposed {
        None => {
            let options = AuditOptions { full: args.full || is_folder };
            audit(&source, &trust, options, show).await.map(|report| (report, None))
        }
        Some(charter) => {
            let audited = what_if(&source, &trust, charter.clone(), show).await;
            audited.map(|(report, answer)| (report, Some((&**charter, answer))))
        }
    };
    drop(progress);
    match audited {
        Ok((report, answer)) => verified(args, &report, answer.as_ref()),
        Err(error) => fail(error, place, args.json),
    }
}

/// Tells that the log is verified, and what another charter would have said.
fn verified(
    args: &VerifyArgs,
    report: &AuditReport,
    answer: Option<&(&Charter, WhatIf)>,
) -> anyhow::Result<Exit> {
    let file = args.charter.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    output::print(|out| {
        if args.json {
            let mut json = report_json(report);
            if let (Some((_, answer)), Some(json)) = (answer, json.as_object_mut()) {
                json.insert("what_if".to_owned(), what_if_json(&file, answer));
            }
            return out.json(&json);
        }
        print(report, out)?;
        answer.map_or(Ok(()), |(charter, answer)| {
            print_what_if(&Asked { file, charter, place: args.place.as_deref() }, answer, out)
        })
    })?;
    // Openings that nobody could compare, and verdicts that nobody could judge, are not verified.
    let is_told = report.confidential.unchecked == 0 && report.verdicts.unjudged == 0;
    Ok(if is_told { Exit::Done } else { Exit::Untold })
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
