//! Gathers the figures of a report from the entries of a log, in their order.

use std::collections::{BTreeMap, BTreeSet};

use einsicht_access::charter::{Assembly, PartError};
use einsicht_access::period::rfc3339;
use einsicht_access::sessions::{Met, Sessions};
use einsicht_access::{CharterError, Period, WireError, Zone};
use einsicht_proto::v1::Genesis;
use einsicht_tlog::{Index, RecordedAt, Size};
use thiserror::Error;

use crate::Scope;
use crate::chunk::{Chunk, Entry, Events, Opened, Slot, SlotKey, Stretch};
use crate::cube::Cube;
use crate::figures::{Figures, InForce, Recorder};

/// Entries that are counted before they are joined, where they come one by one.
const JOINED_TOGETHER: u64 = 8_192;

/// Takes in the entries of a log from the first to the last that the report is about. Memory does not grow with
/// their number, but with that of codes, sessions and charters.
///
/// Entries can come one by one ([`entry`](Self::entry)), or in chunks that were counted on other cores
/// ([`take`](Self::take)).
#[derive(Debug)]
pub struct Gather {
    scope: Scope,
    pending: Chunk,
    next: Index,
    newest: RecordedAt,
    genesis: Option<(Genesis, RecordedAt)>,
    cube: Cube,
    combined: BTreeMap<Box<[u8]>, u64>,
    slots: BTreeMap<SlotKey, Slot>,
    sessions: Sessions,
    hidden: u64,
    shown: u64,
    known: BTreeSet<Box<[u8]>>,
    recorders: BTreeMap<Vec<u8>, Recorder>,
    assembly: Assembly,
    charters: Vec<InForce>,
    events: Events,
    indexes: Option<(Index, Index)>,
}

/// Why there are no figures.
#[derive(Debug, Error)]
pub enum GatherError {
    /// Entries did not come in order.
    #[error(
        "expected entry {expected}, found entry {found}: a report reads a log in order, from its first entry"
    )]
    Order {
        /// The index that was to come.
        expected: Index,
        /// The one that came.
        found: Index,
    },
    /// Fewer or more entries came than the report is about.
    #[error("the report is about {expected} entries, {found} were read")]
    Size {
        /// How many there should be.
        expected: Size,
        /// How many came.
        found: Size,
    },
    /// A body that is none. Verification would have said so.
    #[error("entry {index} can't be read: {error}; verify the ledger first")]
    Body {
        /// Its index.
        index: Index,
        /// What is wrong with it.
        error: WireError,
    },
    /// Parts of a charter that do not fit together. Verification would have said so.
    #[error("entry {index} is no part of a charter here: {error}; verify the ledger first")]
    CharterPart {
        /// Its index.
        index: Index,
        /// What is wrong with it.
        error: PartError,
    },
    /// A charter that can't be read.
    #[error("the charter that entry {index} completes can't be read: {error}")]
    Charter {
        /// The index of its last part.
        index: Index,
        /// What is wrong with it.
        error: Box<CharterError>,
    },
    /// Entry 0 is no genesis.
    #[error("entry 0 does not say how the ledger began; verify the ledger first")]
    NoGenesis,
    /// The period was cut in another time zone than the charter names that was in force when it ended in UTC.
    #[error(
        "the period was cut in {used}, and the charter in force at its end says {}: the figures have to be gathered again", needed.name()
    )]
    OtherZone {
        /// The zone of the scope.
        used: String,
        /// The zone to begin anew with.
        needed: Zone,
    },
    /// The period lies ahead of all entries: nothing can be said of it yet, not even that nothing was recorded.
    #[error(
        "{period} had not begun when the newest entry was recorded: it begins at {begins}, that entry is of {newest}. Make the report once it is over"
    )]
    NotBegun {
        /// The period.
        period: Period,
        /// Its first instant (RFC 3339, UTC).
        begins: String,
        /// When the newest entry was recorded, likewise.
        newest: String,
    },
}

impl Gather {
    /// Before the first entry.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            pending: Chunk::default(),
            next: Index(0),
            newest: RecordedAt(0),
            genesis: None,
            cube: Cube::default(),
            combined: BTreeMap::new(),
            slots: BTreeMap::new(),
            sessions: Sessions::default(),
            hidden: 0,
            shown: 0,
            known: BTreeSet::new(),
            recorders: BTreeMap::new(),
            assembly: Assembly::default(),
            charters: Vec::new(),
            events: Events::default(),
            indexes: None,
        }
    }

    /// Takes in the next entry.
    ///
    /// # Errors
    /// [`GatherError`] if one of the entries up to it is not what it should be. That may be told some entries later.
    pub fn entry(&mut self, entry: &Entry<'_>) -> Result<(), GatherError> {
        self.pending.look(&self.scope, entry);
        let first = self.pending.first.unwrap_or_default();
        let is_full = self.pending.next.0.saturating_sub(first.0) >= JOINED_TOGETHER;
        if is_full || self.pending.fault.is_some() { self.join_pending() } else { Ok(()) }
    }

    /// Takes in a chunk of entries, counted by [`Chunk::look`] with an equal scope, behind those before.
    ///
    /// # Errors
    /// [`GatherError`] if it does not follow, or one of its entries is not what it should be.
    pub fn take(&mut self, chunk: Chunk) -> Result<(), GatherError> {
        self.join_pending()?;
        self.join(chunk)
    }

    /// The figures.
    ///
    /// # Errors
    /// [`GatherError`]: entries are missing, the period has to be cut in another time zone, or it had not begun when the
    /// newest entry was recorded.
    pub fn finish(mut self) -> Result<Figures, GatherError> {
        self.join_pending()?;
        let (expected, found) = (self.scope.size(), Size(self.next.0));
        if expected != found {
            return Err(GatherError::Size { expected, found });
        }
        let (genesis, began_at) = self.genesis.take().ok_or(GatherError::NoGenesis)?;
        let (needed, zone_unknown) = self.zone();
        if needed != *self.scope.zone() {
            return Err(GatherError::OtherZone { used: self.scope.zone().name().to_owned(), needed });
        }
        let begins = self.scope.span().first_s;
        if self.newest.0 < begins {
            let (period, newest) = (self.scope.period(), rfc3339(self.newest.0));
            return Err(GatherError::NotBegun { period, begins: rfc3339(begins), newest });
        }
        self.charters.retain(|in_force| in_force.recorded_at.0 < self.scope.span().end_s);
        self.count_gaps();
        let missing: u64 = self.recorders.values().map(|recorder| recorder.missing).sum();
        let unseen = self.hidden.saturating_sub(self.shown).saturating_add(self.sessions.unplaced);
        Ok(Figures {
            scope: self.scope,
            genesis,
            began_at,
            newest: self.newest,
            cube: self.cube,
            combined: self.combined,
            slots: self.slots,
            known: self.known,
            recorders: self.recorders,
            repeated: self.sessions.repeated,
            missing_maybe_hidden: unseen.min(missing),
            gaps_complete: self.sessions.all_listed(),
            charters: self.charters,
            zone_unknown,
            events: self.events,
            indexes: self.indexes,
        })
    }

    fn join_pending(&mut self) -> Result<(), GatherError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.first.is_none() { Ok(()) } else { self.join(pending) }
    }

    fn join(&mut self, chunk: Chunk) -> Result<(), GatherError> {
        let Some(first) = chunk.first else { return Ok(()) };
        if first != self.next {
            return Err(GatherError::Order { expected: self.next, found: first });
        }
        if let Some(fault) = chunk.fault {
            return Err(fault);
        }
        (self.next, self.newest) = (chunk.next, chunk.newest);
        self.genesis = self.genesis.take().or(chunk.genesis);
        self.cube.merge(chunk.cube);
        for (dataset, count) in chunk.combined {
            *self.combined.entry(dataset).or_default() += count;
        }
        for (key, slot) in chunk.slots {
            let own = self.slots.entry(key).or_default();
            own.tally.add(slot.tally);
            slot.judged.into_iter().for_each(|(by, judged)| own.judged.entry(by).or_default().merge(judged));
        }
        self.known.extend(chunk.recorders);
        chunk.stretches.into_all().for_each(|stretch| self.join_stretch(stretch));
        self.hidden += chunk.hidden;
        self.events.merge(chunk.events);
        for (index, recorded_at, part) in chunk.charter_parts {
            let text = self.assembly.push(&part);
            let text = text.map_err(|error| GatherError::CharterPart { index, error })?;
            let until = self.scope.charters_until_s().max(self.scope.span().end_s);
            if let Some(text) = text.filter(|_| recorded_at.0 < until) {
                self.charters.push(InForce::read(index, recorded_at, &text)?);
            }
        }
        Ok(())
    }

    fn join_stretch(&mut self, stretch: Stretch) {
        if let Some(now) = stretch.begins {
            self.sessions.make_room(now);
        }
        self.sessions.take_more(&stretch.before.into_met());
        self.fill(&stretch.opened, false);
        self.meet(&stretch.within.into_met(), stretch.indexes);
        self.fill(&stretch.opened, true);
    }

    /// Takes in numbers that were opened within the period, or before it.
    fn fill(&mut self, opened: &[Opened], within: bool) {
        for opened in opened.iter().filter(|opened| opened.within == within) {
            self.shown += 1;
            self.sessions.fill(&opened.recorder, &opened.session, opened.number);
        }
    }

    /// Takes in sessions within the period.
    fn meet(&mut self, met: &[Met], indexes: Option<(Index, Index)>) {
        let Some((first, last)) = indexes else { return };
        if self.indexes.is_none() {
            // What is missing in sessions that were over before is of the periods before.
            self.sessions.count_anew();
        }
        let begin = self.indexes.map_or(first, |(begin, _)| begin);
        self.indexes = Some((begin, last));
        for met in met {
            let recorder = self.recorders.entry(met.producer().to_vec()).or_default();
            let is_new = self.sessions.last_index(met).is_none_or(|index| index < begin);
            recorder.sessions += u64::from(is_new);
            recorder.ended += u64::from(met.has_ended() && !self.sessions.has_ended(met));
        }
        self.sessions.take_more(met);
    }

    /// Distributes what is missing in sessions of the period among their recorders.
    fn count_gaps(&mut self) {
        let Some((first, _)) = self.indexes else { return };
        for gap in self.sessions.gaps().into_iter().filter(|gap| gap.last_index >= first.0) {
            let recorder = self.recorders.entry(gap.producer.into_bytes()).or_default();
            recorder.gaps += 1;
            recorder.missing = recorder.missing.saturating_add(gap.missing);
        }
    }

    /// The zone of the charter that was in force when the period ended in UTC, and its name if there is no such zone.
    fn zone(&self) -> (Zone, Option<String>) {
        let until = self.scope.charters_until_s();
        let in_force = self.charters.iter().rev().find(|in_force| in_force.recorded_at.0 < until);
        let name = in_force.and_then(|in_force| in_force.charter.time_zone());
        match name.map(|name| (name, Zone::named(name))) {
            None => (Zone::utc(), None),
            Some((_, Ok(zone))) => (zone, None),
            Some((name, Err(_))) => (Zone::utc(), Some(name.to_owned())),
        }
    }
}
