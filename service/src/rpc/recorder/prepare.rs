//! From a request to what is placed: validated whole, serialised, and sealed where something is personal.
//!
//! Everything here is done side by side for many requests. What is sealed is prepared for the month in which it will
//! be recorded; the sequencer, who gives the time, sends back what has missed it.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::event::Sealing;
use einsicht_access::marker::PeriodKey;
use einsicht_access::record::{SealError, Sealed, seal_accesses};
use einsicht_access::vault::{AEAD_NONCE_BYTES, VaultKey};
use einsicht_access::{EventView, Month, Provenance, RetentionClass, validate_views};
use einsicht_proto::unread::RecordRequest;
use einsicht_tlog::{Origin, Size};
use tonic::Status;

use super::super::recorded::Wanted;
use super::super::{Shared, status};
use crate::auth::Session;
use crate::config::{Retention, Rules};
use crate::sequencer::{PreparedEvent, Work};
use crate::sessions::SessionKey;
use crate::signer::{self, SecretError};
use crate::vault::{Keyring, KeyringError, SealedBytes};

/// A request that can be recorded.
pub(super) struct Prepared {
    pub wanted: Wanted,
    /// `None` where the keys of the month have to be made first.
    pub work: Option<Work>,
    /// What is sealed anew if the month ends; `None` if nothing is personal.
    pub again: Option<Again>,
}

/// The events of a request, to be sealed for a month.
pub(super) struct Again {
    sent: Vec<Bytes>,
    session: Bytes,
    first_sequence: u64,
    producer: Arc<str>,
    rules: Arc<Rules>,
    month: Month,
}

/// Events can't be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// There is no key, or no randomness.
    #[error(transparent)]
    Seal(#[from] SealError<SecretError>),
    /// A key can't be had.
    #[error("the keys to seal events with can't be had: {0}. Nothing was recorded")]
    Key(#[from] KeyringError),
    /// The work ended in the middle.
    #[error("sealing ended in disorder; nothing was recorded")]
    Disorder,
}

/// The keys of one month.
struct Keys {
    period: Arc<PeriodKey>,
    classes: Vec<(RetentionClass, Arc<VaultKey>)>,
}

/// Validates a request as a whole and serialises its entries. Its events are read where they lie.
pub(super) fn prepare(shared: &Shared, caller: &Session, request: RecordRequest) -> Result<Prepared, Status> {
    let RecordRequest { session, first_sequence, events: sent, with_proofs, known_size } = request;
    let rules = shared.custody.rules();
    let keyring = shared.custody.keyring().ok();
    let sealing = match keyring {
        Some(_) => Sealing::On { schemes: &rules.schemes },
        None => Sealing::Off,
    };
    let now_us = shared.clock.unix_us();
    let events = read(&sent)?;
    validate_views(&session, first_sequence, &events, now_us, sealing)
        .map_err(|error| status::of_batch(&error))?;
    caller.may_record(&events).map_err(|refusal| status::of_refusal(&refusal))?;
    // Found out later, when the proof is built, the events would be recorded already. The published
    // size only grows, so the proof can be given then.
    let published = shared.sequencer.published().borrow().head.size;
    if Size(known_size) > published {
        return Err(status::knows_more(known_size, published));
    }
    let producer = &caller.caller().name;
    let wanted = Wanted { proofs: with_proofs, known_size: Size(known_size) };
    let provenance = Provenance { producer, session: &session, sequence: first_sequence };
    let month = Month::of_unix_s(u64::try_from(now_us).unwrap_or(0) / 1_000_000);
    let keys = match keyring {
        Some(keyring) if events.iter().any(EventView::needs_sealing) => {
            Some(Keys::cached(keyring, month, &classes(&events, &rules.retention)))
        }
        _ => None,
    };
    let batch =
        Batch { events: &events, provenance, retention: &rules.retention, origin: shared.custody.origin() };
    let sealed = |keys: Option<&Keys>| batch.seal(month, keys).map_err(|error| status::of_sealing(&error));
    let work = match &keys {
        None => Some(sealed(None)?),
        Some(Some(keys)) => Some(sealed(Some(keys))?),
        Some(None) => None,
    };
    let is_sealed = keys.is_some();
    let producer = Arc::clone(producer);
    let again = || Again { sent, session, first_sequence, producer, rules, month };
    Ok(Prepared { wanted, work, again: is_sealed.then(again) })
}

impl Again {
    /// From now on they are sealed for another month.
    pub fn turn_to(&mut self, month: Month) {
        self.month = month;
    }

    /// Seals them; makes the keys of the month if there are none.
    pub async fn seal(&self, shared: &Shared) -> Result<Work, Status> {
        let events = read(&self.sent)?;
        let (month, retention) = (self.month, &self.rules.retention);
        let classes = classes(&events, retention);
        let keyring = shared.custody.keyring().map_err(|error| status::of_custody(&error))?;
        let keys = match Keys::cached(keyring, month, &classes) {
            Some(keys) => Ok(keys),
            None => {
                let keyring = Arc::clone(keyring);
                let made = tokio::task::spawn_blocking(move || Keys::make(&keyring, month, &classes)).await;
                made.unwrap_or(Err(SealingError::Disorder))
            }
        };
        let keys = keys.map_err(|error| status::of_sealing(&error))?;
        let provenance =
            Provenance { producer: &self.producer, session: &self.session, sequence: self.first_sequence };
        let batch = Batch { events: &events, provenance, retention, origin: shared.custody.origin() };
        batch.seal(month, Some(&keys)).map_err(|error| status::of_sealing(&error))
    }
}

/// Events that are recorded together.
struct Batch<'a> {
    events: &'a [EventView<'a>],
    provenance: Provenance<'a>,
    retention: &'a Retention,
    origin: &'a Origin,
}

impl Batch<'_> {
    fn seal(&self, month: Month, keys: Option<&Keys>) -> Result<Work, SealingError> {
        let Provenance { producer, session, sequence } = self.provenance;
        let period = keys.map(|keys| &*keys.period);
        let prepared = seal_accesses(self.events, self.provenance, period, signer::random)?;
        let mut nonces = Nonces::draw(prepared.iter().filter(|event| event.sealed.is_some()).count())?;
        let mut events = Vec::with_capacity(prepared.len());
        for ((event, prepared), sequence) in self.events.iter().zip(prepared).zip(sequence..) {
            let sealed = match (prepared.sealed, keys) {
                (Some(sealed), Some(keys)) => {
                    let class = self.retention.class_of(event.dataset());
                    let key = keys.of(class).ok_or(SealingError::Disorder)?;
                    Some(self.encrypt(key, month, class, &sealed, &nonces.next()?))
                }
                _ => None,
            };
            let event_id = event.event_id().try_into().unwrap_or_default();
            events.push(PreparedEvent { sequence, event_id, body: prepared.body, sealed });
        }
        Ok(Work::Accesses { session: SessionKey::new(producer, session), events })
    }

    fn encrypt(
        &self,
        key: &VaultKey,
        month: Month,
        class: RetentionClass,
        sealed: &Sealed,
        nonce: &[u8; AEAD_NONCE_BYTES],
    ) -> SealedBytes {
        let bytes = key.encrypt(self.origin.as_str(), &sealed.nonce, nonce, sealed.openings.as_bytes());
        SealedBytes { month, class, bytes: bytes.into() }
    }
}

impl Keys {
    /// Those that this process has used already.
    fn cached(keyring: &Keyring, month: Month, classes: &[RetentionClass]) -> Option<Self> {
        let mut keys: Option<Self> = None;
        for class in classes {
            let (period, key) = keyring.cached(month, *class)?;
            let keys = keys.get_or_insert_with(|| Self { period, classes: Vec::new() });
            keys.classes.push((*class, key));
        }
        keys
    }

    /// Waits for a disk.
    fn make(keyring: &Keyring, month: Month, classes: &[RetentionClass]) -> Result<Self, SealingError> {
        let period = keyring.period_key(month)?;
        let key = |class: &RetentionClass| Ok((*class, keyring.vault_key(month, *class)?));
        let classes = classes.iter().map(key).collect::<Result<_, KeyringError>>()?;
        Ok(Self { period, classes })
    }

    fn of(&self, class: RetentionClass) -> Option<&VaultKey> {
        self.classes.iter().find(|(of, _)| *of == class).map(|(_, key)| &**key)
    }
}

/// Nonces of encryption, drawn at once: asking for each would cost more than the encryption.
struct Nonces(std::vec::IntoIter<[u8; AEAD_NONCE_BYTES]>);

impl Nonces {
    fn draw(count: usize) -> Result<Self, SealingError> {
        let mut nonces = vec![[0; AEAD_NONCE_BYTES]; count];
        if count > 0 {
            signer::random(nonces.as_flattened_mut()).map_err(SealError::Random)?;
        }
        Ok(Self(nonces.into_iter()))
    }

    fn next(&mut self) -> Result<[u8; AEAD_NONCE_BYTES], SealingError> {
        self.0.next().ok_or(SealingError::Disorder)
    }
}

fn read(sent: &[Bytes]) -> Result<Vec<EventView<'_>>, Status> {
    let events = sent.iter().map(|event| EventView::read(event)).collect::<Result<Vec<_>, _>>();
    events.map_err(status::of_malformed)
}

/// The classes of what is sealed, each once.
fn classes(events: &[EventView<'_>], retention: &Retention) -> Vec<RetentionClass> {
    let mut classes: Vec<RetentionClass> = Vec::new();
    for event in events.iter().filter(|event| event.needs_sealing()) {
        let class = retention.class_of(event.dataset());
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    classes
}
