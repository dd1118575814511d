//! The one thread that writes segments: all who wait are written together and synced once. There is no
//! timer: a lone caller waits for one sync and nothing else.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use einsicht_tlog::Hash;

use super::disk::{Disk, DiskFile};
use super::error::SpoolError;
use super::frame::SegmentHeader;
use super::marks::Marks;
use super::queue::{Job, NotKept, Queue, Segment, Work};

/// A segment takes no group that would bring it beyond this. So what is shipped again after a crash is far
/// less than what the ledger remembers of a session, 65,536 numbers.
const SEGMENT_EVENTS_MAX: u64 = 16 * 1000;
/// How long to wait before a segment that can't be removed is tried again.
const REAP_PAUSE: Duration = Duration::from_secs(1);

/// What the thread owns.
pub(crate) struct Writer {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) marks: Arc<Marks>,
    pub(crate) origin_hash: Hash,
    pub(crate) segment_bytes_max: u64,
    pub(crate) next_number: u64,
    pub(crate) next_sequence: u64,
    pub(crate) active: Option<Active>,
}

/// The segment that is written to.
pub(crate) struct Active {
    number: u64,
    file: Arc<dyn DiskFile>,
    end: u64,
    events: u64,
}

impl Writer {
    pub(crate) fn run(mut self) {
        loop {
            match self.queue.next_work(self.active.as_ref().map(|active| active.number)) {
                Work::Write(jobs) => self.write(jobs),
                Work::Reap => self.reap(),
                Work::Stop => return,
            }
        }
    }

    fn write(&mut self, mut jobs: Vec<Job>) {
        let mut bytes = Vec::new();
        let mut events = 0;
        for (job, sequence) in jobs.iter_mut().zip(self.next_sequence..) {
            job.frame.sequence = sequence;
            job.frame.put(&mut bytes);
            events += u64::from(job.frame.events);
        }
        let written = self.write_group(&bytes, events, jobs.len() as u64);
        if written.is_ok() {
            self.next_sequence += jobs.len() as u64;
            self.marks.raise(|bounds| bounds.acknowledged = self.next_sequence);
        }
        self.queue.change(|state| {
            state.group_done(jobs.len() as u64, bytes.len() as u64);
            let Some(active) = self.active.as_ref().filter(|_| written.is_ok()) else { return };
            let was_empty = state.frames() == 0;
            let Some(segment) = state.segments.back_mut() else { return };
            segment.end = active.end;
            segment.bytes_on_disk = active.end;
            segment.end_sequence = self.next_sequence;
            segment.frames += jobs.len() as u64;
            segment.events += events;
            if was_empty {
                state.head_us = jobs.first().map(|job| job.frame.spooled_at_us);
            }
        });
        for job in jobs {
            answer(job, &written);
        }
    }

    /// Writes and syncs a group in one segment.
    fn write_group(&mut self, bytes: &[u8], events: u64, frames: u64) -> Result<(), SpoolError> {
        let length = bytes.len() as u64;
        let fits = |active: &Active| {
            active.events == 0
                || active.end + length <= self.segment_bytes_max
                    && active.events + events <= SEGMENT_EVENTS_MAX
        };
        if !self.active.as_ref().is_some_and(fits) {
            self.active = None;
            let begun = self.begin_segment();
            self.active = Some(begun?);
        }
        let Some(active) = &mut self.active else { return Ok(()) };
        let path = self.queue.dir.join(segment_name(active.number));
        if let Err(error) = active.file.write_at(bytes, active.end) {
            tracing::error!(%error, path = %path.display(), frames, "writing to the spool failed");
            // What is half there must not stay: the next group goes to its place.
            if active.file.cut(active.end).and_then(|()| active.file.sync()).is_ok() {
                return Err(SpoolError::Write { path, error: Arc::new(error) });
            }
            self.close_active();
            return Err(SpoolError::Unknown { path, error: Arc::new(error) });
        }
        if let Err(error) = active.file.sync() {
            tracing::error!(
                %error, path = %path.display(), frames,
                "the spool could not be synced: this file is written to no more"
            );
            // Nobody knows what is on disk. Cutting it off is an attempt, and nothing rests on it: the next
            // segment says where this one ends.
            let _ = active.file.cut(active.end);
            self.close_active();
            return Err(SpoolError::Unknown { path, error: Arc::new(error) });
        }
        active.end += length;
        active.events += events;
        Ok(())
    }

    fn begin_segment(&mut self) -> Result<Active, SpoolError> {
        let number = self.next_number;
        self.next_number += 1;
        let name = segment_name(number);
        let (origin_hash, first_sequence) = (self.origin_hash, self.next_sequence);
        let header = SegmentHeader { origin_hash, number, first_sequence }.to_bytes();
        let made = self.disk.open(&name, true).and_then(|file| {
            file.write_at(&header, 0)?;
            file.sync()?;
            self.disk.sync_names()?;
            Ok(file)
        });
        let file = made.map_err(|error| {
            tracing::error!(%error, name, "a segment of the spool could not be made");
            // An attempt: an empty segment is removed at the next opening.
            let _ = self.disk.remove(&name);
            SpoolError::Write { path: self.queue.dir.join(&name), error: Arc::new(error) }
        })?;
        let end = header.len() as u64;
        self.queue.change(|state| {
            state.segments.push_back(Segment {
                number,
                first_sequence,
                end_sequence: first_sequence,
                end,
                bytes_on_disk: end,
                frames: 0,
                events: 0,
                missing: 0,
            });
        });
        Ok(Active { number, file, end, events: 0 })
    }

    fn close_active(&mut self) {
        let Some(active) = self.active.take() else { return };
        let on_disk = active.file.len().unwrap_or(active.end);
        self.queue.change(|state| {
            if let Some(segment) = state.segments.back_mut() {
                segment.bytes_on_disk = on_disk;
            }
        });
    }

    /// Removes segments that are done with, first the oldest: what was shipped does not stay on this disk.
    fn reap(&mut self) {
        loop {
            let active = self.active.as_ref().map(|active| active.number);
            let Some(number) = self.queue.state().reapable(active) else { break };
            if active == Some(number) {
                self.active = None;
            }
            // First that it is done with, then that it is gone: else it would be missed.
            let name = segment_name(number);
            let removed = self.marks.sync().and_then(|()| match self.disk.remove(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            });
            if let Err(error) = removed.and_then(|()| self.disk.sync_names()) {
                tracing::error!(%error, name, "a part of the spool that was shipped could not be removed");
                self.queue.change(|state| state.reap_after = Some(Instant::now() + REAP_PAUSE));
                return;
            }
            self.queue.change(|state| {
                state.segments.retain(|segment| segment.number != number);
                state.reap_after = None;
            });
        }
    }
}

impl Drop for Writer {
    /// Whatever ends the thread, nobody waits for it for ever.
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

/// The file name of a segment.
pub(crate) fn segment_name(number: u64) -> String {
    format!("segment-{number:020}")
}

fn answer(job: Job, written: &Result<(), SpoolError>) {
    let Job { numbers, answer, .. } = job;
    // Whoever asked may have stopped waiting.
    let _ = answer.send(match written {
        Ok(()) => Ok(()),
        Err(error) => Err(NotKept { error: error.clone(), numbers }),
    });
}
