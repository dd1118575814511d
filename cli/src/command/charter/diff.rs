//! `einsicht charter diff`: what changes from one charter to another, in sentences.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use einsicht_access::charter::Change;
use einsicht_client::charters::PublishedCharter;
use serde_json::json;

use super::file::read_file;
use super::json::both;
use super::show::entries;
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::{Options, tell_if_simulated};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  einsicht charter diff charter-2025.toml charter-2026.toml
  einsicht charter diff proposed.toml --lang de
  einsicht charter diff proposed.toml --json | jq -r .changes[].en

With one file, what would change if it were published now: it is compared with the charter in force,
read from the ledger. Comments, spacing and the order of tables are no changes. How many records of the
past would not have fitted a proposed charter: `einsicht verify --charter FILE`.";

/// What `charter diff` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DiffArgs {
    /// The old charter; or, if it is the only file, the new one
    #[arg(value_name = "FILE")]
    old: PathBuf,
    /// The new charter
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    /// Print it as one JSON object, in both languages
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// Compares.
///
/// # Errors
/// One of them can't be read, or is no charter.
pub async fn run(args: &DiffArgs, options: &Options) -> anyhow::Result<Exit> {
    let language = args.language.language();
    let file = read_file(&args.old, language)?;
    let changes = match &args.new {
        Some(new) => file.charter.diff(&read_file(new, language)?.charter),
        None => {
            let reader = options.reader(None).await?;
            tell_if_simulated(&reader).await?;
            let Some(published) = PublishedCharter::in_force(&reader).await? else {
                bail!("no charter is in force that this one could be compared with; give two files");
            };
            let words = pick(language, ["Eintrag", "Einträge", "bis"], ["entry", "entries", "to"]);
            let where_it_stands = entries(&published, words);
            options.note(&pick(
                language,
                format!("verglichen mit der Charta in Kraft ({where_it_stands})"),
                format!("compared with the charter in force ({where_it_stands})"),
            ));
            published.charter.diff(&file.charter)
        }
    };
    output::print(|out| {
        if args.json {
            let changes: Vec<_> = changes.iter().map(change_json).collect();
            return out.json(&json!({"changes": changes}));
        }
        if changes.is_empty() {
            return out.line(pick(language, "Beide sagen dasselbe.", "Both say the same."));
        }
        changes.iter().try_for_each(|change| out.line(&format!("- {}", change.sentence(language))))
    })?;
    Ok(Exit::Done)
}

fn change_json(change: &Change) -> serde_json::Value {
    both(|language| change.sentence(language).to_owned())
}
