//! How encrypted openings lie in a file.
//!
//! ```text
//! file   = header ‖ record ‖ record …
//! header = "EINVAULT" ‖ uint32 version ‖ origin hash (32) ‖ month, as text (7)
//!          ‖ uint8 length of class ‖ class, as text ‖ CRC-32C of all of these
//! record = "EIV1" ‖ uint32 slot bytes ‖ uint64 index ‖ leaf hash (32) ‖ CRC-32C of these 48 bytes
//!          ‖ slot
//! slot   = nonce (24) ‖ uint32 n ‖ ciphertext (n) ‖ zeros ‖ CRC-32C of all of these
//! ```
//!
//! The slot is as long as it was when the record was written; behind shorter openings, with which it is
//! overwritten when some are erased, it is filled with zeros. What names the entry is not touched then.

use einsicht_tlog::{Hash, Index};

use super::{AEAD_NONCE_BYTES, SEALED_OVERHEAD_BYTES};
use crate::{Month, RetentionClass};

/// First bytes of a file of openings.
pub const FILE_MAGIC: &[u8; 8] = b"EINVAULT";
/// Version of the layout described here.
pub const FILE_VERSION: u32 = 1;
/// First bytes of a record.
pub const RECORD_MAGIC: &[u8; 4] = b"EIV1";
/// Bytes of a record before its slot.
pub const RECORD_HEADER_BYTES: usize = 52;
/// Most bytes of a slot: several times what the limits of an event allow for.
pub const SLOT_BYTES_MAX: usize = 1024 * 1024;

const CHECKSUM_BYTES: usize = 4;
const LENGTH_BYTES: usize = 4;
/// Bytes of a slot that are not ciphertext.
const SLOT_OVERHEAD_BYTES: usize = AEAD_NONCE_BYTES + LENGTH_BYTES + CHECKSUM_BYTES;
/// Bytes of the smallest slot: of openings without a byte.
pub const SLOT_BYTES_MIN: usize = SLOT_OVERHEAD_BYTES + SEALED_OVERHEAD_BYTES - AEAD_NONCE_BYTES;

/// What a record says in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// Bytes of the slot behind it.
    pub slot_bytes: u32,
    /// The entry whose openings it holds.
    pub index: Index,
    /// Leaf hash of that entry.
    pub leaf_hash: Hash,
}

/// Openings do not fit into a slot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sealed values of one entry take {bytes} bytes, {most} are possible")]
pub struct SlotTooShort {
    /// What they take.
    pub bytes: usize,
    /// What is there.
    pub most: usize,
}

/// The header of a file.
#[must_use]
pub fn file_header(origin_hash: Hash, month: Month, class: RetentionClass) -> Vec<u8> {
    let (month, class) = (month.to_string(), class.to_string());
    // The longest class is a few bytes.
    let length = u8::try_from(class.len()).unwrap_or(u8::MAX);
    let mut header = [
        &FILE_MAGIC[..],
        &FILE_VERSION.to_be_bytes(),
        origin_hash.as_bytes(),
        month.as_bytes(),
        &[length],
        class.as_bytes(),
    ]
    .concat();
    header.extend_from_slice(&crc32c::crc32c(&header).to_be_bytes());
    header
}

/// Bytes of the record whose openings are `sealed` (`nonce (24) ‖ ciphertext`, as [`super::VaultKey`] gives
/// them), whose slot is just long enough.
///
/// # Errors
/// [`SlotTooShort`] if they are longer than any openings can be.
pub fn record(index: Index, leaf_hash: Hash, sealed: &[u8]) -> Result<Vec<u8>, SlotTooShort> {
    let bytes = slot_bytes(sealed)?;
    let too_short = |_| SlotTooShort { bytes, most: SLOT_BYTES_MAX };
    let header = RecordHeader { slot_bytes: u32::try_from(bytes).map_err(too_short)?, index, leaf_hash };
    let mut record = Vec::with_capacity(RECORD_HEADER_BYTES + bytes);
    record.extend_from_slice(&header.to_bytes());
    record.extend_from_slice(&slot(sealed, bytes)?);
    Ok(record)
}

/// Bytes of the slot that is just long enough for these openings.
///
/// # Errors
/// As [`record`].
pub fn slot_bytes(sealed: &[u8]) -> Result<usize, SlotTooShort> {
    let bytes = sealed.len().saturating_sub(AEAD_NONCE_BYTES) + SLOT_OVERHEAD_BYTES;
    let most = SLOT_BYTES_MAX;
    if bytes <= most { Ok(bytes) } else { Err(SlotTooShort { bytes, most }) }
}

/// A slot of `slot_bytes` bytes with these openings: what an older one is overwritten with.
///
/// # Errors
/// [`SlotTooShort`].
pub fn slot(sealed: &[u8], slot_bytes: usize) -> Result<Vec<u8>, SlotTooShort> {
    let too_short = || SlotTooShort { bytes: sealed.len() + LENGTH_BYTES + CHECKSUM_BYTES, most: slot_bytes };
    let (nonce, ciphertext) = sealed.split_first_chunk::<AEAD_NONCE_BYTES>().ok_or_else(too_short)?;
    let zeros = slot_bytes
        .checked_sub(SLOT_OVERHEAD_BYTES)
        .and_then(|room| room.checked_sub(ciphertext.len()))
        .ok_or_else(too_short)?;
    let length = u32::try_from(ciphertext.len()).map_err(|_| too_short())?;
    let mut slot = Vec::with_capacity(slot_bytes);
    slot.extend_from_slice(nonce);
    slot.extend_from_slice(&length.to_be_bytes());
    slot.extend_from_slice(ciphertext);
    slot.resize(slot.len() + zeros, 0);
    slot.extend_from_slice(&crc32c::crc32c(&slot).to_be_bytes());
    Ok(slot)
}

/// The openings in a slot: `nonce (24) ‖ ciphertext`. `None` if it does not check.
#[must_use]
pub fn read_slot(slot: &[u8]) -> Option<Vec<u8>> {
    let (stated, checksum) = slot.split_last_chunk::<CHECKSUM_BYTES>()?;
    let (nonce, rest) = stated.split_first_chunk::<AEAD_NONCE_BYTES>()?;
    let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let (ciphertext, zeros) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let checks =
        crc32c::crc32c(stated) == u32::from_be_bytes(*checksum) && zeros.iter().all(|byte| *byte == 0);
    checks.then(|| [nonce, ciphertext].concat())
}

impl RecordHeader {
    /// Reads the header at the start of `bytes`. `None` if it does not check, or states a slot of a length
    /// that none has.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (stated, rest) = bytes.split_first_chunk::<48>()?;
        let (checksum, _) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
        let (magic, rest) = stated.split_first_chunk::<4>()?;
        let (slot_bytes, rest) = rest.split_first_chunk::<4>()?;
        let (index, leaf_hash) = rest.split_first_chunk::<8>()?;
        let slot_bytes = u32::from_be_bytes(*slot_bytes);
        let is_possible = (SLOT_BYTES_MIN..=SLOT_BYTES_MAX).contains(&usize::try_from(slot_bytes).ok()?);
        let checks =
            magic == RECORD_MAGIC && is_possible && crc32c::crc32c(stated) == u32::from_be_bytes(*checksum);
        checks.then_some(Self {
            slot_bytes,
            index: Index(u64::from_be_bytes(*index)),
            leaf_hash: Hash(leaf_hash.try_into().ok()?),
        })
    }

    /// Bytes of the whole record.
    #[must_use]
    pub fn record_bytes(&self) -> u64 {
        RECORD_HEADER_BYTES as u64 + u64::from(self.slot_bytes)
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = [
            &RECORD_MAGIC[..],
            &self.slot_bytes.to_be_bytes(),
            &self.index.0.to_be_bytes(),
            self.leaf_hash.as_bytes(),
        ]
        .concat();
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(bytes: usize) -> Vec<u8> {
        (0..24 + 16 + bytes).map(|byte| u8::try_from(byte % 251).unwrap()).collect()
    }

    #[test]
    fn a_record_names_its_entry_and_gives_back_what_it_holds() {
        let record = record(Index(42), Hash([3; 32]), &sealed(100)).unwrap();
        let header = RecordHeader::parse(&record).unwrap();
        assert_eq!((header.index, header.leaf_hash), (Index(42), Hash([3; 32])));
        assert_eq!(header.record_bytes(), record.len() as u64);
        assert_eq!(read_slot(&record[RECORD_HEADER_BYTES..]).unwrap(), sealed(100));
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_noticed() {
        let record = record(Index(42), Hash([3; 32]), &sealed(7)).unwrap();
        let read = |bytes: &[u8]| {
            let header = RecordHeader::parse(bytes)?;
            let slot = bytes.get(RECORD_HEADER_BYTES..usize::try_from(header.record_bytes()).ok()?)?;
            read_slot(slot)
        };
        assert_eq!(read(&record).unwrap(), sealed(7));
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&flipped), None, "bit {bit}");
        }
        for bytes in 0..record.len() {
            assert_eq!(read(&record[..bytes]), None, "{bytes} bytes");
        }
    }

    #[test]
    fn shorter_openings_leave_nothing_of_longer_ones_in_their_slot() {
        let long = slot(&sealed(100), 200).unwrap();
        let short = slot(&sealed(10), 200).unwrap();
        assert_eq!((long.len(), short.len()), (200, 200));
        assert_eq!(read_slot(&short).unwrap(), sealed(10));
        assert!(short[SLOT_OVERHEAD_BYTES - CHECKSUM_BYTES + 16 + 10..196].iter().all(|byte| *byte == 0));
        let (bytes, most) = (24 + 16 + 200 + 8, 200);
        assert_eq!(slot(&sealed(200), 200), Err(SlotTooShort { bytes, most }));
    }

    #[test]
    fn a_slot_has_a_longest_length() {
        let most = SLOT_BYTES_MAX - SLOT_BYTES_MIN;
        let longest = record(Index(0), Hash([0; 32]), &sealed(most)).unwrap();
        assert_eq!(RecordHeader::parse(&longest).unwrap().slot_bytes as usize, SLOT_BYTES_MAX);
        assert!(record(Index(0), Hash([0; 32]), &sealed(most + 1)).is_err());
    }

    #[test]
    fn a_file_says_whose_openings_it_holds() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let header = file_header(Hash([1; 32]), month("2026-11"), RetentionClass::NextYearEnd);
        assert_eq!(header.len(), 8 + 4 + 32 + 7 + 1 + 13 + 4);
        for other in [
            file_header(Hash([2; 32]), month("2026-11"), RetentionClass::NextYearEnd),
            file_header(Hash([1; 32]), month("2026-12"), RetentionClass::NextYearEnd),
            file_header(Hash([1; 32]), month("2026-11"), RetentionClass::Months(1)),
        ] {
            assert_ne!(header, other);
        }
    }
}
