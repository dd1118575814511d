//! Events and records for the tests of this crate.

use std::convert::Infallible;

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, AccessRecord, ActorKind, Operation, Outcome, Processing, Subject};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::limits::{
    CODE_BYTES_MAX, LIST_ITEMS_MAX, NORM_BYTES_MAX, REFERENCE_BYTES_MAX, SUBJECT_ID_BYTES_MAX,
};

/// Bytes that look random and are the same for the same seed.
pub fn random(seed: u64) -> impl FnMut(&mut [u8]) -> Result<(), Infallible> {
    let mut count = 0_u64;
    move |bytes| {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::digest([seed.to_be_bytes(), count.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
            count += 1;
        }
        Ok(())
    }
}

/// 2026-11-22T16:39:07.123456Z.
pub const NOW_US: i64 = 1_795_365_547_123_456;

/// The required fields and nothing else.
pub fn smallest_event() -> AccessEvent {
    AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".into(),
        event_id: Bytes::copy_from_slice(uuid::uuid!("936da01f-9abd-4d9d-80c7-02af85c822a8").as_bytes()),
        occurred_at_us: NOW_US,
        ..AccessEvent::default()
    }
}

/// Every public field, nothing that would have to be sealed.
pub fn full_event() -> AccessEvent {
    AccessEvent {
        activity: Some("https://register.example/va/17".into()),
        access_count: Some(12),
        record_count: Some(340),
        unit: Some("stadtplanung".into()),
        role: Some("verkehrsplaner".into()),
        actor_kind: Some(ActorKind::Human.into()),
        legal_basis: Some("gdpr-6-1-e".into()),
        national_norm: Some("§ 4 LDSG".into()),
        recipient: Some("stadtwerke-ulm".into()),
        categories: vec!["zählung".into(), "ort".into()],
        processing: Some(Processing::Aggregated.into()),
        secondary_use: Some(false),
        consideration: Some(true),
        storage_location: Some("stadt-ulm".into()),
        announcement: Some("GD 123/26, Amtsblatt Nr. 4".into()),
        announced_on_day: Some(20_000),
        approval: Some("Beschluss 7".into()),
        collected_on_day: Some(-1),
        outcome: Some(Outcome::Granted.into()),
        other_datasets: vec!["parkhäuser".into()],
        occurred_until_us: Some(NOW_US + 90_000_000),
        ..smallest_event()
    }
}

/// Every field but `confidential_until_day`.
pub fn sealed_event() -> AccessEvent {
    AccessEvent {
        subjects: vec![
            Subject { scheme: "person".into(), id: "4711".into() },
            Subject { scheme: "melderegister".into(), id: "DE-0815".into() },
        ],
        actor: Some("e.mustermann".into()),
        on_behalf_of: Some("m.muster".into()),
        record_keys: vec!["17".into(), "18".into(), "19".into()],
        justification: Some("Antrag auf Anwohnerparken".into()),
        case_number: Some("III/2-26/4711".into()),
        query: Some("name = 'Mustermann'".into()),
        client_address: Some("2001:db8::17".into()),
        trace_id: Some(Bytes::from_static(b"0123456789abcdef")),
        span_id: Some(Bytes::from_static(b"01234567")),
        ..full_event()
    }
}

/// Nothing in it may be longer, but what is free text and sealed.
pub fn largest_event() -> AccessEvent {
    let code = || "x".repeat(CODE_BYTES_MAX);
    let codes = || (0..LIST_ITEMS_MAX).map(|item| format!("{item:0>CODE_BYTES_MAX$}")).collect::<Vec<_>>();
    let subject = |id: usize| Subject { scheme: code(), id: format!("{id:0>SUBJECT_ID_BYTES_MAX$}") };
    AccessEvent {
        dataset: code(),
        purpose: code(),
        activity: Some(code()),
        unit: Some(code()),
        role: Some(code()),
        legal_basis: Some(code()),
        recipient: Some(code()),
        storage_location: Some(code()),
        national_norm: Some("x".repeat(NORM_BYTES_MAX)),
        announcement: Some("x".repeat(REFERENCE_BYTES_MAX)),
        approval: Some("x".repeat(REFERENCE_BYTES_MAX)),
        categories: codes(),
        other_datasets: codes(),
        subjects: (0..LIST_ITEMS_MAX).map(subject).collect(),
        ..sealed_event()
    }
}

/// Any valid event that needs no sealing.
pub fn arbitrary_event() -> impl Strategy<Value = AccessEvent> {
    let code = || "[a-zäöü0-9._:/-]{1,20}";
    let text = || "[ -~äöü§\n\t]{1,40}";
    let codes = || btree_set("[a-z0-9-]{1,12}", 0..4).prop_map(|codes| codes.into_iter().collect::<Vec<_>>());
    let required = (code(), 1..=6_i32, code(), any::<u128>(), 1..=NOW_US, option::of(0..=1_000_000_000_i64));
    let who = (
        option::of(code()),
        option::of(1..=1_u64 << 53),
        option::of(0..=1_u64 << 53),
        option::of(code()),
        option::of(code()),
        option::of(1..=3_i32),
    );
    let why = (
        option::of(code()),
        option::of(text()),
        option::of(code()),
        codes(),
        option::of(1..=4_i32),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
    );
    let context = (
        option::of(code()),
        option::of(text()),
        option::of(-700_000..=2_900_000_i32),
        option::of(text()),
        option::of(-700_000..=2_900_000_i32),
        option::of(1..=3_i32),
        codes(),
    );
    (required, who, why, context).prop_map(|(required, who, why, context)| AccessEvent {
        dataset: required.0,
        operation: required.1,
        purpose: required.2,
        event_id: random_uuid(required.3),
        occurred_at_us: required.4,
        occurred_until_us: required.5.map(|lasted_us| required.4 + lasted_us),
        activity: who.0,
        access_count: who.1,
        record_count: who.2,
        unit: who.3,
        role: who.4,
        actor_kind: who.5,
        legal_basis: why.0,
        national_norm: why.1,
        recipient: why.2,
        categories: why.3,
        processing: why.4,
        secondary_use: why.5,
        consideration: why.6,
        storage_location: context.0,
        announcement: context.1,
        announced_on_day: context.2,
        approval: context.3,
        collected_on_day: context.4,
        outcome: context.5,
        other_datasets: context.6,
        ..AccessEvent::default()
    })
}

/// Any valid event, personal values and all.
pub fn arbitrary_sealed_event() -> impl Strategy<Value = AccessEvent> {
    let text = || option::of("[ -~äöü§\n\t]{1,40}");
    let subject = ("[a-z]{1,8}", "[ -~äöü]{1,12}").prop_map(|(scheme, id)| Subject { scheme, id });
    let people = (vec(subject, 0..6), text(), text(), vec("[ -~ö]{1,12}", 0..4));
    let why = (text(), text(), text());
    let address = any::<std::net::IpAddr>().prop_map(|address| address.to_string());
    let traces = (option::of(address), any::<Option<[u8; 16]>>(), any::<Option<[u8; 8]>>());
    let until = option::weighted(0.2, -700_000..=2_900_000_i32);
    (arbitrary_event(), people, why, traces, until).prop_map(|(event, people, why, traces, until)| {
        AccessEvent {
            subjects: people.0,
            actor: people.1,
            on_behalf_of: people.2,
            record_keys: people.3,
            justification: why.0,
            case_number: why.1,
            query: why.2,
            client_address: traces.0,
            trace_id: traces.1.filter(|id| *id != [0; 16]).map(|id| Bytes::copy_from_slice(&id)),
            span_id: traces.2.filter(|id| *id != [0; 8]).map(|id| Bytes::copy_from_slice(&id)),
            confidential_until_day: until,
            ..event
        }
    })
}

/// Any record that prost can encode, valid or not.
pub fn arbitrary_record() -> impl Strategy<Value = AccessRecord> {
    let bytes = || option::of(vec(any::<u8>(), 0..40).prop_map(Bytes::from));
    let wild = (any::<i32>(), any::<Option<i32>>(), any::<i64>(), any::<Option<i64>>(), any::<u64>());
    let seals = (bytes(), bytes(), bytes(), bytes(), bytes(), bytes());
    let service = (
        ".{0,20}",
        bytes(),
        bytes(),
        vec(vec(any::<u8>(), 0..17).prop_map(Bytes::from), 0..5),
        any::<Option<u64>>(),
        vec(".{0,9}", 0..3),
    );
    (arbitrary_event(), wild, seals, service).prop_map(|(event, wild, seals, service)| AccessRecord {
        dataset: event.dataset,
        operation: wild.0,
        purpose: event.purpose,
        event_id: event.event_id,
        occurred_at_min: wild.2,
        occurred_until_min: wild.3,
        access_count: event.access_count,
        unit: event.unit,
        actor_kind: wild.1,
        national_norm: event.national_norm,
        categories: event.categories,
        secondary_use: event.secondary_use,
        consideration: event.consideration,
        announced_on_day: wild.1,
        collected_on_day: event.collected_on_day,
        outcome: event.outcome,
        other_datasets: event.other_datasets,
        confidential_until_day: wild.1,
        subjects_seal: seals.0,
        actor_seal: seals.1,
        query_seal: seals.2,
        trace_id_seal: seals.3,
        occurred_at_us_seal: seals.4,
        confidential_seal: seals.5,
        producer: service.0,
        session: service.1.unwrap_or_default(),
        sequence: wild.4,
        nonce: service.2,
        markers: service.3,
        charter: service.4,
        deviates: service.5.clone(),
        not_verifiable: service.5,
        ..AccessRecord::default()
    })
}

fn random_uuid(random: u128) -> Bytes {
    Bytes::copy_from_slice(uuid::Builder::from_random_bytes(random.to_be_bytes()).as_uuid().as_bytes())
}
