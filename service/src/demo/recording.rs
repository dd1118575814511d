//! Records a planned week, as the service would: what is personal is sealed.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use einsicht_access::entry::session_end;
use einsicht_access::event::Sealing;
use einsicht_access::openings::State;
use einsicht_access::{EventView, Month, Provenance, SealedField, body_bytes, validate_views};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, Correction, EntryBody, Opening};
use einsicht_tlog::{Index, Origin, RecordedAt};

use super::said::{Said, What};
use super::week::{Planned, SessionEnd};
use crate::annotations::Annotations;
use crate::charters::{Announced, Charters, Terms};
use crate::config::Rules;
use crate::ledger::Ledger;
use crate::sealing::{Batch, Keys, classes};
use crate::sequencer::{Placed, Work};
use crate::sessions::SessionKey;
use crate::vault::Keyring;

/// A number of a session.
type Number = (SessionKey, u64);

/// A ledger that the week is recorded into.
pub(super) struct Recording {
    ledger: Ledger,
    annotations: Annotations,
    charters: Charters,
    rules: Arc<Rules>,
    keyring: Arc<Keyring>,
    origin: Origin,
    /// Entries that something is said about later, once they are known.
    expected: BTreeMap<Number, Option<Index>>,
}

impl Recording {
    pub fn new(
        ledger: Ledger,
        annotations: Annotations,
        charters: Charters,
        rules: &Rules,
    ) -> anyhow::Result<Self> {
        let keyring = Arc::clone(ledger.vault.keyring().context("there is no wrapping key to seal with")?);
        let origin = Origin::parse(&ledger.genesis.origin)?;
        let rules = Arc::new(rules.clone());
        Ok(Self { ledger, annotations, charters, rules, keyring, origin, expected: BTreeMap::new() })
    }

    /// When the newest entry was recorded.
    pub fn recorded_at(&self) -> RecordedAt {
        self.ledger.committer.recorded_at()
    }

    /// Puts a charter in force, unless an earlier run that was interrupted has done so.
    pub fn publish(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        if self.charters.to_judge_by().is_none() {
            let charter = Announced::parse(name, text.as_bytes())?;
            self.ledger.committer.record_now(vec![Work::Charter(charter)])?;
        }
        Ok(())
    }

    /// Remembers where the accesses stand that these are about.
    pub fn expect(&mut self, said: &[Said]) {
        self.expected =
            said.iter().map(|said| (number(&said.producer, &said.session, said.sequence), None)).collect();
    }

    /// Records accesses, and ends of sessions, in one commit. The clock shows `at_s`.
    pub fn record(&mut self, planned: &[Planned], ending: &[SessionEnd], at_s: u64) -> anyhow::Result<()> {
        let mut sessions: BTreeMap<SessionKey, Vec<&Planned>> = BTreeMap::new();
        for event in planned {
            sessions.entry(SessionKey::new(&event.producer, &event.session)).or_default().push(event);
        }
        let mut work = Vec::with_capacity(sessions.len() + ending.len());
        let mut numbers = Vec::with_capacity(planned.len());
        for (key, events) in &sessions {
            work.push(self.sealed(events, at_s)?);
            numbers.extend(events.iter().map(|event| (*key, event.sequence)));
        }
        work.extend(ending.iter().map(end));
        if work.is_empty() {
            return Ok(());
        }
        let placed = self.ledger.committer.record_now(work)?;
        for (number, Placed { index, .. }) in numbers.iter().zip(placed) {
            if let Some(expected) = self.expected.get_mut(number) {
                *expected = Some(index);
            }
        }
        Ok(())
    }

    /// Accesses of one session, whose numbers follow each other.
    fn sealed(&self, planned: &[&Planned], at_s: u64) -> anyhow::Result<Work> {
        let Some(Planned { producer, session, sequence, .. }) = planned.first() else {
            bail!("a session without an access");
        };
        let session = Bytes::copy_from_slice(session);
        let events: Vec<AccessEvent> = planned.iter().map(|planned| planned.event.clone()).collect();
        let views: Vec<EventView<'_>> = events.iter().map(EventView::from).collect();
        let now_us = i64::try_from(at_s)?.saturating_mul(1_000_000);
        let terms = Terms { rules: Arc::clone(&self.rules), charter: self.charters.to_judge_by() };
        let schemes = terms.schemes();
        validate_views(&session, *sequence, &views, now_us, Sealing::On { schemes })?;
        let keys = match classes(&views, &terms).as_slice() {
            [] => None,
            classes => Some(Keys::make(&self.keyring, Month::of_unix_s(at_s), classes)?),
        };
        let provenance = Provenance { producer, session: &session, sequence: *sequence };
        let batch = Batch { events: &views, provenance, terms: &terms, origin: &self.origin };
        Ok(batch.seal(keys.as_ref())?)
    }

    /// Records what is said about an access, unless an earlier run that was interrupted has done so.
    pub fn say(&mut self, said: &Said) -> anyhow::Result<()> {
        let number = number(&said.producer, &said.session, said.sequence);
        let index =
            self.expected.get(&number).copied().flatten().context("what is said is about no access")?;
        let before = self.annotations.list(index.0..index.0 + 1, Index(u64::MAX), None, 1)?;
        if !before.is_empty() {
            return Ok(());
        }
        let content = match &said.what {
            What::Correction(what) => Content::Correction(Correction {
                index: index.0,
                correction: what.correction.clone(),
                ground: what.ground.clone(),
            }),
            What::Opening => Content::Opening(self.opening(index)?),
        };
        self.ledger.committer.record_own(&body_bytes(&EntryBody { content: Some(content) }))?;
        Ok(())
    }

    fn opening(&self, index: Index) -> anyhow::Result<Opening> {
        let found = self.ledger.vault.openings(index, &self.ledger.reader.leaf(index)?)?;
        match found.openings.state(SealedField::Confidential) {
            Some(State::Open { salt, value }) => Ok(Opening {
                index: index.0,
                salt: Bytes::copy_from_slice(salt.as_bytes()),
                record: Bytes::copy_from_slice(value),
            }),
            _ => bail!("entry {index} is not confidential"),
        }
    }

    /// What it is recorded into.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Writes an entry of the service's own.
    pub fn write(&mut self, body: &[u8]) -> anyhow::Result<()> {
        Ok(self.ledger.committer.record_own(body)?)
    }

    /// Everything was recorded.
    pub fn finish(self) {
        self.ledger.committer.finish();
    }
}

fn number(producer: &str, session: &[u8; 16], sequence: u64) -> Number {
    (SessionKey::new(producer, session), sequence)
}

fn end(end: &SessionEnd) -> Work {
    let SessionEnd { producer, session, last_sequence, .. } = end;
    let last_sequence = Some(*last_sequence);
    let body = body_bytes(&session_end(producer, &Bytes::copy_from_slice(session), last_sequence));
    Work::SessionEnd { session: SessionKey::new(producer, session), last_sequence, body }
}
