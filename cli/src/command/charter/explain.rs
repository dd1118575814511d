//! `einsicht charter explain`: which rules an access does not fit, and why.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use einsicht_access::entry::access_of;
use einsicht_access::field::render;
use einsicht_access::judge::{Explained, Explanation, Outcome};
use einsicht_access::{Charter, LoggedAccess, Verdict, kind_name, read_record};
use einsicht_client::charters::PublishedCharter;
use einsicht_client::reader::{Entry, Reader};
use einsicht_tlog::{Index, Leaf};
use serde_json::{Value, json};

use super::file::read_file;
use super::json::{both, evidence};
use crate::annotated::Lookup;
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::{Options, tell_if_simulated};
use crate::output;
use crate::view::{self, EntryView};

mod text;

const EXAMPLES: &str = "\
Examples:
  einsicht charter explain 17
  einsicht charter explain 17 ./copy-of-the-data-folder --vkey ledger.vkey --lang de
  einsicht charter explain 17 --charter proposed.toml

The access is judged again by the charter that was in force when it was recorded, and the verdict
compared with the recorded one; with --charter, by a charter that is not published. A deviation is
what a rule says of an access. Whether it is a breach, people decide.

Ends with 0 if the recorded verdict is right, 1 if it is not, 2 if nobody can tell.";

/// The fields that say what access it was, in the order in which people read them.
const ABOUT: [&str; 6] = ["occurred_at", "operation", "dataset", "purpose", "unit", "role"];

/// What `charter explain` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// Index of the access
    index: u64,
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Judge it by the charter in this file instead
    #[arg(long, value_name = "FILE")]
    charter: Option<PathBuf>,
    /// Print it as one JSON object, in both languages
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// Explains.
///
/// # Errors
/// The entry is no access, could not be read, is not what was signed, or has another verdict than its charter gives.
pub async fn run(args: &ExplainArgs, options: &Options) -> anyhow::Result<Exit> {
    let read = |path| read_file(path, args.language.language());
    let proposed = args.charter.as_deref().map(read).transpose()?;
    let reader = options.reader(args.place.as_deref()).await?;
    tell_if_simulated(&reader).await?;
    let entry = reader.entry(Index(args.index)).await?;
    let leaf = Leaf::parse(entry.leaf())?;
    let body = entry.body()?;
    let is_hidden = access_of(&body).is_some_and(|record| record.confidential_seal.is_some());
    let opened = match is_hidden {
        true => opened(&entry, &reader, args, options).await?,
        false => None,
    };
    let access = match &opened {
        Some(record) => LoggedAccess::of_record(record),
        None => LoggedAccess::of_body(leaf.body),
    };
    let Some(access) = access else {
        let kind = view::describe(kind_name(&body));
        bail!("entry {} is no access ({kind}): only accesses are judged", args.index);
    };
    let published = match &proposed {
        Some(_) => None,
        None => PublishedCharter::governing(&reader, entry.index()).await?,
    };
    let Some(charter) =
        proposed.as_ref().map(|file| &file.charter).or(published.as_ref().map(|known| &known.charter))
    else {
        return without_charter(args);
    };
    // What is still sealed has its verdict sealed with it.
    let judged_by = published.as_deref().filter(|_| !is_hidden || opened.is_some());
    let checked = judged_by.map(|published| published.check_verdict(Index(args.index), &access).map(drop));
    let told = Told {
        index: args.index,
        about: about(&entry, opened.as_deref())?,
        charter,
        by: match (&published, &args.charter) {
            (Some(published), _) => By::Published(published),
            (None, file) => {
                By::File(file.as_deref().map(|file| file.display().to_string()).unwrap_or_default())
            }
        },
        is_right: checked.as_ref().map(Result::is_ok),
        explanation: charter.explain(&access.facts),
    };
    output::print(|out| {
        if args.json { out.json(&told.json()) } else { text::print(&told, args.language.language(), out) }
    })?;
    checked.transpose()?;
    Ok(Exit::Done)
}

/// What access it is: when, what was done, with which data, what for, by whom; as far as it shows.
fn about(entry: &Entry, opened: Option<&[u8]>) -> anyhow::Result<String> {
    let fields = match opened {
        Some(record) => render(&read_record(record)?),
        None => EntryView::read(entry.index(), entry.leaf())?.fields,
    };
    let value =
        |name: &&str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string());
    Ok(ABOUT.iter().filter_map(value).collect::<Vec<_>>().join(", "))
}

/// What a confidential record sealed, if it was opened.
async fn opened(
    entry: &Entry,
    reader: &Reader,
    args: &ExplainArgs,
    options: &Options,
) -> anyhow::Result<Option<Vec<u8>>> {
    let only = entry.index()..Index(entry.index().0.saturating_add(1));
    let mut lookup = Lookup::new(reader, args.place.as_deref(), options)?;
    lookup.range(only).await?.opened(entry)
}

fn without_charter(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let language = args.language.language();
    let text = pick(
        language,
        "Als dieser Zugriff protokolliert wurde, war keine Charta in Kraft: für ihn lässt sich nichts prüfen.",
        "No charter was in force when this access was recorded: nothing can be verified for it.",
    );
    output::print(|out| {
        if args.json {
            return out.json(&json!({"index": args.index, "charter": null, "commitments": []}));
        }
        out.line(text)
    })?;
    Ok(Exit::Done)
}

/// A verdict, explained.
struct Told<'a> {
    index: u64,
    about: String,
    charter: &'a Charter,
    by: By<'a>,
    /// Whether the recorded verdict is the same, if that can be told.
    is_right: Option<bool>,
    explanation: Explanation<'a>,
}

/// Where the charter is that an access is judged by.
enum By<'a> {
    Published(&'a PublishedCharter),
    File(String),
}

impl Told<'_> {
    fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Explained<'_>> {
        self.explanation.commitments.iter().filter(move |explained| explained.outcome == outcome)
    }

    fn ids(&self, outcome: Outcome) -> String {
        let ids: Vec<_> = self.of(outcome).map(|explained| explained.commitment.id.as_str()).collect();
        ids.join(", ")
    }

    fn json(&self) -> Value {
        let commitments = self.explanation.commitments.iter().map(|explained| {
            json!({
                "id": explained.commitment.id,
                "verdict": outcome_name(explained.outcome),
                "applies": explained.outcome != Outcome::DoesNotApply,
                "because": both(|language| self.charter.reason_sentence(explained, language)),
                "source": explained.commitment.source,
                "evidence": evidence(explained.commitment),
                "interpretation": explained.commitment.interpretation,
            })
        });
        json!({
            "index": self.index,
            "charter": match &self.by {
                By::Published(published) => Some(published.last.0),
                By::File(_) => None,
            },
            "wording_checked": self.charter.wording_checked(),
            "commitments": commitments.collect::<Vec<_>>(),
        })
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::DoesNotApply | Outcome::Judged(Verdict::Kept) => "kept",
        Outcome::Judged(Verdict::Deviates) => "deviates",
        Outcome::Judged(Verdict::NotVerifiable) => "not verifiable",
        Outcome::Question => "question",
    }
}
