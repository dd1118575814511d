//! `einsicht checkpoint`: the newest signed statement of size and root.

use std::io::{IsTerminal as _, Write as _};

use clap::Args;
use serde_json::json;

use crate::exit::Exit;
use crate::options::{Options, tell_if_simulated};
use crate::output::{self, counted};

const EXAMPLES: &str = "\
Examples:
  einsicht checkpoint --vkey ledger.vkey > today.checkpoint
  einsicht checkpoint https://ledger.example --vkey ledger.vkey --json

The checkpoint is verified: its signature, and that it extends the one verified before. Keep it and
compare it with others: two people who see different roots for one size see a forged ledger.";

/// What `checkpoint` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckpointArgs {
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Fetches and verifies.
///
/// # Errors
/// The checkpoint is not believed or could not be read.
pub async fn run(args: &CheckpointArgs, options: &Options) -> anyhow::Result<Exit> {
    let known = options.trust(options.place(args.place.as_deref()))?.newest();
    let reader = options.reader(args.place.as_deref()).await?;
    // A ledger may show its checkpoint to everybody, and its entries not.
    let _ = tell_if_simulated(&reader).await;
    let (origin, head) = (reader.trust().origin().to_owned(), reader.head());
    let note = String::from_utf8_lossy(reader.checkpoint()).into_owned();
    output::print(|out| {
        if args.json {
            return out.json(&json!({
                "origin": origin, "size": head.size.0, "root": head.root.to_string(), "checkpoint": note,
            }));
        }
        // A file gets every byte as it was signed; a terminal must not be driven by them.
        if std::io::stdout().is_terminal() {
            out.line(note.trim_end())
        } else {
            out.write_all(reader.checkpoint())
        }
    })?;
    let entries = counted(head.size.0, "entry", "entries");
    let before = match known {
        Some(known) if known == head => "it is the one that was verified before".to_owned(),
        Some(known) => {
            format!("it extends the {} verified before", counted(known.size.0, "entry", "entries"))
        }
        None => "it was seen for the first time: compare its root with others".to_owned(),
    };
    options.note(&format!("verified: {origin} signed it, it covers {entries}, and {before}"));
    Ok(Exit::Done)
}
