//! Who waits for whom.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::*;

/// A file whose syncs last until somebody says so, and fail where nobody does.
struct Slow {
    begun: Sender<()>,
    ends: Mutex<Receiver<()>>,
}

impl DataFile for Slow {
    fn byte_len(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Ok(0)
    }

    fn write_all_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.begun.send(()).unwrap();
        self.ends.lock().unwrap().recv_timeout(Duration::from_secs(20)).map_err(io::Error::other)
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_watermark_does_not_wait_for_who_records() {
    let (begun, is_begun) = channel();
    let (end, ends) = channel();
    let file = Arc::new(Slow { begun, ends: Mutex::new(ends) });
    let extent = Extent { end: 100, count_at: None, is_count_due: false };
    let month = "2026-11".parse().unwrap();
    let file = ClassFile::new(month, RetentionClass::NextYearEnd, file, (extent, 3), Rows::in_memory());
    let one = Pending { index: Index(7), leaf_hash: Hash([1; 32]), sealed: &[2; 60] };
    std::thread::scope(|scope| {
        let appending = scope.spawn(|| file.append(&[one]));
        is_begun.recv().unwrap();
        assert_eq!(file.overwritten(), 3);
        end.send(()).unwrap();
        assert!(appending.join().unwrap().is_ok(), "it waited until recording had ended");
    });
}
