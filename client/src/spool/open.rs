//! Opening a spool: which segments there are, where they end, and what of them is damaged.
//!
//! Nothing is written to an old segment again: new frames go to a new one, whose header says where the last
//! one ended. So only the last segment can have an end that nobody was told of.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use bytes::Bytes;
use einsicht_tlog::Hash;

use super::aside::{DAMAGED, REFUSED, keep_damaged, read_refused};
use super::disk::{Disk, read_range};
use super::error::SpoolError;
use super::frame::{SEGMENT_HEADER_BYTES, SegmentHeader};
use super::marks::{Bounds, Marks};
use super::queue::{Segment, State, unusable};
use super::walk::walk;
use super::writer::segment_name;

/// A spool as it was found.
pub(crate) struct Found {
    pub(crate) state: State,
    pub(crate) next_number: u64,
    pub(crate) next_sequence: u64,
    /// Frames below this sequence may have been sent by a process that was killed.
    pub(crate) maybe_sent_below: u64,
}

/// A segment file as it was found.
struct File {
    number: u64,
    bytes: Bytes,
    header: Option<SegmentHeader>,
}

/// Reads a spool, and puts its end in order.
pub(crate) fn open(
    disk: &dyn Disk,
    dir: &Path,
    origin: &str,
    origin_hash: Hash,
    marks: &Marks,
    bounds: Option<Bounds>,
) -> Result<Found, SpoolError> {
    let files = read_files(disk).map_err(|error| unusable(dir.to_owned(), error))?;
    let foreign = |file: &&File| file.header.is_some_and(|header| header.origin_hash != origin_hash);
    if let Some(file) = files.iter().find(foreign) {
        let path = dir.join(segment_name(file.number));
        return Err(SpoolError::OtherLedger { path, origin: origin.to_owned() });
    }
    let mut found = survey(disk, dir, &files, bounds).map_err(|error| unusable(dir.to_owned(), error))?;
    count_others(disk, &mut found.state).map_err(|error| unusable(dir.to_owned(), error))?;
    marks.raise(|marked| {
        // What was found is as good as acknowledged: it will be shipped.
        *marked = Bounds {
            acknowledged: found.next_sequence,
            shipped: found.state.shipped,
            sent: found.maybe_sent_below,
        };
    });
    Ok(found)
}

fn read_files(disk: &dyn Disk) -> io::Result<Vec<File>> {
    let names = disk.names()?;
    let numbers = names.iter().filter_map(|name| name.strip_prefix("segment-")?.parse().ok());
    let numbers: BTreeSet<u64> = numbers.collect();
    let read = |number: u64| {
        let bytes = Bytes::from(read_range(disk, &segment_name(number), 0, u64::MAX)?);
        Ok(File { number, header: SegmentHeader::parse(&bytes), bytes })
    };
    numbers.into_iter().map(read).collect()
}

fn survey(disk: &dyn Disk, dir: &Path, files: &[File], bounds: Option<Bounds>) -> io::Result<Found> {
    let known = bounds.unwrap_or_default();
    let first = files.first().and_then(|file| file.header).map(|header| header.first_sequence);
    let mut state = State::default();
    state.shipped = first.unwrap_or(0).max(known.shipped);
    if bounds.is_some() {
        // Segments are removed after what was shipped is marked.
        let gone = first.unwrap_or(known.acknowledged).saturating_sub(known.shipped);
        missing(&mut state, dir, gone, "files with requests that were not shipped are gone");
    }
    let mut next = first.unwrap_or(known.shipped);
    let mut maybe_sent_below = known.sent;
    for (position, file) in files.iter().enumerate() {
        let following = files.get(position + 1);
        let is_last = following.is_none();
        let end = following.and_then(|file| file.header).map_or(u64::MAX, |header| header.first_sequence);
        let place =
            Place { is_last, first: file.header.map_or(next, |header| header.first_sequence), end, bounds };
        let Some(segment) = survey_one(disk, dir, &mut state, file, &place)? else { continue };
        next = segment.end_sequence;
        if bounds.is_none() && position < 2 {
            // Segments before these would have been removed.
            maybe_sent_below = next;
        }
        state.segments.push_back(segment);
    }
    let next_sequence = next.max(known.acknowledged);
    state.shipped = state.shipped.min(next_sequence);
    let next_number = files.last().map_or(0, |file| file.number + 1);
    Ok(Found { state, next_number, next_sequence, maybe_sent_below })
}

/// What is known of a segment from those beside it.
struct Place {
    is_last: bool,
    first: u64,
    /// The first sequence of the next segment.
    end: u64,
    bounds: Option<Bounds>,
}

fn survey_one(
    disk: &dyn Disk,
    dir: &Path,
    state: &mut State,
    file: &File,
    place: &Place,
) -> io::Result<Option<Segment>> {
    let name = segment_name(file.number);
    let path = dir.join(&name);
    let header_bytes = SEGMENT_HEADER_BYTES.min(file.bytes.len());
    let walk = walk(&file.bytes.slice(header_bytes..), header_bytes as u64, place.first, place.end);
    let acknowledged = place.bounds.map(|bounds| bounds.acknowledged);
    let end_sequence = match acknowledged {
        Some(acknowledged) if place.is_last => walk.next.max(acknowledged),
        _ if place.is_last || place.end == u64::MAX => walk.next,
        _ => place.end,
    };
    let lost = end_sequence.saturating_sub(place.first).saturating_sub(walk.frames.len() as u64);
    if file.header.is_none() && walk.frames.is_empty() && lost == 0 && acknowledged.is_some() {
        tracing::info!(path = %path.display(), "a segment of the spool that was never begun is removed");
        disk.remove(&name)?;
        disk.sync_names()?;
        return Ok(None);
    }
    let mut damaged = walk.damaged;
    if file.header.is_none() {
        damaged.push(0..header_bytes as u64);
    }
    let mut end = walk.frames.last().map_or(header_bytes as u64, |(_, end)| *end);
    if let Some(tail) = walk.tail {
        // An end that was not acknowledged is nobody's loss. Whether it was is known from the marks, and
        // of all but the last segment from the next one.
        let was_acknowledged = lost > 0 || place.is_last && acknowledged.is_none();
        if was_acknowledged {
            end = tail.end;
            damaged.push(tail);
        } else if place.is_last {
            let bytes = tail.end - tail.start;
            tracing::info!(path = %path.display(), offset = tail.start, bytes, "a torn end of the spool, never acknowledged, is cut off");
            disk.open(&name, false)?.cut(tail.start)?;
        }
    }
    for region in damaged {
        tracing::error!(path = %path.display(), offset = region.start, bytes = region.end - region.start, "a part of the spool is damaged; it is kept beside it");
        let (start, end) = (usize::try_from(region.start), usize::try_from(region.end));
        let range = start.unwrap_or(usize::MAX)..end.unwrap_or(usize::MAX);
        // The reader tries again before the segment is removed.
        if let Err(error) =
            keep_damaged(disk, file.number, region.start, file.bytes.get(range).unwrap_or_default())
        {
            tracing::error!(%error, "the damaged part could not be kept yet");
        }
    }
    missing(state, &path, lost, "requests that were acknowledged can't be read");
    if place.is_last {
        // What a killed process wrote and did not sync is kept from now on.
        disk.open(&name, false)?.sync()?;
    }
    let shipped = state.shipped;
    let waiting = || walk.frames.iter().map(|(frame, _)| frame).filter(|frame| frame.sequence >= shipped);
    let (frames, events) = (waiting().count() as u64, waiting().map(|frame| u64::from(frame.events)).sum());
    if state.head_us.is_none() {
        state.head_us = waiting().next().map(|frame| frame.spooled_at_us);
    }
    let (number, bytes_on_disk) = (file.number, file.bytes.len() as u64);
    Ok(Some(Segment {
        number,
        first_sequence: place.first,
        end_sequence,
        end,
        bytes_on_disk,
        frames,
        events,
        missing: lost,
    }))
}

fn missing(state: &mut State, path: &Path, requests: u64, what: &str) {
    if requests > 0 {
        tracing::error!(path = %path.display(), requests, "DAMAGE IN THE SPOOL: {what}");
        state.missing_requests += requests;
    }
}

/// Bytes of the files that are no segments, and what they hold.
fn count_others(disk: &dyn Disk, state: &mut State) -> io::Result<()> {
    for name in disk.names()? {
        if name.starts_with("segment-") {
            continue;
        }
        state.other_bytes += disk.open(&name, false)?.len()?;
        if name.starts_with(DAMAGED) {
            state.damaged_regions += 1;
        }
        if name == REFUSED {
            let refused = read_refused(read_range(disk, &name, 0, u64::MAX)?.into());
            state.refused_events = refused.iter().map(|refused| u64::from(refused.frame.events)).sum();
        }
    }
    Ok(())
}
