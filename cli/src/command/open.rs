//! `einsicht open`: a confidential record becomes public.

use clap::Args;
use einsicht_tlog::Index;
use serde_json::json;

use crate::exit::Exit;
use crate::options::Options;
use crate::output::{self, Emphasis};

const EXAMPLES: &str = "\
Examples:
  einsicht open 17
  einsicht open 17 --json

Possible from the day on that the record names. The record is not changed: a new entry shows what
was sealed, and that it was there from the start. The service does it on its own once a day.";

/// What `open` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OpenArgs {
    /// Index of the confidential record
    index: u64,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Opens.
///
/// # Errors
/// The record is not opened, or what was shown is not what was sealed.
pub async fn run(args: &OpenArgs, options: &Options) -> anyhow::Result<Exit> {
    let vault = options.vault().await?;
    let entry = vault.open_record(Index(args.index)).await?;
    output::print(|out| {
        if args.json {
            return out
                .json(&json!({"outcome": "opened", "index": args.index, "opened_by": entry.index().0}));
        }
        let text = format!("  entry {} shows what entry {} sealed: proven", entry.index(), args.index);
        out.styled(Emphasis::Good, "OPENED", &text)
    })?;
    Ok(Exit::Done)
}
