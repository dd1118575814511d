//! Reading a stretch of a segment: its frames, and what is none.

use std::ops::Range;

use bytes::Bytes;

use super::frame::{Frame, Item, next_item};

/// What stands in a stretch of a segment.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// With the offset behind each.
    pub(crate) frames: Vec<(Frame, u64)>,
    /// Damaged parts with frames behind them, as offsets in the file.
    pub(crate) damaged: Vec<Range<u64>>,
    /// What is no frame at the end.
    pub(crate) tail: Option<Range<u64>>,
    /// The sequence behind the last frame.
    pub(crate) next: u64,
}

/// Reads `bytes`, which stand at `offset` of a segment. Frames have sequences of `expected..end`.
pub(crate) fn walk(bytes: &Bytes, offset: u64, expected: u64, end: u64) -> Walk {
    let mut walk = Walk { next: expected, ..Walk::default() };
    let (mut rest, mut at) = (bytes.clone(), offset);
    while let Some(item) = next_item(&rest, walk.next, end) {
        let length = match item {
            Item::Frame(frame) => {
                let length = frame.len();
                walk.next = frame.sequence + 1;
                walk.frames.push((frame, at + length as u64));
                length
            }
            Item::Garbage { bytes } => {
                let garbage = at..at + bytes as u64;
                if bytes == rest.len() {
                    walk.tail = Some(garbage);
                } else {
                    walk.damaged.push(garbage);
                }
                bytes
            }
        };
        at += length as u64;
        rest = rest.slice(length..);
    }
    walk
}
