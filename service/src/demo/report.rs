//! The report of the simulated week: made from the log as anybody would make it, written beside the log, and published.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use einsicht_access::{Period, Zone, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Report};
use einsicht_report::{
    Entries, Entry, Figures, Files, Gather, GatherError, InputFile, Inputs, Maker, Manifest, Scope, make,
};
use einsicht_tlog::{Index, Leaf, Size, bundle};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::WEEK_S;
use super::recording::Recording;
use crate::ledger::Ledger;
use crate::reports;

/// What the simulated city says of its systems, and its answers, for a week that is filled in.
const COVERAGE_TEXT: &str = include_str!("../../data/ulm-coverage.toml");
const ANSWERS_TEXT: &str = include_str!("../../data/ulm-answers.toml");
/// Entries read at a time.
const CHUNK_ENTRIES: u64 = 4096;

/// Where the report of the week that began at `monday_s` is, or will be.
pub(super) fn folder(data: &Path, monday_s: u64) -> anyhow::Result<PathBuf> {
    Ok(data.join(reports::FOLDER).join(week_of(monday_s)?.to_string()))
}

/// Makes the report of the week that began at `monday_s`, which is recorded: writes it, and only then names it in the
/// ledger.
pub(super) fn publish(recording: &mut Recording, data: &Path, monday_s: u64) -> anyhow::Result<()> {
    let (ledger, period) = (recording.ledger(), week_of(monday_s)?);
    let published = ledger.committer.published().borrow().clone();
    let (coverage, answers) = (of_week(COVERAGE_TEXT, monday_s)?, of_week(ANSWERS_TEXT, monday_s)?);
    let figures = figures(ledger, period, published.head.size)?;
    let inputs = Inputs {
        checkpoint: &published.checkpoint,
        key: &ledger.verifier.to_string(),
        // In a ledger for trying out everybody reads everything.
        entries: Entries::Public,
        coverage: Some(InputFile { name: "service/data/ulm-coverage.toml", bytes: coverage.as_bytes() }),
        answers: Some(InputFile { name: "service/data/ulm-answers.toml", bytes: answers.as_bytes() }),
        corrects: None,
        maker: Maker::this(),
    };
    let files = make(&figures, &inputs)?;
    write(&folder(data, monday_s)?, &files)?;
    let manifest = files.get(Manifest::PATH).context("a report without a manifest")?;
    let manifest_sha256 = Bytes::copy_from_slice(Manifest::hash_of(manifest).as_bytes());
    let report = Report { period: period.to_string(), manifest_sha256, replaces: None };
    recording.write(&body_bytes(&EntryBody { content: Some(Content::Report(report)) }))
}

/// The figures, in the time zone of the charter.
fn figures(ledger: &Ledger, period: Period, size: Size) -> anyhow::Result<Figures> {
    match gather(ledger, Scope::new(period, Zone::utc(), size)) {
        Err(error) => match error.downcast() {
            Ok(GatherError::OtherZone { needed, .. }) => gather(ledger, Scope::new(period, needed, size)),
            Ok(error) => Err(error.into()),
            Err(error) => Err(error),
        },
        figures => figures,
    }
}

fn gather(ledger: &Ledger, scope: Scope) -> anyhow::Result<Figures> {
    let size = scope.size().0;
    let mut gather = Gather::new(scope);
    let mut next = 0;
    while next < size {
        let count = CHUNK_ENTRIES.min(size - next);
        let bytes = ledger.reader.bundle(Index(next), usize::try_from(count)?)?;
        for (leaf, index) in bundle::entries(&bytes).zip((next..).map(Index)) {
            let Leaf { recorded_at, body, .. } = Leaf::parse(leaf?)?;
            gather.entry(&Entry { index, recorded_at, body })?;
        }
        next += count;
    }
    Ok(gather.finish()?)
}

/// Files that a run before has left, which was interrupted, are the same.
fn write(folder: &Path, files: &Files) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes));
        written.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// A text with the days of the week that began at `monday_s`.
fn of_week(text: &str, monday_s: u64) -> anyhow::Result<String> {
    let (monday, next) = (day_of(monday_s)?, day_of(monday_s + WEEK_S)?);
    Ok(text.replace("{monday}", &monday.to_string()).replace("{next_monday}", &next.to_string()))
}

fn day_of(second: u64) -> anyhow::Result<Date> {
    Ok(Timestamp::from_second(i64::try_from(second)?)?.to_zoned(TimeZone::UTC).date())
}

/// The calendar week that begins with this second.
fn week_of(monday_s: u64) -> anyhow::Result<Period> {
    let week = day_of(monday_s)?.iso_week_date();
    match format!("{:04}-W{:02}", week.year(), week.week()).parse() {
        Ok(period) => Ok(period),
        Err(error) => bail!("the sample's week has no report: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_is_called_as_calendars_call_it() {
        let name = |monday_s| week_of(monday_s).unwrap().to_string();
        assert_eq!(name(1_792_972_800), "2026-W44"); // 2026-10-26
        assert_eq!(name(1_798_416_000), "2026-W53"); // 2026-12-28: it ends in 2027
    }

    #[test]
    fn what_the_city_says_is_of_that_week_and_of_every_system_that_records() {
        let coverage = of_week(COVERAGE_TEXT, 1_798_416_000).unwrap();
        assert!(coverage.contains("from = 2026-12-28\n"), "{coverage}");
        assert!(of_week(ANSWERS_TEXT, 1_798_416_000).unwrap().contains("on = 2027-01-04\n"));
        let coverage: toml::Table = coverage.parse().unwrap();
        let named = coverage["recorder"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
        let facts = super::super::facts::facts().unwrap();
        let producers = facts.assumed.producers.iter().map(|one| one.id.as_str());
        assert_eq!(named.collect::<Vec<_>>(), producers.collect::<Vec<_>>());
    }
}
