//! Reads entries out of the segments of a log that nobody has to open for it.

use std::ops::{ControlFlow, Range};

use einsicht_tlog::{Index, Origin, bundle};

use super::file::Folder;
use super::frames::{FrameReader, Next};
use super::listing::{Listed, list_segments};
use super::open::OpenError;
use super::segments::HEADER_BYTES;

/// Shows the leaves of a range of entries, in order, until `visit` has seen enough or the log ends. A service may be
/// writing behind the range.
///
/// Checked are the checksums of frames, not chain and tree: what is found here is a place to look, no proof.
///
/// # Errors
/// [`OpenError`] if a segment can't be read, or is damaged.
pub fn visit_entries(
    folder: &dyn Folder,
    origin: &Origin,
    range: Range<Index>,
    visit: &mut dyn FnMut(Index, &[u8]) -> ControlFlow<()>,
) -> Result<(), OpenError> {
    let segments = list_segments(folder, origin.hash())?.segments;
    for (position, segment) in segments.iter().enumerate() {
        let next = segments.get(position + 1).map(|next| next.first);
        if next.is_some_and(|next| next <= range.start) {
            continue;
        }
        if segment.first >= range.end || visit_segment(segment, &range, visit)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn visit_segment(
    segment: &Listed,
    range: &Range<Index>,
    visit: &mut dyn FnMut(Index, &[u8]) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, OpenError> {
    let unreadable = |error| segment.io(error);
    let mut reader = FrameReader::new(&*segment.file, HEADER_BYTES).map_err(unreadable)?;
    let mut next = segment.first;
    while next < range.end {
        match reader.next().map_err(unreadable)? {
            Next::End => break,
            Next::Damaged { offset, error, .. } => return Err(segment.damaged(offset, next, error.into())),
            Next::Frame { offset, frame, .. } => {
                next = frame.header.first;
                for leaf in bundle::entries(frame.entries) {
                    let leaf = leaf.map_err(|error| segment.damaged(offset, next, error.into()))?;
                    if range.contains(&next) && visit(next, leaf).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    next = Index(next.0 + 1);
                }
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}
