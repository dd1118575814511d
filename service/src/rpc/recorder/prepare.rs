//! From a request to what is placed: validated whole, judged, serialised, and sealed where something is personal.
//!
//! Everything here is done side by side for many requests. What is sealed is prepared for the month in which it will
//! be recorded, and validated and judged by the charter that will be in force then; the sequencer, who gives time and
//! order, sends back what has missed it.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::event::Sealing;
use einsicht_access::{EventView, Month, Provenance, RetentionClass, validate_views};
use einsicht_proto::unread::RecordRequest;
use einsicht_tlog::Size;
use tonic::Status;

use super::super::recorded::Wanted;
use super::super::{Shared, status};
use crate::auth::Session;
use crate::charters::Terms;
use crate::sealing::{Batch, Keys, SealingError, classes};
use crate::sequencer::Work;

/// A request that can be recorded.
pub(super) struct Prepared {
    pub wanted: Wanted,
    /// `None` where the keys of the month have to be made first.
    pub work: Option<Work>,
    /// What is prepared anew if the month ends or a charter is published.
    pub again: Again,
}

/// The events of a request, to be prepared once more.
pub(super) struct Again {
    sent: Vec<Bytes>,
    session: Bytes,
    first_sequence: u64,
    producer: Arc<str>,
    /// What is sealed is so for this month; `None` if nothing is.
    month: Option<Month>,
}

/// Validates a request as a whole and serialises its entries. Its events are read where they lie.
pub(super) fn prepare(shared: &Shared, caller: &Session, request: RecordRequest) -> Result<Prepared, Status> {
    let RecordRequest { session, first_sequence, events: sent, with_proofs, known_size } = request;
    let terms = shared.custody.terms();
    let keyring = shared.custody.keyring().ok();
    let events = valid(shared, &terms, &session, first_sequence, &sent)?;
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
            Some((month, Keys::cached(keyring, month, &classes(&events, &terms))))
        }
        _ => None,
    };
    let batch = Batch { events: &events, provenance, terms: &terms, origin: shared.custody.origin() };
    let sealed = |keys: Option<&Keys>| batch.seal(keys).map_err(|error| status::of_sealing(&error));
    let work = match &keys {
        None => Some(sealed(None)?),
        Some((_, Some(keys))) => Some(sealed(Some(keys))?),
        Some((_, None)) => None,
    };
    let month = keys.map(|(month, _)| month);
    let again = Again { sent, session, first_sequence, producer: Arc::clone(producer), month };
    Ok(Prepared { wanted, work, again })
}

/// The events that were sent, if by these terms all of them may be recorded.
fn valid<'s>(
    shared: &Shared,
    terms: &Terms,
    session: &[u8],
    first_sequence: u64,
    sent: &'s [Bytes],
) -> Result<Vec<EventView<'s>>, Status> {
    let events = read(sent)?;
    validate_views(session, first_sequence, &events, shared.clock.unix_us(), sealing(shared, terms))
        .map_err(|error| status::of_batch(&error))?;
    Ok(events)
}

/// What becomes of personal values, by these terms.
pub(in crate::rpc) fn sealing<'t>(shared: &Shared, terms: &'t Terms) -> Sealing<'t> {
    match shared.custody.keyring() {
        Ok(_) => Sealing::On { schemes: terms.schemes() },
        Err(_) => Sealing::Off,
    }
}

impl Again {
    /// From now on they are sealed for another month, and others are at once.
    pub fn turn_to(&mut self, month: Month, shared: &Shared) {
        shared.custody.has_begun(month);
        self.month = Some(month);
    }

    /// Bytes of the events, which are kept until they are recorded.
    pub fn sent_bytes(&self) -> usize {
        self.sent.iter().map(Bytes::len).sum()
    }

    /// Validates, judges and seals them by what holds now; makes the keys of the month if there are none.
    pub async fn prepare(&self, shared: &Shared) -> Result<Work, Status> {
        let terms = shared.custody.terms();
        let events = valid(shared, &terms, &self.session, self.first_sequence, &self.sent)?;
        let keys = match self.month {
            Some(month) => Some(keys(shared, month, classes(&events, &terms)).await?),
            None => None,
        };
        let provenance =
            Provenance { producer: &self.producer, session: &self.session, sequence: self.first_sequence };
        let batch = Batch { events: &events, provenance, terms: &terms, origin: shared.custody.origin() };
        batch.seal(keys.as_ref()).map_err(|error| status::of_sealing(&error))
    }
}

async fn keys(shared: &Shared, month: Month, classes: Vec<RetentionClass>) -> Result<Keys, Status> {
    let keyring = shared.custody.keyring().map_err(|error| status::of_custody(&error))?;
    if let Some(keys) = Keys::cached(keyring, month, &classes) {
        return Ok(keys);
    }
    let keyring = Arc::clone(keyring);
    let made = tokio::task::spawn_blocking(move || Keys::make(&keyring, month, &classes)).await;
    made.unwrap_or(Err(SealingError::Disorder)).map_err(|error| status::of_sealing(&error))
}

/// Events in the bytes that were sent.
pub(in crate::rpc) fn read(sent: &[Bytes]) -> Result<Vec<EventView<'_>>, Status> {
    let events = sent.iter().map(|event| EventView::read(event)).collect::<Result<Vec<_>, _>>();
    events.map_err(status::of_malformed)
}
