//! Goes through the frames of a data folder in order, across its segment files.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use einsicht_tlog::segment::{
    FRAME_HEADER_BYTES, FrameHeader, HeaderError, SEGMENT_HEADER_BYTES, SegmentHeader,
};
use einsicht_tlog::{Hash, Index};

use super::SegmentFolder;
use super::buffers::Buffers;
use crate::finding::{Fault, Finding};
use crate::source::chunk::{Kind, Place};
use crate::source::{Chunk, Piece, SourceError};

/// Read at a time when only headers of frames are wanted.
const SKIP_BYTES: usize = 64 * 1024;
/// Frames are remembered about as far apart as this.
const LANDMARK_BYTES: u64 = 1024 * 1024;

/// Where the reader stands: before the frame that begins with entry `next`.
pub(super) struct Walk<'f> {
    folder: &'f SegmentFolder,
    origin_hash: Hash,
    segment: Segment,
    next: Index,
    buffers: Buffers,
}

/// An open segment file.
struct Segment {
    first: Index,
    path: PathBuf,
    name: Arc<str>,
    file: File,
    /// Start of the next frame.
    offset: u64,
    /// Length of the file when last looked at.
    bytes: u64,
    landmark: u64,
}

/// Why the frames in a buffer end.
enum Stop {
    /// The next frame is not all in the buffer; so many bytes are needed, as far as is known.
    Needs(u64),
    /// The next bytes are no frame header.
    Damaged,
    /// The next frame begins with another entry than it should.
    OutOfOrder(Index),
}

impl<'f> Walk<'f> {
    /// Stands before the frame that holds entry `start`.
    pub fn open(folder: &'f SegmentFolder, start: Index) -> Result<Self, SourceError> {
        let segments = list(&folder.entries_folder())?;
        let Some(first) = segments.iter().rev().find(|first| **first <= start) else {
            let found =
                segments.first().map_or("no segment".to_owned(), |first| format!("entry {first} first"));
            return Err(missing(folder, start, found));
        };
        let origin_hash = folder.origin_hash()?;
        let mut segment = Segment::open(folder, *first, origin_hash)?;
        let mut next = *first;
        if let Some((frame, offset)) = folder.landmarks.before(start, *first) {
            (next, segment.offset) = (frame, offset);
        }
        let mut walk = Self { folder, origin_hash, segment, next, buffers: Buffers::default() };
        walk.skip_to(start)?;
        Ok(walk)
    }

    /// Index of the first entry that was not read yet.
    pub fn next(&self) -> Index {
        self.next
    }

    /// Reads the next frames: about `bytes`, and at least one. Their contents are not checked.
    pub fn read(&mut self, bytes: usize) -> Result<Chunk, SourceError> {
        while self.segment.is_at_end()? {
            self.segment = self.following()?;
        }
        let mut wanted = bytes as u64;
        loop {
            let buffer = self.segment.read_into(self.buffers.take(), wanted)?;
            let buffer = self.buffers.lend(buffer);
            let offset = self.segment.offset;
            let (pieces, stop) = self.frames_of(&buffer);
            if !pieces.is_empty() {
                self.segment.set_landmark(self.folder, offset, pieces.first().map(Piece::first));
                return Ok(Chunk::new(pieces));
            }
            match stop {
                Stop::Needs(needed) if needed > buffer.len() as u64 && self.segment.holds(needed)? => {
                    wanted = needed
                }
                stop => return Err(self.stopped(&stop)),
            }
        }
    }

    /// Splits off the whole frames at the start of `buffer`, and moves on behind them.
    fn frames_of(&mut self, buffer: &Bytes) -> (Vec<Piece>, Stop) {
        let mut pieces = Vec::new();
        let mut start = 0;
        loop {
            let rest = buffer.get(start..).unwrap_or_default();
            let header = match self.header_in(rest) {
                Ok(header) => header,
                Err(stop) => return (pieces, stop),
            };
            let needed = header.frame_bytes();
            let end = usize::try_from(needed).ok().and_then(|needed| start.checked_add(needed));
            let Some(end) = end.filter(|end| *end <= buffer.len()) else {
                return (pieces, Stop::Needs(needed));
            };
            let place = Place { name: self.segment.name.clone(), offset: Some(self.segment.offset) };
            let frame = buffer.slice(start..end);
            pieces.push(Piece::new(Kind::Frame, frame, header.first, header.count as usize, place));
            self.pass(header);
            start = end;
        }
    }

    /// Moves on to the frame that holds `start`, looking at headers only.
    fn skip_to(&mut self, start: Index) -> Result<(), SourceError> {
        let (mut buffer, mut buffer_offset) = (Vec::new(), self.segment.offset);
        loop {
            let position = usize::try_from(self.segment.offset - buffer_offset).unwrap_or(usize::MAX);
            let rest = buffer.get(position..).unwrap_or_default();
            if rest.len() < FRAME_HEADER_BYTES {
                if self.segment.is_at_end()? {
                    // What comes next is found when it is read.
                    return if self.next == start { Ok(()) } else { Err(self.stopped(&Stop::Needs(0))) };
                }
                buffer_offset = self.segment.offset;
                buffer = self.segment.read(SKIP_BYTES as u64)?;
                if buffer.len() < FRAME_HEADER_BYTES {
                    return Err(self.stopped(&Stop::Needs(FRAME_HEADER_BYTES as u64)));
                }
                continue;
            }
            let header = self.header_in(rest).map_err(|stop| self.stopped(&stop))?;
            if header.first.0.saturating_add(u64::from(header.count)) > start.0 {
                return Ok(());
            }
            let offset = self.segment.offset;
            self.segment.set_landmark(self.folder, offset, Some(header.first));
            self.pass(header);
        }
    }

    /// The header of the next frame, if it is one and the frame is the next one.
    fn header_in(&self, bytes: &[u8]) -> Result<FrameHeader, Stop> {
        if bytes.len() < FRAME_HEADER_BYTES {
            return Err(Stop::Needs(FRAME_HEADER_BYTES as u64));
        }
        let header = FrameHeader::parse(bytes).ok_or(Stop::Damaged)?;
        if header.first == self.next { Ok(header) } else { Err(Stop::OutOfOrder(header.first)) }
    }

    fn pass(&mut self, header: FrameHeader) {
        self.segment.offset += header.frame_bytes();
        self.next = Index(header.first.0.saturating_add(u64::from(header.count)));
    }

    /// The segment after this one.
    fn following(&self) -> Result<Segment, SourceError> {
        let segments = list(&self.folder.entries_folder())?;
        match segments.into_iter().find(|first| *first > self.segment.first) {
            Some(first) if first == self.next => Segment::open(self.folder, first, self.origin_hash),
            Some(first) => {
                Err(missing(self.folder, self.next, format!("a segment that begins with entry {first}")))
            }
            None => Err(missing(self.folder, self.next, "the end of the last segment".to_owned())),
        }
    }

    fn stopped(&self, stop: &Stop) -> SourceError {
        let (fault, found) = match stop {
            Stop::Needs(_) => (Fault::Missing, "the end of the file".to_owned()),
            Stop::Damaged => (Fault::Frame, "bytes that are no header of a commit".to_owned()),
            Stop::OutOfOrder(first) => (Fault::Segment, format!("a commit that begins with entry {first}")),
        };
        let place = Place { name: self.segment.name.clone(), offset: Some(self.segment.offset) };
        Finding {
            fault,
            index: Some(self.next),
            place: Some(place.to_string()),
            expected: format!("a commit that begins with entry {}", self.next),
            found,
        }
        .into()
    }
}

impl Segment {
    fn open(folder: &SegmentFolder, first: Index, origin_hash: Hash) -> Result<Self, SourceError> {
        let path = folder.entries_folder().join(format!("{:020}.seg", first.0));
        let file = File::open(&path).map_err(|error| SourceError::io(&path, error))?;
        let bytes = file.metadata().map_err(|error| SourceError::io(&path, error))?.len();
        let name = path.display().to_string().into();
        let offset = SEGMENT_HEADER_BYTES as u64;
        let mut segment = Self { first, path, name, file, offset: 0, bytes, landmark: offset };
        let header = segment.read(offset)?;
        let wrong = |expected: String, found: String| Finding {
            fault: Fault::Segment,
            index: Some(first),
            place: Some(segment.name.to_string()),
            expected,
            found,
        };
        let header = SegmentHeader::parse(&header).map_err(|error| match error {
            HeaderError::UnknownVersion { .. } => {
                SourceError::Newer { place: segment.name.to_string(), error }
            }
            error => wrong("the header of a segment".to_owned(), error.to_string()).into(),
        })?;
        if header.origin_hash != origin_hash {
            let (expected, found) = (origin_hash.to_hex(), header.origin_hash.to_hex());
            return Err(wrong(format!("origin hash {expected}"), format!("origin hash {found}")).into());
        }
        if header.first != first {
            return Err(wrong(format!("first entry {first}"), format!("first entry {}", header.first)).into());
        }
        segment.offset = offset;
        Ok(segment)
    }

    /// Reads `bytes` from the next frame on; less at the end of the file.
    fn read(&mut self, bytes: u64) -> Result<Vec<u8>, SourceError> {
        self.read_into(Vec::new(), bytes)
    }

    /// The same into an empty buffer.
    fn read_into(&mut self, mut buffer: Vec<u8>, bytes: u64) -> Result<Vec<u8>, SourceError> {
        let wanted = bytes.min(self.bytes.saturating_sub(self.offset));
        let mut read = || {
            buffer.try_reserve_exact(usize::try_from(wanted).map_err(io::Error::other)?)?;
            self.file.seek(SeekFrom::Start(self.offset))?;
            (&mut self.file).take(wanted).read_to_end(&mut buffer)
        };
        read().map_err(|error| SourceError::io(&self.path, error))?;
        if (buffer.len() as u64) < wanted {
            // It was cut meanwhile.
            self.bytes = self.offset + buffer.len() as u64;
        }
        Ok(buffer)
    }

    /// Whether nothing follows in this file. A service may have written more since the last look.
    fn is_at_end(&mut self) -> Result<bool, SourceError> {
        Ok(!self.holds(1)?)
    }

    /// Whether the file holds so many bytes from the next frame on.
    fn holds(&mut self, bytes: u64) -> Result<bool, SourceError> {
        let end = self.offset.saturating_add(bytes);
        if end > self.bytes {
            self.bytes = self.file.metadata().map_err(|error| SourceError::io(&self.path, error))?.len();
        }
        Ok(end <= self.bytes)
    }

    fn set_landmark(&mut self, folder: &SegmentFolder, offset: u64, frame: Option<Index>) {
        if let Some(frame) = frame
            && offset >= self.landmark
        {
            folder.landmarks.insert(frame, self.first, offset);
            self.landmark = offset + LANDMARK_BYTES;
        }
    }
}

/// First entries of all segment files, in order.
fn list(folder: &Path) -> Result<Vec<Index>, SourceError> {
    let io_error = |error| SourceError::io(folder, error);
    let mut segments = Vec::new();
    for item in fs::read_dir(folder).map_err(io_error)? {
        let name = item.map_err(io_error)?.file_name();
        segments.extend(name.to_str().and_then(first_of_name));
    }
    segments.sort_unstable();
    Ok(segments)
}

/// The first index in a segment's file name; `None` for other files.
fn first_of_name(name: &str) -> Option<Index> {
    let digits = name.strip_suffix(".seg")?;
    let well_formed = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| well_formed).map(Index)
}

fn missing(folder: &SegmentFolder, index: Index, found: String) -> SourceError {
    let place = Some(folder.entries_folder().display().to_string());
    let expected = format!("a segment that holds entry {index}");
    Finding { fault: Fault::Missing, index: Some(index), place, expected, found }.into()
}
