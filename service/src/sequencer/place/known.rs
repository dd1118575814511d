//! Numbers that were recorded before: what was answered then is answered again.

use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf, RecordedAt};

use super::super::{Placed, PreparedEvent, Refused};
use super::{Placer, unplaceable};
use crate::sessions::{Known, SessionKey};

impl Placer {
    /// For each event the answer that its number got before; `None` for a new one, and behind the end of
    /// the list all are new.
    pub(super) fn old_answers(
        &mut self,
        key: SessionKey,
        events: &[PreparedEvent],
        now: RecordedAt,
    ) -> Result<Vec<Option<Placed>>, Refused> {
        let session = self.sessions.session(key, now)?;
        let ended = session.ended;
        // What nearly every request is: numbers beyond all that were recorded.
        if ended.is_none() && session.runs.highest() < events.iter().map(|event| event.sequence).min() {
            return Ok(Vec::new());
        }
        let known: Vec<Known> = events.iter().map(|event| session.lookup(event.sequence)).collect();
        let mut old = Vec::with_capacity(events.len());
        for (position, (event, known)) in events.iter().zip(known).enumerate() {
            let sequence = event.sequence;
            old.push(match (known, ended) {
                (Known::Recorded(index), _) if self.event_id(index)? != event.event_id => {
                    return Err(Refused::Conflict { position, sequence, index });
                }
                (Known::Recorded(index), _) => Some(self.recorded_before(index)?),
                (Known::BeyondHorizon { highest }, _) => {
                    return Err(Refused::BeyondHorizon { position, sequence, highest });
                }
                (Known::New, Some(index)) => return Err(Refused::SessionEnded { index }),
                (Known::New, None) => None,
            });
        }
        Ok(old)
    }

    pub(super) fn recorded_before(&self, index: Index) -> Result<Placed, Refused> {
        let leaf_hash = match self.in_flight.entry(index) {
            Some(entry) => entry.leaf_hash,
            None => self.reader.leaf_hash(index).map_err(unplaceable)?,
        };
        Ok(Placed { index, leaf_hash, already_recorded: true })
    }

    fn event_id(&self, index: Index) -> Result<[u8; 16], Refused> {
        if let Some(entry) = self.in_flight.entry(index) {
            return Ok(entry.event_id);
        }
        let unreadable = |error: &dyn std::fmt::Display| Refused::Placing(format!("entry {index}: {error}"));
        let leaf = self.reader.leaf(index).map_err(|error| unreadable(&error))?;
        let body = Leaf::parse(&leaf).map_err(|error| unreadable(&error))?.body;
        let Some(Content::Access(mut record)) = read_body(body).map_err(|error| unreadable(&error))?.content
        else {
            return Err(unreadable(&"it is not an access"));
        };
        if record.confidential_seal.is_some() {
            let hidden = self.vault.hidden_record(index, &leaf).map_err(|error| unreadable(&error))?;
            record = hidden.ok_or_else(|| unreadable(&"what it hides was erased"))?;
        }
        <[u8; 16]>::try_from(&*record.event_id).map_err(|_| unreadable(&"its event_id is not 16 bytes"))
    }
}
