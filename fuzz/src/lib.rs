//! What the fuzz targets have in common. Each target states laws of one reader in
//! `fuzz_targets/`: what it accepts it reads to one thing, what is written from that reads back the
//! same, and nothing panics or takes memory out of proportion (`.ci/fuzz` sets the bounds).

use std::convert::Infallible;
use std::sync::LazyLock;

use einsicht_access::record::Prepared;
use einsicht_access::{
    EventView, Openings, PeriodKey, Provenance, body_bytes, entry_of_access, read_body, record_states_event,
    seal_accesses,
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

/// The period key of these targets.
pub static PERIOD_KEY: LazyLock<PeriodKey> = LazyLock::new(|| PeriodKey::from([7; 32]));

/// Law of recording: what validates is logged in a leaf, reads back strictly, and says what was sent; what of it
/// is sealed can be opened.
pub fn is_recorded_faithfully(event: &AccessEvent, provenance: Provenance<'_>) {
    let view = EventView::from(event);
    let random = |bytes: &mut [u8]| {
        bytes.iter_mut().zip(0_u8..=255).for_each(|(place, byte)| *place = byte);
        Ok::<_, Infallible>(())
    };
    let events = std::slice::from_ref(&view);
    let prepared = seal_accesses(events, provenance, Some(&PERIOD_KEY), None, random);
    let Prepared { body, sealed, .. } = prepared.ok().and_then(|mut all| all.pop()).expect("there is a key");
    assert!(
        body.len() <= BODY_BYTES_MAX,
        "a valid event fits in a leaf, but its body has {} bytes",
        body.len()
    );
    let read = read_body(&body).expect("what is logged reads back strictly");
    match sealed {
        Some(sealed) => {
            assert_eq!(sealed.openings.verify(&read), Ok(()));
            assert_eq!(Openings::parse(sealed.openings.as_bytes()), Ok(sealed.openings));
        }
        None => {
            let entry = entry_of_access(event, provenance);
            assert_eq!(body, body_bytes(&entry), "the body in one pass is that of the record");
            assert_eq!(read, entry);
        }
    }
    let record = einsicht_access::entry::access_of(&read).expect("an access is logged as an access");
    assert_eq!(record_states_event(record, event, provenance), Ok(()));
    let leaf = Leaf { previous: Hash([7; 32]), recorded_at: RecordedAt(1), body: &body };
    let bytes = leaf.to_bytes().expect("the body is short enough");
    assert_eq!(Leaf::parse(&bytes), Ok(leaf));
}
