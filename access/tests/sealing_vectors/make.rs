//! What vectors are made of.

use std::convert::Infallible;

use bytes::Bytes;
use einsicht_access::record::{Prepared, Provenance, seal_accesses};
use einsicht_access::{EventView, PeriodKey};
use einsicht_proto::v1::{AccessEvent, Operation, Subject};
use sha2::{Digest as _, Sha256};

/// The period key of all records.
pub const PERIOD_KEY: [u8; 32] = *b"einsicht test period, never use!";

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that look random: SHA-256 of a seed and a number that counts up, over and over.
pub fn random(seed: &'static str) -> impl FnMut(&mut [u8]) -> Result<(), Infallible> {
    let mut count = 0_u64;
    move |bytes| {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::digest([seed.as_bytes(), &count.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
            count += 1;
        }
        Ok(())
    }
}

pub fn fixed<const N: usize>(seed: &'static str) -> [u8; N] {
    let mut bytes = [0; N];
    random(seed)(&mut bytes).unwrap();
    bytes
}

pub fn subject(scheme: &str, id: &str) -> Subject {
    Subject { scheme: scheme.into(), id: id.into() }
}

/// The least that can be recorded.
pub fn plain() -> AccessEvent {
    AccessEvent {
        dataset: "meldedaten".into(),
        operation: Operation::Query.into(),
        purpose: "wahlverzeichnis".into(),
        event_id: Bytes::from_static(b"\x93\x6d\xa0\x1f\x9a\xbd\x4d\x9d\x80\xc7\x02\xaf\x85\xc8\x22\xa8"),
        occurred_at_us: 1_795_365_547_123_456,
        ..AccessEvent::default()
    }
}

/// Everything that can be sealed.
pub fn full() -> AccessEvent {
    AccessEvent {
        subjects: vec![subject("person", "4711"), subject("kfz", "UL-ÄB 17"), subject("person", "4712")],
        actor: Some("e.mustermann".into()),
        on_behalf_of: Some("m.muster".into()),
        record_keys: vec!["17".into(), "18/ä".into()],
        justification: Some("Antrag auf Anwohnerparken".into()),
        case_number: Some("III/2-26/4711".into()),
        query: Some("name = 'Mustermann'".into()),
        client_address: Some("2001:db8::17".into()),
        trace_id: Some(Bytes::from_static(b"0123456789abcdef")),
        span_id: Some(Bytes::from_static(b"01234567")),
        occurred_until_us: Some(1_795_365_549_000_000),
        ..plain()
    }
}

pub fn sealed(event: &AccessEvent, seed: &'static str) -> Prepared {
    let session = Bytes::from_static(b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f");
    let first = Provenance { producer: "meldewesen", session: &session, sequence: 7 };
    let key = PeriodKey::from(PERIOD_KEY);
    seal_accesses(&[EventView::from(event)], first, Some(&key), None, random(seed)).unwrap().pop().unwrap()
}
