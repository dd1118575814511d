//! From event to record: what the log may say of an access.
//!
//! [`seal_accesses`] makes what is recorded: bodies, and openings for the vault. [`record_of`] is the public
//! part of it, which whoever sent an event can work out too.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, EntryBody};
use prost::Message as _;
use thiserror::Error;

use crate::marker::{CONFIDENTIAL_MARKERS, MARKER_BYTES, markers_padded};
use crate::seal::{NONCE_BYTES, SEAL_BYTES, SealedField};
use crate::sealed_entry::seals_of_record;
use crate::view::EventView;

mod encode;
mod opening;
mod sealing;

pub use opening::{OpeningFault, check_opening, check_opening_at, opening_entry};
pub use sealing::{Prepared, SealError, Sealed, SealedStatement, seal_accesses, seal_statement};

const MINUTE_US: i64 = 60_000_000;

/// Where an event comes from: what the service knows of it beyond what it says.
#[derive(Debug, Clone, Copy)]
pub struct Provenance<'a> {
    /// The service that recorded, as authenticated. Code.
    pub producer: &'a str,
    /// One run of the producer: 16 random bytes.
    pub session: &'a Bytes,
    /// Running number of the event in its session.
    pub sequence: u64,
}

/// Whether a record is confidential: it hides another one, and says nothing itself.
#[must_use]
pub fn hides_another(record: &AccessRecord) -> bool {
    record.confidential_seal.is_some()
}

/// The record of an event: its public fields, times to the minute (rounded down), and where it comes
/// from. A pure function: client and service get the same record.
///
/// Sealed values are left out. Of an event that is confidential, everything but the day until which
/// it is so is left out. Does not validate the event.
#[must_use]
pub fn record_of(event: &AccessEvent, provenance: Provenance<'_>) -> AccessRecord {
    if event.confidential_until_day.is_some() {
        return AccessRecord {
            confidential_until_day: event.confidential_until_day,
            ..AccessRecord::default()
        };
    }
    AccessRecord {
        dataset: event.dataset.clone(),
        operation: event.operation,
        purpose: event.purpose.clone(),
        activity: event.activity.clone(),
        event_id: event.event_id.clone(),
        occurred_at_min: event.occurred_at_us.div_euclid(MINUTE_US),
        occurred_until_min: event.occurred_until_us.map(|until_us| until_us.div_euclid(MINUTE_US)),
        access_count: event.access_count,
        record_count: event.record_count,
        unit: event.unit.clone(),
        role: event.role.clone(),
        actor_kind: event.actor_kind,
        legal_basis: event.legal_basis.clone(),
        national_norm: event.national_norm.clone(),
        recipient: event.recipient.clone(),
        categories: event.categories.clone(),
        processing: event.processing,
        secondary_use: event.secondary_use,
        consideration: event.consideration,
        storage_location: event.storage_location.clone(),
        announcement: event.announcement.clone(),
        announced_on_day: event.announced_on_day,
        approval: event.approval.clone(),
        collected_on_day: event.collected_on_day,
        outcome: event.outcome,
        other_datasets: event.other_datasets.clone(),
        producer: provenance.producer.to_owned(),
        session: provenance.session.clone(),
        sequence: provenance.sequence,
        // Seals, nonce, markers and verdict are the service's.
        ..AccessRecord::default()
    }
}

/// The entry of an event: [`record_of`] as the content of a body.
#[must_use]
pub fn entry_of_access(event: &AccessEvent, provenance: Provenance<'_>) -> EntryBody {
    EntryBody { content: Some(Content::Access(record_of(event, provenance))) }
}

/// The bytes of a body, as they go into a leaf: protobuf, fields in ascending order of their numbers.
/// Call it once per entry; what was logged is never serialised again.
#[must_use]
pub fn body_bytes(body: &EntryBody) -> Vec<u8> {
    body.encode_to_vec()
}

/// What a record says otherwise than the event that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the logged record does not say what was sent: `{field}` differs")]
pub struct Mismatch {
    /// Name of the first such field of the record, as in the `.proto` file.
    pub field: &'static str,
}

/// Compares the fields of two records, in the order given, and names the first that differs.
macro_rules! same_fields {
    ($record:expr, $expected:expr; $($field:ident)*) => {
        $(if $record.$field != $expected.$field {
            return Err(Mismatch { field: stringify!($field) });
        })*
    };
}

/// Checks that `record` says exactly what `event` said, for whoever sent it and got the leaf back:
/// the public fields and where it comes from are equal, there is a seal for each value that is sealed and for
/// no other, and nonce and markers are there as they have to be. A confidential event shows its day, one seal,
/// nonce and markers, and nothing else.
///
/// Not checked, because the service alone can: what the seals commit to, and whose the markers are. Not checked
/// either: charter and verdict.
///
/// # Errors
/// [`Mismatch`] names the first field that differs.
pub fn record_states_event(
    record: &AccessRecord,
    event: &AccessEvent,
    provenance: Provenance<'_>,
) -> Result<(), Mismatch> {
    let expected = record_of(event, provenance);
    same_fields!(record, expected;
        dataset operation purpose activity event_id occurred_at_min occurred_until_min access_count
        record_count unit role actor_kind legal_basis national_norm recipient categories processing
        secondary_use consideration storage_location announcement announced_on_day approval
        collected_on_day outcome other_datasets confidential_until_day);
    let shown = Shown::of(event);
    for field in SealedField::ALL {
        let seal = seals_of_record(record).find(|(of, _)| *of == field).map(|(_, seal)| seal.len());
        if seal != shown.seals.contains(&field).then_some(SEAL_BYTES) {
            return Err(Mismatch { field: field.seal_name() });
        }
    }
    same_fields!(record, expected; producer session sequence);
    let nonce = (!shown.seals.is_empty()).then_some(NONCE_BYTES);
    if record.nonce.as_ref().map(Bytes::len) != nonce {
        return Err(Mismatch { field: "nonce" });
    }
    if record.markers.len() != shown.markers || record.markers.iter().any(|one| one.len() != MARKER_BYTES) {
        return Err(Mismatch { field: "markers" });
    }
    Ok(())
}

/// What a record shows of an event that it does not say.
struct Shown {
    seals: Vec<SealedField>,
    markers: usize,
}

impl Shown {
    fn of(event: &AccessEvent) -> Self {
        let view = EventView::from(event);
        if event.confidential_until_day.is_some() {
            return Self { seals: vec![SealedField::Confidential], markers: CONFIDENTIAL_MARKERS };
        }
        let mut seals = Vec::new();
        if view.needs_sealing() {
            view.each_sealed_value(|field, _| seals.push(field));
        }
        Self { seals, markers: markers_padded(event.subjects.len()) }
    }
}

#[cfg(test)]
mod tests;
