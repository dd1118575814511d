//! What an erasure writes before it overwrites a slot, so that no loss of power leaves a slot that is neither
//! the old one nor the new one: with it, openings would go that nobody erased.
//!
//! ```text
//! journal = "EINERASE" ‖ uint32 version ‖ month, as text (7) ‖ uint8 length of class ‖ class, as text
//!           ‖ uint64 offset of the record ‖ uint64 index ‖ leaf hash (32)
//!           ‖ uint64 how often something in the file was overwritten, with this ‖ uint32 slot bytes ‖ slot
//!           ‖ CRC-32C of all of these
//! ```

use std::io;
use std::sync::Arc;

use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index};

use super::class::WriteError;
use super::layout::{ERASING, VAULT};
use crate::storage::file::{DataFile, Folder, read_small};

const MAGIC: &[u8; 8] = b"EINERASE";
const VERSION: u32 = 1;

/// A slot that is to be overwritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overwriting {
    pub month: Month,
    pub class: RetentionClass,
    /// Where the record starts.
    pub offset: u64,
    /// The entry.
    pub index: Index,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// How often something in the file was overwritten, with this.
    pub times: u64,
    /// The new slot.
    pub slot: Vec<u8>,
}

/// The one file in which that is written.
pub(super) struct Journal {
    file: Arc<dyn DataFile>,
}

impl Journal {
    /// Opens the journal, or makes one, durably.
    pub fn open(folder: &dyn Folder) -> Result<Self, WriteError> {
        let is_new = match folder.open(ERASING, false) {
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(WriteError::Write(error)),
        };
        let file = folder.open(ERASING, true).map_err(WriteError::Write)?;
        if is_new {
            folder.sync_folder(VAULT).map_err(WriteError::Sync)?;
        }
        Ok(Self { file })
    }

    /// What was begun and may not be finished. A journal that was not written to its end is none: its slot was
    /// not touched.
    pub fn read(folder: &dyn Folder) -> io::Result<Option<Overwriting>> {
        Ok(read_small(folder, ERASING)?.as_deref().and_then(Overwriting::parse))
    }

    /// States, durably, what is going to be overwritten.
    pub fn begin(&self, overwriting: &Overwriting) -> Result<(), WriteError> {
        self.file.write_all_at(&overwriting.to_bytes(), 0).map_err(WriteError::Write)?;
        self.file.sync_data().map_err(WriteError::Sync)
    }

    /// Leaves nothing: what was written has been overwritten, durably.
    pub fn end(&self) -> Result<(), WriteError> {
        // Zeros first: a file that is only cut off leaves openings behind that are erased later.
        let bytes = self.file.byte_len().and_then(|bytes| usize::try_from(bytes).map_err(io::Error::other));
        let bytes = bytes.map_err(WriteError::Write)?;
        self.file.write_all_at(&vec![0; bytes], 0).map_err(WriteError::Write)?;
        self.file.sync_data().map_err(WriteError::Sync)?;
        self.file.set_len(0).map_err(WriteError::Write)
    }
}

impl Overwriting {
    fn to_bytes(&self) -> Vec<u8> {
        let (month, class) = (self.month.to_string(), self.class.to_string());
        // The longest class is a few bytes, the longest slot a megabyte.
        let class_bytes = u8::try_from(class.len()).unwrap_or(u8::MAX);
        let slot_bytes = u32::try_from(self.slot.len()).unwrap_or(u32::MAX);
        let mut bytes = [
            &MAGIC[..],
            &VERSION.to_be_bytes(),
            month.as_bytes(),
            &[class_bytes],
            class.as_bytes(),
            &self.offset.to_be_bytes(),
            &self.index.0.to_be_bytes(),
            self.leaf_hash.as_bytes(),
            &self.times.to_be_bytes(),
            &slot_bytes.to_be_bytes(),
            &self.slot,
        ]
        .concat();
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }

    /// Reads from the start of `bytes`; what lies behind it may be anything.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (month, rest) = rest.split_first_chunk::<7>()?;
        let ([class_bytes], rest) = rest.split_first_chunk::<1>()?;
        let (class, rest) = rest.split_at_checked(usize::from(*class_bytes))?;
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let (index, rest) = rest.split_first_chunk::<8>()?;
        let (leaf_hash, rest) = rest.split_first_chunk::<32>()?;
        let (times, rest) = rest.split_first_chunk::<8>()?;
        let (slot_bytes, rest) = rest.split_first_chunk::<4>()?;
        let (slot, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*slot_bytes)).ok()?)?;
        let checksum = rest.first_chunk::<4>()?;
        let stated = bytes.get(..bytes.len() - rest.len())?;
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let checks = magic == MAGIC
            && u32::from_be_bytes(*version) == VERSION
            && crc32c::crc32c(stated) == u32::from_be_bytes(*checksum);
        Some(Self {
            month: text(month)?.parse().ok()?,
            class: text(class)?.parse().ok()?,
            offset: u64::from_be_bytes(*offset),
            index: Index(u64::from_be_bytes(*index)),
            leaf_hash: Hash(*leaf_hash),
            times: u64::from_be_bytes(*times),
            slot: slot.to_vec(),
        })
        .filter(|_| checks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::MemoryFolder;

    fn overwriting() -> Overwriting {
        Overwriting {
            month: "2026-11".parse().unwrap(),
            class: RetentionClass::Months(12),
            offset: 1000,
            index: Index(42),
            leaf_hash: Hash([6; 32]),
            times: 3,
            slot: vec![7; 200],
        }
    }

    #[test]
    fn what_was_stated_is_read_and_only_as_a_whole() {
        let bytes = overwriting().to_bytes();
        assert_eq!(Overwriting::parse(&bytes), Some(overwriting()));
        assert_eq!(Overwriting::parse(&[&bytes[..], b"older"].concat()), Some(overwriting()));
        for cut in 0..bytes.len() {
            assert_eq!(Overwriting::parse(&bytes[..cut]), None, "{cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Overwriting::parse(&flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn nothing_is_left_of_what_was_stated() {
        let folder = MemoryFolder::default();
        folder.create_folder(VAULT).unwrap();
        folder.sync_folder("").unwrap();
        let journal = Journal::open(&folder).ok().unwrap();
        assert_eq!(Journal::read(&folder).unwrap(), None);
        journal.begin(&overwriting()).ok().unwrap();
        assert_eq!(Journal::read(&folder).unwrap(), Some(overwriting()));
        journal.end().ok().unwrap();
        assert_eq!(Journal::read(&folder).unwrap(), None);
        let zeroed = folder.power_loss(crate::storage::memory::Choice::AllLost).bytes(ERASING);
        assert!(!zeroed.is_empty() && zeroed.iter().all(|byte| *byte == 0));
    }
}
