//! Which entries are listed.

use clap::Args;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, EntryBody};
use einsicht_tlog::RecordedAt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

const MINUTE_S: i64 = 60;

/// Which entries are listed: those that fit everything that is given.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Which")]
pub struct Filter {
    /// Accesses from this day or time on, such as 2026-11-01 or 2026-11-01T08:00Z
    #[arg(long, value_name = "WHEN", value_parser = first_minute)]
    since: Option<i64>,
    /// Accesses up to this day (including it) or time
    #[arg(long, value_name = "WHEN", value_parser = last_minute)]
    until: Option<i64>,
    /// Accesses to this data set, alone or combined with others
    #[arg(long, value_name = "CODE")]
    dataset: Option<String>,
    /// Accesses by this organisational unit
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Accesses for this purpose
    #[arg(long, value_name = "CODE")]
    purpose: Option<String>,
    /// Accesses of this kind: collect, alter, query, disclose, combine, erase
    #[arg(long, value_name = "VALUE", value_parser = operation)]
    operation: Option<i32>,
    /// Accesses that do not fit this commitment of their charter, as was recorded
    #[arg(long, value_name = "COMMITMENT")]
    deviates: Option<String>,
    /// Accesses that do not say enough to verify this commitment of their charter
    #[arg(long, value_name = "COMMITMENT")]
    not_verifiable: Option<String>,
    /// Also entries that are no accesses, such as starts of the service
    #[arg(long)]
    all: bool,
}

impl Filter {
    /// The second since 1970 that `--since` means.
    pub fn since_s(&self) -> Option<u64> {
        u64::try_from(self.since?.saturating_mul(MINUTE_S)).ok()
    }

    /// The commitments that are asked for.
    pub fn commitments(&self) -> impl Iterator<Item = &str> {
        self.deviates.iter().chain(&self.not_verifiable).map(String::as_str)
    }

    /// Whether an entry is listed.
    pub fn fits(&self, body: &EntryBody, recorded_at: RecordedAt) -> bool {
        match &body.content {
            Some(Content::Access(record)) => self.fits_access(record),
            _ => {
                self.all
                    && !self.asks_for_accesses()
                    && self.fits_minute(recorded_at.0.cast_signed() / MINUTE_S)
            }
        }
    }

    fn fits_access(&self, record: &AccessRecord) -> bool {
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        let is_of_dataset = match &self.dataset {
            Some(wanted) => record.dataset == *wanted || record.other_datasets.contains(wanted),
            None => true,
        };
        is_of_dataset
            && is(&self.unit, record.unit.as_deref())
            && is(&self.purpose, Some(&record.purpose))
            && self.operation.is_none_or(|wanted| wanted == record.operation)
            && lists(&self.deviates, &record.deviates)
            && lists(&self.not_verifiable, &record.not_verifiable)
            && self.fits_minute(record.occurred_at_min)
    }

    fn fits_minute(&self, minute: i64) -> bool {
        self.since.is_none_or(|since| since <= minute) && self.until.is_none_or(|until| minute <= until)
    }

    /// Whether something is asked for that only accesses have.
    fn asks_for_accesses(&self) -> bool {
        let texts = [&self.dataset, &self.unit, &self.purpose, &self.deviates, &self.not_verifiable];
        self.operation.is_some() || texts.into_iter().any(Option::is_some)
    }
}

/// Whether the commitment that is wanted, if one is, is listed.
fn lists(wanted: &Option<String>, listed: &[String]) -> bool {
    wanted.as_ref().is_none_or(|wanted| listed.contains(wanted))
}

/// The first minute of a day, or the minute of a time, since 1970.
fn first_minute(text: &str) -> Result<i64, String> {
    minute(text, 0)
}

/// The last minute of a day, or the minute of a time.
fn last_minute(text: &str) -> Result<i64, String> {
    minute(text, 1)
}

fn minute(text: &str, days_ahead: i64) -> Result<i64, String> {
    let wrong =
        || "give a day as 2026-11-22 or a time as 2026-11-22T08:00Z or 2026-11-22T09:00+01:00".to_owned();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second().div_euclid(MINUTE_S));
    }
    // The parser of days also takes times, and would drop them.
    let day = Date::strptime("%Y-%m-%d", text).map_err(|_| wrong())?;
    let day = day.checked_add(days_ahead.days()).map_err(|_| wrong())?;
    let start = day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp();
    Ok(start.as_second().div_euclid(MINUTE_S) - days_ahead)
}

fn operation(text: &str) -> Result<i32, String> {
    let mut event = AccessEvent::default();
    einsicht_access::field::set(&mut event, "operation", text).map_err(|error| error.to_string())?;
    Ok(event.operation)
}

#[cfg(test)]
mod tests {
    use einsicht_access::entry::service_start;

    use super::*;

    const NOON: i64 = 29_922_480;

    fn access() -> EntryBody {
        let record = AccessRecord {
            dataset: "besuchertrend".into(),
            operation: 3,
            purpose: "statistik".into(),
            unit: Some("stadtplanung".into()),
            other_datasets: vec!["parkhaeuser".into()],
            occurred_at_min: NOON,
            ..AccessRecord::default()
        };
        EntryBody { content: Some(Content::Access(record)) }
    }

    fn fits(filter: &Filter) -> bool {
        filter.fits(&access(), RecordedAt(0))
    }

    #[test]
    fn an_access_must_fit_everything_that_is_given() {
        let some = |text: &str| Some(text.to_owned());
        assert!(fits(&Filter::default()));
        assert!(fits(&Filter {
            dataset: some("besuchertrend"),
            purpose: some("statistik"),
            ..Filter::default()
        }));
        assert!(fits(&Filter { dataset: some("parkhaeuser"), ..Filter::default() }), "combined");
        assert!(!fits(&Filter { dataset: some("besuchertrend"), unit: some("other"), ..Filter::default() }));
        assert!(!fits(&Filter { purpose: some("stat"), ..Filter::default() }));
        assert!(!fits(&Filter { operation: Some(1), ..Filter::default() }));
    }

    #[test]
    fn days_include_their_first_and_their_last_minute() {
        let day = |text| Filter {
            since: first_minute(text).ok(),
            until: last_minute(text).ok(),
            ..Filter::default()
        };
        assert!(fits(&day("2026-11-22")));
        assert!(!fits(&day("2026-11-21")) && !fits(&day("2026-11-23")));
        let (first, last) = (first_minute("2026-11-22").unwrap(), last_minute("2026-11-22").unwrap());
        assert_eq!((first + 720, last - first), (NOON, 24 * 60 - 1));
        assert_eq!(first_minute("2026-11-22T13:00+01:00"), Ok(NOON));
        assert_eq!(last_minute("2026-11-22T12:00:59Z"), Ok(NOON));
    }

    #[test]
    fn what_is_no_day_or_time_is_explained() {
        for text in ["", "yesterday", "22.11.2026", "2026-11-22T12:00", "2026-02-30"] {
            assert!(first_minute(text).unwrap_err().contains("give a day"), "{text}");
        }
        assert_eq!(operation("erase"), Ok(6));
        assert!(operation("steal").unwrap_err().contains("collect, alter"));
    }

    #[test]
    fn other_entries_are_listed_only_if_asked_for() {
        let start = |filter: &Filter| filter.fits(&service_start("x"), RecordedAt(NOON.cast_unsigned() * 60));
        assert!(!start(&Filter::default()));
        assert!(start(&Filter { all: true, since: Some(NOON), until: Some(NOON), ..Filter::default() }));
        assert!(!start(&Filter { all: true, since: Some(NOON + 1), ..Filter::default() }));
        assert!(!start(&Filter { all: true, unit: Some("u".into()), ..Filter::default() }));
    }
}
