//! The table of the fields: one line each, in the order in which people read them.

use einsicht_proto::v1::{AccessRecord, ActorKind, Operation, Outcome, Processing};

use super::slot::{Choices, Place, Sealed, Slot, hex, show_hex, show_list, show_text};
use super::{Field, Rendered};
use crate::limits::{SPAN_ID_BYTES, TRACE_ID_BYTES};
use crate::record::hides_another;

/// A place that has the same name and type in event and record, or two names.
macro_rules! at {
    ($name:ident) => {
        at!($name, $name)
    };
    ($event:ident, $record:ident) => {
        Place { event: |event| &mut event.$event, record: |record| &record.$record }
    };
}

/// The place of a sealed value and of its seal.
macro_rules! sealed {
    ($value:ident, $seal:ident) => {
        Sealed {
            event: |event| &mut event.$value,
            seal: |record| &record.$seal,
            seal_name: stringify!($seal),
        }
    };
}

/// The values of an enumeration, named as in the `.proto` file.
macro_rules! choices {
    ($enumeration:ident, $prefix:literal) => {
        Choices {
            prefix: $prefix,
            name_of: |number| Some($enumeration::try_from(number).ok()?.as_str_name()),
        }
    };
}

const fn row(name: &'static str, help: &'static str, slot: Slot) -> Field {
    Field { name, help, slot }
}

/// Every field that an event can have.
#[rustfmt::skip] // A table reads as a table.
pub static FIELDS: [Field; 37] = [
    row("dataset", "Data set that was accessed (required)", Slot::RequiredCode(at!(dataset))),
    row("operation", "What was done with it (required)", Slot::RequiredChoice(at!(operation), choices!(Operation, "OPERATION_"))),
    row("purpose", "Declared purpose, as in the charter (required)", Slot::RequiredCode(at!(purpose))),
    row("activity", "Entry of the register of processing activities (GDPR Article 30)", Slot::Code(at!(activity))),
    row("event_id", "UUID of version 4 that names the event", Slot::Uuid(at!(event_id))),
    row("occurred_at", "When the access happened; the log shows the minute", Slot::Start(at!(occurred_at_us, occurred_at_min))),
    row("occurred_until", "When it ended, if it lasted; the log shows the minute", Slot::End(at!(occurred_until_us, occurred_until_min))),
    row("access_count", "How many accesses the event stands for, 1 if absent", Slot::Count(at!(access_count))),
    row("record_count", "How many records of the data set were touched", Slot::Count(at!(record_count))),
    row("unit", "Organisational unit that accessed", Slot::Code(at!(unit))),
    row("role", "Role in which it was accessed", Slot::Code(at!(role))),
    row("actor_kind", "Kind of actor", Slot::Choice(at!(actor_kind), choices!(ActorKind, "ACTOR_KIND_"))),
    row("legal_basis", "Legal basis, as in the charter, for example gdpr-6-1-e", Slot::Code(at!(legal_basis))),
    row("national_norm", "National norm that the legal basis rests on", Slot::Text(at!(national_norm))),
    row("recipient", "Organisation that receives the data", Slot::Code(at!(recipient))),
    row("categories", "Categories of data, or fields, that were touched", Slot::Codes(at!(categories))),
    row("processing", "In which form the data left the data set", Slot::Choice(at!(processing), choices!(Processing, "PROCESSING_"))),
    row("secondary_use", "Whether the use goes beyond the purpose of the collection", Slot::Flag(at!(secondary_use))),
    row("consideration", "Whether anything was given in return for the data", Slot::Flag(at!(consideration))),
    row("storage_location", "Where the data lies or goes", Slot::Code(at!(storage_location))),
    row("announcement", "Reference to a prior public announcement", Slot::Text(at!(announcement))),
    row("announced_on", "Day of that announcement", Slot::Day(at!(announced_on_day))),
    row("approval", "Reference to an approval", Slot::Text(at!(approval))),
    row("collected_on", "Day on which the oldest record touched was collected", Slot::Day(at!(collected_on_day))),
    row("outcome", "Whether the access was granted, which it was if absent", Slot::Choice(at!(outcome), choices!(Outcome, "OUTCOME_"))),
    row("other_datasets", "Further data sets that were combined with the data set", Slot::Codes(at!(other_datasets))),
    row("confidential_until", "Day before which the law forbids showing the access", Slot::Day(at!(confidential_until_day))),
    row("subjects", "Whose data was accessed (sealed)", Slot::SealedSubjects(sealed!(subjects, subjects_seal))),
    row("actor", "Person or account that accessed (sealed)", Slot::SealedText(sealed!(actor, actor_seal))),
    row("on_behalf_of", "Person for whom the actor acted (sealed)", Slot::SealedText(sealed!(on_behalf_of, on_behalf_of_seal))),
    row("record_keys", "Keys of the records touched (sealed)", Slot::SealedTexts(sealed!(record_keys, record_keys_seal))),
    row("justification", "Why the data was accessed (sealed)", Slot::SealedText(sealed!(justification, justification_seal))),
    row("case_number", "Case or file number (sealed)", Slot::SealedText(sealed!(case_number, case_number_seal))),
    row("query", "Criteria of a search (sealed)", Slot::SealedText(sealed!(query, query_seal))),
    row("client_address", "Address of the client (sealed)", Slot::SealedText(sealed!(client_address, client_address_seal))),
    row("trace_id", "W3C Trace Context trace-id (sealed)", Slot::SealedBytes(sealed!(trace_id, trace_id_seal), TRACE_ID_BYTES)),
    row("span_id", "W3C Trace Context parent-id (sealed)", Slot::SealedBytes(sealed!(span_id, span_id_seal), SPAN_ID_BYTES)),
];

type Show = fn(&AccessRecord) -> Option<Rendered>;

/// What a record has and an event does not: by name, and how it is shown.
pub(super) static LOGGED_ONLY: [(&str, Show); 11] = [
    ("occurred_at_us_seal", |record| record.occurred_at_us_seal.as_deref().map(show_hex)),
    ("occurred_until_us_seal", |record| record.occurred_until_us_seal.as_deref().map(show_hex)),
    ("confidential_seal", |record| record.confidential_seal.as_deref().map(show_hex)),
    ("producer", |record| show_text(&record.producer)),
    ("session", |record| show_text(&hex(&record.session))),
    // A confidential record shows no number, and 0 is one like any other. The one that it hides has one.
    ("sequence", |record| (!hides_another(record)).then_some(Rendered::Number(record.sequence))),
    ("nonce", |record| record.nonce.as_deref().map(show_hex)),
    ("markers", |record| show_list(&record.markers.iter().map(|marker| hex(marker)).collect::<Vec<_>>())),
    ("charter", |record| record.charter.map(Rendered::Number)),
    ("deviates", |record| show_list(&record.deviates)),
    ("not_verifiable", |record| show_list(&record.not_verifiable)),
];
