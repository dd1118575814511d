//! `einsicht report recompute`: whether a report is what its ledger gives.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use einsicht_access::Language;
use einsicht_client::trust::SignedHead;
use einsicht_client::{Trust, VerifyError};
use einsicht_report::{
    ANSWERS, CHECKPOINT, COVERAGE, Files, GatherError, InputFile, Inputs, MakeError, Manifest, REPORT, make,
};
use serde_json::Value;

use super::changed::{Changed, changes};
use super::differs::Differs;
use super::doubted::Named;
use super::folder;
use super::gather::{Gathered, GatheringError, Wanted, check_told};
use super::judged::{self, NotMade};
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::Options;
use crate::output;

mod doubt;
mod outcome;

use doubt::{Doubt, Ledger};
use outcome::Recomputed;

const EXAMPLES: &str = "\
Examples:
  einsicht report recompute ./report-2026-11 https://ledger.example --vkey ledger.vkey
  einsicht report recompute ./report-2026-11 ./copy-of-the-data-folder --vkey ledger.vkey --lang de
  einsicht report recompute ./report-2026-11 ./copy --vkey ledger.vkey --json | jq .difference

For everybody who doubts a report. The whole ledger is read and verified; from its entries up to the size
that the report states, and from the files in the report's folder that are not in the ledger (what the city
says of its systems, and its answers), every file of the report is made again and compared, byte for byte.
The first figure that differs is named. Also told is whether the ledger names this very report, and whether
another one corrects it.

Before that every file is held against the manifest: one that is missing, another one, or not named was changed
after the report was made. Whether the ledger names the manifest is told then, too: was this published as it
lies here, or is it a copy that somebody altered?

The key must come from somewhere else than from the report.

Ends with 0 if every byte is what the ledger gives; 1 if the report is not what it gives, or verification
failed; 2 if nobody can tell. A report that another version made may be laid out otherwise: then 2, unless
a figure is another one, or a file was changed, which no version does: then 1. With --json the outcome is 'the
same', 'differs', 'failed' (the ledger, or the checkpoint in the report) or 'could not tell'; 'published' is the
entry that names this manifest, null if none does, and left out where the ledger was not verified.";

/// What `report recompute` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RecomputeArgs {
    /// The folder of the report
    dir: PathBuf,
    /// The ledger: an address, or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Print the result as one JSON object, also when something differs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) language: LanguageArgs,
}

/// Recomputes.
///
/// # Errors
/// The report differs, the ledger is not verified, or one of them could not be read.
pub async fn run(args: &RecomputeArgs, options: &Options) -> anyhow::Result<Exit> {
    let language = args.language.language();
    match recompute(args, options).await {
        Ok(recomputed) => outcome::tell(&recomputed, args.json, language)?,
        Err(error) => {
            if args.json {
                output::print(|out| out.json(&outcome::failure_json(&error)))?;
            }
            return Err(error);
        }
    }
    Ok(Exit::Done)
}

async fn recompute(args: &RecomputeArgs, options: &Options) -> anyhow::Result<Recomputed> {
    let language = args.language.language();
    let found = folder::read(&args.dir, language)?;
    let (manifest, manifest_bytes) = folder::manifest(&found)?;
    let place = options.place(args.place.as_deref());
    let (trust, key) = (options.trust(place)?, options.key(Some(place))?);
    check_origin(&manifest, key.name(), language)?;
    let source = options.source(args.place.as_deref())?;
    let ledger = Ledger { source: &source, trust: &trust, place, is_quiet: options.is_quiet(), language };
    let hash = Manifest::hash_of(manifest_bytes);
    let doubt = Doubt { manifest: &manifest, hash: &hash, changes: changes(&manifest, &found), language };
    let at = match of_itself(&found, &manifest, &doubt.changes, &trust, language)? {
        Ok(at) => at,
        Err(differs) => return Err(doubt.alone(differs, &ledger).await),
    };
    let wanted = Wanted { source: &source, trust: &trust, at: &at, is_quiet: ledger.is_quiet, language };
    let gathered = match wanted.of_scope(manifest.scope()?).await {
        Ok(gathered) => gathered,
        Err(GatheringError::Verify(error)) => return Err(doubt.unverified(error, &ledger)),
        Err(GatheringError::Gather(GatherError::OtherZone { used, needed })) => {
            let differs = judged::stated("time_zone", [needed.name().to_owned(), used], &manifest, language);
            return Err(doubt.alone(differs, &ledger).await);
        }
        Err(GatheringError::Gather(error)) => return Err(error.into()),
    };
    check_told(&gathered.audit, language).with_context(|| ledger.not_verified())?;
    let doubted = |why| doubt.by(why, Named::by(&gathered.published, &hash, &manifest));
    let expected = make_again(&gathered, &found, &manifest, &key.to_string())?
        .map_err(|error| doubted(NotMade::new(&error, &manifest, language).into()))?;
    if let Some(differs) = judged::judge(&expected, &found, &manifest, &doubt.changes, language) {
        return Err(doubted(differs.into()).into());
    }
    let standing = gathered.published.standing(&hash, &manifest.period, manifest.corrects());
    let standing = standing.map_err(VerifyError::from).with_context(|| {
        pick(language, "die Angaben des Protokolls zu diesem Bericht", "what the ledger says of this report")
    })?;
    let faults = gathered.published.faults().cloned().collect();
    Ok(Recomputed { simulated: gathered.audit.beginning.simulated, manifest, standing, faults })
}

/// `the ledger is not verified`, which comes before why it isn't.
pub fn not_verified(place: &str, language: Language) -> String {
    pick(language, format!("{place} ist nicht bestätigt"), format!("{place} is not verified"))
}

fn check_origin(manifest: &Manifest, key_of: &str, language: Language) -> anyhow::Result<()> {
    let origin = &manifest.origin;
    let other = pick(
        language,
        format!(
            "dieser Bericht handelt vom Protokoll {origin:?}, und --vkey ist der Schlüssel von {key_of:?}: bitte den Schlüssel \
             des Protokolls angeben, von dem der Bericht handelt"
        ),
        format!(
            "this report is about the ledger {origin:?}, and --vkey is the key of {key_of:?}: give the key of the ledger that \
             the report is about"
        ),
    );
    ensure!(origin == key_of, other);
    Ok(())
}

/// What can be told of a report without the ledger. Its checkpoint, if it is signed and what the manifest states.
///
/// # Errors
/// The checkpoint is not believed.
fn of_itself(
    found: &Files,
    manifest: &Manifest,
    changes: &[Changed],
    trust: &Trust,
    language: Language,
) -> anyhow::Result<Result<SignedHead, Differs>> {
    if let Some(changed) = changes.iter().find(|changed| changed.is_needed()) {
        return Ok(Err(Differs::of_change(changed, None, language)));
    }
    let is_changed = changes.iter().any(|changed| changed.file == REPORT);
    if let Some(period) = period_of_figures(found).filter(|period| !is_changed && *period != manifest.period)
    {
        return Ok(Err(Differs::of_itself("period", [period, manifest.period.clone()], language)));
    }
    let note = found.get(CHECKPOINT).map(Vec::as_slice).unwrap_or_default();
    let not_believed = pick(
        language,
        "dem Prüfpunkt im Bericht ist nicht zu trauen",
        "the checkpoint in the report is not believed",
    );
    let at = trust.signed(note).context(not_believed)?;
    let states = [
        ("tree_size", at.head.size.to_string(), manifest.tree_size.to_string()),
        ("root", at.head.root.to_string(), manifest.root.clone()),
    ];
    Ok(match states.into_iter().find(|(_, signed, stated)| signed != stated) {
        Some((name, signed, stated)) => {
            Err(Differs::of_value(Manifest::PATH, name, [signed, stated], language))
        }
        None => Ok(at),
    })
}

/// The period that the figures say that they are about.
fn period_of_figures(found: &Files) -> Option<String> {
    let report: Value = serde_json::from_slice(found.get(REPORT)?).ok()?;
    Some(report.get("about")?.get("period")?.as_str()?.to_owned())
}

/// What the report should be, from the ledger and from what it holds itself that is not in the ledger.
fn make_again(
    gathered: &Gathered,
    found: &Files,
    manifest: &Manifest,
    key: &str,
) -> anyhow::Result<Result<Files, MakeError>> {
    let entries = manifest.entries()?;
    let input = |name: &'static str| found.get(name).map(|bytes| InputFile { name, bytes });
    let inputs = Inputs {
        checkpoint: found.get(CHECKPOINT).map(Vec::as_slice).unwrap_or_default(),
        key,
        entries,
        coverage: input(COVERAGE),
        answers: input(ANSWERS),
        corrects: manifest.corrects(),
        // So that what nobody lays out in another way is the same in every version.
        maker: manifest.maker(),
    };
    Ok(make(&gathered.figures, &inputs))
}
