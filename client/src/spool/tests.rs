//! What a spool promises, against disks that fail, forget and rot.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use einsicht_proto::v1::{AccessEvent, RecordRequest};
use proptest::prelude::*;

use super::config::SpoolConfig;
use super::error::SpoolError;
use super::folder::Opened;
use super::handle::Spool;
use super::marks::Marks;
use super::memory::{Done, Left, MemoryDisk};
use super::queue::Queue;
use super::reader::{Content, Reader};
use crate::session::Sessions;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An open spool, and what became of what was put in.
struct Run {
    disk: MemoryDisk,
    queue: Arc<Queue>,
    marks: Arc<Marks>,
    spool: Spool,
    reader: Reader,
    sessions: Sessions,
    /// Numbers of events.
    kept: Vec<u64>,
    unknown: Vec<u64>,
    shipped: Vec<u64>,
}

fn config() -> SpoolConfig {
    let mut config = SpoolConfig::new(Path::new("spool"));
    // Three frames fill a segment.
    config.segment_bytes_max = 400;
    config
}

impl Run {
    fn open(disk: &MemoryDisk) -> Result<Self, SpoolError> {
        let opened = Opened::new(Arc::new(disk.clone()), &config(), "ledger.example", None)?;
        let Opened { queue, marks, reader, .. } = opened;
        Ok(Self {
            disk: disk.clone(),
            spool: Spool::unshipped(queue.clone(), &config()),
            queue,
            marks,
            reader,
            sessions: Sessions::new(DAY),
            kept: Vec::new(),
            unknown: Vec::new(),
            shipped: Vec::new(),
        })
    }

    /// Puts in a request that can be told from all others.
    async fn put(&mut self, number: u64) {
        let events = vec![AccessEvent { purpose: format!("zweck-{number}"), ..AccessEvent::default() }];
        let numbers = self.sessions.take_for(&events).unwrap();
        let session = vec![7; 16].into();
        let request = RecordRequest { session, first_sequence: number, events, ..RecordRequest::default() };
        match self.spool.put_sent(&request, numbers, false).await.map_err(|not_kept| not_kept.error) {
            Ok(()) => self.kept.push(number),
            Err(SpoolError::Unknown { .. }) => self.unknown.push(number),
            Err(SpoolError::Write { .. } | SpoolError::Full { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Ships up to `count` frames, and waits until the writer has removed what it can.
    fn ship(&mut self, count: usize) {
        for number in self.read(count) {
            self.shipped.push(number);
        }
        let is_settled = || {
            let state = self.queue.state();
            state.reapable(None).is_none() || state.reap_after.is_some()
        };
        while !is_settled() {
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// Takes frames out, as the shipper does.
    fn read(&mut self, count: usize) -> Vec<u64> {
        let mut read = Vec::new();
        while read.len() < count {
            let Some(batch) = self.reader.batch(1).unwrap() else { break };
            let Content::Record(request) = &batch.content else { panic!("{:?}", batch.content) };
            assert_eq!(request.events[0].purpose, format!("zweck-{}", request.first_sequence));
            read.push(request.first_sequence);
            self.marks.raise(|bounds| bounds.shipped = batch.until());
            self.reader.done(1);
            self.queue.change(|state| state.ship(batch.segment, batch.until(), 1, batch.events()));
        }
        read
    }

    fn missing(&self) -> u64 {
        self.spool.status().missing_requests
    }
}

/// Puts in and ships; 25 frames in several segments.
async fn script(disk: &MemoryDisk) -> Option<Run> {
    let mut run = Run::open(disk).ok()?;
    for number in 0..25 {
        run.put(number).await;
        if number % 7 == 6 {
            run.ship(4);
        }
    }
    Some(run)
}

/// What a process finds that opens the folder afterwards: everything that was kept and not shipped, in
/// order, nothing changed, nothing that was refused, no false alarm.
fn check_next(run: &Run, disk: &MemoryDisk, what: &str) {
    let mut next = Run::open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let before = format!("{:?}", next.queue.state().segments);
    let found = next.read(1000);
    let waiting: Vec<u64> = run.kept.iter().copied().filter(|number| !run.shipped.contains(number)).collect();
    let expected = |number: &u64| run.kept.contains(number) || run.unknown.contains(number);
    assert!(found.is_sorted_by(|a, b| a < b), "{what}: {found:?}");
    assert!(
        found.iter().all(expected),
        "{what}: found {found:?}, kept {:?}, unknown {:?}",
        run.kept,
        run.unknown
    );
    assert!(
        waiting.iter().all(|number| found.contains(number)),
        "{what}: found {found:?}, waiting {waiting:?} {before} {:?}",
        disk.files("")
    );
    assert_eq!(next.missing(), 0, "{what}");
    assert_eq!(next.spool.status().events, 0, "{what}");
}

fn check_all(run: &Run, what: &str) {
    check_next(run, &run.disk.after_kill(), &format!("{what}, killed"));
    for left in [Left::Nothing, Left::Everything].into_iter().chain((1..6).map(Left::Some)) {
        check_next(run, &run.disk.after_power_loss(left), &format!("{what}, power lost, {left:?} left"));
    }
}

#[tokio::test]
async fn whatever_write_fails_nothing_that_was_kept_is_lost_and_nothing_else_is_shipped() {
    let run = script(&MemoryDisk::default()).await.unwrap();
    let operations = run.disk.operations();
    assert_eq!((run.kept.len(), run.shipped.len()), (25, 12));
    assert!(operations > 60, "{operations}");
    for operation in 0..operations {
        for done in [Done::Nothing, Done::Half, Done::All] {
            let disk = MemoryDisk::default();
            disk.fail(operation, done);
            let Some(mut run) = script(&disk).await else { continue };
            let what = format!("operation {operation}, {done:?} done");
            // It recovers: at most what was in the failing write is not kept.
            assert!(run.kept.len() >= 24, "{what}: {:?}", run.kept);
            check_all(&run, &what);
            // And goes on shipping what it kept, in order.
            let rest = run.read(1000);
            run.shipped.extend(rest);
            assert_eq!(run.shipped, run.kept, "{what}");
        }
    }
}

#[tokio::test]
async fn whenever_the_power_goes_nothing_that_was_kept_is_lost() {
    let operations = script(&MemoryDisk::default()).await.unwrap().disk.operations();
    for operation in 0..operations {
        let disk = MemoryDisk::default();
        disk.power_off_before(operation);
        let Some(run) = script(&disk).await else { continue };
        check_all(&run, &format!("power off before operation {operation}"));
    }
}

#[tokio::test]
async fn a_torn_end_that_nobody_was_told_of_is_cut_off() {
    let mut run = Run::open(&MemoryDisk::default()).unwrap();
    for number in 0..2 {
        run.put(number).await;
    }
    let segment = run.disk.files("segment-").pop().unwrap();
    let disk = run.disk.after_kill();
    let whole = disk.bytes(&segment).len();
    disk.edit(&segment, |bytes| bytes.extend_from_slice(b"SPLF, and then the process was killed"));
    let mut next = Run::open(&disk).unwrap();
    assert_eq!(disk.bytes(&segment).len(), whole);
    assert_eq!((next.read(10), next.missing()), (vec![0, 1], 0));
    assert_eq!(disk.files("damaged-"), Vec::<String>::new());
}

#[tokio::test]
async fn a_spool_of_another_ledger_is_refused() {
    let mut run = Run::open(&MemoryDisk::default()).unwrap();
    run.put(0).await;
    let disk = Arc::new(run.disk.after_kill());
    let refused = Opened::new(disk, &config(), "other.example", None).err().unwrap();
    assert!(matches!(refused, SpoolError::OtherLedger { .. }), "{refused}");
}

#[tokio::test]
async fn frames_of_one_session_without_gaps_become_one_request() {
    let mut run = Run::open(&MemoryDisk::default()).unwrap();
    for number in [0, 1, 2, 4, 5, 3] {
        run.put(number).await;
    }
    let mut requests = Vec::new();
    while let Some(batch) = run.reader.batch(1000).unwrap() {
        let Content::Record(request) = &batch.content else { panic!() };
        requests.push((request.first_sequence, request.events.len()));
        run.reader.done(batch.frames.len());
    }
    // A segment ends after three.
    assert_eq!(requests, [(0, 3), (4, 2), (3, 1)]);
}

/// Damage at rest: in a spool of 10 frames, some of them shipped.
async fn damaged(edit: impl FnOnce(&MemoryDisk)) -> (Vec<u64>, MemoryDisk, Result<Run, SpoolError>) {
    let mut run = Run::open(&MemoryDisk::default()).unwrap();
    for number in 0..10 {
        run.put(number).await;
    }
    run.ship(4);
    let waiting = (4..10).collect();
    let disk = run.disk.after_kill();
    edit(&disk);
    let next = Run::open(&disk);
    (waiting, disk, next)
}

fn check_damage(waiting: &[u64], disk: &MemoryDisk, mut run: Run, what: &str) {
    let found = run.read(1000);
    let again = found.iter().filter(|number| !waiting.contains(number));
    assert!(again.clone().all(|number| *number < 4), "{what}: {found:?}");
    let lost = waiting.iter().filter(|number| !found.contains(number)).count() as u64;
    assert!(run.missing() >= lost, "{what}: {lost} lost, {} reported", run.missing());
    if lost > 0 {
        let status = run.spool.status();
        assert!(status.missing_requests > 0, "{what}");
    }
    assert_eq!(run.spool.status().events, 0, "{what}");
    assert!(found.is_sorted_by(|a, b| a < b), "{what}: {found:?}");
    drop(disk.files("damaged-"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_flipped_byte_loses_a_frame_silently_or_ships_a_changed_one(file: prop::sample::Index, byte: prop::sample::Index, flip in 1u8..) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut what = String::new();
            let (waiting, disk, run) = damaged(|disk| {
                let files = disk.files("");
                let name = &files[file.index(files.len())];
                let byte = byte.index(disk.bytes(name).len());
                what = format!("{name} byte {byte}");
                disk.edit(name, |bytes| bytes[byte] ^= flip);
            }).await;
            check_damage(&waiting, &disk, run.unwrap(), &what);
        });
    }

    #[test]
    fn no_cut_loses_a_frame_silently(file: prop::sample::Index, length: prop::sample::Index) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut what = String::new();
            let (waiting, disk, run) = damaged(|disk| {
                let files = disk.files("segment-");
                let name = &files[file.index(files.len())];
                let length = length.index(disk.bytes(name).len());
                what = format!("{name} cut to {length}");
                disk.edit(name, |bytes| bytes.truncate(length));
            }).await;
            check_damage(&waiting, &disk, run.unwrap(), &what);
        });
    }
}
