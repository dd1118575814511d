//! From events to bodies in which nothing is personal, and the openings that go to the vault.
//!
//! A record with anything sealed has a nonce, and its exact times are sealed too; any other keeps nothing of
//! them but the minute. Source: docs/format.md, Sealing, Markers and Confidential records.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use einsicht_proto::v1::Statement;
use thiserror::Error;
use zeroize::Zeroizing;

use super::Provenance;
use super::encode::{Fields, Length, Public, Stated, append_body, append_outer, append_record};
use crate::judge::{InForce, Judgement};
use crate::marker::{self, CONFIDENTIAL_MARKERS, MARKER_BYTES, PeriodKey, Seats, markers_padded};
use crate::openings::{Openings, opening_bytes};
use crate::random::Random;
use crate::seal::{NONCE_BYTES, SALT_BYTES, SEAL_BYTES, Salt, SealedField, seal};
use crate::value::Value;
use crate::view::EventView;

/// An access that is ready to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The body of its entry.
    pub body: Bytes,
    /// What goes to the vault before the entry may be written, if anything is sealed.
    pub sealed: Option<Sealed>,
    /// What stands in it, or is sealed in it; empty where no charter is in force.
    pub judgement: Judgement,
}

/// What the vault holds of one entry, before it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The public nonce of the entry, to which its openings are bound.
    pub nonce: [u8; NONCE_BYTES],
    /// The openings of its seals.
    pub openings: Openings,
}

/// What an entry of the trail shows of a statement, and what the vault holds of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedStatement {
    /// The seal, with number 45.
    pub seal: [u8; SEAL_BYTES],
    /// The nonce of the entry, and its opening.
    pub sealed: Sealed,
}

/// Why events were not sealed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError<E> {
    /// An event has personal values, or is confidential, and there is no key to seal it with.
    #[error("event {position} has values that must be sealed, and sealing is off")]
    Off {
        /// Position of the event, from 0.
        position: usize,
    },
    /// There were no random bytes.
    #[error("no random bytes could be had: {0}")]
    Random(E),
}

/// The bodies of events that are recorded together, and what of them is sealed. `first` says where the first
/// event comes from; the others have the numbers after it. Does not validate the events.
///
/// `key` is the period key of the month in which they will be recorded: `None` if sealing is off. `random`
/// overwrites what it is given with bytes that nobody can guess and that come only once; it is called once for many
/// events, and never if nothing is sealed. `charter` is the one that will be in force when they are recorded: each event
/// is judged by it.
///
/// # Errors
/// [`SealError::Off`] for the first event that would have to be sealed and cannot be; [`SealError::Random`].
pub fn seal_accesses<E>(
    events: &[EventView<'_>],
    first: Provenance<'_>,
    key: Option<&PeriodKey>,
    charter: Option<InForce<'_>>,
    random: impl FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<Vec<Prepared>, SealError<E>> {
    let random = Random::new(random, events.iter().map(random_bytes).sum());
    let mut sealer = Sealer { random, seats: Seats::default(), public: Public::default() };
    let mut buffer = Vec::new();
    let mut prepared: Vec<(Range<usize>, Option<Sealed>, Judgement)> = Vec::with_capacity(events.len());
    for (position, (event, sequence)) in events.iter().zip(first.sequence..).enumerate() {
        let start = buffer.len();
        let provenance = Provenance { sequence, ..first };
        let verdict = charter.map(|charter| charter.judge(event));
        let stated = Stated { event, provenance, verdict };
        let sealed = if event.needs_sealing() {
            let key = key.ok_or(SealError::Off { position })?;
            let sealed = sealer.append_sealed(&stated, key, &mut buffer);
            Some(sealed.map_err(SealError::Random)?)
        } else {
            append_body(&mut buffer, |record| append_record(&stated, &Public::default(), record));
            None
        };
        if prepared.is_empty() {
            // Events of one request are mostly of one kind.
            buffer.reserve(buffer.len() * (events.len() - 1));
        }
        let judgement = verdict.map(|verdict| verdict.judgement).unwrap_or_default();
        prepared.push((start..buffer.len(), sealed, judgement));
    }
    let buffer = Bytes::from(buffer);
    let of = |(body, sealed, judgement): (Range<usize>, _, _)| Prepared {
        body: buffer.slice(body),
        sealed,
        judgement,
    };
    Ok(prepared.into_iter().map(of).collect())
}

/// Seals what somebody did, for an entry of the trail.
///
/// # Errors
/// That of `random`, which is called once.
pub fn seal_statement<E>(
    statement: &Statement,
    random: impl FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<SealedStatement, E> {
    let mut random = Random::new(random, NONCE_BYTES + SALT_BYTES);
    let value = Value::Statement(Cow::Borrowed(statement));
    let nonce = random.take()?;
    let salt = Salt::from(random.take()?);
    let mut openings = Openings::with_capacity(opening_bytes(value.encoded_len()));
    let seal = push_sealed(&mut openings, SealedField::Statement, &salt, &value);
    Ok(SealedStatement { seal, sealed: Sealed { nonce, openings } })
}

impl EventView<'_> {
    /// Whether anything of the event may not be logged in the clear: without sealing it can't be recorded.
    #[must_use]
    pub fn needs_sealing(&self) -> bool {
        self.confidential_until_day.is_some() || !self.personal.is_empty()
    }

    /// Shows all that is sealed of the event, by ascending number.
    #[inline]
    pub(super) fn each_sealed_value(&self, mut show: impl FnMut(SealedField, Value<'_>)) {
        self.personal.each_value(&mut show);
        show(SealedField::OccurredAt, Value::Time(self.occurred_at_us));
        if let Some(until_us) = self.occurred_until_us {
            show(SealedField::OccurredUntil, Value::Time(until_us));
        }
    }
}

/// How many random bytes an event needs, about.
fn random_bytes(event: &EventView<'_>) -> usize {
    if !event.needs_sealing() {
        return 0;
    }
    let markers = markers_padded(event.personal.subjects.len());
    let outer = match event.confidential_until_day {
        Some(_) => NONCE_BYTES + SALT_BYTES + CONFIDENTIAL_MARKERS * MARKER_BYTES,
        None => 0,
    };
    let mut salts = 0;
    event.each_sealed_value(|_, _| salts += SALT_BYTES);
    NONCE_BYTES + salts + markers * (MARKER_BYTES + size_of::<u64>()) + outer
}

/// What sealing one event after the other needs again.
struct Sealer<'a, F> {
    random: Random<F>,
    seats: Seats<'a>,
    /// Of the event that is being sealed.
    public: Public,
}

impl<'a, F: FnMut(&mut [u8]) -> Result<(), E>, E> Sealer<'a, F> {
    /// Appends the body of an event of which something is sealed.
    fn append_sealed(
        &mut self,
        stated: &Stated<'_, 'a>,
        key: &PeriodKey,
        buffer: &mut Vec<u8>,
    ) -> Result<Sealed, E> {
        let event = stated.event;
        let nonce = self.random.take()?;
        let openings = self.seal_values(event, nonce, key)?;
        let Some(day) = event.confidential_until_day else {
            append_body(buffer, |record| append_record(stated, &self.public, record));
            return Ok(Sealed { nonce, openings });
        };
        let mut length = Length::default();
        append_record(stated, &self.public, &mut Fields { sink: &mut length });
        let mut hidden = Zeroizing::new(Vec::with_capacity(length.0));
        append_record(stated, &self.public, &mut Fields { sink: &mut *hidden });
        debug_assert_eq!(hidden.len(), length.0, "a buffer that grows leaves copies behind");
        let nonce = self.random.take()?;
        let salt = Salt::from(self.random.take()?);
        let mut openings = openings.with_room_for(opening_bytes(hidden.len()));
        let field = SealedField::Confidential;
        let seals = vec![(field, push_sealed(&mut openings, field, &salt, &Value::Record(&hidden)))];
        let markers = marker::fillers(CONFIDENTIAL_MARKERS, &mut self.random)?;
        let public = Public { seals, nonce: Some(nonce), markers };
        append_body(buffer, |record| append_outer(day, &public, record));
        Ok(Sealed { nonce, openings })
    }

    fn seal_values(
        &mut self,
        event: &EventView<'a>,
        nonce: [u8; NONCE_BYTES],
        key: &PeriodKey,
    ) -> Result<Openings, E> {
        let Self { random, seats, public: Public { seals, nonce: shown, markers } } = self;
        seals.clear();
        markers.clear();
        *shown = Some(nonce);
        let mut bytes = 0;
        event.each_sealed_value(|_, value| bytes += opening_bytes(value.encoded_len()));
        let mut openings = Openings::with_capacity(bytes);
        let mut failed = Ok(());
        event.each_sealed_value(|field, value| match random.take() {
            Ok(salt) => seals.push((field, push_sealed(&mut openings, field, &Salt::from(salt), &value))),
            Err(error) => failed = Err(error),
        });
        failed?;
        seats.place(key, &nonce, &event.personal.subjects, random, markers)?;
        Ok(openings)
    }
}

/// Appends an opening and returns its seal.
fn push_sealed(
    openings: &mut Openings,
    field: SealedField,
    salt: &Salt,
    value: &Value<'_>,
) -> [u8; SEAL_BYTES] {
    seal(field, salt, openings.push(field, salt, value))
}

#[cfg(test)]
mod tests;
