//! What the fuzz targets have in common. Each target states laws of one reader in
//! `fuzz_targets/`: what it accepts it reads to one thing, what is written from that reads back the
//! same, and nothing panics or takes memory out of proportion (`.ci/fuzz` sets the bounds).

use std::sync::LazyLock;

use einsicht_access::{
    EventView, Provenance, access_bodies, body_bytes, entry_of_access, read_body, record_states_event,
};
use einsicht_proto::v1::AccessEvent;
use einsicht_tlog::leaf::BODY_BYTES_MAX;
use einsicht_tlog::{Hash, Leaf, RecordedAt, SigningKey};

/// The log of the test vectors.
pub const ORIGIN: &str = "ledger.example/test";

/// The clock of the service in these targets: 2026-11-22T16:40:00Z, in microseconds.
pub const NOW_US: i64 = 1_795_365_600_000_000;

/// The key of the test vectors, whose seed is public.
pub static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    SigningKey::from_seed(ORIGIN, b"einsicht test key, never use it!").expect("the name is one")
});

/// Law of recording: what validates is logged in a leaf, reads back strictly, and says what was sent.
pub fn is_recorded_faithfully(event: &AccessEvent, provenance: Provenance<'_>) {
    let entry = entry_of_access(event, provenance);
    let body = body_bytes(&entry);
    // The service writes it in one pass. Both are the same to the byte.
    let view = EventView::from(event);
    let bodies = access_bodies(std::slice::from_ref(&view), provenance);
    assert!(bodies.eq([body.as_slice()]), "the body in one pass is that of the record");
    assert!(
        body.len() <= BODY_BYTES_MAX,
        "a valid event fits in a leaf, but its body has {} bytes",
        body.len()
    );
    let read = read_body(&body).expect("what is logged reads back strictly");
    assert_eq!(read, entry);
    let record = einsicht_access::entry::access_of(&read).expect("an access is logged as an access");
    assert_eq!(record_states_event(record, event, provenance), Ok(()));
    let leaf = Leaf { previous: Hash([7; 32]), recorded_at: RecordedAt(1), body: &body };
    let bytes = leaf.to_bytes().expect("the body is short enough");
    assert_eq!(Leaf::parse(&bytes), Ok(leaf));
}
