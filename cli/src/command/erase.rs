//! `einsicht erase`: sealed values of an entry, for good.

use clap::{ArgGroup, Args};
use einsicht_access::seal::SealedField;
use einsicht_client::disclosure::Erased;
use einsicht_client::vault::Erasing;
use einsicht_tlog::Index;
use serde_json::json;

use crate::exit::Exit;
use crate::given::Ground;
use crate::options::Options;
use crate::output::{self, Emphasis};
use crate::sealed;

const EXAMPLES: &str = "\
Examples:
  einsicht erase 17 --fields actor,client_address --ground \"GDPR Article 17, decision 2026-44\"
  einsicht erase 17 --all --ground-file ground.txt

First an entry says that it was erased, and on which ground; then value and salt are overwritten.
What is left is a seal that nobody can guess against, and every proof stays valid. There is no way
back. The ground is public: write nothing personal into it.";

/// What `erase` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group(ArgGroup::new("what").required(true)))]
pub struct EraseArgs {
    /// Index of the entry
    index: u64,
    /// These fields, such as actor,justification
    #[arg(long, group = "what", value_name = "FIELD,…", value_delimiter = ',', value_parser = sealed::field)]
    fields: Vec<SealedField>,
    /// All sealed fields of the entry that are left
    #[arg(long, group = "what")]
    all: bool,
    #[command(flatten)]
    ground: Ground,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Erases.
///
/// # Errors
/// Nothing was erased, or that it was is not proven.
pub async fn run(args: &EraseArgs, options: &Options) -> anyhow::Result<Exit> {
    let ground = args.ground.text()?;
    let vault = options.vault().await?;
    // None stands for all: the command line asks for one of both.
    let erasing = vault.erase(Index(args.index), &args.fields, ground.text()).await?;
    let Erasing { entry, erased, before, left } = erasing;
    let names: Vec<_> = erased.iter().map(|field| field.name()).collect();
    let left: Vec<_> = left.iter().map(|field| field.name()).collect();
    output::print(|out| {
        if args.json {
            let (index, by) = (args.index, entry.index().0);
            let outcome = if left.is_empty() { "erased" } else { "partly erased" };
            return out.json(
                &json!({"outcome": outcome, "index": index, "erased_by": by, "fields": names, "erased_before": sealed::erased_json(&before), "not_by_this": left}),
            );
        }
        let text = format!("  {} of entry {}; entry {} says so", names.join(", "), args.index, entry.index());
        out.styled(Emphasis::Good, "ERASED", &text)?;
        for Erased { field, by } in &before {
            out.line(&format!("{} was erased before; entry {by} says so", field.name()))?;
        }
        if left.is_empty() {
            return Ok(());
        }
        let text = format!(
            "  {}: the answer says nothing of it; `einsicht disclose {}` tells whether it is still there",
            left.join(", "),
            args.index
        );
        out.styled(Emphasis::Look, "NOT BY THIS", &text)
    })?;
    Ok(if left.is_empty() { Exit::Done } else { Exit::Untold })
}
