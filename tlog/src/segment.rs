//! Segment files: the entries on disk, one frame per commit. `docs/format.md`, On disk.
//!
//! ```text
//! segment = header ‖ frame ‖ frame …
//! header  = "EINSICHT" ‖ uint32 format version ‖ origin hash (32) ‖ uint64 first index
//! frame   = frame header ‖ payload ‖ CRC-32C(payload)
//! frame header = "EIN1" ‖ uint32 payload length ‖ uint64 first index ‖ uint32 count
//!                ‖ CRC-32C of these 20 bytes
//! payload = root after this commit (32) ‖ count × (uint16 length ‖ leaf)
//! ```
//!
//! This module turns bytes into frames and back. Whether a frame that does not check is a torn tail
//! or damage is decided where files are opened.

use crate::bundle::{self, EntryTooLong};
use crate::hash::Hash;
use crate::leaf::{Leaf, LeafError};
use crate::units::Index;

/// First bytes of a segment.
pub const SEGMENT_MAGIC: &[u8; 8] = b"EINSICHT";
/// Version of the segment layout described here.
pub const SEGMENT_VERSION: u32 = 1;
/// Bytes of a segment header.
pub const SEGMENT_HEADER_BYTES: usize = 52;
/// First bytes of a frame.
pub const FRAME_MAGIC: &[u8; 4] = b"EIN1";
/// Bytes of a frame header.
pub const FRAME_HEADER_BYTES: usize = 24;
/// Bytes of the checksum behind a payload.
pub const CHECKSUM_BYTES: usize = 4;

/// The header of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Hash of the log's origin.
    pub origin_hash: Hash,
    /// Index of the first entry in the file.
    pub first: Index,
}

/// The header of a frame, checked against its own checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Bytes of the payload.
    pub payload_bytes: u32,
    /// Index of the first entry.
    pub first: Index,
    /// How many entries, at least 1.
    pub count: u32,
}

/// One commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: FrameHeader,
    /// Root of the tree after this commit.
    pub root: Hash,
    /// `count` times `uint16 length ‖ leaf`.
    pub entries: &'a [u8],
}

/// Why bytes are not a segment header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Too short.
    #[error("a segment header has {SEGMENT_HEADER_BYTES} bytes, this has {bytes}")]
    Truncated {
        /// Its length.
        bytes: usize,
    },
    /// Not one of our files.
    #[error("the file does not start with 'EINSICHT': it is not a segment, or its start is damaged")]
    Magic,
    /// Written by a later version.
    #[error(
        "segment format {found} is not known here (known: {SEGMENT_VERSION}); use the release that wrote it"
    )]
    UnknownVersion {
        /// The version.
        found: u32,
    },
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end within the frame.
    #[error("the frame needs {needed} bytes, {available} are there")]
    Truncated {
        /// Bytes of the whole frame, or of its header.
        needed: usize,
        /// Bytes there.
        available: usize,
    },
    /// The frame header does not check.
    #[error("the frame header is damaged")]
    Header,
    /// The payload does not check.
    #[error("the frame's payload is damaged: CRC-32C is {actual:08x}, expected {expected:08x}")]
    Checksum {
        /// As stored.
        expected: u32,
        /// As computed.
        actual: u32,
    },
}

impl SegmentHeader {
    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            &SEGMENT_MAGIC[..],
            &SEGMENT_VERSION.to_be_bytes(),
            self.origin_hash.as_bytes(),
            &self.first.0.to_be_bytes(),
        ]
        .concat()
    }

    /// Reads the header at the start of `bytes`. Does not compare origin or index with anything.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let truncated = HeaderError::Truncated { bytes: bytes.len() };
        let Some((magic, rest)) = bytes.split_first_chunk::<8>() else { return Err(truncated) };
        let Some((version, rest)) = rest.split_first_chunk::<4>() else { return Err(truncated) };
        let Some((origin_hash, rest)) = rest.split_first_chunk::<32>() else { return Err(truncated) };
        let Some((first, _)) = rest.split_first_chunk::<8>() else { return Err(truncated) };
        if magic != SEGMENT_MAGIC {
            return Err(HeaderError::Magic);
        }
        match u32::from_be_bytes(*version) {
            SEGMENT_VERSION => {}
            found => return Err(HeaderError::UnknownVersion { found }),
        }
        Ok(Self { origin_hash: Hash(*origin_hash), first: Index(u64::from_be_bytes(*first)) })
    }
}

impl FrameHeader {
    /// Reads the frame header at the start of `bytes` and checks its checksum.
    /// `None` if it does not check, or states an empty commit.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (stated, rest) = bytes.split_first_chunk::<20>()?;
        let (checksum, _) = rest.split_first_chunk::<4>()?;
        let (magic, rest) = stated.split_first_chunk::<4>()?;
        let (payload_bytes, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let count = u32::from_be_bytes(rest.try_into().ok()?);
        let checks =
            magic == FRAME_MAGIC && count >= 1 && crc32c::crc32c(stated) == u32::from_be_bytes(*checksum);
        checks.then_some(Self {
            payload_bytes: u32::from_be_bytes(*payload_bytes),
            first: Index(u64::from_be_bytes(*first)),
            count,
        })
    }

    /// Bytes of the whole frame.
    #[must_use]
    pub fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.payload_bytes) + CHECKSUM_BYTES as u64
    }

    fn to_bytes(self) -> [u8; FRAME_HEADER_BYTES] {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        let stated = [
            &FRAME_MAGIC[..],
            &self.payload_bytes.to_be_bytes(),
            &self.first.0.to_be_bytes(),
            &self.count.to_be_bytes(),
        ]
        .concat();
        let checksum = crc32c::crc32c(&stated).to_be_bytes();
        bytes.iter_mut().zip(stated.iter().chain(&checksum)).for_each(|(to, from)| *to = *from);
        bytes
    }
}

impl<'a> Frame<'a> {
    /// Reads the frame at the start of `bytes` and checks both checksums. Does not split the entries
    /// or compare anything with the chain or the tree.
    ///
    /// # Errors
    /// [`FrameError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let available = bytes.len();
        if available < FRAME_HEADER_BYTES {
            return Err(FrameError::Truncated { needed: FRAME_HEADER_BYTES, available });
        }
        let header = FrameHeader::parse(bytes).ok_or(FrameError::Header)?;
        let needed = usize::try_from(header.frame_bytes()).map_err(|_| FrameError::Header)?;
        let truncated = FrameError::Truncated { needed, available };
        let body = bytes.get(FRAME_HEADER_BYTES..needed).ok_or(truncated)?;
        let (payload, stored) = body.split_last_chunk::<CHECKSUM_BYTES>().ok_or(FrameError::Header)?;
        let (expected, actual) = (u32::from_be_bytes(*stored), crc32c::crc32c(payload));
        if expected != actual {
            return Err(FrameError::Checksum { expected, actual });
        }
        let (root, entries) = payload.split_first_chunk::<{ Hash::BYTES }>().ok_or(FrameError::Header)?;
        Ok(Self { header, root: Hash(*root), entries })
    }
}

/// Builds the bytes of one frame, entry by entry, in one buffer.
#[derive(Debug)]
pub struct FrameBuilder {
    first: Index,
    count: u32,
    bytes: Vec<u8>,
}

/// Bytes before the first entry of a frame.
const ENTRIES_OFFSET: usize = FRAME_HEADER_BYTES + Hash::BYTES;

impl FrameBuilder {
    /// Starts the frame whose first entry is `first`.
    #[must_use]
    pub fn new(first: Index) -> Self {
        Self { first, count: 0, bytes: vec![0; ENTRIES_OFFSET] }
    }

    /// Adds a leaf and returns the offset of its length field in the frame.
    ///
    /// # Errors
    /// [`EntryTooLong`]; the frame is unchanged then.
    pub fn push(&mut self, leaf: &[u8]) -> Result<usize, EntryTooLong> {
        let offset = self.bytes.len();
        bundle::write_entry(leaf, &mut self.bytes)?;
        self.count += 1;
        Ok(offset)
    }

    /// Adds a leaf from its parts, written once, to where it stays. Returns the offset of its length
    /// field in the frame, and its bytes.
    ///
    /// # Errors
    /// [`LeafError::TooLong`]; the frame is unchanged then.
    pub fn push_leaf(&mut self, leaf: &Leaf<'_>) -> Result<(usize, &[u8]), LeafError> {
        let too_long = |_| LeafError::TooLong { bytes: leaf.byte_len() };
        let length = u16::try_from(leaf.byte_len()).map_err(too_long)?;
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(&length.to_be_bytes());
        leaf.write_to(&mut self.bytes)?;
        self.count += 1;
        Ok((offset, self.bytes.get(offset + bundle::LENGTH_BYTES..).unwrap_or_default()))
    }

    /// How many entries it has so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How many bytes it has so far, without the last checksum.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The finished frame; `root` is the root of the tree after it.
    /// `None` if it has no entry, or more than 4 GiB.
    #[must_use]
    pub fn finish(mut self, root: &Hash) -> Option<Vec<u8>> {
        let payload_bytes = u32::try_from(self.bytes.len() - FRAME_HEADER_BYTES).ok()?;
        if self.count == 0 {
            return None;
        }
        let header = FrameHeader { payload_bytes, first: self.first, count: self.count }.to_bytes();
        let (before_entries, _) = self.bytes.split_first_chunk_mut::<ENTRIES_OFFSET>()?;
        before_entries
            .iter_mut()
            .zip(header.iter().chain(root.as_bytes()))
            .for_each(|(to, from)| *to = *from);
        let checksum = crc32c::crc32c(self.bytes.get(FRAME_HEADER_BYTES..)?);
        self.bytes.extend_from_slice(&checksum.to_be_bytes());
        Some(self.bytes)
    }
}

#[cfg(test)]
mod tests;
