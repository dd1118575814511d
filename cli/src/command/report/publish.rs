//! `einsicht report publish`: names a report in the ledger.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use einsicht_access::Language;
use einsicht_client::reports::Publication;
use einsicht_report::Manifest;
use serde_json::json;

use super::changed::changes;
use super::folder;
use super::made::tell_what_to_know;
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::Options;
use crate::output::{self, Emphasis};
use crate::view;

const EXAMPLES: &str = "\
Examples:
  einsicht report recompute report-2026-11 https://ledger.example --vkey ledger.vkey
  einsicht report publish report-2026-11 https://ledger.example --vkey ledger.vkey --token-file steward.token

For stewards. The hash of the report's manifest becomes an entry of the ledger, so that everybody can tell
which report the city stands by; the folder itself is put on the web by you, as it is. It can't be taken
back, only followed by another report that names this one (`einsicht report make --corrects`). Publishing
the same report again changes nothing. That the entry stands in the ledger is proven before this says so.

Before anything is sent, every file is compared with the manifest. Whether the figures are right,
`einsicht report recompute` tells: run it first.";

/// What `report publish` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PublishArgs {
    /// The folder of the report
    dir: PathBuf,
    /// The ledger: its address
    #[arg(value_name = "URL")]
    place: Option<String>,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) language: LanguageArgs,
}

/// Publishes.
///
/// # Errors
/// The folder holds no report as it was made, or it is not published, or that it is is not proven.
pub async fn run(args: &PublishArgs, options: &Options) -> anyhow::Result<Exit> {
    let language = args.language.language();
    let files = folder::read(&args.dir, language)?;
    let (manifest, bytes) = folder::manifest(&files)?;
    if let Some(changed) = changes(&manifest, &files).first() {
        let folder = args.dir.display();
        bail!(match (language, changed.expected.is_some()) {
            (Language::German, true) => format!(
                "{folder}: {}. Etwas wurde geändert, nachdem der Bericht erstellt war; bitte den Bericht neu erstellen",
                changed.told(language)
            ),
            (Language::English, true) => format!(
                "{folder}: {}. Something was changed after the report was made; make the report anew",
                changed.told(language)
            ),
            (Language::German, false) =>
                format!("{folder}: {}. Bitte aus dem Ordner nehmen", changed.told(language)),
            (Language::English, false) =>
                format!("{folder}: {}. Take it out of the folder", changed.told(language)),
        });
    }
    let hash = Manifest::hash_of(bytes).to_hex();
    let about = pick(language, "veröffentlicht wird der Bericht", "publishing the report");
    options.note(&format!("{about} {}: {hash}", manifest.period));
    let desk = options.report_desk(args.place.as_deref()).await?;
    let Publication { report, already_published, .. } =
        desk.publish(bytes.to_vec(), &manifest.period, manifest.corrects()).await?;
    let since = view::time(report.recorded_at);
    output::print(|out| {
        if args.json {
            let outcome = if already_published { "already published" } else { "published" };
            return out.json(&json!({
                "outcome": outcome,
                "index": report.index.0,
                "recorded_at": since,
                "period": report.period,
                "provisional": manifest.provisional,
                "manifest_sha256": hash,
                "corrects": report.replaces.map(|index| index.0),
            }));
        }
        let entry = super::list::entry(&report, language);
        let (word, rest) = match already_published {
            true => (
                pick(language, "SCHON VERÖFFENTLICHT", "PUBLISHED ALREADY"),
                pick(language, "es wurde nichts geschrieben", "nothing was written"),
            ),
            false => (
                pick(language, "VERÖFFENTLICHT", "PUBLISHED"),
                pick(language, "das Protokoll nennt diesen Bericht", "the ledger names this report"),
            ),
        };
        out.styled(Emphasis::Good, word, &format!("  {entry}, {since}: {rest}"))?;
        // Whether all this is simulated, those tell who read the ledger: `make` and `recompute`.
        tell_what_to_know(false, manifest.provisional, language, out)
    })?;
    Ok(Exit::Done)
}
