//! `einsicht citizen report`: the accesses to one person's data, to read, print and keep.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::scan::{exit_of, new_folder, scanned, write_proofs};
use crate::access_report::{AccessReport, Language, html, json};
use crate::exit::Exit;
use crate::options::Options;
use crate::output::{self, Emphasis, counted};
use crate::private::NewFile;

const EXAMPLES: &str = "\
Examples:
  einsicht citizen report --keys p.keys --out report https://ledger.example --vkey ledger.vkey
  einsicht citizen report --keys p.keys --out report ./copy-of-the-ledger --vkey ledger.vkey

Writes report.de.html and report.en.html (for reading and printing, without scripts or anything
from elsewhere), report.json, and a proof of each access in proofs/. Times, purposes, legal bases,
recipients and units are shown; names of staff are not, the ledger does not have them in the clear.
A proof holds the complete public record, also what the pages leave out: role and kind of the actor.

The report is as confidential as what it says. Ends as `einsicht citizen scan` does.";

/// What `citizen report` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// File with the view keys, as `einsicht citizen key` writes it
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// New folder for the report
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
}

/// Scans, and writes the report.
///
/// # Errors
/// The ledger is not verified, or the report can't be written.
pub async fn run(args: &ReportArgs, options: &Options) -> anyhow::Result<Exit> {
    new_folder(&args.out)?;
    let proofs = args.out.join("proofs");
    let found = scanned(&args.keys, args.place.as_deref(), options).await?;
    let report = AccessReport::new(&found);
    new_folder(&proofs)?;
    write_proofs(&proofs, &found)?;
    for language in [Language::German, Language::English] {
        write(&args.out.join(format!("report.{}.html", language.code())), &html::page(&report, language))?;
    }
    let mut text = serde_json::to_string_pretty(&json::of(&report))?;
    text.push('\n');
    write(&args.out.join("report.json"), &text)?;
    let accesses = counted(found.hits.len() as u64, "access", "accesses");
    output::print(|out| {
        out.styled(Emphasis::Good, "VERIFIED", &format!("  {}", found.audit.origin))?;
        out.line(&format!("{accesses} found; the report is in {}", args.out.display()))?;
        for (month, untold) in found.untold() {
            out.styled(
                Emphasis::Look,
                "could not tell",
                &format!("  {}", super::scan::untold_text(month, untold)),
            )?;
        }
        Ok(())
    })?;
    Ok(exit_of(&found))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = NewFile::create(path)?.write(text.as_bytes());
    written.with_context(|| format!("{} can't be written", path.display()))
}
