//! `einsicht record`: one access from flags, or many from JSON.
//!
//! Session and numbers are derived from the ids of the events, so that sending events with the same
//! ids again records nothing twice.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use einsicht_access::limits::BATCH_EVENTS_MAX;
use einsicht_client::answer::Recorded;
use einsicht_client::error::RecordError;
use einsicht_client::recorder::Numbered;
use einsicht_client::{Access, Recorder};
use einsicht_proto::v1::AccessEvent;
use einsicht_tlog::hash::sha256;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::event_flags::EventFlags;
use crate::event_json;
use crate::exit::Exit;
use crate::explain::NotConfirmed;
use crate::options::Options;
use crate::output::{self, Emphasis, escape};
use crate::private::NewFile;
use crate::problem;

mod verdict;

use verdict::Verdict;

/// How often a request is sent: whoever types a command wants to know soon.
const ATTEMPTS_MAX: u32 = 4;

const EXAMPLES: &str = "\
Examples:
  einsicht record --dataset parkhaeuser --operation query --purpose verkehrsplanung --role planung
  einsicht record --from accesses.jsonl --unit stadtplanung
  echo '{\"dataset\": \"parkhaeuser\", \"operation\": \"query\", \"purpose\": \"p\"}' |
    einsicht record --from - --json
  einsicht record --dataset map-it-lieblingsplatz --operation query --purpose beteiligung --from - < personal.json

What is personal (subjects, actor, justification, …) is sealed: the log holds a seal that shows nothing,
and only `einsicht disclose` shows the value again. Give it in JSON, from a file or standard input:
  {\"subjects\": [\"person:4711\"], \"actor\": \"kornblum\", \"justification\": \"on request\"}
Flags are for trying out: other users of this machine see command lines, and the shell keeps them.

JSON has the names of the fields with underscores (record_count). Flags fill in what it leaves out.
An event that was sent before with the same --event-id is not recorded again.

What the charter in force says of an access is recorded with it. If it does not fit, or nobody can tell,
standard error says so; it is recorded all the same, and ends with 0.";

/// What `record` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RecordArgs {
    /// Read events as JSON from a file ('-': standard input): one object, or one after another
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Also write the proof that the event is recorded into a new file
    #[arg(long, value_name = "FILE")]
    with_receipt: Option<PathBuf>,
    /// Print index, leaf hash and verdict as JSON, one object per event
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    event: EventFlags,
}

/// Records.
///
/// # Errors
/// Nothing or not everything was recorded.
pub async fn run(args: &RecordArgs, options: &Options) -> anyhow::Result<Exit> {
    let events = events(args)?;
    check(&events, args.from.is_some())?;
    let receipt_file = match &args.with_receipt {
        Some(path) => {
            ensure!(events.len() == 1, "--with-receipt is for one event, the input holds {}", events.len());
            Some((path, NewFile::create(path)?))
        }
        None => None,
    };
    // What is answered is proven with the entry itself, and its verdict, too.
    let recorder = options.recorder(ATTEMPTS_MAX).await?.with_proofs();
    let recorded = record(args, &recorder, &events).await?;
    if let (Some((path, file)), Some(receipt)) =
        (receipt_file, recorded.first().and_then(|place| place.receipt.as_ref()))
    {
        let written = file.write(&receipt.to_bytes());
        written.with_context(|| format!("the event is recorded, but {} can't be written", path.display()))?;
        options.note(&format!("receipt written to {}", path.display()));
    }
    print(&recorded, args.json)?;
    if !options.is_quiet() {
        verdict::tell(options, &recorder, &events, &recorded).await;
    }
    Ok(Exit::Done)
}

/// The events to record, with ids and times.
fn events(args: &RecordArgs) -> anyhow::Result<Vec<AccessEvent>> {
    let mut events = match &args.from {
        Some(path) => {
            let mut given = event_json::read(&read_input(path)?)?;
            for given in &mut given {
                let mut event = std::mem::take(&mut given.event);
                args.event.fill(&mut event, |field| given.has(field));
                given.event = event;
            }
            given.into_iter().map(|given| given.event).collect()
        }
        None => {
            for needed in ["dataset", "operation", "purpose"] {
                ensure!(
                    args.event.has(needed),
                    "--{needed} is missing: an access needs --dataset, --operation and --purpose, or --from FILE"
                );
            }
            let mut event = AccessEvent::default();
            args.event.fill(&mut event, |_| false);
            vec![event]
        }
    };
    let now_us = now_us();
    for event in &mut events {
        if event.event_id.is_empty() {
            event.event_id = Uuid::new_v4().into_bytes().to_vec().into();
        }
        if event.occurred_at_us == 0 {
            event.occurred_at_us = now_us;
        }
    }
    Ok(events)
}

/// Finds what would be refused before a ledger is asked.
fn check(events: &[AccessEvent], is_json: bool) -> anyhow::Result<()> {
    for (batch, first) in events.chunks(BATCH_EVENTS_MAX).zip((1..).step_by(BATCH_EVENTS_MAX)) {
        let Err(error) = einsicht_access::validate_batch(batch, now_us()) else { continue };
        let problems = problem::lines(&error, |position, field| match position {
            Some(position) if is_json => format!("event {}: {field}", first + position),
            _ => format!("--{}", field.replace('_', "-")),
        });
        bail!("nothing was recorded: {}", problems.join("\n  "));
    }
    Ok(())
}

async fn record(
    args: &RecordArgs,
    recorder: &Recorder,
    events: &[AccessEvent],
) -> anyhow::Result<Vec<Recorded>> {
    let (session, hidden_session) = (session_of(events), hidden_session_of(events));
    let (mut next, mut hidden_next) = (0, 0);
    let mut recorded = Vec::with_capacity(events.len());
    let of_one_kind = events.chunk_by(|a, b| is_hidden(a) == is_hidden(b));
    for batch in of_one_kind.flat_map(|events| events.chunks(BATCH_EVENTS_MAX)) {
        let (session, next) = match batch.first().is_some_and(is_hidden) {
            true => (hidden_session, &mut hidden_next),
            false => (session, &mut next),
        };
        let numbered = Numbered { session, first_sequence: *next };
        *next += batch.len() as u64;
        match send(recorder, numbered, batch).await {
            Ok(places) => recorded.extend(places),
            Err(error) if recorded.is_empty() => return Err(error),
            Err(error) => {
                print(&recorded, args.json)?;
                return Err(error.context(format!("only the first {} events were recorded", recorded.len())));
            }
        }
    }
    Ok(recorded)
}

async fn send(
    recorder: &Recorder,
    numbered: Numbered,
    batch: &[AccessEvent],
) -> anyhow::Result<Vec<Recorded>> {
    let sent = recorder.record_numbered(numbered, batch.iter().cloned().map(Access::from)).await;
    sent.map_err(|error| match advice(&error, batch) {
        Some(advice) => NotConfirmed { error, advice }.into(),
        None => error.into(),
    })
}

/// How to send an event again whose fate is not known.
fn advice(error: &RecordError, batch: &[AccessEvent]) -> Option<String> {
    let (RecordError::Unconfirmed(_), [event]) = (error, batch) else { return None };
    let id = Uuid::from_slice(&event.event_id).ok()?;
    let time = Timestamp::from_microsecond(event.occurred_at_us).ok()?;
    Some(format!("Send it again with --event-id {id} --occurred-at {time}: it is never recorded twice"))
}

/// The session of events with these ids.
fn session_of(events: &[AccessEvent]) -> [u8; 16] {
    derived(b"einsicht/record/v1", events.iter())
}

/// The session of the confidential ones among them: in that of the others, a number that is missing between two would
/// tell whose they are.
fn hidden_session_of(events: &[AccessEvent]) -> [u8; 16] {
    derived(b"einsicht/record/confidential/v1", events.iter().filter(|event| is_hidden(event)))
}

fn is_hidden(event: &AccessEvent) -> bool {
    event.confidential_until_day.is_some()
}

fn derived<'e>(context: &[u8], events: impl Iterator<Item = &'e AccessEvent>) -> [u8; 16] {
    let mut bytes = context.to_vec();
    events.for_each(|event| bytes.extend_from_slice(&event.event_id));
    *sha256(&bytes).0.first_chunk().unwrap_or(&[0; 16])
}

#[derive(Serialize)]
struct Place {
    index: u64,
    leaf_hash: String,
    already_recorded: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
}

fn print(recorded: &[Recorded], json: bool) -> anyhow::Result<()> {
    output::print(|out| {
        for place in recorded {
            let (index, hash) = (place.index.0, place.leaf_hash.to_hex());
            if json {
                let (already_recorded, verdict) = (place.already_recorded, Verdict::of(place));
                out.json(&Place { index, leaf_hash: hash, already_recorded, verdict })?;
            } else {
                let before = if place.already_recorded { "  (was recorded before)" } else { "" };
                out.styled(
                    Emphasis::Heading,
                    &format!("entry {index}"),
                    &format!("  leaf hash {hash}{before}"),
                )?;
            }
        }
        Ok(())
    })
}

fn read_input(path: &Path) -> anyhow::Result<String> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input can't be read as text")?;
        return Ok(text);
    }
    std::fs::read_to_string(path)
        .with_context(|| format!("{} can't be read", escape::value(&path.display().to_string())))
}

fn now_us() -> i64 {
    Timestamp::now().as_microsecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u8) -> AccessEvent {
        AccessEvent { event_id: vec![id; 16].into(), ..AccessEvent::default() }
    }

    #[test]
    fn the_same_events_get_the_same_session_and_others_another() {
        assert_eq!(session_of(&[event(1), event(2)]), session_of(&[event(1), event(2)]));
        assert_ne!(session_of(&[event(1), event(2)]), session_of(&[event(2), event(1)]));
        assert_ne!(session_of(&[event(1)]), session_of(&[event(1), event(1)]));
    }
}
