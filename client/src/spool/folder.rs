//! Opening the folder of a spool: who may use it, what is in it, and the thread that writes to it.

use std::sync::Arc;

use einsicht_tlog::hash::sha256;

use super::config::SpoolConfig;
use super::disk::{Disk, RealDisk};
use super::error::SpoolError;
use super::lock::Lock;
use super::marks::Marks;
use super::open::{Found, open};
use super::queue::{Queue, unusable};
use super::reader::Reader;
use super::writer::Writer;

/// A spool that is not shipped yet.
pub(crate) struct Opened {
    pub(super) queue: Arc<Queue>,
    pub(super) marks: Arc<Marks>,
    pub(super) reader: Reader,
    pub(super) maybe_sent_below: u64,
}

/// Opens the folder of a spool and begins to write to it.
pub(crate) fn open_folder(config: &SpoolConfig, origin: &str) -> Result<(Opened, Arc<Lock>), SpoolError> {
    let disk = RealDisk::make(&config.dir).map_err(|error| unusable(config.dir.clone(), error))?;
    if let Some(mode) = disk.open_to_others().map_err(|error| unusable(config.dir.clone(), error))? {
        return Err(SpoolError::OpenToOthers { dir: config.dir.clone(), mode });
    }
    let lock = Arc::new(Lock::take_soon(&config.dir)?);
    let opened = Opened::new(Arc::new(disk), config, origin, Some(lock.clone()))?;
    Ok((opened, lock))
}

impl Opened {
    /// Opens a spool on a disk. `lock` is held as long as its thread runs.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        config: &SpoolConfig,
        origin: &str,
        lock: Option<Arc<Lock>>,
    ) -> Result<Self, SpoolError> {
        let origin_hash = sha256(origin.as_bytes());
        let (marks, bounds) = Marks::open(&*disk).map_err(|error| unusable(config.dir.clone(), error))?;
        let marks = Arc::new(marks);
        let found = open(&*disk, &config.dir, origin, origin_hash, &marks, bounds)?;
        let Found { state, next_number, next_sequence, maybe_sent_below } = found;
        if state.frames() > 0 {
            let (events, requests, bytes) = (state.events(), state.frames(), state.bytes());
            tracing::info!(dir = %config.dir.display(), events, requests, bytes, "the spool holds accesses that wait");
        }
        let queue = Arc::new(Queue::new(config.dir.clone(), config.bytes_max, state));
        let reader = Reader::new(disk.clone(), queue.clone(), config.observer.clone());
        let writer = Writer {
            disk,
            queue: queue.clone(),
            marks: marks.clone(),
            origin_hash,
            segment_bytes_max: config.segment_bytes_max,
            next_number,
            next_sequence,
            active: None,
        };
        let thread = std::thread::Builder::new().name("einsicht-spool".to_owned()).spawn(move || {
            let _lock = lock;
            writer.run();
        });
        thread.map_err(|error| unusable(config.dir.clone(), error))?;
        Ok(Self { queue, marks, reader, maybe_sent_below })
    }
}
