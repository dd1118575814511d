//! The simulated week of `dev --sample`: planned by `week`, recorded by `recording`, once; and the `report` of it.

mod assumed;
mod check;
mod deviation;
mod event;
mod facts;
#[cfg(test)]
mod judged;
mod personal;
mod recording;
mod report;
mod said;
mod timing;
mod week;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use einsicht_access::Month;
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{Clock, ManualClock};
use crate::config::Rules;
use crate::ledger::{Standby, read_genesis};
use crate::storage::file::RealFolder;
use crate::storage::{self};

use recording::Recording;

/// The example charter for Ulm, by which the week is judged.
const CHARTER: &str = include_str!("../../charters/ulm.toml");
const CHARTER_NAME: &str = "charters/ulm.toml";

/// A ledger that has its week.
#[derive(Debug)]
pub struct Sample {
    /// Whether something of it was recorded just now.
    pub was_incomplete: bool,
    /// The folder of its report. It may have been taken away meanwhile.
    pub report: PathBuf,
}

const DAY_S: u64 = 86_400;
const WEEK_S: u64 = 7 * DAY_S;
/// 1970-01-01 was a Thursday: the first Monday is four days later.
const FIRST_MONDAY_S: u64 = 4 * DAY_S;
/// What happens within this time is recorded in one commit.
const SLOT_S: u64 = 600;

/// Records the last week that began in a month which has ended before `now`, into a ledger that `open` opens or begins
/// with a clock that shows that week. A ledger that has its week already is left as it is; one whose week
/// was interrupted is completed: what is known under its session and number is not recorded twice.
/// `rules` says what is taken, and how long what is sealed is kept. Then the report of the week is made, written
/// into a folder, and published, on the Monday after it.
///
/// Returns the folder of that report, and whether anything had to be recorded.
///
/// # Errors
/// If the ledger was not begun with `--sample`, has no wrapping key, or can't be written.
pub fn record_once(
    data: &Path,
    now: &dyn Clock,
    rules: &Rules,
    open: impl FnOnce(Arc<dyn Clock>, bool) -> anyhow::Result<Standby>,
) -> anyhow::Result<Sample> {
    let folder = RealFolder::new(data);
    let monday_s = match read_genesis(&folder)? {
        None => week_before(u64::try_from(now.unix_us() / 1_000_000).context("the clock")?),
        Some(genesis) => {
            ensure!(
                genesis.simulated,
                "{} holds ledger '{}', which was begun without --sample: made-up entries do not belong there. \
                 Choose another --data",
                data.display(),
                genesis.origin
            );
            let leaf = storage::origin_on_disk(&folder)?.context("entry 0")?;
            monday_of(einsicht_tlog::Leaf::parse(&leaf)?.recorded_at.0)
        }
    };
    let clock = Arc::new(ManualClock::at(monday_s));
    let standby = open(Arc::<ManualClock>::clone(&clock), true)?;
    let (annotations, charters) = (standby.annotations.clone(), standby.charters.clone());
    let mut recording = Recording::new(standby.begin()?, annotations, charters, rules)?;
    let incomplete = recording.recorded_at().0 < monday_s + WEEK_S;
    if incomplete {
        record_week(&mut recording, &clock, monday_s)?;
        clock.set(monday_s + WEEK_S);
        report::publish(&mut recording, data, monday_s)?;
    }
    recording.finish();
    Ok(Sample { was_incomplete: incomplete, report: report::folder(data, monday_s)? })
}

fn record_week(recording: &mut Recording, clock: &ManualClock, monday_s: u64) -> anyhow::Result<()> {
    recording.publish(CHARTER_NAME, CHARTER)?;
    let facts = facts::facts()?;
    let week = week::plan(&facts, monday_s);
    let bar = ProgressBar::new(week.events.len() as u64);
    if let Ok(style) =
        ProgressStyle::with_template("recording a simulated week {wide_bar} {human_pos}/{human_len}")
    {
        bar.set_style(style);
    }
    recording.expect(&week.said);
    let (mut events, mut ends, mut said) =
        (week.events.as_slice(), week.ends.as_slice(), week.said.as_slice());
    for slot in 0..WEEK_S / SLOT_S {
        let last_s = monday_s + (slot + 1) * SLOT_S - 1;
        let now = split(&mut events, |planned| planned.at_s <= last_s);
        let ending = split(&mut ends, |end| end.at_s <= last_s);
        let saying = split(&mut said, |said| said.at_s <= last_s);
        let times = now.iter().map(|planned| planned.at_s).chain(ending.iter().map(|end| end.at_s));
        let Some(at_s) = times.chain(saying.iter().map(|said| said.at_s)).max() else { continue };
        clock.set(at_s);
        recording.record(now, ending, at_s)?;
        saying.iter().try_for_each(|said| recording.say(said))?;
        bar.inc(now.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Takes off what comes first.
fn split<'s, T>(rest: &mut &'s [T], is_now: impl Fn(&T) -> bool) -> &'s [T] {
    let (now, later) = rest.split_at(rest.partition_point(is_now));
    *rest = later;
    now
}

/// Monday, 00:00 UTC, of the last week that had ended by `now_s` and began in a month that had ended, too: view keys
/// are given out for ended months, and who tries the sample should not have to wait for one. It is at most 31 days
/// old.
fn week_before(now_s: u64) -> u64 {
    let monday_s = monday_of(Month::of_unix_s(now_s).first_second().saturating_sub(1));
    if monday_s + WEEK_S <= now_s { monday_s } else { monday_s.saturating_sub(WEEK_S) }
}

/// Monday, 00:00 UTC, of the week that `second` lies in.
fn monday_of(second: u64) -> u64 {
    second - (second + WEEK_S - FIRST_MONDAY_S) % WEEK_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_has_ended_and_began_in_a_month_that_has_as_short_ago_as_can_be() {
        let day = |days: u64| days * DAY_S;
        // From 1 January 1970 on, hour by hour, for some years.
        for now_s in (day(60)..day(1500)).step_by(3600) {
            let monday_s = week_before(now_s);
            assert_eq!(monday_of(monday_s), monday_s);
            assert!(monday_s + WEEK_S <= now_s && now_s - (monday_s + WEEK_S) <= day(31), "{now_s}");
            assert!(Month::of_unix_s(monday_s) < Month::of_unix_s(now_s), "{now_s}");
            let next = monday_s + WEEK_S;
            assert!(next + WEEK_S > now_s || Month::of_unix_s(next) == Month::of_unix_s(now_s), "{now_s}");
        }
        let [sunday, monday] = [1_795_391_999, 1_792_972_800]; // 2026-11-22T23:59:59Z, 2026-10-26T00:00:00Z
        assert_eq!(week_before(sunday), monday);
        assert_eq!(monday_of(monday + WEEK_S - 1), monday);
    }
}
