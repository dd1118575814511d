//! Seals events: makes their entries, and what of them goes to the vault, encrypted for a month.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::marker::PeriodKey;
use einsicht_access::record::{Prepared, SealError, Sealed, seal_accesses};
use einsicht_access::vault::{AEAD_NONCE_BYTES, SEALED_OVERHEAD_BYTES, VaultKey};
use einsicht_access::{EventView, Month, Provenance, RetentionClass};
use einsicht_tlog::Origin;

use crate::charters::Terms;
use crate::random::Generator;
use crate::sequencer::{Judged, PreparedEvent, Work};
use crate::sessions::SessionKey;
use crate::signer::SecretError;
use crate::vault::{Keyring, KeyringError, SealedBytes};

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

/// The keys of one month, of the classes that were asked for.
pub struct Keys {
    month: Month,
    period: Arc<PeriodKey>,
    classes: Vec<(RetentionClass, Arc<VaultKey>)>,
}

/// Events that are recorded together. They are valid, which is not checked.
pub struct Batch<'a> {
    /// The events.
    pub events: &'a [EventView<'a>],
    /// Who records them, and the number of the first.
    pub provenance: Provenance<'a>,
    /// What they are judged by, and how long what is sealed is kept.
    pub terms: &'a Terms,
    /// The ledger.
    pub origin: &'a Origin,
}

impl Batch<'_> {
    /// Makes what the sequencer places. Without keys nothing may be personal.
    ///
    /// # Errors
    /// [`SealingError`]; [`SealError::Off`] if something is personal and there are no keys.
    pub fn seal(&self, keys: Option<&Keys>) -> Result<Work, SealingError> {
        let Provenance { producer, session, sequence } = self.provenance;
        let period = keys.map(|keys| &*keys.period);
        let mut generator = Generator::default();
        let prepared = seal_accesses(self.events, self.provenance, period, self.terms.in_force(), |bytes| {
            generator.fill(bytes)
        })?;
        let sealed = self.encrypt(&prepared, keys, &mut generator)?;
        let events = self.events.iter().zip(prepared).zip(sealed).zip(sequence..);
        let charter = self.terms.charter.as_ref().map(|charter| charter.place.last);
        let events = events.map(|(((event, prepared), sealed), sequence)| {
            let event_id = event.event_id().try_into().unwrap_or_default();
            // What a figure says of a confidential access, its record must not hide.
            let deviates =
                if event.is_confidential() { Default::default() } else { prepared.judgement.deviates };
            PreparedEvent {
                sequence,
                event_id,
                body: prepared.body,
                sealed,
                judged: Judged { charter, deviates },
            }
        });
        Ok(Work::Accesses { session: SessionKey::new(producer, session), events: events.collect() })
    }

    /// What the vault gets of each event, all of it in one buffer.
    fn encrypt(
        &self,
        prepared: &[Prepared],
        keys: Option<&Keys>,
        generator: &mut Generator,
    ) -> Result<Vec<Option<SealedBytes>>, SealingError> {
        let openings = prepared.iter().filter_map(|event| Some(event.sealed.as_ref()?.openings.as_bytes()));
        let mut nonces = Nonces::draw(openings.clone().count(), generator)?;
        let lengths = openings.map(|openings| openings.len() + SEALED_OVERHEAD_BYTES);
        let mut buffer = Vec::with_capacity(lengths.sum());
        let mut places = Vec::with_capacity(prepared.len());
        for (event, prepared) in self.events.iter().zip(prepared) {
            places.push(match (&prepared.sealed, keys) {
                (Some(Sealed { nonce, openings }), Some(keys)) => {
                    let class = self.terms.class_of(event.dataset());
                    let key = keys.of(class).ok_or(SealingError::Disorder)?;
                    let (start, openings) = (buffer.len(), openings.as_bytes());
                    key.encrypt_to(self.origin.as_str(), nonce, &nonces.next()?, openings, &mut buffer);
                    Some((keys.month, class, start..buffer.len()))
                }
                _ => None,
            });
        }
        let buffer = Bytes::from(buffer);
        let of = |(month, class, place)| SealedBytes { month, class, bytes: buffer.slice(place) };
        Ok(places.into_iter().map(|place| place.map(of)).collect())
    }
}

impl Keys {
    /// Those that this process has used already; `None` if one of them is not among these.
    #[must_use]
    pub fn cached(keyring: &Keyring, month: Month, classes: &[RetentionClass]) -> Option<Self> {
        let mut keys: Option<Self> = None;
        for class in classes {
            let (period, key) = keyring.cached(month, *class)?;
            let keys = keys.get_or_insert_with(|| Self { month, period, classes: Vec::new() });
            keys.classes.push((*class, key));
        }
        keys
    }

    /// Makes those that there are none of yet. Waits for a disk.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn make(keyring: &Keyring, month: Month, classes: &[RetentionClass]) -> Result<Self, SealingError> {
        let period = keyring.period_key(month)?;
        let key = |class: &RetentionClass| Ok((*class, keyring.vault_key(month, *class)?));
        let classes = classes.iter().map(key).collect::<Result<_, KeyringError>>()?;
        Ok(Self { month, period, classes })
    }

    fn of(&self, class: RetentionClass) -> Option<&VaultKey> {
        self.classes.iter().find(|(of, _)| *of == class).map(|(_, key)| &**key)
    }
}

/// Nonces of encryption, drawn at once: asking for each would cost more than the encryption.
struct Nonces(std::vec::IntoIter<[u8; AEAD_NONCE_BYTES]>);

impl Nonces {
    fn draw(count: usize, generator: &mut Generator) -> Result<Self, SealingError> {
        let mut nonces = vec![[0; AEAD_NONCE_BYTES]; count];
        if count > 0 {
            generator.fill(nonces.as_flattened_mut()).map_err(SealError::Random)?;
        }
        Ok(Self(nonces.into_iter()))
    }

    fn next(&mut self) -> Result<[u8; AEAD_NONCE_BYTES], SealingError> {
        self.0.next().ok_or(SealingError::Disorder)
    }
}

/// The classes of what is sealed of these, each once.
#[must_use]
pub fn classes(events: &[EventView<'_>], terms: &Terms) -> Vec<RetentionClass> {
    let mut classes: Vec<RetentionClass> = Vec::new();
    for event in events.iter().filter(|event| event.needs_sealing()) {
        let class = terms.class_of(event.dataset());
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    classes
}
