//! Reads the whole log again in the background: opening a large ledger checks only what lies behind
//! the watermark, the rest is checked here, and what is found is reported. Changes nothing.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Instant;

use einsicht_tlog::{Index, Origin};

use crate::sequencer::Published;
use crate::storage::{self, file::RealFolder};

/// Entries between two rests.
const STRIDE_ENTRIES: u64 = 4096;
/// A rest is this many times as long as the work before it: recording comes first.
const REST_FACTOR: u32 = 3;

/// Starts one pass over the log as it is published now. It ends by itself, or with the process.
///
/// # Errors
/// If no thread can be had.
pub fn start(data: &Path, origin: Origin, published: Arc<Published>) -> std::io::Result<()> {
    let folder = RealFolder::new(data);
    let scrub = move || run(&folder, &origin, &published);
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
    metrics::gauge!("einsicht_scrub_faults").set(if fault.is_some() { 1.0 } else { 0.0 });
    match fault {
        Some(fault) => {
            tracing::error!(fault, "the scrub found damage; run `einsichtd fsck` and keep this copy")
        }
        None => tracing::info!(size = %head.size, "the scrub found every entry as it was recorded"),
    }
}

/// Keeps the scrub at a quarter of one core.
struct Pace {
    since: Instant,
}

impl Pace {
    fn step(&mut self, index: Index) {
        if index.0 % STRIDE_ENTRIES == STRIDE_ENTRIES - 1 {
            sleep(self.since.elapsed() * REST_FACTOR);
            self.since = Instant::now();
        }
    }
}
