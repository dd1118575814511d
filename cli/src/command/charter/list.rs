//! `einsicht charter list`: the charters of a ledger.

use clap::Args;
use einsicht_client::charters::PublishedCharter;
use serde_json::json;

use super::json::both;
use super::show::entries;
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::{Options, tell_if_simulated};
use crate::output::{self, Emphasis};
use crate::view;

const EXAMPLES: &str = "\
Examples:
  einsicht charter list
  einsicht charter list ./copy-of-the-data-folder --vkey ledger.vkey --json

The newest first. Each was in force from its time to that of the one above it: `einsicht charter show
--at TIME` shows it. They are read from the ledger itself, under its newest signed checkpoint.";

/// What `charter list` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// Lists.
///
/// # Errors
/// One could not be read, or is not what was signed.
pub async fn run(args: &ListArgs, options: &Options) -> anyhow::Result<Exit> {
    let reader = options.reader(args.place.as_deref()).await?;
    tell_if_simulated(&reader).await?;
    let language = args.language.language();
    let mut next = PublishedCharter::in_force(&reader).await?;
    let mut count = 0_u64;
    while let Some(published) = next {
        let since = view::time(reader.entry(published.last).await?.recorded_at());
        let titles = published.charter.titles();
        let words = pick(language, ["Eintrag", "Einträge", "bis"], ["entry", "entries", "to"]);
        output::print(|out| {
            if args.json {
                let title = both(|language| language.title(titles).to_owned());
                return out.json(&json!({
                    "first": published.first.0,
                    "last": published.last.0,
                    "recorded_at": since,
                    "title": title,
                    "is_in_force": count == 0,
                }));
            }
            let state = match count {
                0 => pick(language, "  (in Kraft)", "  (in force)"),
                _ => "",
            };
            let place = entries(&published, words);
            out.styled(Emphasis::Heading, &since, &format!("  {place}  {}{state}", language.title(titles)))
        })?;
        count += 1;
        next = published.before(&reader).await?;
    }
    if count == 0 {
        options.note(pick(language, "Dieses Protokoll hat keine Charta.", "This ledger has no charter."));
    }
    Ok(Exit::Done)
}
