//! The simulated week of `dev --sample`: planned by `week`, recorded here, once.

mod assumed;
mod check;
mod deviation;
mod event;
mod facts;
mod timing;
mod week;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use einsicht_access::entry::session_end;
use einsicht_access::{Provenance, body_bytes, entry_of_access, validate_batch};
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{Clock, ManualClock};
use crate::ledger::{Ledger, read_genesis};
use crate::sequencer::{Committer, PreparedEvent, Work};
use crate::sessions::SessionKey;
use crate::storage::file::RealFolder;
use crate::storage::{self};

use week::{Planned, SessionEnd};

const DAY_S: u64 = 86_400;
const WEEK_S: u64 = 7 * DAY_S;
/// 1970-01-01 was a Thursday: the first Monday is four days later.
const FIRST_MONDAY_S: u64 = 4 * DAY_S;
/// What happens within this time is recorded in one commit.
const SLOT_S: u64 = 600;

/// Records the last complete week before `now` into a ledger that `open` opens or begins, with
/// a clock that shows that week. A ledger that has its week already is left as it is; one whose week
/// was interrupted is completed: what is known under its session and number is not recorded twice.
///
/// Returns whether anything had to be recorded.
///
/// # Errors
/// If the ledger was not begun with `--sample`, or can't be written.
pub fn record_once(
    data: &Path,
    now: &dyn Clock,
    open: impl FnOnce(Arc<dyn Clock>, bool) -> anyhow::Result<Ledger>,
) -> anyhow::Result<bool> {
    let folder = RealFolder::new(data);
    let monday_s = match read_genesis(&folder)? {
        None => last_complete_week(u64::try_from(now.unix_us() / 1_000_000).context("the clock")?),
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
    let mut ledger = open(Arc::<ManualClock>::clone(&clock), true)?;
    let incomplete = ledger.committer.recorded_at().0 < monday_s + WEEK_S;
    if incomplete {
        record_week(&mut ledger.committer, &clock, monday_s)?;
    }
    ledger.committer.finish();
    Ok(incomplete)
}

fn record_week(committer: &mut Committer, clock: &ManualClock, monday_s: u64) -> anyhow::Result<()> {
    let facts = facts::facts()?;
    let week = week::plan(&facts, monday_s);
    let bar = ProgressBar::new(week.events.len() as u64);
    if let Ok(style) =
        ProgressStyle::with_template("recording a simulated week {wide_bar} {human_pos}/{human_len}")
    {
        bar.set_style(style);
    }
    let (mut events, mut ends) = (week.events.as_slice(), week.ends.as_slice());
    for slot in 0..WEEK_S / SLOT_S {
        let last_s = monday_s + (slot + 1) * SLOT_S - 1;
        let (now, later) = events.split_at(events.partition_point(|planned| planned.at_s <= last_s));
        let (ending, ending_later) = ends.split_at(ends.partition_point(|end| end.at_s <= last_s));
        (events, ends) = (later, ending_later);
        let Some(at_s) =
            now.iter().map(|planned| planned.at_s).chain(ending.iter().map(|end| end.at_s)).max()
        else {
            continue;
        };
        clock.set(at_s);
        let mut work = accesses(now, clock.unix_us())?;
        work.extend(ending.iter().map(end));
        committer.record_now(work)?;
        bar.inc(now.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// One submission per session, in the order of its numbers.
fn accesses(planned: &[Planned], now_us: i64) -> anyhow::Result<Vec<Work>> {
    let mut sessions: BTreeMap<SessionKey, Vec<PreparedEvent>> = BTreeMap::new();
    for Planned { producer, session, sequence, event, .. } in planned {
        validate_batch(std::slice::from_ref(event), now_us)?;
        let bytes = Bytes::copy_from_slice(session);
        let provenance = Provenance { producer, session: &bytes, sequence: *sequence };
        let body = body_bytes(&entry_of_access(event, provenance));
        let event_id = event.event_id.as_ref().try_into()?;
        let prepared = PreparedEvent { sequence: *sequence, event_id, body: body.into(), sealed: None };
        sessions.entry(SessionKey::new(producer, session)).or_default().push(prepared);
    }
    Ok(sessions.into_iter().map(|(session, events)| Work::Accesses { session, events }).collect())
}

fn end(end: &SessionEnd) -> Work {
    let SessionEnd { producer, session, last_sequence, .. } = end;
    let last_sequence = Some(*last_sequence);
    let body = body_bytes(&session_end(producer, &Bytes::copy_from_slice(session), last_sequence));
    Work::SessionEnd { session: SessionKey::new(producer, session), last_sequence, body }
}

/// Monday, 00:00 UTC, of the last week that had ended by `now_s`.
fn last_complete_week(now_s: u64) -> u64 {
    monday_of(now_s.saturating_sub(WEEK_S))
}

/// Monday, 00:00 UTC, of the week that `second` lies in.
fn monday_of(second: u64) -> u64 {
    second - (second + WEEK_S - FIRST_MONDAY_S) % WEEK_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_is_the_last_complete_one_from_monday_to_sunday() {
        let sunday_evening = 1_795_391_999; // 2026-11-22T23:59:59Z
        let monday = 1_794_787_200; // 2026-11-16T00:00:00Z
        assert_eq!(last_complete_week(sunday_evening), monday - WEEK_S);
        assert_eq!(last_complete_week(sunday_evening + 1), monday);
        assert_eq!(monday_of(monday), monday);
        assert_eq!(monday_of(monday + WEEK_S - 1), monday);
    }
}
