//! The folder that is damaged, made by the real service; and what its ledger answers when it is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use einsicht_access::read_body;
use einsicht_access::vault::WrappingKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_service::clock::SystemClock;
use einsicht_service::ledger::{self, Ledger, LedgerError, NewLedger, Opening};
use einsicht_service::sessions::SessionKey;
use einsicht_tlog::{Hash, Index, Leaf, Origin, TreeHead};
use tempfile::TempDir;

use crate::folder;
use crate::make::Session;
use crate::service::Service;

/// Small, so that there are several segments, with several commits each.
pub const SEGMENT_BYTES: u64 = 16 * 1024;
/// More than 256 entries, so that there is a hash on level 1.
const REQUESTS: usize = 30;
const EVENTS: usize = 9;

/// A whole data folder at rest.
pub struct Original {
    folder: TempDir,
    /// Size and root.
    pub head: TreeHead,
    /// Every leaf.
    pub leaves: Vec<Vec<u8>>,
    /// Every number that was recorded.
    pub numbers: Vec<Number>,
    /// The sessions that were ended, and the entry that did it.
    pub ended: Vec<(SessionKey, Index)>,
}

/// A number that was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    pub session: SessionKey,
    pub sequence: u64,
    pub event_id: [u8; 16],
    pub index: Index,
    pub leaf_hash: Hash,
}

impl Original {
    /// Has the real service record into a new folder, and stops it.
    pub fn make() -> Self {
        let folder = scratch();
        tokio::runtime::Runtime::new().unwrap().block_on(record(folder.path()));
        // Nothing was sealed: it opens nothing.
        fs::remove_file(folder.path().join("keys/wrapping.key")).unwrap();
        Self::look_into(folder)
    }

    /// A copy of a folder that is there.
    pub fn of(data: &Path) -> Self {
        let folder = scratch();
        folder::copy(data, folder.path());
        Self::look_into(folder)
    }

    /// Where it lies. Nothing may be changed there.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves a copy behind for whoever looks for a fault.
    pub fn keep(&self) -> PathBuf {
        let kept = tempfile::Builder::new().prefix("einsicht-damage-").tempdir().unwrap().keep();
        folder::copy(self.data(), &kept);
        kept
    }

    fn look_into(folder: TempDir) -> Self {
        let copy = scratch();
        folder::copy(folder.path(), copy.path());
        let ledger =
            open(copy.path()).unwrap_or_else(|error| panic!("the whole folder does not open: {error}"));
        let published = ledger.committer.published();
        let head = published.borrow().head;
        let read = |index| ledger.reader.leaf(Index(index)).unwrap();
        let leaves: Vec<_> = (0..head.size.0).map(read).collect();
        ledger.committer.finish();
        let (mut numbers, mut ended) = (Vec::new(), Vec::new());
        for (leaf, index) in leaves.iter().zip((0..).map(Index)) {
            let leaf_hash = einsicht_tlog::hash::leaf_hash(leaf);
            match read_body(Leaf::parse(leaf).unwrap().body).unwrap().content {
                Some(Content::Access(record)) => numbers.push(Number {
                    session: SessionKey::new(&record.producer, &record.session),
                    sequence: record.sequence,
                    event_id: (*record.event_id).try_into().unwrap(),
                    index,
                    leaf_hash,
                }),
                Some(Content::SessionEnd(end)) => {
                    ended.push((SessionKey::new(&end.producer, &end.session), index));
                }
                _ => {}
            }
        }
        assert!(!numbers.is_empty() && !ended.is_empty(), "too little was recorded");
        Self { folder, head, leaves, numbers, ended }
    }
}

/// A folder in memory where the machine has one: thousands of copies are made.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = tempfile::Builder::new().prefix("einsicht-torture-").tempdir_in(memory);
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

/// Opens a ledger as `einsichtd dev` does.
pub fn open(data: &Path) -> Result<Ledger, LedgerError> {
    ledger::open(Opening {
        data,
        keys: data.join("keys"),
        // Nothing is sealed: any key does.
        wrapping_key: Some(WrappingKey::new([3; 32])),
        clock: Arc::new(SystemClock::new()),
        accept_clock: false,
        new: NewLedger { origin: Origin::parse("torture.invalid/new").unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES,
        disk_reserve_bytes: 0,
    })
}

/// Three sessions: one with gaps and numbers out of order, one that ends, one that goes on. The service is
/// started twice: then sled has a snapshot, too.
async fn record(data: &Path) {
    let mut sessions = [Session::new(), Session::new(), Session::new()];
    for half in 0..2 {
        let service = Service::start(data, &["--segment-bytes", &SEGMENT_BYTES.to_string()]).await;
        for number in 0..REQUESTS / 2 {
            let mut request = sessions[number % 3].request(EVENTS);
            if number % 3 == 0 {
                request.first_sequence = (REQUESTS * (1 + half) - number) as u64 * 1_000;
            }
            service.record(request).await.unwrap();
        }
        if half == 1 {
            service.recorder().end_session(sessions[1].end()).await.unwrap();
            service.record(sessions[2].request(EVENTS)).await.unwrap();
        }
        service.terminate().await.expect(0, &[]);
    }
    assert!(
        folder::segments(data).len() >= 3 && fs::metadata(data.join("log/hashes/1")).unwrap().len() == 32
    );
}
