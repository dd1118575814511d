//! How far the spool came: lower bounds that survive a killed process, and cost no sync.
//!
//! The file `marks` has two slots of 32 bytes, written in turn so that a write that is cut off leaves the
//! other: all frames below `acknowledged` were acknowledged, all below `shipped` are in the ledger or set
//! aside, none from `sent` on was sent. The file is synced only before a segment is removed; after a loss of power it may say less than
//! is true, never more.
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
    now: Mutex<(Bounds, u32)>,
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
        Ok((Self { file, now: Mutex::new(found.unwrap_or_default()) }, found.map(|(bounds, _)| bounds)))
    }

    /// Raises the bounds. That it fails makes them say less than they could.
    pub(crate) fn raise(&self, change: impl FnOnce(&mut Bounds)) {
        let mut now = self.now();
        let (bounds, count) = &mut *now;
        change(bounds);
        *count = count.wrapping_add(1);
        let mut slot = Vec::with_capacity(SLOT_BYTES);
        slot.put_u64(bounds.acknowledged);
        slot.put_u64(bounds.shipped);
        slot.put_u64(bounds.sent);
        slot.put_u32(*count);
        slot.put_u32(crc32c::crc32c(&slot));
        let offset = if count.is_multiple_of(2) { 0 } else { SLOT_BYTES as u64 };
        if let Err(error) = self.file.write_at(&slot, offset) {
            tracing::debug!(%error, "the spool's marks were not written");
        }
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn now(&self) -> MutexGuard<'_, (Bounds, u32)> {
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
