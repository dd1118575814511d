//! What sealing costs: events are prepared as the service does it, bodies, seals, markers and encrypted openings,
//! on one core and without a service around.

use std::hint::black_box;
use std::time::Instant;

use einsicht_access::marker::PeriodKey;
use einsicht_access::record::seal_accesses;
use einsicht_access::vault::{AEAD_NONCE_BYTES, SEALED_OVERHEAD_BYTES, VaultKey};
use einsicht_access::{EventView, Provenance};
use einsicht_proto::v1::AccessEvent;
use einsicht_service::random::Generator;

use crate::event::{self, PRODUCER, Run, Standard};

/// Events of one batch.
const BATCH_EVENTS: u64 = 500;
/// Batches of one turn: some hundredths of a second.
const BATCHES: u32 = 40;
/// As long as those of the ledgers under test.
const ORIGIN: &str = "bench.einsicht.invalid/00000000";

/// Events that are prepared again and again.
pub struct Preparing {
    events: Vec<AccessEvent>,
    standard: Standard,
    run: Run,
}

impl Preparing {
    /// A batch of these.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new(standard: Standard) -> anyhow::Result<Self> {
        let run = Run::new()?;
        let events = event::request(&run, standard, 0, BATCH_EVENTS, 1_795_365_613_271_829).events;
        Ok(Self { events, standard, run })
    }

    /// How long one event takes, in microseconds.
    ///
    /// # Errors
    /// If an event can't be prepared.
    pub fn us_per_event(&self) -> anyhow::Result<f64> {
        let (period, key) = (PeriodKey::from([1; 32]), VaultKey::new([2; 32]));
        let begun = Instant::now();
        for _ in 0..BATCHES {
            self.prepare(&period, &key)?;
        }
        let events = f64::from(BATCHES) * self.events.len() as f64;
        Ok(begun.elapsed().as_secs_f64() * 1e6 / events)
    }

    fn prepare(&self, period: &PeriodKey, key: &VaultKey) -> anyhow::Result<()> {
        let views: Vec<_> = self.events.iter().map(EventView::from).collect();
        let first = Provenance { producer: PRODUCER, session: self.run.session(), sequence: 0 };
        let mut generator = Generator::default();
        let prepared = seal_accesses(&views, first, Some(period), self.standard.charter(1), |bytes| {
            generator.fill(bytes)
        })?;
        let mut nonces =
            vec![[0; AEAD_NONCE_BYTES]; prepared.iter().filter(|one| one.sealed.is_some()).count()];
        generator.fill(nonces.as_flattened_mut())?;
        let sealed = prepared.iter().filter_map(|one| one.sealed.as_ref());
        let lengths = sealed.clone().map(|sealed| sealed.openings.as_bytes().len() + SEALED_OVERHEAD_BYTES);
        let mut encrypted = Vec::with_capacity(lengths.sum());
        for (sealed, nonce) in sealed.zip(&nonces) {
            key.encrypt_to(ORIGIN, &sealed.nonce, nonce, sealed.openings.as_bytes(), &mut encrypted);
        }
        black_box((&prepared, encrypted));
        Ok(())
    }
}
