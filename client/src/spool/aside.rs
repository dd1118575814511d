//! What can't be shipped and must not be lost: files beside the segments.

use std::io;

use bytes::{BufMut as _, Bytes};

use super::disk::{Disk, write_new};
use super::frame::Item;
use super::frame::{Frame, KIND_REFUSED, next_item};

/// Frames that the ledger refused for good, each with the reason.
pub(crate) const REFUSED: &str = "refused";
/// How the names of files begin that hold damaged parts of segments, as they were found.
pub(crate) const DAMAGED: &str = "damaged-";

/// A frame that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedFrame {
    pub(crate) reason: String,
    pub(crate) frame: Frame,
}

/// Keeps a damaged part of a segment. Doing so again changes nothing. Returns the bytes that were added.
pub(crate) fn keep_damaged(disk: &dyn Disk, segment: u64, offset: u64, bytes: &[u8]) -> io::Result<u64> {
    let name = format!("{DAMAGED}{segment:020}-{offset}");
    if disk.names()?.contains(&name) && disk.open(&name, false)?.len()? == bytes.len() as u64 {
        return Ok(0);
    }
    write_new(disk, &name, bytes)?;
    Ok(bytes.len() as u64)
}

/// Keeps refused frames, durably. Returns the bytes that were added.
pub(crate) fn keep_refused(disk: &dyn Disk, frames: &[Frame], reason: &str) -> io::Result<u64> {
    let bytes = refused_bytes(frames, reason);
    let file = disk.open(REFUSED, true)?;
    let end = file.len()?;
    let written = file.write_at(&bytes, end).and_then(|()| file.sync()).and_then(|()| disk.sync_names());
    if written.is_err() {
        // An attempt: reading skips what is half there.
        let _ = file.cut(end);
    }
    written.map(|()| bytes.len() as u64)
}

/// The bytes of refused frames, each with the reason.
pub(crate) fn refused_bytes(frames: &[Frame], reason: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        let mut payload = Vec::new();
        let reason = reason.as_bytes();
        payload.put_u32(u32::try_from(reason.len()).unwrap_or_default());
        payload.put_slice(reason);
        frame.put(&mut payload);
        Frame { kind: KIND_REFUSED, payload: payload.into(), ..frame.clone() }.put(&mut bytes);
    }
    bytes
}

/// Reads the refused frames; skips what is damaged.
pub(crate) fn read_refused(bytes: Bytes) -> Vec<RefusedFrame> {
    let (mut rest, mut found) = (bytes, Vec::new());
    while let Some(item) = next_item(&rest, 0, u64::MAX) {
        match item {
            Item::Frame(frame) => {
                rest = rest.slice(frame.len()..);
                found.extend(open_refused(&frame));
            }
            Item::Garbage { bytes } => rest = rest.slice(bytes..),
        }
    }
    found
}

fn open_refused(outer: &Frame) -> Option<RefusedFrame> {
    let length: &[u8; 4] = outer.payload.first_chunk()?;
    let end = 4 + usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let reason = String::from_utf8_lossy(outer.payload.get(4..end)?).into_owned();
    let frame = Frame::parse(&outer.payload.slice(end..))?;
    (outer.kind == KIND_REFUSED).then_some(RefusedFrame { reason, frame })
}
