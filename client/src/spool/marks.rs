//! How far the spool came: bounds that survive a killed process, and cost no sync.
//!
//! The file `marks` has two slots of 32 bytes, written in turn so that a write that is cut off leaves the
//! other: all frames below `acknowledged` were acknowledged, all below `shipped` are in the ledger or set
//! aside, none from `sent` on was sent. The file is synced only before a segment is removed; after a loss of
//! power each may be too low: what was shipped in the last moments is shipped again, and not known to be.
//!
//! ```text
//! slot   acknowledged, 8 | shipped, 8 | sent, 8 | writing count, 4 | CRC-32C of these, 4     (big-endian)
//! ```

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BufMut as _;

use super::disk::{Disk, DiskFile};

pub(crate) const MARKS: &str = "marks";
const SLOT_BYTES: usize = 32;

/// Sequences of frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// All below were acknowledged.
    pub(crate) acknowledged: u64,
    /// All below are done with.
    pub(crate) shipped: u64,
    /// All from here on were never sent.
    pub(crate) sent: u64,
}

/// The open file.
pub(crate) struct Marks {
    file: Arc<dyn DiskFile>,
    now: Mutex<Now>,
}

/// What is to be in the file.
#[derive(Clone, Copy, Default)]
struct Now {
    bounds: Bounds,
    count: u32,
    /// The file says less.
    is_unwritten: bool,
}

impl Marks {
    /// Opens the file, or makes it. `None` if there was none, or none that says anything.
    pub(crate) fn open(disk: &dyn Disk) -> io::Result<(Self, Option<Bounds>)> {
        let file = disk.open(MARKS, true)?;
        let mut bytes = vec![0; 2 * SLOT_BYTES];
        let read = file.read_at(&mut bytes, 0)?;
        if read < bytes.len() {
            // From now on it is only ever written over: that needs no room.
            file.write_at(bytes.get(read..).unwrap_or_default(), read as u64)?;
        }
        let found = parse(&bytes);
        let (bounds, count) = found.unwrap_or_default();
        let now = Now { bounds, count, is_unwritten: false };
        Ok((Self { file, now: Mutex::new(now) }, found.map(|(bounds, _)| bounds)))
    }

    /// Raises the bounds. That it fails makes them say less than they could.
    pub(crate) fn raise(&self, change: impl FnOnce(&mut Bounds)) {
        let mut now = self.now();
        change(&mut now.bounds);
        if let Err(error) = self.write(&mut now) {
            tracing::debug!(%error, "the spool's marks were not written");
        }
    }

    /// Makes sure that the file says what is true now.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let mut now = self.now();
        if now.is_unwritten {
            self.write(&mut now)?;
        }
        drop(now);
        self.file.sync()
    }

    fn write(&self, now: &mut Now) -> io::Result<()> {
        now.count = now.count.wrapping_add(1);
        now.is_unwritten = true;
        let mut slot = Vec::with_capacity(SLOT_BYTES);
        slot.put_u64(now.bounds.acknowledged);
        slot.put_u64(now.bounds.shipped);
        slot.put_u64(now.bounds.sent);
        slot.put_u32(now.count);
        slot.put_u32(crc32c::crc32c(&slot));
        let offset = if now.count.is_multiple_of(2) { 0 } else { SLOT_BYTES as u64 };
        self.file.write_at(&slot, offset)?;
        now.is_unwritten = false;
        Ok(())
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newer of two slots, with its count.
pub(crate) fn parse(bytes: &[u8]) -> Option<(Bounds, u32)> {
    let slots = bytes.chunks(SLOT_BYTES).filter_map(|slot| {
        let (stated, checksum) = slot.split_last_chunk::<4>()?;
        let (acknowledged, rest) = stated.split_first_chunk::<8>()?;
        let (shipped, rest) = rest.split_first_chunk::<8>()?;
        let (sent, count) = rest.split_first_chunk::<8>()?;
        let bounds = Bounds {
            acknowledged: u64::from_be_bytes(*acknowledged),
            shipped: u64::from_be_bytes(*shipped),
            sent: u64::from_be_bytes(*sent),
        };
        let count = u32::from_be_bytes(count.try_into().ok()?);
        (crc32c::crc32c(stated) == u32::from_be_bytes(*checksum)).then_some((bounds, count))
    });
    // The bounds only grow, so the larger one is the newer one.
    slots.max_by_key(|(bounds, _)| (bounds.acknowledged, bounds.shipped, bounds.sent))
}
