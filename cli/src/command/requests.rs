//! `einsicht requests`: what waits for a second steward.

use clap::Args;
use serde_json::json;

use crate::exit::Exit;
use crate::options::Options;
use crate::{output, view};

const EXAMPLES: &str = "\
Examples:
  einsicht requests
  einsicht disclose 42 --fields statement --reason \"to decide on it\"
  einsicht disclose --request 42 --reason \"checked with the data protection officer\"

A request says in public that somebody asked, and nothing more. Whom and what it is about is sealed:
the second command above shows it, and is itself recorded. The third one grants it.";

/// What `requests` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RequestsArgs {
    /// Print one JSON object per request
    #[arg(long)]
    json: bool,
}

/// Lists.
///
/// # Errors
/// The list could not be had, or is not proven.
pub async fn run(args: &RequestsArgs, options: &Options) -> anyhow::Result<Exit> {
    let vault = options.vault().await?;
    let pending = vault.requests().await?;
    output::print(|out| {
        for request in &pending {
            let (index, asked, lapses) = (
                request.entry.index(),
                view::time(request.entry.recorded_at()),
                view::time(request.lapses_at),
            );
            if args.json {
                out.json(&json!({"index": index.0, "recorded_at": asked, "lapses_at": lapses}))?;
            } else {
                out.line(&format!("entry {index}  asked {asked}, lapses {lapses}"))?;
            }
        }
        Ok(())
    })?;
    if pending.is_empty() {
        options.note("the service names no request that waits for a second steward");
    }
    Ok(Exit::Done)
}
