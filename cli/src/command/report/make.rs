//! `einsicht report make`: verifies a ledger, and makes the report of a period from it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use einsicht_access::{Language, Period};
use einsicht_client::Trust;
use einsicht_client::VerifyError;
use einsicht_client::reports::Found;
use einsicht_client::source::Source;
use einsicht_client::trust::SignedHead;
use einsicht_report::inputs::FEWER_THAN;
use einsicht_report::{Entries, InputFile, Inputs, Maker, Manifest, make};
use einsicht_tlog::Index;

use super::folder;
use super::gather::{GatheringError, Wanted, check_told};
use super::made::Made;
use super::recompute::not_verified;
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::Options;
use crate::output::shell;

const EXAMPLES: &str = "\
Examples:
  einsicht report make --period 2026-11 --out 2026-11 https://ledger.example --vkey ledger.vkey
  einsicht report make --period 2026-Q4 --out q4 ./copy --coverage coverage.toml --answers answers.toml
  einsicht report make --period 2026-W46 --entries public --out w46 --vkey ledger.vkey
  einsicht report make --period 2026-11 --out corrected ./copy --corrects 17486 --vkey ledger.vkey

The whole ledger is read and verified, and the report is written only after that ended well: a folder that
stands alone, with pages in German and English, every table as CSV, all figures as JSON, and a manifest with
the hash of each file. The same ledger, size, period and files give the same bytes on any machine: whoever
doubts the report recomputes it (`einsicht report recompute`). A period that is not over yet is marked as
provisional. Periods are cut in the time zone of the charter.

Unless the city's entries are public anyway, counts of 1 to 4 are shown as 'fewer than 5'.

Ends with 0 if the report was made, 1 if verification failed, 2 if nobody can tell; then nothing is written.";

/// What `report make` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MakeArgs {
    /// What it is about: 2026, 2026-Q4, 2026-11 or 2026-W46
    #[arg(long)]
    period: Period,
    /// Folder for the report: new, or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// File in which the city says which systems record, and which are not connected (TOML)
    #[arg(long, value_name = "FILE")]
    coverage: Option<PathBuf>,
    /// File with the city's answers to the questions of its charter (TOML)
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The published report that this one corrects: the index of its entry
    #[arg(long, value_name = "INDEX")]
    corrects: Option<u64>,
    /// Whether everybody may read the entries of this ledger, so that nothing need be hidden [default: closed]
    #[arg(long, value_enum)]
    entries: Option<EntriesArg>,
    /// Counts below this are hidden, where entries are closed [default: 5]
    #[arg(long, value_name = "N")]
    fewer_than: Option<u64>,
    /// Make it of the ledger as it was at the signed checkpoint in this file, instead of now
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The ledger: an address, or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) language: LanguageArgs,
}

/// Who may read entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EntriesArg {
    /// Everybody
    Public,
    /// Auditors and stewards
    Closed,
}

/// Makes the report.
///
/// # Errors
/// The ledger is not verified, a file that was given is wrong, or the folder can't be written.
pub async fn run(args: &MakeArgs, options: &Options) -> anyhow::Result<Exit> {
    let language = args.language.language();
    // Before anything that takes its time.
    let entries = entries(args, language)?;
    folder::check_free(&args.out, language)?;
    let (coverage, answers) =
        (given(args.coverage.as_deref(), language)?, given(args.answers.as_deref(), language)?);
    let place = options.place(args.place.as_deref());
    let (trust, key) = (options.trust(place)?, options.key(Some(place))?.to_string());
    let source = options.source(args.place.as_deref())?;
    let no_report = pick(language, "es entsteht kein Bericht", "no report is made");
    let not_verified = || format!("{no_report}: {}", not_verified(place, language));
    let at = match &args.checkpoint {
        Some(path) => {
            let note = fs::read(path).with_context(|| folder::unread(path, language))?;
            trust.signed(&note).with_context(|| {
                let path = path.display();
                let not_believed = pick(
                    language,
                    format!("dem Prüfpunkt in {path} ist nicht zu trauen"),
                    format!("the checkpoint in {path} is not believed"),
                );
                format!("{no_report}: {not_believed}")
            })?
        }
        None => newest(&source, &trust).await.with_context(not_verified)?,
    };
    let wanted = Wanted { source: &source, trust: &trust, at: &at, is_quiet: options.is_quiet(), language };
    let gathered = wanted.of_period(args.period).await.map_err(|error| match error {
        GatheringError::Verify(error) => anyhow::Error::new(error).context(not_verified()),
        GatheringError::Gather(error) => error.into(),
    })?;
    check_told(&gathered.audit, language).with_context(not_verified)?;
    check_corrects(args, &gathered.published, language)?;
    let inputs = Inputs {
        checkpoint: &at.note,
        key: &key,
        entries,
        coverage: coverage.as_ref().map(as_input),
        answers: answers.as_ref().map(as_input),
        corrects: args.corrects.map(Index),
        maker: Maker::this(),
    };
    let files = make(&gathered.figures, &inputs)?;
    folder::write(&args.out, &files, language)?;
    let (manifest, bytes) = folder::manifest(&files)?;
    // Who needs no token to read entries has hidden what everybody sees, unless that was meant.
    let as_anybody = place.contains("://") && !options.may_call(args.place.as_deref());
    let may_be_public = args.entries.is_none() && as_anybody;
    let made = Made {
        hash: Manifest::hash_of(bytes).to_hex(),
        manifest,
        files: files.len(),
        folder: &args.out,
        simulated: gathered.audit.beginning.simulated,
        may_be_public,
        faults: gathered.published.faults().cloned().collect(),
        next: next(args, options),
    };
    made.tell(args.json, language)?;
    Ok(Exit::Done)
}

/// What is hidden. A threshold for what is not hidden at all was meant otherwise.
fn entries(args: &MakeArgs, language: Language) -> anyhow::Result<Entries> {
    match (args.entries.unwrap_or(EntriesArg::Closed), args.fewer_than) {
        (EntriesArg::Public, None) => Ok(Entries::Public),
        (EntriesArg::Closed, fewer_than) => {
            Ok(Entries::Closed { fewer_than: fewer_than.unwrap_or(FEWER_THAN) })
        }
        (EntriesArg::Public, Some(_)) => bail!(pick(
            language,
            "--fewer-than verbirgt nichts, wo die Einträge öffentlich sind: bitte --entries public oder --fewer-than weglassen",
            "--fewer-than hides nothing where entries are public: leave out --entries public or --fewer-than",
        )),
    }
}

/// A page must not say that it replaces a report which there is not: only a report of the same period can be corrected.
fn check_corrects(args: &MakeArgs, published: &Found, language: Language) -> anyhow::Result<()> {
    let Some(corrects) = args.corrects else { return Ok(()) };
    let period = args.period;
    let none = pick(
        language,
        format!(
            "es entsteht kein Bericht: Eintrag {corrects} ist kein Bericht über {period}, also kann ihn keiner berichtigen; \
             `einsicht report list` nennt die, die es gibt"
        ),
        format!(
            "no report is made: entry {corrects} is no report of {period}, so none can correct it; `einsicht report list` \
             tells which ones are"
        ),
    );
    let corrected = published.at(Index(corrects), &period.to_string());
    let corrected = corrected.with_context(|| none)?;
    // A second correction of the same report is one that no ledger takes.
    if let Some(by) = published.followed_by(corrected).map(|by| by.index) {
        bail!(pick(
            language,
            format!(
                "es entsteht kein Bericht: den in Eintrag {corrects} berichtigt schon der in Eintrag {by}; bitte --corrects {by} \
                 angeben"
            ),
            format!(
                "no report is made: the one in entry {corrects} is corrected by the one in entry {by} already; give --corrects \
                 {by}"
            ),
        ));
    }
    Ok(())
}

/// A file that was given, and its name.
type Given = (String, Vec<u8>);

fn given(path: Option<&Path>, language: Language) -> anyhow::Result<Option<Given>> {
    let read = |path: &Path| {
        let bytes = fs::read(path).with_context(|| folder::unread(path, language))?;
        Ok((path.display().to_string(), bytes))
    };
    path.map(read).transpose()
}

fn as_input((name, bytes): &Given) -> InputFile<'_> {
    InputFile { name, bytes }
}

/// The newest checkpoint of the ledger, its signature verified.
async fn newest(source: &Source, trust: &Trust) -> Result<SignedHead, VerifyError> {
    Ok(trust.signed(&source.checkpoint().await?)?)
}

/// The next commands, as they can be typed: to recompute, and then, where there is a service, to publish.
fn next(args: &MakeArgs, options: &Options) -> Vec<String> {
    let place = args.place.as_deref();
    let command = |what: &str| {
        let mut words =
            vec!["einsicht".into(), "report".into(), what.into(), args.out.clone().into_os_string()];
        words.extend(place.map(OsString::from));
        words.extend(options.typed());
        words.iter().map(|word| shell::word(word)).collect::<Vec<_>>().join(" ")
    };
    let publish = options.place(place).contains("://").then(|| command("publish"));
    [command("recompute")].into_iter().chain(publish).collect()
}
