//! The folder that is damaged, made by the real service; and what its ledger answers when it is whole.

mod past;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::{Openings, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, EraseRequest, Subject};
use einsicht_service::clock::SystemClock;
use einsicht_service::ledger::{self, Ledger, NewLedger, Opening};
use einsicht_service::sessions::SessionKey;
use einsicht_service::vault::VaultError;
use einsicht_service::wrapping_key::WrappingKeySource;
use einsicht_tlog::{Hash, Index, Leaf, Origin, TreeHead};
use tempfile::TempDir;

use crate::folder;
use crate::make::{Session, event};
use crate::service::Service;

/// Small, so that there are several segments, with several commits each.
pub const SEGMENT_BYTES: u64 = 16 * 1024;
/// More than 256 entries, so that there is a hash on level 1.
const REQUESTS: usize = 30;
const EVENTS: usize = 9;
/// Which of them is personal.
const PERSONAL: usize = 4;

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
    /// What is sealed of each entry.
    pub openings: BTreeMap<u64, Openings>,
    /// The entries whose sealed values were erased as a whole.
    pub erased: Vec<u64>,
    /// The vault as it was when half was recorded.
    older: Option<TempDir>,
}

/// A number that was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    pub session: SessionKey,
    pub sequence: u64,
    pub event_id: [u8; 16],
    pub index: Index,
    pub leaf_hash: Hash,
    /// Whether its record is hidden as a whole.
    pub is_hidden: bool,
}

impl Original {
    /// Has the real service record into a new folder, and stops it.
    pub fn make() -> Self {
        let (folder, older) = (scratch(), scratch());
        tokio::runtime::Runtime::new().unwrap().block_on(record(folder.path(), older.path()));
        Self { older: Some(older), ..Self::look_into(folder) }
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

    /// The vault as it was when half was recorded, where that is known.
    pub fn older(&self) -> Option<&Path> {
        self.older.as_ref().map(TempDir::path)
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
        let (mut numbers, mut ended, mut openings, mut erased) =
            (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
        for (leaf, index) in leaves.iter().zip((0..).map(Index)) {
            let leaf_hash = einsicht_tlog::hash::leaf_hash(leaf);
            let body = read_body(Leaf::parse(leaf).unwrap().body).unwrap();
            if nonce_of(&body).is_some() {
                match ledger.vault.openings(index, leaf) {
                    Ok(found) => drop(openings.insert(index.0, found.openings)),
                    Err(VaultError::Erased { .. }) => erased.push(index.0),
                    Err(error) => panic!("the whole folder has openings that can't be read: {error}"),
                }
            }
            let number = |record: &AccessRecord, is_hidden| Number {
                session: SessionKey::new(&record.producer, &record.session),
                sequence: record.sequence,
                event_id: (*record.event_id).try_into().unwrap(),
                index,
                leaf_hash,
                is_hidden,
            };
            match body.content {
                Some(Content::Access(record)) if record.confidential_seal.is_some() => {
                    numbers.push(number(&ledger.vault.hidden_record(index, leaf).unwrap().unwrap(), true));
                }
                Some(Content::Access(record)) => numbers.push(number(&record, false)),
                Some(Content::SessionEnd(end)) => {
                    ended.push((SessionKey::new(&end.producer, &end.session), index));
                }
                _ => {}
            }
        }
        ledger.committer.finish();
        let is_enough =
            !numbers.is_empty() && !ended.is_empty() && !openings.is_empty() && !erased.is_empty();
        assert!(is_enough, "too little was recorded");
        Self { folder, head, leaves, numbers, ended, openings, erased, older: None }
    }
}

/// A folder in memory where the machine has one: thousands of copies are made.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = tempfile::Builder::new().prefix("einsicht-torture-").tempdir_in(memory);
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

/// Opens a ledger as `einsichtd dev` does.
///
/// # Errors
/// Why it does not open.
pub fn open(data: &Path) -> Result<Ledger, Box<dyn std::error::Error>> {
    let ledger = ledger::open(Opening {
        data,
        keys: data.join("keys"),
        wrapping_key: Some(WrappingKeySource::File(wrapping_key(data)).read()?),
        clock: Arc::new(SystemClock::new()),
        accept_clock: false,
        new: NewLedger { origin: Origin::parse("torture.invalid/new").unwrap(), simulated: false },
        segment_bytes_max: SEGMENT_BYTES,
        disk_reserve_bytes: 0,
    });
    Ok(ledger?)
}

/// Where `dev` keeps the wrapping key.
pub fn wrapping_key(data: &Path) -> PathBuf {
    data.join("keys/wrapping.key")
}

/// Three sessions: one with gaps and numbers out of order, one that ends, one that goes on. Something of one event in
/// nine is sealed, and something of that erased. The service is started twice: then sled has a snapshot, too.
async fn record(data: &Path, older: &Path) {
    let mut sessions = [Session::new(), Session::new(), Session::new()];
    let mut personal = Vec::new();
    past::begin(data);
    for half in 0..2 {
        let arguments = ["--accept-clock", "--segment-bytes", &SEGMENT_BYTES.to_string()];
        let service = Service::start(data, &arguments).await;
        for number in 0..REQUESTS / 2 {
            let mut request = sessions[number % 3].request_of(events(number));
            if number % 3 == 0 {
                request.first_sequence = (REQUESTS * (1 + half) - number) as u64 * 1_000;
            }
            let answer = service.record(request).await.unwrap();
            personal.push(answer.recorded[PERSONAL].index);
        }
        if half == 1 {
            service.recorder().end_session(sessions[1].end()).await.unwrap();
            service.record(sessions[2].request_of(events(1))).await.unwrap();
        }
        // Some of one entry, all of another one.
        for (position, fields) in [(1, vec!["actor".to_owned()]), (2, Vec::new())] {
            let request =
                EraseRequest { index: personal[position + half * 5], fields, ground: "trial".to_owned() };
            service.steward_apart().erase(request).await.unwrap();
        }
        service.terminate().await.expect(0, &[]);
        if half == 0 {
            folder::copy(data, older);
        }
    }
    past::erase_class(data);
    assert!(
        folder::segments(data).len() >= 3 && fs::metadata(data.join("log/hashes/1")).unwrap().len() == 32
    );
}

/// The events of a request: one of them has sealed values, or hides all of it.
fn events(number: usize) -> Vec<AccessEvent> {
    let mut events: Vec<_> = (0..EVENTS).map(|_| event()).collect();
    events[PERSONAL] = AccessEvent {
        actor: Some("kornblum".to_owned()),
        subjects: vec![Subject { scheme: "person".to_owned(), id: number.to_string() }],
        justification: Some("application".repeat(1 + number)),
        confidential_until_day: (number % 8 == 3).then_some(40_000),
        ..event()
    };
    events
}
