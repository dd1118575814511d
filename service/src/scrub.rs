//! Reads the whole log again in the background: opening a large ledger checks only what lies behind
//! the watermark, the rest is checked here, and what is found is reported. Changes nothing.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use einsicht_tlog::{Index, Origin};
use tokio::sync::watch;

use crate::sequencer::Published;
use crate::storage::{self, file::RealFolder};

/// Entries between two rests.
const STRIDE_ENTRIES: u64 = 4096;
/// A rest is this many times as long as the work before it: recording comes first.
const REST_FACTOR: u32 = 3;

/// From the end of one pass to the beginning of the next. Disks lose bits over months, not over hours.
const PASS_INTERVAL: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Starts passes over the log: one now, over what is published now, then one a week. They end with the
/// process.
///
/// # Errors
/// If no thread can be had.
pub fn start(data: &Path, origin: Origin, published: watch::Receiver<Arc<Published>>) -> std::io::Result<()> {
    let folder = RealFolder::new(data);
    let scrub = move || {
        loop {
            let now = Arc::clone(&published.borrow());
            run(&folder, &origin, &now);
            sleep(PASS_INTERVAL);
        }
    };
    std::thread::Builder::new().name("scrub".to_owned()).spawn(scrub).map(|_| ())
}

fn run(folder: &RealFolder, origin: &Origin, published: &Published) {
    let head = published.head;
    let mut pace = Pace { since: Instant::now() };
    let checked = storage::check(folder, origin.hash(), Some(head.size), &mut |index, _| pace.step(index));
    let fault = match checked {
        Err(error) => Some(error.to_string()),
        Ok(checked) if checked.root_at != Some(head.root) => {
            Some(format!("the segments do not give root {} for {} entries", head.root, head.size))
        }
        Ok(checked) => checked.derived_differ_at.map(|index| {
            format!("log/offsets or log/hashes differ from the segments from entry {index} on; stop the service, delete log/watermark, start again")
        }),
    };
    tell(fault.as_deref(), head.size.0);
    match fault {
        Some(fault) => {
            tracing::error!(fault, "the scrub found damage; run `einsichtd fsck` and keep this copy")
        }
        None => tracing::info!(size = %head.size, "the scrub found every entry as it was recorded"),
    }
}

/// The figures of a pass that has ended.
fn tell(fault: Option<&str>, size: u64) {
    if fault.is_none() {
        checked_up_to(size);
    }
    metrics::gauge!("einsicht_scrub_faults").set(if fault.is_some() { 1.0 } else { 0.0 });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    metrics::gauge!("einsicht_scrub_last_pass_timestamp_seconds").set(now.as_secs_f64());
    metrics::counter!("einsicht_scrub_passes_total").increment(1);
}

// Exact up to 2^53 entries.
#[allow(clippy::cast_precision_loss)]
fn checked_up_to(entries: u64) {
    metrics::gauge!("einsicht_scrub_checked_entries").set(entries as f64);
}

/// Keeps the scrub at a quarter of one core.
struct Pace {
    since: Instant,
}

impl Pace {
    fn step(&mut self, index: Index) {
        if index.0 % STRIDE_ENTRIES == STRIDE_ENTRIES - 1 {
            checked_up_to(index.0 + 1);
            sleep(self.since.elapsed() * REST_FACTOR);
            self.since = Instant::now();
        }
    }
}
