//! Reads the frames of a segment file one after the other, through one buffer.

use std::io;

use einsicht_tlog::segment::{FRAME_HEADER_BYTES, Frame, FrameError, FrameHeader};

use super::file::{DataFile, read_exact_at};

/// Read at a time; frames are usually far smaller.
const BUFFER_BYTES: u64 = 1024 * 1024;

/// Where the reader stands in one segment file.
pub(super) struct FrameReader<'f> {
    file: &'f dyn DataFile,
    /// Length of the file when reading began; what is appended later is not read.
    end: u64,
    /// Start of the next frame.
    offset: u64,
    buffer: Vec<u8>,
    buffer_offset: u64,
}

/// What comes next in a file.
pub(super) enum Next<'b> {
    /// A frame whose checksums check, and all of its bytes.
    Frame { offset: u64, frame: Frame<'b>, bytes: &'b [u8] },
    /// Bytes that are not a frame. The reader stays where it is. Where they were a whole commit once, this is
    /// damage, not a tail that was torn off: the header of another frame follows, or all of it is there and
    /// one bit of its own header is wrong.
    Damaged { offset: u64, error: FrameError, was_whole: bool },
    /// Nothing.
    End,
}

impl<'f> FrameReader<'f> {
    /// Reads `file` from the frame that starts at `offset`.
    pub fn new(file: &'f dyn DataFile, offset: u64) -> io::Result<Self> {
        Ok(Self { file, end: file.byte_len()?, offset, buffer: Vec::new(), buffer_offset: offset })
    }

    /// The next frame.
    pub fn next(&mut self) -> io::Result<Next<'_>> {
        let offset = self.offset;
        let available = self.end.saturating_sub(offset);
        if available == 0 {
            return Ok(Next::End);
        }
        let header = FrameHeader::parse(self.fill(available.min(FRAME_HEADER_BYTES as u64))?);
        // A header that does not check, or that states more than is there, is explained by the parser.
        let frame_bytes = header.map_or(FRAME_HEADER_BYTES as u64, |header| header.frame_bytes());
        self.fill(available.min(frame_bytes))?;
        let bytes = slice(&self.buffer, offset - self.buffer_offset, available.min(frame_bytes));
        Ok(match Frame::parse(bytes) {
            Ok(frame) => {
                self.offset = offset + frame_bytes;
                Next::Frame { offset, frame, bytes }
            }
            Err(error) => {
                // What a header that checks claims for its frame can't be the header of another one,
                // whatever the entries in there look like.
                let behind = offset + header.map_or(1, |header| header.frame_bytes());
                let was_whole = header.is_none() && is_whole_but_for_a_bit(self.file, offset, self.end)?
                    || valid_header_from(self.file, behind, self.end)?;
                Next::Damaged { offset, error, was_whole }
            }
        })
    }

    /// Makes sure that `bytes` bytes from the current offset on are in the buffer, and returns them.
    fn fill(&mut self, bytes: u64) -> io::Result<&[u8]> {
        let buffered_end = self.buffer_offset + self.buffer.len() as u64;
        if self.offset < self.buffer_offset || self.offset + bytes > buffered_end {
            let wanted = bytes.max(BUFFER_BYTES).min(self.end - self.offset);
            let wanted = usize::try_from(wanted).map_err(io::Error::other)?;
            self.buffer = read_exact_at(self.file, self.offset, wanted)?;
            self.buffer_offset = self.offset;
        }
        Ok(slice(&self.buffer, self.offset - self.buffer_offset, bytes))
    }
}

/// What was read before lies in the buffer; nothing, where that is not so.
fn slice(buffer: &[u8], start: u64, length: u64) -> &[u8] {
    let range = usize::try_from(start).ok().zip(usize::try_from(length).ok());
    range.and_then(|(start, length)| buffer.get(start..start + length)).unwrap_or_default()
}

/// Whether a whole frame stands at `offset` once one bit of its header is turned over. A commit that was torn
/// while it was written has lost more than that.
fn is_whole_but_for_a_bit(file: &dyn DataFile, offset: u64, end: u64) -> io::Result<bool> {
    if end - offset < FRAME_HEADER_BYTES as u64 {
        return Ok(false);
    }
    let found = read_exact_at(file, offset, FRAME_HEADER_BYTES)?;
    for (position, bit) in (0..FRAME_HEADER_BYTES).flat_map(|position| (0..8).map(move |bit| (position, bit)))
    {
        let mut turned = found.clone();
        turned.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= 1 << bit);
        let Some(header) = FrameHeader::parse(&turned) else { continue };
        if header.frame_bytes() <= end - offset {
            let bytes = usize::try_from(header.frame_bytes()).map_err(io::Error::other)?;
            let mut frame = read_exact_at(file, offset, bytes)?;
            frame.iter_mut().zip(turned).for_each(|(to, from)| *to = from);
            return Ok(Frame::parse(&frame).is_ok());
        }
    }
    Ok(false)
}

/// Whether a frame header that checks stands anywhere in `start..end`.
fn valid_header_from(file: &dyn DataFile, mut start: u64, end: u64) -> io::Result<bool> {
    while start.saturating_add(FRAME_HEADER_BYTES as u64) <= end {
        // Windows overlap by a header, so that none hides on a border.
        let length = (end - start).min(BUFFER_BYTES + FRAME_HEADER_BYTES as u64);
        let window = read_exact_at(file, start, usize::try_from(length).map_err(io::Error::other)?)?;
        if window.windows(FRAME_HEADER_BYTES).any(|bytes| FrameHeader::parse(bytes).is_some()) {
            return Ok(true);
        }
        start += BUFFER_BYTES;
    }
    Ok(false)
}
