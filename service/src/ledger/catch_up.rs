//! Brings the session store up to the log at start.

use einsicht_access::read_body;
use einsicht_proto::v1::AccessRecord;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf, RecordedAt, Size, bundle};

use super::LedgerError;
use crate::annotations::{Known, Note};
use crate::sessions::{Change, HORIZON_SECONDS, SessionKey, SessionStep, SessionStore, Sessions};
use crate::storage::{LogReader, ReadError, Tip};
use crate::vault::{Vault, VaultError};

/// Entries read at a time, and between two writes to the store.
const CHUNK_ENTRIES: u64 = 4096;

/// The log, and what it hides.
pub(super) struct Log<'l> {
    pub reader: &'l LogReader,
    pub vault: &'l Vault,
}

/// Sessions that know everything up to the tip, and what its entries say about others, likewise.
///
/// A store that reflects a prefix of this very log is caught up; any other one is begun anew: sessions from the
/// oldest entry that still matters, annotations from the first.
pub(super) fn catch_up(
    store: &SessionStore,
    log: &Log<'_>,
    tip: &Tip,
) -> Result<(Sessions, Known), LedgerError> {
    let (size, reader) = (tip.size(), log.reader);
    let reflected = match store.head()? {
        // What could not be told then, perhaps can be now.
        _ if store.leaves_out()? => None,
        Some(head) if head.size <= size && head.size.0 > 0 && reader.head(head.size)? == head => {
            kept_notes(store)?.map(|known| (head.size.0, known))
        }
        _ => None,
    };
    let (start, sessions_start, mut known) = match reflected {
        Some((start, known)) => (start, start, known),
        None => {
            store.clear()?;
            (0, first_within_horizon(reader, tip)?, Known::default())
        }
    };
    let mut sessions = Sessions::new(store.clone());
    let mut next = start;
    while next < size.0 {
        let count = CHUNK_ENTRIES.min(size.0 - next);
        let Chunk { steps, notes, leaves_out } = log.read(Index(next), count, Index(sessions_start))?;
        steps.iter().try_for_each(|step| sessions.apply(step))?;
        next += count;
        let mut changes = sessions.take_changes();
        changes.extend(notes.iter().flat_map(Change::of_note));
        if leaves_out {
            store.leave_out()?;
        }
        store.write(&changes, &reader.head(Size(next))?)?;
        sessions.make_room(Index(next));
        known.extend(notes);
    }
    let swept = store.sweep(tip.recorded_at())?;
    tracing::info!(caught_up = size.0 - start, lapsed = swept, "sessions are up to date");
    Ok((sessions, known))
}

/// What the store kept of what entries say about others; `None` if that is damaged.
fn kept_notes(store: &SessionStore) -> Result<Option<Known>, LedgerError> {
    let mut known = Known::default();
    for kept in store.notes() {
        let (index, bytes) = kept?;
        match Note::parse(index, &bytes) {
            Some(note) => known.extend([note]),
            None => return Ok(None),
        }
    }
    Ok(Some(known))
}

/// By bisection: `recorded_at` never decreases.
fn first_within_horizon(reader: &LogReader, tip: &Tip) -> Result<u64, ReadError> {
    let oldest = RecordedAt(tip.recorded_at().0.saturating_sub(HORIZON_SECONDS));
    let (mut before, mut within) = (0, tip.size().0);
    while before < within {
        let middle = before + (within - before) / 2;
        if reader.recorded_at(Index(middle))? < oldest {
            before = middle + 1;
        } else {
            within = middle;
        }
    }
    Ok(within)
}

/// What a few entries tell.
#[derive(Default)]
struct Chunk {
    steps: Vec<SessionStep>,
    notes: Vec<Note>,
    /// Whether something could not be told that may be told at another start.
    leaves_out: bool,
}

/// What a confidential entry hides.
enum Hidden {
    Record(Box<AccessRecord>),
    /// Nobody will ever know.
    Gone,
    /// Perhaps when the disk or the keys are back.
    NotNow,
}

impl Log<'_> {
    /// Reads entries; those before `sessions_start` for what they say about others only.
    fn read(&self, first: Index, count: u64, sessions_start: Index) -> Result<Chunk, LedgerError> {
        let bytes = self.reader.bundle(first, usize::try_from(count).unwrap_or(usize::MAX))?;
        let mut chunk = Chunk::default();
        for (leaf, index) in bundle::entries(&bytes).zip((first.0..).map(Index)) {
            let leaf = leaf
                .map_err(|error| ReadError::Io { what: "an entry", error: std::io::Error::other(error) })?;
            let parts = Leaf::parse(leaf)?;
            chunk.notes.extend(Note::of(index, parts.recorded_at, parts.body)?);
            if index >= sessions_start {
                chunk.steps.extend(self.step(leaf, &parts, index, &mut chunk.leaves_out)?);
            }
        }
        Ok(chunk)
    }

    fn step(
        &self,
        leaf: &[u8],
        parts: &Leaf<'_>,
        index: Index,
        leaves_out: &mut bool,
    ) -> Result<Option<SessionStep>, LedgerError> {
        let of_access = |record: &AccessRecord| {
            (SessionKey::new(&record.producer, &record.session), Some(record.sequence))
        };
        let (key, sequence) = match read_body(parts.body)?.content {
            Some(Content::Access(record)) if record.confidential_seal.is_some() => {
                match self.hidden(index, leaf)? {
                    Hidden::Record(record) => of_access(&record),
                    Hidden::Gone => return Ok(None),
                    Hidden::NotNow => {
                        *leaves_out = true;
                        return Ok(None);
                    }
                }
            }
            Some(Content::Access(record)) => of_access(&record),
            Some(Content::SessionEnd(end)) => (SessionKey::new(&end.producer, &end.session), None),
            _ => return Ok(None),
        };
        Ok(Some(SessionStep { key, sequence, index, recorded_at: parts.recorded_at }))
    }

    /// Where the vault can't tell, the number of the event is not known: that is said, and recording goes on.
    fn hidden(&self, index: Index, leaf: &[u8]) -> Result<Hidden, LedgerError> {
        let (error, hidden) = match self.vault.hidden_record(index, leaf) {
            Ok(Some(record)) => return Ok(Hidden::Record(Box::new(record))),
            Ok(None) => return Ok(Hidden::Gone),
            Err(VaultError::NoKey { .. }) if self.vault.keyring().is_none() => {
                return Err(LedgerError::Hidden { index });
            }
            Err(error) if error.may_pass() => (error, Hidden::NotNow),
            Err(error) => (error, Hidden::Gone),
        };
        tracing::error!(
            entry = %index,
            "which event of which session this confidential entry is can't be told ({error}); if it is sent again, it is \
             recorded again"
        );
        Ok(hidden)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use einsicht_access::body_bytes;
    use einsicht_access::charter::parts_of;
    use einsicht_proto::v1::{Correction, EntryBody};
    use einsicht_tlog::Origin;

    use crate::annotations::Annotations;
    use crate::clock::ManualClock;
    use crate::ledger::{Ledger, NewLedger, Opening, Standby, stand_by};
    use crate::sessions::{Change, SessionStore};
    use crate::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};

    use super::*;

    fn standby(data: &Path) -> Standby {
        let origin = Origin::parse("catch-up.test/log").unwrap();
        let standby = stand_by(Opening {
            data: &data.join("data"),
            keys: data.join("keys"),
            wrapping_key: None,
            clock: Arc::new(ManualClock::at(1_795_365_600)),
            accept_clock: false,
            new: NewLedger { origin, simulated: false },
            segment_bytes_max: SEGMENT_BYTES_MAX,
            disk_reserve_bytes: RESERVE_BYTES,
        });
        standby.unwrap()
    }

    fn open(data: &Path) -> (Ledger, Annotations) {
        let standby = standby(data);
        let annotations = standby.annotations.clone();
        (standby.begin().unwrap(), annotations)
    }

    fn correct(ledger: &mut Ledger, index: u64) {
        let correction = Correction { index, ..Correction::default() };
        ledger
            .committer
            .record_own(&body_bytes(&EntryBody { content: Some(Content::Correction(correction)) }))
            .unwrap();
    }

    fn corrections(annotations: &Annotations) -> Vec<(u64, u64)> {
        let said = annotations.list(0..u64::MAX, Index(u64::MAX), None, 100).unwrap();
        said.iter().map(|said| (said.index.0, said.by.0)).collect()
    }

    #[test]
    fn what_entries_say_about_others_is_known_at_once_and_after_each_start() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("data/state");
        let (mut ledger, annotations) = open(folder.path());
        correct(&mut ledger, 0);
        assert_eq!(corrections(&annotations), [(0, 1)]);
        ledger.committer.finish();
        drop(ledger.lock);
        let (mut ledger, annotations) = open(folder.path());
        assert_eq!(corrections(&annotations), [(0, 1)], "kept");
        correct(&mut ledger, 1);
        assert_eq!(corrections(&annotations), [(0, 1), (1, 2)]);
        ledger.committer.finish();
        drop(ledger.lock);
        std::fs::remove_dir_all(&state).unwrap();
        let (ledger, annotations) = open(folder.path());
        assert_eq!(corrections(&annotations), [(0, 1), (1, 2)], "read from the log again");
        ledger.committer.finish();
        drop(ledger.lock);
        let store = SessionStore::open(&state).unwrap();
        let head = store.head().unwrap().unwrap();
        let note = Note::parse(Index(1), &[1, 0, 0, 0, 0, 0, 0, 0, 9]).unwrap();
        store.write(&Change::of_note(&note).collect::<Vec<_>>(), &head).unwrap();
        drop(store);
        let (ledger, annotations) = open(folder.path());
        assert_eq!(corrections(&annotations), [(1, 2), (9, 1)], "what was kept is not read again");
        ledger.committer.finish();
    }

    /// Calls are answered meanwhile. Whoever took the beginning for the whole would miss what comes later.
    #[test]
    fn nothing_is_known_of_what_entries_say_before_all_of_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (mut ledger, annotations) = open(folder.path());
        correct(&mut ledger, 0);
        let parts = parts_of(b"no charter")
            .into_iter()
            .map(|part| EntryBody { content: Some(Content::Charter(part)) });
        parts.for_each(|part| ledger.committer.record_own(&body_bytes(&part)).unwrap());
        assert_eq!(annotations.charters(Index(u64::MAX)).unwrap().len(), 1);
        ledger.committer.finish();
        drop(ledger.lock);
        let standby = standby(folder.path());
        let annotations = standby.annotations.clone();
        assert!(standby.begin().is_err(), "which charter is in force can't be told");
        assert!(annotations.charters(Index(u64::MAX)).is_err());
        assert!(annotations.list(0..u64::MAX, Index(u64::MAX), None, 100).is_err());
    }
}
