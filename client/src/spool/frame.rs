//! The bytes of a spool: segment files of frames.
//!
//! ```text
//! segment   "EINSPOL1" | H(origin), 32 | number, 8 | first sequence, 8 | CRC-32C of these, 4
//! frame     "SPLF" | payload bytes, 4 | sequence, 8 | spooled at, µs since 1970, 8
//!           | kind, 1 | flags, 1 | events, 2 | CRC-32C of header and payload, 4 | payload
//! ```
//!
//! Numbers are big-endian. Sequences count the frames of a spool, over all its segments and for good; a
//! segment says with which it begins. So a frame that is missing shows, also at the end of a segment.
//! What stands behind the first sequence of the next segment was never acknowledged.

use bytes::{BufMut as _, Bytes};
use einsicht_tlog::Hash;

/// The payload is a `RecordRequest`: session, first number, events.
pub(crate) const KIND_RECORD: u8 = 1;
/// The payload is an `EndSessionRequest`.
pub(crate) const KIND_END: u8 = 2;
/// What the ledger refused for good: length of the reason (4 bytes), the reason, and the frame itself.
pub(crate) const KIND_REFUSED: u8 = 3;
/// Flag: it was sent before it was spooled, and may be recorded.
pub(crate) const FLAG_SENT: u8 = 1;

pub(crate) const SEGMENT_HEADER_BYTES: usize = 60;
pub(crate) const FRAME_HEADER_BYTES: usize = 32;
/// More than any frame has: a request of 4 MiB, refused, with its reason.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 5 << 20;

const SEGMENT_MAGIC: &[u8; 8] = b"EINSPOL1";
const FRAME_MAGIC: &[u8; 4] = b"SPLF";
/// The part of a frame's header that its checksum covers.
const CHECKED_BYTES: usize = FRAME_HEADER_BYTES - 4;

/// The beginning of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) origin_hash: Hash,
    pub(crate) number: u64,
    pub(crate) first_sequence: u64,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) sequence: u64,
    pub(crate) spooled_at_us: u64,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) events: u16,
    pub(crate) payload: Bytes,
}

/// What stands somewhere in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Frame(Frame),
    /// Bytes that are no frame, up to the next frame or the end.
    Garbage {
        bytes: usize,
    },
}

impl SegmentHeader {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = SEGMENT_MAGIC.to_vec();
        bytes.put_slice(self.origin_hash.as_bytes());
        bytes.put_u64(self.number);
        bytes.put_u64(self.first_sequence);
        bytes.put_u32(crc32c::crc32c(&bytes));
        bytes
    }

    /// `None` if the bytes do not begin with a header that is whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let header: &[u8; SEGMENT_HEADER_BYTES] = bytes.first_chunk()?;
        let (stated, checksum) = header.split_last_chunk::<4>()?;
        let (magic, rest) = stated.split_first_chunk::<8>()?;
        let (origin_hash, rest) = rest.split_first_chunk::<32>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let first_sequence: &[u8; 8] = rest.try_into().ok()?;
        let is_whole = magic == SEGMENT_MAGIC && crc32c::crc32c(stated) == u32::from_be_bytes(*checksum);
        is_whole.then_some(Self {
            origin_hash: Hash(*origin_hash),
            number: u64::from_be_bytes(*number),
            first_sequence: u64::from_be_bytes(*first_sequence),
        })
    }
}

impl Frame {
    pub(crate) fn put(&self, bytes: &mut Vec<u8>) {
        put_frame(bytes, self, &[&self.payload]);
    }

    /// Parses the frame that the bytes begin with.
    pub(crate) fn parse(bytes: &Bytes) -> Option<Self> {
        let header: &[u8; FRAME_HEADER_BYTES] = bytes.first_chunk()?;
        let (stated, checksum) = header.split_last_chunk::<4>()?;
        let (magic, rest) = stated.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if magic != FRAME_MAGIC || length > PAYLOAD_BYTES_MAX {
            return None;
        }
        let payload = bytes.get(FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + length)?;
        if crc32c::crc32c_append(crc32c::crc32c(stated), payload) != u32::from_be_bytes(*checksum) {
            return None;
        }
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (spooled_at_us, rest) = rest.split_first_chunk::<8>()?;
        let [kind, flags, events @ ..]: [u8; 4] = rest.try_into().ok()?;
        Some(Self {
            sequence: u64::from_be_bytes(*sequence),
            spooled_at_us: u64::from_be_bytes(*spooled_at_us),
            kind,
            flags,
            events: u16::from_be_bytes(events),
            payload: bytes.slice(FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + length),
        })
    }

    /// Its bytes in a file.
    pub(crate) fn len(&self) -> usize {
        FRAME_HEADER_BYTES + self.payload.len()
    }
}

/// Writes a frame whose payload has several parts; `frame.payload` is not looked at.
pub(crate) fn put_frame(bytes: &mut Vec<u8>, frame: &Frame, payload: &[&[u8]]) {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    bytes.reserve(FRAME_HEADER_BYTES + length);
    let start = bytes.len();
    bytes.put_slice(FRAME_MAGIC);
    // Requests are limited long before: see `PAYLOAD_BYTES_MAX`.
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    bytes.put_u64(frame.sequence);
    bytes.put_u64(frame.spooled_at_us);
    bytes.put_u8(frame.kind);
    bytes.put_u8(frame.flags);
    bytes.put_u16(frame.events);
    let header = bytes.get(start..start + CHECKED_BYTES).unwrap_or_default();
    let checksum =
        payload.iter().fold(crc32c::crc32c(header), |checksum, part| crc32c::crc32c_append(checksum, part));
    bytes.put_u32(checksum);
    payload.iter().for_each(|part| bytes.put_slice(part));
}

/// What the bytes begin with: a frame, or bytes that are none. `expected` is the least sequence that can
/// stand here, `end` the first that can't: a frame of another one is no frame of this place.
pub(crate) fn next_item(bytes: &Bytes, expected: u64, end: u64) -> Option<Item> {
    let at = |offset: usize| {
        let frame = Frame::parse(&bytes.slice(offset..))?;
        (expected..end).contains(&frame.sequence).then_some(frame)
    };
    if bytes.is_empty() {
        return None;
    }
    if let Some(frame) = at(0) {
        return Some(Item::Frame(frame));
    }
    let magic_at = |offset: &usize| bytes.get(*offset..).is_some_and(|rest| rest.starts_with(FRAME_MAGIC));
    let next = (1..bytes.len()).filter(magic_at).find(|offset| at(*offset).is_some());
    Some(Item::Garbage { bytes: next.unwrap_or(bytes.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn frame(sequence: u64, payload: &'static [u8]) -> Frame {
        let payload = Bytes::from_static(payload);
        Frame {
            sequence,
            spooled_at_us: 1_795_365_547_000_000,
            kind: KIND_RECORD,
            flags: 0,
            events: 3,
            payload,
        }
    }

    fn bytes_of(frames: &[Frame]) -> Vec<u8> {
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.put(&mut bytes));
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let header = SegmentHeader { origin_hash: Hash([7; 32]), number: 3, first_sequence: 1 << 40 };
        assert_eq!(header.to_bytes().len(), SEGMENT_HEADER_BYTES);
        assert_eq!(SegmentHeader::parse(&header.to_bytes()), Some(header));
        let frame = Frame { flags: FLAG_SENT, ..frame(u64::MAX - 1, b"payload") };
        let bytes = Bytes::from(bytes_of(std::slice::from_ref(&frame)));
        assert_eq!(bytes.len(), frame.len());
        assert_eq!(Frame::parse(&bytes), Some(frame));
    }

    #[test]
    fn no_flipped_bit_and_no_cut_goes_unnoticed() {
        let bytes = bytes_of(&[frame(5, b"payload")]);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Frame::parse(&flipped.into()), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(Frame::parse(&Bytes::copy_from_slice(&bytes[..length])), None);
        }
        let header = SegmentHeader { origin_hash: Hash([7; 32]), number: 3, first_sequence: 9 }.to_bytes();
        for bit in 0..header.len() * 8 {
            let mut flipped = header.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::parse(&flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn frames_behind_damage_are_found_again() {
        let frames = [frame(5, b"one"), frame(6, b"two SPLF"), frame(7, b"three")];
        let whole = bytes_of(&frames);
        for byte in 0..frames[0].len() + frames[1].len() {
            let mut damaged = whole.clone();
            damaged[byte] ^= 0x20;
            let (mut rest, mut found, mut garbage) = (Bytes::from(damaged), Vec::new(), 0);
            while let Some(item) = next_item(&rest, 5, u64::MAX) {
                match item {
                    Item::Frame(frame) => {
                        rest = rest.slice(frame.len()..);
                        found.push(frame.sequence);
                    }
                    Item::Garbage { bytes } => {
                        rest = rest.slice(bytes..);
                        garbage += 1;
                    }
                }
            }
            let hit = usize::from(byte >= frames[0].len());
            assert_eq!(
                (found, garbage),
                ([5, 6, 7].into_iter().filter(|n| *n != 5 + hit as u64).collect(), 1)
            );
        }
    }

    #[test]
    fn a_frame_inside_of_a_frame_is_not_taken_for_one() {
        let inner = bytes_of(&[frame(1, b"never spooled")]);
        let outer = Frame { payload: inner.into(), ..frame(5, b"") };
        let mut bytes = bytes_of(&[outer, frame(6, b"next")]);
        bytes[10] ^= 1;
        let Some(Item::Garbage { bytes: skipped }) = next_item(&bytes.clone().into(), 5, u64::MAX) else {
            panic!("damaged")
        };
        assert_eq!(Frame::parse(&Bytes::from(bytes).slice(skipped..)).unwrap().sequence, 6);
    }
}
