//! `einsicht spool`: what waits on this machine for its ledger, and shipping it without the service that
//! left it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use einsicht_client::Recorder;
use einsicht_client::spool::{HaltReason, Inspection, SpoolStatus, inspect};
use serde_json::json;

use crate::exit::Exit;
use crate::options::Options;
use crate::output::{self, complain, counted};

const STATUS_EXAMPLES: &str = "\
Example:
  einsicht spool status /var/spool/meldewesen

Looks only, also while a service uses the spool. Ends with 0 if nothing is refused or damaged.";

const SHIP_EXAMPLES: &str = "\
Example:
  einsicht spool ship /var/spool/meldewesen --url https://ledger.example:7420 --vkey ledger.vkey

Needs the token or certificate of the service that left the spool, and its user: the ledger takes the
accesses from nobody else. A service that runs ships its spool itself.";

/// How often it is looked whether anything was shipped.
const PAUSE: Duration = Duration::from_millis(50);

/// What to do with a spool.
#[derive(Debug, Args)]
pub struct SpoolArgs {
    #[command(subcommand)]
    command: SpoolCommand,
}

#[derive(Debug, Subcommand)]
enum SpoolCommand {
    /// Show what waits in a spool
    #[command(after_help = STATUS_EXAMPLES)]
    Status {
        /// The folder of the spool
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Print it as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Record what waits in a spool that no service uses
    #[command(after_help = SHIP_EXAMPLES)]
    Ship {
        /// The folder of the spool
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Give up when nothing was shipped for so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        patience: u64,
    },
}

/// Looks at a spool, or ships it.
///
/// # Errors
/// It can't be read or opened.
pub async fn run(args: &SpoolArgs, options: &Options) -> anyhow::Result<Exit> {
    match &args.command {
        SpoolCommand::Status { dir, json } => {
            let found = inspect(dir)?;
            print(&found, *json)?;
            let is_sound =
                found.refused.is_empty() && found.damaged.is_empty() && found.unreadable_bytes == 0;
            Ok(if is_sound { Exit::Done } else { Exit::Failed })
        }
        SpoolCommand::Ship { dir, patience } => {
            // A folder that is no spool must not become one.
            inspect(dir)?;
            let recorder = options.recorder_with_spool(dir).await?;
            ship(&recorder, Duration::from_secs(*patience)).await
        }
    }
}

async fn ship(recorder: &Recorder, patience: Duration) -> anyhow::Result<Exit> {
    let status = || recorder.spool_status().context("the recorder has no spool");
    let began = status()?;
    let (mut last, mut moved) = (began.requests, Instant::now());
    let ended = loop {
        let now = status()?;
        if now.requests == 0 || moved.elapsed() > patience {
            break now;
        }
        if now.requests != last {
            (last, moved) = (now.requests, Instant::now());
        }
        tokio::time::sleep(PAUSE).await;
    };
    if ended.requests == 0 {
        // What was shipped is removed from this disk before we go.
        recorder.close().await?;
    }
    let refused = ended.refused_events - began.refused_events;
    let recorded = began.events.saturating_sub(ended.events + refused);
    output::print(|out| out.line(&format!("{} recorded", counted(recorded, "access", "accesses"))))?;
    Ok(tell(&ended, refused))
}

/// Says what is left, and how the command ends.
fn tell(ended: &SpoolStatus, refused: u64) -> Exit {
    if refused > 0 {
        complain(&format!(
            "{} refused by the ledger for good; `einsicht spool status` says why",
            counted(refused, "access was", "accesses were")
        ));
    }
    if ended.requests == 0 {
        return if refused == 0 { Exit::Done } else { Exit::Failed };
    }
    let waiting = counted(ended.events, "access waits", "accesses wait");
    match &ended.halted {
        Some(halted) => complain(&format!("{waiting} still: {}", halted.message)),
        None => complain(&format!("{waiting} still")),
    }
    let is_distrusted = ended.halted.as_ref().is_some_and(|halted| halted.reason == HaltReason::Distrusted);
    if is_distrusted { Exit::Failed } else { Exit::Untold }
}

fn print(found: &Inspection, json: bool) -> anyhow::Result<()> {
    let age_s = found.oldest_age.map(|age| age.as_secs());
    output::print(|out| {
        if json {
            let refused: Vec<_> = found
                .refused
                .iter()
                .map(|(events, reason)| json!({"events": events, "reason": reason}))
                .collect();
            return out.json(&json!({
                "events": found.events, "requests": found.requests, "bytes": found.bytes,
                "oldest_age_s": age_s, "in_use": found.is_in_use, "refused": refused,
                "damaged": found.damaged, "unreadable_bytes": found.unreadable_bytes,
            }));
        }
        let age = age_s.map(|seconds| format!(", the oldest for {seconds} s")).unwrap_or_default();
        out.line(&format!("{}{age}", counted(found.events, "access waits", "accesses wait")))?;
        out.line(&format!("{} on disk", counted(found.bytes, "byte", "bytes")))?;
        out.line(if found.is_in_use { "in use by a process" } else { "used by no process" })?;
        for (events, reason) in &found.refused {
            let events = counted(*events, "access", "accesses");
            out.line(&format!("refused for good: {events}: {}", output::escape::value(reason)))?;
        }
        for name in &found.damaged {
            out.line(&format!("damaged: {}", output::escape::value(name)))?;
        }
        if found.unreadable_bytes > 0 {
            out.line(&format!(
                "{} of segments can't be read",
                counted(found.unreadable_bytes, "byte", "bytes")
            ))?;
        }
        Ok(())
    })
}
