//! Brings the session store up to the log at start.

use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf, RecordedAt, Size, bundle};

use super::LedgerError;
use crate::sessions::{HORIZON_SECONDS, SessionKey, SessionStep, SessionStore, Sessions};
use crate::storage::{LogReader, ReadError, Tip};

/// Entries read at a time, and between two writes to the store.
const CHUNK_ENTRIES: u64 = 4096;

/// Sessions that know everything up to the tip.
///
/// A store that reflects a prefix of this very log is caught up; any other one is begun anew, from
/// the oldest entry that still matters.
pub(super) fn catch_up(store: &SessionStore, reader: &LogReader, tip: &Tip) -> Result<Sessions, LedgerError> {
    let size = tip.size();
    let reflected = match store.head()? {
        Some(head) if head.size <= size && head.size.0 > 0 && reader.head(head.size)? == head => {
            Some(head.size.0)
        }
        _ => None,
    };
    let start = match reflected {
        Some(start) => start,
        None => {
            store.clear()?;
            first_within_horizon(reader, tip)?
        }
    };
    let mut sessions = Sessions::new(store.clone());
    let mut next = start;
    while next < size.0 {
        let count = CHUNK_ENTRIES.min(size.0 - next);
        for step in steps(reader, Index(next), count)? {
            sessions.apply(&step)?;
        }
        next += count;
        store.write(&sessions.take_changes(), &reader.head(Size(next))?)?;
        sessions.make_room(Index(next));
    }
    let swept = store.sweep(tip.recorded_at())?;
    tracing::info!(caught_up = size.0 - start, lapsed = swept, "sessions are up to date");
    Ok(sessions)
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

fn steps(reader: &LogReader, first: Index, count: u64) -> Result<Vec<SessionStep>, LedgerError> {
    let bytes = reader.bundle(first, usize::try_from(count).unwrap_or(usize::MAX))?;
    let mut steps = Vec::new();
    for (leaf, index) in bundle::entries(&bytes).zip(first.0..) {
        let leaf =
            leaf.map_err(|error| ReadError::Io { what: "an entry", error: std::io::Error::other(error) })?;
        let leaf = Leaf::parse(leaf)?;
        let (key, sequence) = match read_body(leaf.body)?.content {
            Some(Content::Access(record)) => {
                (SessionKey::new(&record.producer, &record.session), Some(record.sequence))
            }
            Some(Content::SessionEnd(end)) => (SessionKey::new(&end.producer, &end.session), None),
            _ => continue,
        };
        steps.push(SessionStep { key, sequence, index: Index(index), recorded_at: leaf.recorded_at });
    }
    Ok(steps)
}
