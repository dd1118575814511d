//! Places one submission in the open commit: known numbers get their old answer, new ones an index.

use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{Index, Leaf, RecordedAt};

use super::Committer;
use crate::sequencer::{Placed, PreparedEvent, Refused, Work};
use crate::sessions::{Known, SessionKey, SessionStep};
use crate::storage::Growth;

/// The commit that is being put together.
pub(super) struct OpenCommit {
    pub first: Index,
    pub recorded_at: RecordedAt,
    pub frame: FrameBuilder,
    pub growth: Growth,
    /// Event id of each entry, so that one sent twice within a commit is recognised.
    pub event_ids: Vec<[u8; 16]>,
}

impl Committer {
    pub(super) fn place_work(&mut self, work: &Work, open: &mut OpenCommit) -> Result<Vec<Placed>, Refused> {
        match work {
            Work::Accesses { session, events } => self.place_accesses(*session, events, open),
            Work::SessionEnd { session, last_sequence, body } => {
                self.place_end(*session, *last_sequence, body, open)
            }
            Work::Own { body } => Ok(vec![self.admit(body, [0; 16], open)?]),
        }
    }

    /// All or nothing: every number is looked up, and every old answer found, before any event is
    /// admitted.
    fn place_accesses(
        &mut self,
        key: SessionKey,
        events: &[PreparedEvent],
        open: &mut OpenCommit,
    ) -> Result<Vec<Placed>, Refused> {
        let session = self.parts.sessions.session(key, open.recorded_at)?;
        let ended = session.ended;
        let known: Vec<Known> = events.iter().map(|event| session.lookup(event.sequence)).collect();
        let mut old = Vec::with_capacity(events.len());
        for (position, (event, known)) in events.iter().zip(known).enumerate() {
            let sequence = event.sequence;
            old.push(match (known, ended) {
                (Known::Recorded(index), _) if self.event_id(index, open)? != event.event_id => {
                    return Err(Refused::Conflict { position, sequence, index });
                }
                (Known::Recorded(index), _) => Some(self.recorded_before(index, open)?),
                (Known::BeyondHorizon { highest }, _) => {
                    return Err(Refused::BeyondHorizon { position, sequence, highest });
                }
                (Known::New, Some(index)) => return Err(Refused::SessionEnded { index }),
                (Known::New, None) => None,
            });
        }
        let mut placed = Vec::with_capacity(events.len());
        for (event, old) in events.iter().zip(old) {
            placed.push(match old {
                Some(entry) => entry,
                None => {
                    let entry = self.admit(&event.body, event.event_id, open)?;
                    self.step(key, Some(event.sequence), entry.index, open)?;
                    entry
                }
            });
        }
        Ok(placed)
    }

    fn place_end(
        &mut self,
        key: SessionKey,
        last_sequence: Option<u64>,
        body: &[u8],
        open: &mut OpenCommit,
    ) -> Result<Vec<Placed>, Refused> {
        let session = self.parts.sessions.session(key, open.recorded_at)?;
        if let Some(index) = session.ended {
            return Ok(vec![self.recorded_before(index, open)?]);
        }
        match session.runs.highest() {
            Some(highest) if last_sequence < Some(highest) => {
                return Err(Refused::EndBelowHighest { highest });
            }
            _ => {}
        }
        let entry = self.admit(body, [0; 16], open)?;
        self.step(key, None, entry.index, open)?;
        Ok(vec![entry])
    }

    /// Appends one body to the commit.
    fn admit(&mut self, body: &[u8], event_id: [u8; 16], open: &mut OpenCommit) -> Result<Placed, Refused> {
        let tip = &mut self.parts.tip;
        let index = tip.next_index();
        let leaf = Leaf { previous: tip.previous(), recorded_at: open.recorded_at, body };
        // Bodies were measured when they were prepared: neither of these can fail on them.
        let unwritable = |error: String| Refused::Placing(error);
        let bytes = leaf.to_bytes().map_err(|error| unwritable(error.to_string()))?;
        let offset = open.frame.push(&bytes).map_err(|error| unwritable(error.to_string()))? as u64;
        tip.admit(&bytes, offset, &mut open.growth).map_err(|error| unwritable(error.to_string()))?;
        open.event_ids.push(event_id);
        Ok(Placed { index, leaf_hash: tip.previous(), already_recorded: false })
    }

    fn step(
        &mut self,
        key: SessionKey,
        sequence: Option<u64>,
        index: Index,
        open: &OpenCommit,
    ) -> Result<(), Refused> {
        let recorded_at = open.recorded_at;
        Ok(self.parts.sessions.apply(&SessionStep { key, sequence, index, recorded_at })?)
    }

    fn recorded_before(&self, index: Index, open: &OpenCommit) -> Result<Placed, Refused> {
        let leaf_hash = match open.position(index) {
            Some(position) => open.growth.leaf_hashes.get(position).copied().unwrap_or_default(),
            None => self.reader.leaf_hash(index).map_err(|error| Refused::Placing(error.to_string()))?,
        };
        Ok(Placed { index, leaf_hash, already_recorded: true })
    }

    fn event_id(&self, index: Index, open: &OpenCommit) -> Result<[u8; 16], Refused> {
        if let Some(id) = open.position(index).and_then(|position| open.event_ids.get(position)) {
            return Ok(*id);
        }
        let unreadable = |error: &dyn std::fmt::Display| Refused::Placing(format!("entry {index}: {error}"));
        let leaf = self.reader.leaf(index).map_err(|error| unreadable(&error))?;
        let leaf = Leaf::parse(&leaf).map_err(|error| unreadable(&error))?;
        let body = read_body(leaf.body).map_err(|error| unreadable(&error))?;
        match body.content {
            Some(Content::Access(record)) => <[u8; 16]>::try_from(&*record.event_id)
                .map_err(|_| unreadable(&"its event_id is not 16 bytes")),
            _ => Err(unreadable(&"it is not an access")),
        }
    }
}

impl OpenCommit {
    /// Position in this commit, if the entry is in it.
    fn position(&self, index: Index) -> Option<usize> {
        index.0.checked_sub(self.first.0).and_then(|position| usize::try_from(position).ok())
    }
}
