//! Reads the whole log and the whole vault again in the background: opening a large ledger checks only what lies behind
//! the watermarks, the rest is checked here, and what is found is reported. Changes nothing.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use einsicht_tlog::{Index, Origin};
use tokio::sync::watch;

use crate::sequencer::Published;
use crate::storage::{self, LogReader, file::RealFolder};
use crate::vault::Vault;

/// Entries of the log between two rests …
const STRIDE_ENTRIES: u64 = 4096;
/// … and bytes of the vault.
const STRIDE_BYTES: u64 = 1024 * 1024;
/// A rest is this many times as long as the work before it: recording comes first.
const REST_FACTOR: u32 = 3;

/// From the end of one pass to the beginning of the next. Disks lose bits over months, not over hours.
const PASS_INTERVAL: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is read.
pub struct Scrub {
    /// The ledger.
    pub origin: Origin,
    /// What is published.
    pub published: watch::Receiver<Arc<Published>>,
    /// Reads the log.
    pub reader: LogReader,
    /// What is sealed.
    pub vault: Vault,
}

/// Starts passes over log and vault: one now, over what is published now, then one a week. They end with the
/// process.
///
/// # Errors
/// If no thread can be had.
pub fn start(data: &Path, scrub: Scrub) -> std::io::Result<()> {
    let folder = RealFolder::new(data);
    let Scrub { origin, published, reader, vault } = scrub;
    let scrub = move || {
        loop {
            let now = Arc::clone(&published.borrow());
            run(&folder, &origin, &now);
            let now = Arc::clone(&published.borrow());
            read_vault(&vault, &reader, &now);
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

/// What is found the vault tells by itself, and keeps.
fn read_vault(vault: &Vault, reader: &LogReader, published: &Published) {
    let (mut since, mut read) = (Instant::now(), 0);
    let mut pace = |bytes| {
        read += bytes;
        if read >= STRIDE_BYTES {
            sleep(since.elapsed() * REST_FACTOR);
            (since, read) = (Instant::now(), 0);
        }
    };
    match vault.scrub(reader, published.head.size, &mut pace) {
        Ok(found) if found.damages > 0 => {
            tracing::error!(
                damages = found.damages,
                "the scrub read the vault, which is damaged; see above, and run `einsichtd fsck`"
            );
        }
        Ok(found) if found.records > 0 => {
            tracing::info!(
                records = found.records,
                opened = found.opened,
                "the scrub found what is sealed as it was recorded"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "the scrub could not read the vault to its end"),
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
