//! What a ledger takes on disk, and what is written for it, while it is filled.

use std::path::Path;
use std::time::Instant;

use super::Bench;
use super::report::{DISK_BEYOND_LEAF_BYTES, WRITE_AMPLIFICATION};
use crate::event::Standard;
use crate::footprint::{Footprint, Written};
use crate::ledger::{self, Filling};
use crate::stats::Summary;

/// The smallest commits that the goals for disk and writing speak of.
const SMALL_COMMIT_EVENTS: u64 = 100;

impl Bench<'_> {
    /// Fills a ledger of its own with the smallest commits that the goals speak of.
    pub(super) fn small_commits(&mut self) -> anyhow::Result<()> {
        let filling = Filling {
            events: self.plan.small_commit_events,
            commit_events: SMALL_COMMIT_EVENTS,
            standard: Standard::Plain,
        };
        self.tell(&format!("disk: {} events in commits of {SMALL_COMMIT_EVENTS}", filling.events));
        let folder = self.folder.path().join("small-commits");
        std::fs::create_dir(&folder)?;
        let Counted { written, footprint, leaves, .. } = self.fill_and_count(&folder, filling)?;
        std::fs::remove_dir_all(&folder)?;
        let log = exact(footprint.entries + footprint.derived);
        self.figures.measure(DISK_BEYOND_LEAF_BYTES, &[(log - leaves) / exact(filling.events)])?;
        self.figures.measure("disk_sessions_bytes", &[exact(footprint.sessions) / exact(filling.events)])?;
        let amplification = Summary::of_ratios(&[exact(written.handed_over)], &[leaves]);
        self.figures.ratio(WRITE_AMPLIFICATION, amplification)?;
        self.figures.measure("write_amplification_in_pages", &[exact(written.to_disks) / leaves])
    }

    /// Fills the large ledger up.
    pub(super) fn large_commits(&mut self, events: u64) -> anyhow::Result<()> {
        let commit_events = self.plan.commit_events;
        self.tell(&format!("filling it: {events} events in commits of {commit_events}"));
        let data = self.data();
        let filled =
            self.fill_and_count(&data, Filling { events, commit_events, standard: Standard::Plain })?;
        let (count, leaves) = (exact(events), filled.leaves);
        let Footprint { entries, derived, sessions } = filled.footprint;
        let mut measure = |name: &str, value: f64| self.figures.measure(name, &[value]);
        measure("large_fill_events_per_s", count / filled.seconds)?;
        measure("large_disk_segments_beyond_leaf_bytes", (exact(entries) - leaves) / count)?;
        measure("large_disk_derived_bytes", exact(derived) / count)?;
        measure("large_disk_sessions_bytes", exact(sessions) / count)?;
        measure("large_write_amplification", exact(filled.written.handed_over) / leaves)?;
        measure("large_write_amplification_in_pages", exact(filled.written.to_disks) / leaves)
    }

    /// Nothing else in this process writes meanwhile.
    fn fill_and_count(&self, data: &Path, filling: Filling) -> anyhow::Result<Counted> {
        let footprint = if data.join("log").exists() { Footprint::of(data)? } else { Footprint::default() };
        let (written, begun) = (Written::so_far()?, Instant::now());
        let leaf_bytes = ledger::fill(data, filling, &self.interrupted)?.leaf_bytes;
        let seconds = begun.elapsed().as_secs_f64();
        // What is still in memory only counts as well.
        crate::turns::settle(data)?;
        Ok(Counted {
            seconds,
            leaves: exact(leaf_bytes),
            written: Written::so_far()?.since(&written),
            footprint: Footprint::of(data)?.since(&footprint),
        })
    }
}

/// What filling a ledger took.
struct Counted {
    seconds: f64,
    /// Bytes of the leaves.
    leaves: f64,
    written: Written,
    footprint: Footprint,
}

/// Exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
fn exact(number: u64) -> f64 {
    number as f64
}
