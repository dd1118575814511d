//! How encrypted openings lie in a file.
//!
//! ```text
//! file   = header ‖ overwritten ‖ record ‖ record …
//! header = "EINVAULT" ‖ uint32 version ‖ origin hash (32) ‖ month, as text (7)
//!          ‖ uint8 length of class ‖ class, as text ‖ CRC-32C of all of these
//! overwritten = uint64 how often something in the file was overwritten ‖ CRC-32C of these
//! record = "EIV1" ‖ uint32 slot bytes ‖ uint64 index ‖ leaf hash (32) ‖ CRC-32C of these 48 bytes
//!          ‖ slot
//! slot   = nonce (24) ‖ uint32 n ‖ ciphertext (n) ‖ zeros ‖ CRC-32C of all of these
//!        | zeros (28) ‖ uint64 index ‖ zeros ‖ CRC-32C of all of these
//! ```
//!
//! The second kind of slot is one that was destroyed as a whole: it could not be read any more when something of it
//! was to be erased. The index is that of the entry that says so.
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
/// Bytes behind the header of a file: how often something in it was overwritten.
pub const OVERWRITTEN_BYTES: usize = 12;
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

/// What stands before the first record: the header, and how often something in the file was overwritten.
#[must_use]
pub fn file_start(origin_hash: Hash, month: Month, class: RetentionClass, overwritten: u64) -> Vec<u8> {
    [&file_header(origin_hash, month, class)[..], &overwritten_bytes(overwritten)].concat()
}

/// How often something in a file was overwritten, as it stands behind the header.
#[must_use]
pub fn overwritten_bytes(times: u64) -> [u8; OVERWRITTEN_BYTES] {
    let mut bytes = [0; OVERWRITTEN_BYTES];
    let (count, checksum) = bytes.split_at_mut(size_of::<u64>());
    count.copy_from_slice(&times.to_be_bytes());
    checksum.copy_from_slice(&crc32c::crc32c(count).to_be_bytes());
    bytes
}

/// What [`overwritten_bytes`] wrote; `None` if it does not check.
#[must_use]
pub fn read_overwritten(bytes: &[u8]) -> Option<u64> {
    let times = u64::from_be_bytes(*bytes.first_chunk()?);
    (bytes == overwritten_bytes(times)).then_some(times)
}

/// Bytes of the record whose openings are `sealed` (`nonce (24) ‖ ciphertext`, as [`super::VaultKey`] gives
/// them), whose slot is just long enough.
///
/// # Errors
/// [`SlotTooShort`] if they are longer than any openings can be.
pub fn record(index: Index, leaf_hash: Hash, sealed: &[u8]) -> Result<Vec<u8>, SlotTooShort> {
    let mut record = Vec::new();
    write_record(index, leaf_hash, sealed, &mut record)?;
    Ok(record)
}

/// Appends a [`record()`] to `out`.
///
/// # Errors
/// As [`record()`]; `out` is of no use then.
pub fn write_record(
    index: Index,
    leaf_hash: Hash,
    sealed: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), SlotTooShort> {
    let bytes = slot_bytes(sealed)?;
    let too_short = |_| SlotTooShort { bytes, most: SLOT_BYTES_MAX };
    let header = RecordHeader { slot_bytes: u32::try_from(bytes).map_err(too_short)?, index, leaf_hash };
    out.reserve(RECORD_HEADER_BYTES + bytes);
    header.write_to(out);
    write_slot(sealed, bytes, out)
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
    let mut slot = Vec::with_capacity(slot_bytes);
    write_slot(sealed, slot_bytes, &mut slot)?;
    Ok(slot)
}

fn write_slot(sealed: &[u8], slot_bytes: usize, out: &mut Vec<u8>) -> Result<(), SlotTooShort> {
    let too_short = || SlotTooShort { bytes: sealed.len() + LENGTH_BYTES + CHECKSUM_BYTES, most: slot_bytes };
    let (nonce, ciphertext) = sealed.split_first_chunk::<AEAD_NONCE_BYTES>().ok_or_else(too_short)?;
    let zeros = slot_bytes
        .checked_sub(SLOT_OVERHEAD_BYTES)
        .and_then(|room| room.checked_sub(ciphertext.len()))
        .ok_or_else(too_short)?;
    let length = u32::try_from(ciphertext.len()).map_err(|_| too_short())?;
    let start = out.len();
    out.extend_from_slice(nonce);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(ciphertext);
    out.resize(out.len() + zeros, 0);
    write_checksum(start, out);
    Ok(())
}

/// Appends the checksum of what stands behind `start`.
fn write_checksum(start: usize, out: &mut Vec<u8>) {
    let (_, stated) = out.split_at(start);
    let checksum = crc32c::crc32c(stated);
    out.extend_from_slice(&checksum.to_be_bytes());
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

/// The openings in a slot, as they stand there, whether it checks or not. Only decryption tells whether they are
/// what was written. `None` if none can stand there.
#[must_use]
pub fn unchecked_slot(slot: &[u8]) -> Option<Vec<u8>> {
    let (stated, _) = slot.split_last_chunk::<CHECKSUM_BYTES>()?;
    let (nonce, rest) = stated.split_first_chunk::<AEAD_NONCE_BYTES>()?;
    let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let ciphertext = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some([nonce, ciphertext].concat())
}

/// A slot of `slot_bytes` bytes that holds nothing but which entry says that what it held was erased.
///
/// # Errors
/// [`SlotTooShort`]; no slot of a record is.
pub fn destroyed_slot(by: Index, slot_bytes: usize) -> Result<Vec<u8>, SlotTooShort> {
    let most = slot_bytes;
    if slot_bytes < SLOT_BYTES_MIN {
        return Err(SlotTooShort { bytes: SLOT_BYTES_MIN, most });
    }
    let mut slot = vec![0; AEAD_NONCE_BYTES + LENGTH_BYTES];
    slot.extend_from_slice(&by.0.to_be_bytes());
    slot.resize(slot_bytes - CHECKSUM_BYTES, 0);
    slot.extend_from_slice(&crc32c::crc32c(&slot).to_be_bytes());
    Ok(slot)
}

/// The entry that says that what a slot held was erased; `None` if it was not destroyed as a whole.
#[must_use]
pub fn destroyed_by(slot: &[u8]) -> Option<Index> {
    let by = slot.get(AEAD_NONCE_BYTES + LENGTH_BYTES..)?.first_chunk()?;
    let by = Index(u64::from_be_bytes(*by));
    // Entry 0 erases nothing.
    (by > Index(0) && destroyed_slot(by, slot.len()).is_ok_and(|destroyed| destroyed == slot)).then_some(by)
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

    fn write_to(self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(RECORD_MAGIC);
        out.extend_from_slice(&self.slot_bytes.to_be_bytes());
        out.extend_from_slice(&self.index.0.to_be_bytes());
        out.extend_from_slice(self.leaf_hash.as_bytes());
        write_checksum(start, out);
    }
}

#[cfg(test)]
mod tests;
