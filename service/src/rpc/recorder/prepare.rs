//! From a request to what is placed: validated whole, serialised, and sealed where something is personal.
//!
//! Everything here is done side by side for many requests. What is sealed is prepared for the month in which it will
//! be recorded; the sequencer, who gives the time, sends back what has missed it.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::event::Sealing;
use einsicht_access::{EventView, Month, Provenance, validate_views};
use einsicht_proto::unread::RecordRequest;
use einsicht_tlog::Size;
use tonic::Status;

use super::super::recorded::Wanted;
use super::super::{Shared, status};
use crate::auth::Session;
use crate::config::Rules;
use crate::sealing::{Batch, Keys, SealingError, classes};
use crate::sequencer::Work;

/// A request that can be recorded.
pub(super) struct Prepared {
    pub wanted: Wanted,
    /// `None` where the keys of the month have to be made first.
    pub work: Option<Work>,
    /// What is sealed anew if the month ends; `None` if nothing is personal.
    pub again: Option<Again>,
}

/// The events of a request, to be sealed for a month.
pub(super) struct Again {
    sent: Vec<Bytes>,
    session: Bytes,
    first_sequence: u64,
    producer: Arc<str>,
    rules: Arc<Rules>,
    month: Month,
}

/// Validates a request as a whole and serialises its entries. Its events are read where they lie.
pub(super) fn prepare(shared: &Shared, caller: &Session, request: RecordRequest) -> Result<Prepared, Status> {
    let RecordRequest { session, first_sequence, events: sent, with_proofs, known_size } = request;
    let rules = shared.custody.rules();
    let keyring = shared.custody.keyring().ok();
    let sealing = match keyring {
        Some(_) => Sealing::On { schemes: &rules.schemes },
        None => Sealing::Off,
    };
    let now_us = shared.clock.unix_us();
    let events = read(&sent)?;
    validate_views(&session, first_sequence, &events, now_us, sealing)
        .map_err(|error| status::of_batch(&error))?;
    caller.may_record(&events).map_err(|refusal| status::of_refusal(&refusal))?;
    // Found out later, when the proof is built, the events would be recorded already. The published
    // size only grows, so the proof can be given then.
    let published = shared.sequencer.published().borrow().head.size;
    if Size(known_size) > published {
        return Err(status::knows_more(known_size, published));
    }
    let producer = &caller.caller().name;
    let wanted = Wanted { proofs: with_proofs, known_size: Size(known_size) };
    let provenance = Provenance { producer, session: &session, sequence: first_sequence };
    let keys = match keyring {
        Some(keyring) if events.iter().any(EventView::needs_sealing) => {
            let month = shared.custody.month().map_err(|error| status::of_custody(&error))?;
            Some((month, Keys::cached(keyring, month, &classes(&events, &rules.retention))))
        }
        _ => None,
    };
    let batch =
        Batch { events: &events, provenance, retention: &rules.retention, origin: shared.custody.origin() };
    let sealed = |keys: Option<&Keys>| batch.seal(keys).map_err(|error| status::of_sealing(&error));
    let work = match &keys {
        None => Some(sealed(None)?),
        Some((_, Some(keys))) => Some(sealed(Some(keys))?),
        Some((_, None)) => None,
    };
    let month = keys.map(|(month, _)| month);
    let producer = Arc::clone(producer);
    let again = month.map(|month| Again { sent, session, first_sequence, producer, rules, month });
    Ok(Prepared { wanted, work, again })
}

impl Again {
    /// From now on they are sealed for another month, and others are at once.
    pub fn turn_to(&mut self, month: Month, shared: &Shared) {
        shared.custody.has_begun(month);
        self.month = month;
    }

    /// Seals them; makes the keys of the month if there are none.
    pub async fn seal(&self, shared: &Shared) -> Result<Work, Status> {
        let events = read(&self.sent)?;
        let (month, retention) = (self.month, &self.rules.retention);
        let classes = classes(&events, retention);
        let keyring = shared.custody.keyring().map_err(|error| status::of_custody(&error))?;
        let keys = match Keys::cached(keyring, month, &classes) {
            Some(keys) => Ok(keys),
            None => {
                let keyring = Arc::clone(keyring);
                let made = tokio::task::spawn_blocking(move || Keys::make(&keyring, month, &classes)).await;
                made.unwrap_or(Err(SealingError::Disorder))
            }
        };
        let keys = keys.map_err(|error| status::of_sealing(&error))?;
        let provenance =
            Provenance { producer: &self.producer, session: &self.session, sequence: self.first_sequence };
        let batch = Batch { events: &events, provenance, retention, origin: shared.custody.origin() };
        batch.seal(Some(&keys)).map_err(|error| status::of_sealing(&error))
    }
}

fn read(sent: &[Bytes]) -> Result<Vec<EventView<'_>>, Status> {
    let events = sent.iter().map(|event| EventView::read(event)).collect::<Result<Vec<_>, _>>();
    events.map_err(status::of_malformed)
}
