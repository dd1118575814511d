//! Where a process runs: a disk in memory, and how the service is put together over it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use einsicht_service::clock::ManualClock;
use einsicht_service::ledger::{self, Assembly, LedgerError, NewLedger, Standby};
use einsicht_service::sequencer::Pace;
use einsicht_service::sessions::SessionStore;
use einsicht_service::storage::memory::MemoryFolder;
use einsicht_tlog::Origin;

use super::gate::{Gate, GatedFolder};
use super::sealed::wrapping_key;

/// Seconds since 1970 at which every run begins. Time is not what is tried here.
pub(super) const BEGUN_AT_S: u64 = 1_795_365_547;
/// The watermark always moves, or only at the end.
const FAR: Duration = Duration::from_secs(1_000_000);

/// Where a process runs.
#[derive(Clone)]
pub struct Machine {
    /// The data folder.
    pub folder: MemoryFolder,
    /// The session store. It lies elsewhere, is derived, and may be of any other ledger or time.
    pub store: SessionStore,
    /// When to begin another segment.
    pub segment_bytes_max: u64,
    /// Whether the watermark moves in every round of the follower, or only at the end.
    pub moves_watermark: bool,
    /// Whether it has a wrapping key: then some of what is recorded is sealed.
    pub seals: bool,
    /// What its processes were to be ended for.
    halts: Arc<Mutex<Vec<String>>>,
}

/// The name of every ledger here.
#[must_use]
pub fn origin() -> Origin {
    Origin::parse("power.test.example/ledger").unwrap()
}

/// The key of every ledger here.
#[must_use]
pub fn secret() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[7; 32])
}

impl Machine {
    /// One with large segments, whose watermark always moves.
    #[must_use]
    pub fn new(folder: MemoryFolder, store: SessionStore) -> Self {
        Self {
            folder,
            store,
            segment_bytes_max: 1 << 20,
            moves_watermark: true,
            seals: false,
            halts: Arc::default(),
        }
    }

    /// The same machine with what is left on its disk.
    #[must_use]
    pub fn with(&self, folder: MemoryFolder) -> Self {
        Self { folder, halts: Arc::default(), ..self.clone() }
    }

    /// What processes on it were to be ended for. The disk has done nothing since the first of them.
    #[must_use]
    pub fn halts(&self) -> Vec<String> {
        self.halts.lock().unwrap().clone()
    }

    /// Opens the log as the service does, each operation of the disk at the gate.
    ///
    /// # Errors
    /// As the service.
    pub(super) fn stand_by(&self, gate: Arc<Gate>) -> Result<Standby, LedgerError> {
        let Self { folder, store, halts, .. } = self.clone();
        let disk = folder.clone();
        Assembly {
            data: Path::new("data"),
            existing: ledger::read_genesis(&folder)?,
            keys: Arc::new(folder.clone()),
            wrapping_key: self.seals.then(wrapping_key),
            folder: Arc::new(GatedFolder { folder, gate }),
            secret: secret(),
            key_path: Path::new("ledger.key"),
            store: Box::new(move || Ok(store.clone())),
            clock: Arc::new(ManualClock::at(BEGUN_AT_S)),
            accept_clock: false,
            new: NewLedger { origin: origin(), simulated: false },
            predecessor: None,
            segment_bytes_max: self.segment_bytes_max,
            disk_reserve_bytes: 0,
            pace: Pace {
                round_interval: Duration::ZERO,
                watermark_entries: if self.moves_watermark { 0 } else { u64::MAX },
                watermark_interval: FAR,
            },
            // The process is at its end: whatever its threads still try, the disk does not see it.
            halt: Arc::new(move |error| {
                disk.power_off();
                halts.lock().unwrap().push(error.to_string());
            }),
        }
        .stand_by()
    }
}
