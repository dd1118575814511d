//! Readers are served while the service still reads its log: they are told all that entries say about others, or that
//! this is not known yet. Never a part of it.

use einsicht_access::body_bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{CharterPart, Correction, EntryBody};
use einsicht_tlog::Index;
use tempfile::TempDir;

use super::super::charters::{charter, judged};
use super::super::harness::run;
use super::{LOW, NotYet, Recording, stand_by};
use crate::annotations::NotKnown;
use crate::ledger::Standby;
use crate::sequencer::{Later, Work};
use crate::storage::RESERVE_BYTES;
use crate::storage::memory::MemoryFolder;

/// More entries than are read at a time.
const ENTRIES: u64 = 5000;

struct Waiting {
    folder: MemoryFolder,
    standby: Standby,
    later: Later,
    _state: TempDir,
}

fn own(content: Content) -> Work {
    Work::Own { body: body_bytes(&EntryBody { content: Some(content) }), sealed: None }
}

/// A ledger with these entries behind its genesis, opened again where there is no room to record, and without what was
/// kept beside its log: that is read from its beginning.
fn waits_for_room(work: Vec<Work>) -> Waiting {
    let (state, folder) = (tempfile::tempdir().unwrap(), MemoryFolder::default());
    let mut ledger = stand_by(&folder, &state, RESERVE_BYTES).unwrap().begin().unwrap();
    work.into_iter().for_each(|work| drop(ledger.committer.record_now(vec![work]).unwrap()));
    ledger.committer.finish();
    folder.set_space(LOW);
    let state = tempfile::tempdir().unwrap();
    let mut standby = stand_by(&folder, &state, RESERVE_BYTES).unwrap();
    let Recording::Later(later) = standby.serve().unwrap() else { panic!("it records below the reserve") };
    Waiting { folder, standby, later, _state: state }
}

impl Waiting {
    /// How many charters and corrections are known.
    fn counts(&self) -> Result<(usize, usize), NotKnown> {
        let (end, annotations) = (self.standby.head().size.next_index(), &self.standby.annotations);
        let corrections = annotations.list(0..u64::MAX, end, None, 100)?.len();
        Ok((annotations.charters(end)?.len(), corrections))
    }
}

#[test]
fn what_was_read_of_a_log_before_its_end_is_not_told() {
    let correction = || own(Content::Correction(Correction { index: 1, ..Correction::default() }));
    let accesses = judged(run(1, 0, ENTRIES), Some(1));
    let mut waiting = waits_for_room(vec![charter(1), correction(), accesses, correction(), charter(1)]);
    let mut segments = waiting.folder.paths();
    segments.retain(|path| path.starts_with("log/entries/"));
    let last = segments.iter().max().unwrap();
    waiting.folder.free();
    waiting.folder.break_file(last);
    assert!(matches!((waiting.later.begin)(), Err(NotYet::Failed(_))));
    assert_eq!(waiting.counts(), Err(NotKnown));
    assert!(waiting.standby.charters.to_judge_by().is_none());
    waiting.folder.mend(last);
    let committer = (waiting.later.begin)().unwrap();
    assert_eq!(waiting.counts(), Ok((2, 2)));
    assert_eq!(
        waiting.standby.charters.to_judge_by().map(|charter| charter.place.last),
        Some(Index(ENTRIES + 4))
    );
    committer.finish();
}

/// Else an event would be said to be judged by none.
#[test]
fn that_there_are_charters_is_not_told_before_the_one_in_force_is_read() {
    let text = Content::Charter(CharterPart {
        part: 1,
        parts: 1,
        sha256: vec![7; 32].into(),
        text: "no charter".into(),
    });
    let mut waiting = waits_for_room(vec![own(text)]);
    waiting.folder.free();
    assert!(matches!((waiting.later.begin)(), Err(NotYet::Failed(_))));
    assert_eq!(waiting.counts(), Err(NotKnown));
}
