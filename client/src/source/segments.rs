//! The data folder of an einsichtd. `docs/format.md`, On disk.
//!
//! The service may be writing while this reads: whole frames never change, and what lies past the
//! entries asked for is not looked at.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use einsicht_tlog::hash::sha256;
use einsicht_tlog::note::NOTE_BYTES_MAX;
use einsicht_tlog::{Hash, Index, Size};
use futures::Stream;

use super::tiles::read_at_most;
use super::{Chunk, SourceError};

mod buffers;
mod hashes;
mod walk;

use hashes::UpperRows;
use walk::Walk;

/// Read at a time when reading in order: checked by one core, and small enough to stay in its cache. Frames
/// are usually far smaller.
const STREAM_BYTES: usize = 1024 * 1024;
/// Read at a time when reading here and there.
const RANDOM_BYTES: usize = 256 * 1024;
/// Chunks that wait for whoever checks them.
const CHUNKS_AHEAD: usize = 3;
/// Chunks kept for the next read nearby.
const RECENT_MAX: usize = 4;

/// A folder with `log/entries` and `log/checkpoint`.
pub(super) struct SegmentFolder {
    root: PathBuf,
    landmarks: Landmarks,
    recent: Mutex<VecDeque<Chunk>>,
    upper: Mutex<Option<Arc<UpperRows>>>,
}

/// Starts of frames that were met: from there, a frame is found without reading its whole segment.
#[derive(Default)]
struct Landmarks {
    /// First entry of the frame → first entry of its segment, and offset in that file.
    frames: Mutex<BTreeMap<u64, (Index, u64)>>,
}

impl SegmentFolder {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            landmarks: Landmarks::default(),
            recent: Mutex::default(),
            upper: Mutex::default(),
        }
    }

    pub fn checkpoint(&self) -> Result<Vec<u8>, SourceError> {
        read_at_most(&self.root.join("log/checkpoint"), NOTE_BYTES_MAX)
    }

    /// The entries `start..end`, from memory if they were near others that were read lately.
    pub fn chunk(&self, start: Index, end: Size) -> Result<Chunk, SourceError> {
        let known = lock(&self.recent).iter().find_map(|chunk| chunk.narrowed(start, end));
        if let Some(chunk) = known {
            return Ok(chunk);
        }
        let mut walk = Walk::open(self, start)?;
        let mut chunk = walk.read(RANDOM_BYTES)?;
        while walk.next() < Index(end.0) {
            chunk.extend(walk.read(RANDOM_BYTES)?);
        }
        let narrowed = chunk.narrowed(start, end).unwrap_or_else(|| Chunk::new(Vec::new()));
        let mut recent = lock(&self.recent);
        recent.push_front(chunk);
        recent.truncate(RECENT_MAX);
        Ok(narrowed)
    }

    /// The entries `start..size` in order, read ahead on a thread of its own.
    pub fn stream(
        self: Arc<Self>,
        start: Index,
        size: Size,
    ) -> impl Stream<Item = Result<Chunk, SourceError>> + use<> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(CHUNKS_AHEAD);
        tokio::task::spawn_blocking(move || {
            let mut walk = None;
            loop {
                let chunk = self.next_of_stream(&mut walk, start, size);
                let Some(chunk) = chunk.transpose() else { return };
                let failed = chunk.is_err();
                // Nobody listens any more: that is how a stream is given up.
                if sender.blocking_send(chunk).is_err() || failed {
                    return;
                }
            }
        });
        futures::stream::poll_fn(move |context| receiver.poll_recv(context))
    }

    /// How many whole entries there are past `size`. What does not check ends the count: it may be
    /// a commit that is being written.
    pub fn count_past(&self, size: Size) -> Result<u64, SourceError> {
        let mut walk = match Walk::open(self, size.next_index()) {
            Ok(walk) => walk,
            Err(SourceError::Malformed(_) | SourceError::Newer { .. }) => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut count = 0;
        loop {
            let chunk = match walk.read(STREAM_BYTES) {
                Ok(chunk) => chunk,
                Err(SourceError::Malformed(_) | SourceError::Newer { .. }) => return Ok(count),
                Err(error) => return Err(error),
            };
            for piece in
                chunk.pieces().iter().filter_map(|piece| piece.narrowed(Index(size.0), Size(u64::MAX)))
            {
                match piece.open() {
                    Ok(opened) => count += opened.leaves.len() as u64,
                    Err(_) => return Ok(count),
                }
            }
        }
    }

    fn next_of_stream<'f>(
        &'f self,
        walk: &mut Option<Walk<'f>>,
        start: Index,
        size: Size,
    ) -> Result<Option<Chunk>, SourceError> {
        if start >= size.next_index() {
            return Ok(None);
        }
        let walk = match walk {
            Some(walk) => walk,
            None => walk.insert(Walk::open(self, start)?),
        };
        if walk.next() >= size.next_index() {
            return Ok(None);
        }
        let chunk = walk.read(STREAM_BYTES)?;
        Ok(Some(Chunk::new(chunk.pieces().iter().filter_map(|piece| piece.narrowed(start, size)).collect())))
    }

    fn entries_folder(&self) -> PathBuf {
        self.root.join("log/entries")
    }

    /// Hash of the origin that the folder's checkpoint names: what segment headers must state.
    fn origin_hash(&self) -> Result<Hash, SourceError> {
        let note = self.checkpoint()?;
        Ok(sha256(note.split(|byte| *byte == b'\n').next().unwrap_or_default()))
    }
}

impl Landmarks {
    fn insert(&self, frame: Index, segment: Index, offset: u64) {
        lock(&self.frames).insert(frame.0, (segment, offset));
    }

    /// The frame nearest before `index` in the segment, and its offset.
    fn before(&self, index: Index, segment: Index) -> Option<(Index, u64)> {
        let frames = lock(&self.frames);
        let (first, (of, offset)) = frames.range(..=index.0).next_back()?;
        (*of == segment).then_some((Index(*first), *offset))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever was interrupted by a panic: these are caches, each change to which is complete.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
