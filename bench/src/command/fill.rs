//! `einsicht-bench fill`: a ledger that stays.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::event::Standard;
use crate::filled::{self, Content};
use crate::run::cancel_on_signal;
use crate::served;

/// Makes a ledger of standard events that stays, to be served and looked at with other programs.
///
/// The events are recorded in process, by the service's own writer, without gRPC; about 300 bytes of disk for each,
/// 900 if they are sealed. `einsichtd dev --accept-clock --data DIR` serves it.
#[derive(Debug, Args)]
pub struct FillArgs {
    /// Folder for the ledger; must not hold one
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Events to record
    #[arg(long, value_name = "NUMBER")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// The sealed standard event with two subjects, not the plain one
    #[arg(long)]
    sealed: bool,
    /// Spread them evenly over so many months before this one; 0: record all of them now
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=120))]
    months: u32,
    /// Folder for files of view keys, one for each month (`2026-10.json`): of the subject ulm-00000007, who is in one
    /// of 10,000 events
    #[arg(long, value_name = "DIR", requires = "sealed")]
    view_keys: Option<PathBuf>,
}

pub(super) fn run(args: &FillArgs) -> anyhow::Result<()> {
    let interrupted = CancellationToken::new();
    let runtime = served::runtime("signals")?;
    runtime.block_on(async { cancel_on_signal(interrupted.clone()) }).context("signals")?;
    let standard = if args.sealed { Standard::Sealed } else { Standard::Plain };
    let content = Content { events: args.events, months: args.months, standard };
    filled::make(&args.data, content, &interrupted)?;
    if let Some(folder) = &args.view_keys {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        for keys in filled::view_keys(&args.data, args.months)? {
            let month = keys.months().first().context("a file without a key")?.to_string();
            let path = folder.join(format!("{month}.json"));
            std::fs::write(&path, keys.to_json().as_bytes()).with_context(|| path.display().to_string())?;
        }
    }
    say(&format!("{} events are in {}", args.events, args.data.display()));
    Ok(())
}
