//! `einsicht report list`: the reports that a ledger names.

use anyhow::Context as _;
use clap::Args;
use einsicht_access::Language;
use einsicht_client::finding::Finding;
use einsicht_client::reports::{Found, ListError, PublishedReport, ReportLister, search};
use serde_json::{Value, json};

use crate::command::verify::finding_json;
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::{Options, tell_if_simulated_in};
use crate::output::progress::Progress;
use crate::output::{self, Emphasis, Out};
use crate::{explain, view};

const EXAMPLES: &str = "\
Examples:
  einsicht report list https://ledger.example --vkey ledger.vkey
  einsicht report list ./copy-of-the-data-folder --vkey ledger.vkey --lang de
  einsicht report list --json | jq -r 'select(.corrected_by == null).period'

The newest first. A service is asked which reports there are, and each entry is verified; --full reads and
verifies the whole ledger instead, so that none can be left out. A folder is always read whole. What is
shown is the hash of the manifest of each report: `sha256sum manifest.json` in the report's folder gives
it. `einsicht report recompute` tells whether the figures are right.

Ends with 0 if all was listed, 1 if verification failed or an entry names a report that is none, or corrects
none of its period (the others are listed all the same), 2 if nobody can tell.";

/// What `report list` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Read the whole ledger, so that none is left out
    #[arg(long)]
    full: bool,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) language: LanguageArgs,
}

/// Lists.
///
/// # Errors
/// The ledger could not be asked or read, or is not what was signed.
pub async fn run(args: &ListArgs, options: &Options) -> anyhow::Result<Exit> {
    let language = args.language.language();
    let found = find(args, options).await?;
    if found.all().next().is_none() && found.faults().next().is_none() {
        let none = ["Dieses Protokoll nennt keinen Bericht.", "This ledger names no report."];
        options.note(pick(language, none[0], none[1]));
    }
    output::print(|out| {
        for report in found.all().rev() {
            let corrected_by = found.followed_by(report);
            if args.json {
                out.json(&report_json(report, corrected_by))?;
            } else {
                print(report, corrected_by, language, out)?;
            }
        }
        let mut faults = found.faults();
        match args.json {
            true => faults.try_for_each(|fault| out.json(&json!({"fault": finding_json(fault)}))),
            false => faults.try_for_each(|fault| note(fault, language, out)),
        }
    })?;
    // The ledger is what was signed, and not all that it says of reports is true.
    Ok(if found.faults().next().is_none() { Exit::Done } else { Exit::Failed })
}

/// Tells what is wrong with an entry of a report, beside what is right with others.
pub fn note(fault: &Finding, language: Language, out: &mut Out) -> std::io::Result<()> {
    let text = explain::finding_text(fault, language);
    out.styled(Emphasis::Look, pick(language, "HINWEIS", "NOTE"), &format!("  {text}"))
}

fn print(
    report: &PublishedReport,
    corrected_by: Option<&PublishedReport>,
    language: Language,
    out: &mut Out,
) -> std::io::Result<()> {
    let since = view::time(report.recorded_at);
    out.styled(Emphasis::Heading, &report.period, &format!("  {}  {since}", entry(report, language)))?;
    out.line(&format!("  {}", report.manifest_sha256.to_hex()))?;
    if let Some(replaced) = report.replaces {
        let words = pick(language, "berichtigt den Bericht in Eintrag", "corrects the report in entry");
        out.line(&format!("  {words} {replaced}"))?;
    }
    if let Some(by) = corrected_by {
        let words = pick(language, "berichtigt durch den Bericht in", "corrected by the report in");
        out.line(&format!("  {words} {}", entry(by, language)))?;
    }
    Ok(())
}

async fn find(args: &ListArgs, options: &Options) -> anyhow::Result<Found> {
    let given = args.place.as_deref();
    if let (false, Some(config)) = (args.full, options.calls(given)?) {
        let reader = options.reader(given).await?;
        tell_if_simulated_in(args.language.language(), &reader).await?;
        return match ReportLister::new(&config)?.list(&reader).await {
            Ok(found) => Ok(found),
            Err(ListError::Verify(error)) => Err(error.into()),
            Err(error) => Err(error).context(pick(
                args.language.language(),
                "diese Adresse sagt nicht, welche Berichte es gibt; --full liest das Protokoll, um sie zu finden",
                "this address does not tell which reports there are; --full reads the ledger to find them",
            )),
        };
    }
    let (source, trust) = (options.source(given)?, options.trust(options.place(given))?);
    let doing = pick(args.language.language(), "prüft", "verifying");
    let mut progress = Progress::counting(doing, options.is_quiet());
    let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
    let (_, found) = search(&source, &trust, show).await?;
    Ok(found)
}

/// `entry 17`.
pub fn entry(report: &PublishedReport, language: Language) -> String {
    format!("{} {}", pick(language, "Eintrag", "entry"), report.index)
}

/// `entry 17, 2026-11-30T09:00:00Z`.
pub fn place(report: &PublishedReport, language: Language) -> String {
    format!("{}, {}", entry(report, language), view::time(report.recorded_at))
}

fn report_json(report: &PublishedReport, corrected_by: Option<&PublishedReport>) -> Value {
    json!({
        "index": report.index.0,
        "recorded_at": view::time(report.recorded_at),
        "period": report.period,
        "manifest_sha256": report.manifest_sha256.to_hex(),
        "corrects": report.replaces.map(|index| index.0),
        "corrected_by": corrected_by.map(|by| by.index.0),
    })
}
