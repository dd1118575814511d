//! What an event costs between request and log, and back, step by step: `cargo bench -p einsicht-access`.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use einsicht_access::charter::Charter;
use einsicht_access::facts::{Facts, LoggedAccess};
use einsicht_access::vault::VaultKey;
use einsicht_access::{
    EventView, Judgement, PeriodKey, Provenance, body_bytes, entry_of_access, read_body, seal_accesses,
    validate_batch,
};
use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Processing, Subject};
use prost::Message as _;

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
    sealed(&mut criterion);
    judged(&mut criterion);
    criterion.final_summary();
}

/// What a sealed event costs beyond a plain one. Random bytes are those of a generator that is as good as free:
/// the operating system's is measured by `einsicht-bench`.
fn sealed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sealed");
    group.throughput(Throughput::Elements(BATCH_EVENTS as u64));
    let sent: Vec<Vec<u8>> = (0..BATCH_EVENTS).map(|number| sealed_event(number).encode_to_vec()).collect();
    let views = || -> Vec<EventView<'_>> {
        sent.iter().map(|bytes| EventView::read(bytes)).collect::<Result<_, _>>().unwrap_or_default()
    };
    let (events, session) = (views(), Bytes::from_static(&[7; 16]));
    let first = Provenance { producer: "lasttest", session: &session, sequence: 100_000 };
    let (period_key, vault_key) = (PeriodKey::from([5; 32]), VaultKey::new([6; 32]));
    let prepare = || seal_accesses(&events, first, Some(&period_key), None, random).unwrap_or_default();
    let prepared = prepare();
    assert!(prepared.iter().all(|one| one.sealed.is_some()), "a refusal would be faster than the work");
    group.bench_function("read a batch", |bencher| bencher.iter(&views));
    let decoded: Vec<AccessEvent> = (0..BATCH_EVENTS).map(sealed_event).collect();
    assert!(validate_batch(&decoded, NOW_US).is_ok(), "a refusal would be faster than the work");
    group.bench_function("validate a batch", |bencher| {
        bencher.iter(|| validate_batch(black_box(&decoded), NOW_US));
    });
    group.bench_function("seal a batch", |bencher| bencher.iter(prepare));
    group.bench_function("encrypt a batch", |bencher| {
        bencher.iter(|| {
            let encrypt = |sealed: &einsicht_access::record::Sealed| {
                vault_key.encrypt("ledger.example/bench", &sealed.nonce, &[9; 24], sealed.openings.as_bytes())
            };
            prepared.iter().filter_map(|one| one.sealed.as_ref()).map(encrypt).for_each(drop);
        });
    });
    let record = prepared.first().and_then(|one| read_body(&one.body).ok());
    let record = record.as_ref().and_then(einsicht_access::entry::access_of);
    if let Some((record, sealed)) = record.zip(prepared.first().and_then(|one| one.sealed.as_ref())) {
        let key = period_key.view_key("melderegister", "nobody");
        group.throughput(Throughput::Elements(1));
        group.bench_function("scan a record", |bencher| {
            bencher.iter(|| key.scan(&sealed.nonce, record.markers.iter().map(AsRef::as_ref)));
        });
    }
    group.finish();
}

/// What it costs to judge the standard event by the twelve commitments of Ulm: as an event that is recorded, and as
/// bytes of the log that an audit judges again.
fn judged(criterion: &mut Criterion) {
    let charter = Charter::parse("ulm.toml", include_bytes!("../../charters/ulm.toml"));
    let Ok(charter) = charter else { unreachable!("the tests parse it") };
    let mut group = criterion.benchmark_group("charter");
    // A data set that the charter knows, an activity that it inherits from, personal data: the longest way.
    let known = AccessEvent {
        dataset: "dm-yabby".to_owned(),
        activity: Some("va:leihrad-ortung".to_owned()),
        collected_on_day: Some(20_700),
        ..event(0)
    };
    for (name, event) in [("of the bench", event(0)), ("of a known data set", known)] {
        let view = EventView::from(&event);
        let facts = Facts::from(&view);
        assert_ne!(charter.judge(&facts), Judgement::default(), "something does not fit, or can't be told");
        group.bench_function(format!("judge an event {name}"), |bencher| {
            bencher.iter(|| charter.judge(black_box(&facts)));
        });
        let session = Bytes::from_static(&[7; 16]);
        let provenance = Provenance { producer: "lasttest", session: &session, sequence: 100_000 };
        let body = body_bytes(&entry_of_access(&event, provenance));
        group.bench_function(format!("read facts of a body {name}"), |bencher| {
            bencher.iter(|| LoggedAccess::of_body(black_box(&body)));
        });
    }
    group.bench_function("parse the charter of Ulm", |bencher| {
        bencher.iter(|| Charter::parse("ulm.toml", black_box(include_bytes!("../../charters/ulm.toml"))));
    });
    group.finish();
}

fn random(bytes: &mut [u8]) -> Result<(), std::convert::Infallible> {
    bytes.iter_mut().zip((0..=u8::MAX).cycle()).for_each(|(place, byte)| *place = byte);
    Ok(())
}

/// The standard sealed event of `einsicht-bench`: five sealed fields, two subjects.
fn sealed_event(number: usize) -> AccessEvent {
    let subject = |id: usize| Subject { scheme: "person".to_owned(), id: format!("{id:011}") };
    AccessEvent {
        subjects: vec![subject(number), subject(number + 1)],
        actor: Some("e.mustermann@stadt.example".to_owned()),
        justification: Some("Antrag auf Anwohnerparkausweis vom 17. November".to_owned()),
        case_number: Some("III/2-26/4711".to_owned()),
        ..event(number)
    }
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
