//! Looking at a spool from outside: nothing is changed, and the process that uses it need not be asked.

use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::aside::{DAMAGED, REFUSED, read_refused};
use super::disk::{Disk, RealDisk, read_range};
use super::error::SpoolError;
use super::frame::{SEGMENT_HEADER_BYTES, SegmentHeader};
use super::lock::{LOCK, Lock};
use super::marks::{MARKS, parse};
use super::queue::unusable;
use super::status::age;
use super::walk::walk;

/// What a spool holds at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// Accesses that wait.
    pub events: u64,
    /// Requests that wait.
    pub requests: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// For how long the oldest access has been waiting.
    pub oldest_age: Option<Duration>,
    /// Whether a process uses it now.
    pub is_in_use: bool,
    /// What the ledger refused for good: how many accesses, and why.
    pub refused: Vec<(u64, String)>,
    /// Files with damaged parts.
    pub damaged: Vec<String>,
    /// Bytes in segments that can't be read.
    pub unreadable_bytes: u64,
}

/// Looks at the spool in `dir`. What a process writes to it meanwhile may be seen or not.
///
/// # Errors
/// [`SpoolError::Unusable`] if it can't be read, or is no spool.
pub fn inspect(dir: &Path) -> Result<Inspection, SpoolError> {
    let found = read(&RealDisk::at(dir)).map_err(|error| unusable(dir.to_owned(), error))?;
    let is_in_use = match Lock::take(dir) {
        Ok(_) => false,
        Err(SpoolError::InUse { .. }) => true,
        Err(error) => return Err(error),
    };
    Ok(Inspection { is_in_use, ..found })
}

fn read(disk: &dyn Disk) -> io::Result<Inspection> {
    let mut names = disk.names()?;
    names.sort_unstable();
    if !names.iter().any(|name| name == LOCK) || !names.iter().any(|name| name == MARKS) {
        let what = "it is no spool: it has no files 'lock' and 'marks'";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let mut found = Inspection::default();
    let bounds = parse(&read_range(disk, MARKS, 0, u64::MAX)?).map(|(bounds, _)| bounds).unwrap_or_default();
    let mut segments = Vec::new();
    for name in names {
        // A segment may be gone meanwhile: it was shipped.
        let bytes = match read_range(disk, &name, 0, u64::MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            bytes => Bytes::from(bytes?),
        };
        found.bytes += bytes.len() as u64;
        if name.starts_with("segment-") {
            segments.push(bytes);
        } else if name == REFUSED {
            let refused = read_refused(bytes).into_iter();
            found.refused =
                refused.map(|refused| (u64::from(refused.frame.events), refused.reason)).collect();
        } else if name.starts_with(DAMAGED) {
            found.damaged.push(name);
        }
    }
    let firsts: Vec<_> = segments
        .iter()
        .map(|bytes| SegmentHeader::parse(bytes).map(|header| header.first_sequence))
        .collect();
    let mut expected = 0;
    for (position, bytes) in segments.iter().enumerate() {
        let first = firsts.get(position).copied().flatten().unwrap_or(expected);
        let end = firsts.get(position + 1).copied().flatten().unwrap_or(u64::MAX);
        let header_bytes = SEGMENT_HEADER_BYTES.min(bytes.len());
        let walk = walk(&bytes.slice(header_bytes..), header_bytes as u64, first, end);
        expected = walk.next;
        found.unreadable_bytes +=
            walk.damaged.iter().chain(&walk.tail).map(|range| range.end - range.start).sum::<u64>();
        for (frame, _) in walk.frames.iter().filter(|(frame, _)| frame.sequence >= bounds.shipped) {
            found.requests += 1;
            found.events += u64::from(frame.events);
            found.oldest_age.get_or_insert_with(|| age(frame.spooled_at_us));
        }
    }
    Ok(found)
}
