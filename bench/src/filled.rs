//! A ledger that stays: filled with standard events, for programs that are measured from elsewhere, such as the
//! pages in a browser (`bench/browser/`).

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use einsicht_access::Month;
use einsicht_client::view_keys::ViewKeys;
use einsicht_service::clock::{Clock, ManualClock, SystemClock};
use tokio_util::sync::CancellationToken;

use crate::event::Standard;
use crate::ledger::{self, Filling};
use crate::scan::ID;

/// Events of each commit.
const COMMIT_EVENTS: u64 = 500;
/// When in a month its events are recorded: as far from its ends as from those of any other.
const INTO_MONTH_S: u64 = 14 * 24 * 60 * 60;

/// What a ledger is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Events, spread evenly over the months.
    pub events: u64,
    /// Months before this one in which they were recorded; 0: all of them now.
    pub months: u32,
    /// Which of the standard events.
    pub standard: Standard,
}

/// Makes a ledger in `folder`, which must not hold one. Its origin is nobody's, its first entry says that it is
/// simulated, `einsichtd dev --accept-clock` serves it. Beside the events it has an entry 0, and for each month the
/// charter that sealed events are judged by.
///
/// # Errors
/// If there is a ledger; those of recording; if `interrupted` is cancelled.
pub fn make(folder: &Path, content: Content, interrupted: &CancellationToken) -> anyhow::Result<()> {
    ensure!(!folder.join("log").exists(), "{} holds a ledger already", folder.display());
    let Content { events, months, standard } = content;
    let clocks = clocks(months)?;
    let count = clocks.len() as u64;
    for (clock, number) in clocks.iter().zip(0..) {
        let events = events * (number + 1) / count - events * number / count;
        let filling = Filling { events, commit_events: COMMIT_EVENTS, standard };
        ledger::fill_by(clock, folder, filling, interrupted)?;
    }
    Ok(())
}

/// View keys of one subject for each of these months: `ulm-00000007` is in one of 10,000 sealed events. The first
/// month first.
///
/// # Errors
/// Those of opening the ledger; if nothing was sealed in one of them.
pub fn view_keys(folder: &Path, months: u32) -> anyhow::Result<Vec<ViewKeys>> {
    clocks(months)?.iter().map(|clock| ledger::view_key_by(clock, folder, ID)).collect()
}

/// One that stands in each of the months.
fn clocks(months: u32) -> anyhow::Result<Vec<Arc<dyn Clock>>> {
    let system = SystemClock::new();
    if months == 0 {
        return Ok(vec![Arc::new(system)]);
    }
    let mut month = Month::of_unix_s(u64::try_from(system.unix_us() / 1_000_000)?);
    let mut clocks: Vec<Arc<dyn Clock>> = Vec::new();
    for _ in 0..months {
        let before = month.first_second().checked_sub(1).context("there is no month before 1970")?;
        month = Month::of_unix_s(before);
        clocks.push(Arc::new(ManualClock::at(month.first_second() + INTO_MONTH_S)));
    }
    clocks.reverse();
    Ok(clocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use einsicht_access::entry::access_of;
    use einsicht_access::read_body;
    use einsicht_service::storage;
    use einsicht_service::storage::file::RealFolder;
    use einsicht_tlog::Leaf;
    use einsicht_tlog::hash::sha256;

    #[test]
    fn months_before_this_one_have_their_events_and_a_key_each_that_finds_the_subject() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let content = Content { events: 90, months: 3, standard: Standard::Sealed };
        make(&data, content, &CancellationToken::new()).unwrap();

        let keys = view_keys(&data, 3).unwrap();
        let months: Vec<_> = keys.iter().flat_map(ViewKeys::months).collect();
        let mut found = vec![0; 3];
        let origin_hash = sha256(keys[0].origin().as_bytes());
        let mut count = |leaf: &Leaf<'_>| {
            let month = Month::of_unix_s(leaf.recorded_at.0);
            let place = months.iter().position(|known| *known == month).unwrap();
            found[place] += usize::from(access_of(&read_body(leaf.body).unwrap()).is_some());
        };
        storage::check(&RealFolder::new(&data), origin_hash, None, &mut |_, leaf| count(leaf)).unwrap();
        assert_eq!(found, [30, 30, 30], "{months:?}");
    }

    #[test]
    fn a_ledger_that_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let content = Content { events: 10, months: 0, standard: Standard::Plain };
        make(folder.path(), content, &CancellationToken::new()).unwrap();
        let refused = make(folder.path(), content, &CancellationToken::new()).unwrap_err();
        assert!(refused.to_string().contains("holds a ledger already"), "{refused}");
    }
}
