//! `einsicht charter watch`: deviations as they are recorded.

use std::io::Write as _;

use clap::Args;
use einsicht_access::Language;
use einsicht_access::charter::Severity;
use einsicht_client::charters::{Deviation, Wanted, WatchError, Watched, watch_deviations};
use einsicht_tlog::{Index, Size};
use futures::{Stream, StreamExt as _};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::options::{Options, tell_if_simulated};
use crate::output::{self, Out, counted};
use crate::view;

const EXAMPLES: &str = "\
Examples:
  einsicht charter watch
  einsicht charter watch --severity breach --json | ./send-to-pager
  einsicht charter watch --commitment DE-03 --start 17486

Each line is an access that does not fit a commitment: first those that are there already, from --start
on, then each one as it is recorded. A deviation is what a rule says of an access. Whether it is a
breach, people decide. In --json, `next` is where --start goes on behind that line. What is shown is
what the service tells, which must know who asks: give it your token. `einsicht verify` judges every
access again.";

/// What `charter watch` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WatchArgs {
    /// Index of the first entry to look at
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    start: u64,
    /// Only deviations of this weight: breach, notice
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    severity: Vec<Severity>,
    /// Only deviations from this commitment; can be given several times
    #[arg(long, value_name = "COMMITMENT")]
    commitment: Vec<String>,
    /// End when everything was looked at that is there now
    #[arg(long)]
    once: bool,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

/// Watches, until it is stopped.
///
/// # Errors
/// The service could not be reached, or tells no more.
pub async fn run(args: &WatchArgs, options: &Options) -> anyhow::Result<Exit> {
    let config = options.recorder_config()?;
    let wanted = Wanted {
        start: Index(args.start),
        severities: args.severity.clone(),
        commitments: args.commitment.clone(),
    };
    tell_if_simulated(&options.reader(None).await?).await?;
    let mut out = Out::new();
    let mut is_waiting = false;
    each(watch_deviations(&config, wanted)?, args.once, |watched| {
        let Some(deviation) = &watched.deviation else {
            if watched.next.0 >= watched.size.0 && !std::mem::replace(&mut is_waiting, true) {
                options.note(&at_end(watched.size, args.once));
            }
            return Ok(true);
        };
        let written = match args.json {
            true => out.json(&json_of(deviation, watched.next)),
            false => out.line(&text_of(deviation)),
        };
        // Whoever is woken by a line must not wait for the next one.
        output::unless_closed(written.and_then(|()| out.flush()))
    })
    .await?;
    Ok(Exit::Done)
}

/// Tells of each answer until nobody listens: that is what `tell` answers. With `once` until everything was looked at
/// that was there when the first came, and of nothing behind it.
async fn each(
    watched: impl Stream<Item = Result<Watched, WatchError>>,
    once: bool,
    mut tell: impl FnMut(&Watched) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let mut watched = std::pin::pin!(watched);
    let mut first_size = None;
    while let Some(answer) = watched.next().await {
        let answer = answer?;
        let end = if once { first_size.get_or_insert(answer.size).0 } else { u64::MAX };
        let is_behind = answer.deviation.as_ref().is_some_and(|deviation| deviation.index.0 >= end);
        if is_behind || !tell(&answer)? || answer.next.0 >= end {
            break;
        }
    }
    Ok(())
}

fn at_end(size: Size, once: bool) -> String {
    let entries = counted(size.0, "entry", "entries");
    let waits = if once { "" } else { "; waiting for more" };
    format!("all of the {entries} that are there were looked at{waits}")
}

fn text_of(deviation: &Deviation) -> String {
    let Deviation { index, recorded_at, dataset, deviates, .. } = deviation;
    let weight = |severity: &Option<Severity>| match severity {
        Some(severity) => Language::English.severity(*severity),
        None => "of a weight that this release does not know",
    };
    let deviates = deviates.iter().map(|(id, severity)| format!("{id} ({})", weight(severity)));
    let deviates = deviates.collect::<Vec<_>>().join(", ");
    format!("{}  entry {index}  {dataset}  does not fit {deviates}", view::time(*recorded_at))
}

fn json_of(deviation: &Deviation, next: Index) -> Value {
    let deviates = deviation
        .deviates
        .iter()
        .map(|(id, severity)| json!({"commitment": id, "severity": name(*severity)}));
    json!({
        "index": deviation.index.0,
        "recorded_at": view::time(deviation.recorded_at),
        "dataset": deviation.dataset,
        "charter": deviation.charter.0,
        "deviates": deviates.collect::<Vec<_>>(),
        "next": next.0,
    })
}

fn name(severity: Option<Severity>) -> &'static str {
    let found = Severity::NAMES.iter().find(|(_, known)| Some(*known) == severity);
    found.map_or("unknown", |(name, _)| name)
}

fn severity(text: &str) -> Result<Severity, String> {
    let found = Severity::NAMES.iter().find(|(name, _)| *name == text);
    found.map(|(_, severity)| *severity).ok_or_else(|| "give breach or notice".to_owned())
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::RecordedAt;
    use futures::stream;

    use super::*;

    fn answer(next: u64, index: Option<u64>, size: u64) -> Result<Watched, WatchError> {
        let deviation = index.map(|index| Deviation {
            index: Index(index),
            recorded_at: RecordedAt(1_795_391_999),
            dataset: "parkhaeuser".to_owned(),
            charter: Index(1),
            deviates: vec![("V-1".to_owned(), Some(Severity::Breach)), ("V-2".to_owned(), None)],
        });
        Ok(Watched { next: Index(next), deviation, size: Size(size) })
    }

    async fn told(answers: Vec<Result<Watched, WatchError>>, once: bool) -> Vec<u64> {
        let mut told = Vec::new();
        let all = each(stream::iter(answers), once, |watched| {
            told.extend(watched.deviation.as_ref().map(|deviation| deviation.index.0));
            Ok(true)
        });
        all.await.unwrap();
        told
    }

    #[tokio::test]
    async fn once_ends_where_the_ledger_ended_and_not_where_nothing_was_found_for_long() {
        let answers = || {
            vec![
                answer(4, Some(3), 70_006),
                // How far it is, in the middle.
                answer(65_536, None, 70_006),
                answer(70_005, Some(70_004), 70_007),
                answer(70_006, None, 70_007),
                answer(70_007, Some(70_006), 70_008),
            ]
        };
        assert_eq!(told(answers(), true).await, [3, 70_004]);
        assert_eq!(told(answers(), false).await, [3, 70_004, 70_006]);
        // The ledger grew before the end was told of.
        let behind = || vec![answer(4, Some(3), 5), answer(7, Some(6), 7), answer(8, Some(7), 8)];
        assert_eq!(told(behind(), true).await, [3]);
        // The last entry is one.
        assert_eq!(told(vec![answer(5, Some(4), 5), answer(6, Some(5), 6)], true).await, [4]);
    }

    #[test]
    fn a_line_says_what_the_rule_says_and_leaves_to_people_what_is_a_breach() {
        let told = answer(5, Some(4), 5).unwrap().deviation.unwrap();
        assert_eq!(
            text_of(&told),
            "2026-11-22T23:59:59Z  entry 4  parkhaeuser  does not fit V-1 (breach, if confirmed), V-2 (of a weight \
             that this release does not know)"
        );
    }
}
