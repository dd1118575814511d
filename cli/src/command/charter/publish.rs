//! `einsicht charter publish`: puts a charter in force.

use std::path::PathBuf;

use clap::Args;
use einsicht_access::{Charter, Language};
use einsicht_client::charters::{Publication, PublishedCharter};
use serde_json::json;

use super::file::read_file;
use super::text;
use crate::exit::Exit;
use crate::language::LanguageArgs;
use crate::options::Options;
use crate::output::{self, Emphasis, counted};
use crate::view;

const EXAMPLES: &str = "\
Examples:
  einsicht charter check charter.toml && einsicht charter diff charter.toml
  einsicht charter publish charter.toml --token-file steward.token

For stewards. The whole text becomes part of the ledger, comments included, for everybody who may read
it: it can't be changed or taken back any more, only followed by another one. Accesses that are recorded
from then on are judged by it; those before keep their verdict. Publishing the charter that is in force
already changes nothing. That the text stands in the ledger is proven before this says so.";

/// What `charter publish` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PublishArgs {
    /// The charter ('-': standard input)
    file: PathBuf,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// Publishes.
///
/// # Errors
/// The file holds no charter, or it is not published, or that it is is not proven.
pub async fn run(args: &PublishArgs, options: &Options) -> anyhow::Result<Exit> {
    let file = read_file(&args.file, args.language.language())?;
    let desk = options.charter_desk().await?;
    announce(&file.charter, options).await;
    let Publication { entry, first, already_in_force } = desk.publish(file.text).await?;
    let (last, since) = (entry.index(), view::time(entry.recorded_at()));
    output::print(|out| {
        if args.json {
            let outcome = if already_in_force { "already in force" } else { "published" };
            return out
                .json(&json!({"outcome": outcome, "first": first.0, "last": last.0, "recorded_at": since}));
        }
        let place = match first == last {
            true => format!("entry {last}"),
            false => format!("entries {first} to {last}"),
        };
        match already_in_force {
            true => out.styled(
                Emphasis::Good,
                "IN FORCE ALREADY",
                &format!("  {place}, since {since}: nothing was written"),
            ),
            false => out.styled(
                Emphasis::Good,
                "PUBLISHED",
                &format!("  {place}: accesses are judged by it from now on, {since}"),
            ),
        }
    })?;
    Ok(Exit::Done)
}

/// What is about to be published, and what it replaces: it is for good.
async fn announce(charter: &Charter, options: &Options) {
    let english = Language::English;
    let title = |charter: &Charter| format!("“{}”", english.title(charter.titles()));
    options.note(&format!("publishing {}: {}", title(charter), text::wording(charter, english)));
    // Who may publish may be unable to read entries. The service says what is wrong with the rest.
    let Ok(reader) = options.reader(None).await else { return };
    match PublishedCharter::in_force(&reader).await {
        Ok(Some(before)) => {
            let changes = counted(before.charter.diff(charter).len() as u64, "change", "changes");
            let before = format!("{}, in force since entry {}", title(&before.charter), before.last);
            options.note(&format!("it replaces {before}: {changes}"));
        }
        Ok(None) => options.note("it is the first charter of this ledger"),
        Err(_) => {}
    }
}
