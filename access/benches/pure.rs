//! What an event costs between request and log, and back, step by step: `cargo bench -p einsicht-access`.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use einsicht_access::{Provenance, body_bytes, entry_of_access, read_body, validate_batch};
use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Processing};

const NOW_US: i64 = 1_795_365_600_000_000;
const BATCH_EVENTS: usize = 500;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("entry");
    let (event, session) = (event(0), Bytes::from_static(&[7; 16]));
    let provenance = Provenance { producer: "lasttest", session: &session, sequence: 100_000 };
    let body = body_bytes(&entry_of_access(&event, provenance));
    assert!(read_body(&body).is_ok(), "a refusal would be faster than the work");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| body_bytes(&entry_of_access(black_box(&event), provenance)));
    });
    group.bench_function("decode strictly", |bencher| bencher.iter(|| read_body(black_box(&body))));
    let events: Vec<AccessEvent> = (0..BATCH_EVENTS).map(self::event).collect();
    assert!(validate_batch(&events, NOW_US).is_ok(), "a refusal would be faster than the work");
    group.throughput(Throughput::Elements(BATCH_EVENTS as u64));
    group.bench_function("validate a batch", |bencher| {
        bencher.iter(|| validate_batch(black_box(&events), NOW_US));
    });
    group.finish();
    criterion.final_summary();
}

/// The standard plain event of `einsicht-bench`.
fn event(number: usize) -> AccessEvent {
    let id = (0x936d_a01f_9abd_4d9d_80c7_02af_0000_0000_u128 + number as u128).to_be_bytes();
    AccessEvent {
        dataset: "besuchertrend".to_owned(),
        operation: Operation::Query.into(),
        purpose: "verkehrsplanung".to_owned(),
        activity: Some("https://register.example/va/17".to_owned()),
        event_id: Bytes::copy_from_slice(&id),
        record_count: Some(240),
        unit: Some("abteilung-verkehr".to_owned()),
        role: Some("verkehrsplaner".to_owned()),
        actor_kind: Some(ActorKind::Human.into()),
        legal_basis: Some("gdpr-6-1-e".to_owned()),
        categories: vec!["zaehlstelle".to_owned()],
        processing: Some(Processing::Aggregated.into()),
        storage_location: Some("stadt-ulm".to_owned()),
        occurred_at_us: NOW_US,
        ..AccessEvent::default()
    }
}
