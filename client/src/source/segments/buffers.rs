//! Buffers that are read into again and again: fresh memory from the system costs more than to read into it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::lock;

/// Most buffers that wait to be used again.
const SPARE_MAX: usize = 16;

/// Where buffers come from and return to.
#[derive(Clone, Default)]
pub(super) struct Buffers {
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A buffer that returns when it is dropped.
struct Borrowed {
    bytes: Vec<u8>,
    home: Buffers,
}

impl Buffers {
    /// An empty buffer, which may have room already.
    pub fn take(&self) -> Vec<u8> {
        lock(&self.spare).pop().unwrap_or_default()
    }

    /// What was read into a buffer; the last part of it that is dropped brings the buffer back.
    pub fn lend(&self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Borrowed { bytes, home: self.clone() })
    }
}

impl AsRef<[u8]> for Borrowed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut spare = lock(&self.home.spare);
        // One that a single frame made huge is not kept.
        if spare.len() < SPARE_MAX && bytes.capacity() <= 2 * super::STREAM_BYTES {
            spare.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_returns_with_its_room_when_nobody_reads_it_any_more() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.extend_from_slice(&[7; 1000]);
        let room = buffer.as_ptr();
        let lent = buffers.lend(buffer);
        let part = lent.slice(10..20);
        drop(lent);
        assert_eq!(buffers.take().capacity(), 0, "a part of it is in use");
        assert_eq!(part, [7; 10].as_slice());
        drop(part);
        let again = buffers.take();
        assert_eq!((again.as_ptr(), again.len()), (room, 0));
    }

    #[test]
    fn few_buffers_are_kept_and_no_huge_ones() {
        let buffers = Buffers::default();
        let lent: Vec<_> = (0..40).map(|_| buffers.lend(vec![0; 10])).collect();
        drop(buffers.lend(vec![0; 3 * super::super::STREAM_BYTES]));
        assert!(lock(&buffers.spare).is_empty());
        drop(lent);
        assert_eq!(lock(&buffers.spare).len(), SPARE_MAX);
    }
}
