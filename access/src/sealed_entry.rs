//! What an entry shows of what it hides: its seals, and the nonce that its openings are bound to.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};

use crate::seal::{NONCE_BYTES, SealedField};

/// The nonce of an entry: 16 bytes if it has any seal. What is there and has another length is none.
#[must_use]
pub fn nonce_of(body: &EntryBody) -> Option<[u8; NONCE_BYTES]> {
    let nonce = match body.content.as_ref()? {
        Content::Access(record) => record.nonce.as_deref(),
        Content::DisclosureRequest(request) => request.nonce.as_deref(),
        Content::Disclosure(disclosure) => disclosure.nonce.as_deref(),
        Content::Erasure(erasure) => erasure.nonce.as_deref(),
        _ => None,
    };
    nonce?.try_into().ok()
}

/// The seals of an entry, by ascending number of their field. Of a confidential record only that of the
/// whole; those within are in the record that it hides.
#[must_use]
pub fn seals_of(body: &EntryBody) -> Vec<(SealedField, &Bytes)> {
    match &body.content {
        Some(Content::Access(record)) => seals_of_record(record).collect(),
        Some(Content::DisclosureRequest(request)) => statement(&request.seal),
        Some(Content::Disclosure(disclosure)) => statement(&disclosure.seal),
        Some(Content::Erasure(erasure)) => erasure.seal.as_ref().map(statement).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The seals of a record, by ascending number of their field.
pub fn seals_of_record(record: &AccessRecord) -> impl Iterator<Item = (SealedField, &Bytes)> {
    let seals = [
        (SealedField::Subjects, &record.subjects_seal),
        (SealedField::Actor, &record.actor_seal),
        (SealedField::OnBehalfOf, &record.on_behalf_of_seal),
        (SealedField::RecordKeys, &record.record_keys_seal),
        (SealedField::Justification, &record.justification_seal),
        (SealedField::CaseNumber, &record.case_number_seal),
        (SealedField::Query, &record.query_seal),
        (SealedField::ClientAddress, &record.client_address_seal),
        (SealedField::TraceId, &record.trace_id_seal),
        (SealedField::SpanId, &record.span_id_seal),
        (SealedField::OccurredAt, &record.occurred_at_us_seal),
        (SealedField::OccurredUntil, &record.occurred_until_us_seal),
        (SealedField::Confidential, &record.confidential_seal),
    ];
    seals.into_iter().filter_map(|(field, seal)| Some((field, seal.as_ref()?)))
}

fn statement(seal: &Bytes) -> Vec<(SealedField, &Bytes)> {
    vec![(SealedField::Statement, seal)]
}
