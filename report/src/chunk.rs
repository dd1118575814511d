//! What a stretch of consecutive entries has for a report. Needs nothing of what was before it, so that it can be
//! counted on any core; [`Gather`](crate::Gather) joins such stretches in the order of the log.

mod stretch;

use std::collections::{BTreeMap, BTreeSet};

use einsicht_access::period::TimeSpan;
use einsicht_access::sessions::SessionEvent;
use einsicht_access::{Month, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{CharterPart, Genesis, KeyAction};
use einsicht_tlog::{Index, RecordedAt};

use crate::Scope;
use crate::cube::{Cube, Tally};
use crate::gather::GatherError;
use crate::picked::{Picked, kind};
use crate::verdicts::Judged;

pub use self::stretch::{Opened, Stretch, Stretches};

/// An entry of the log. Its leaf, its place in the chain and its body were verified; nothing here does that again.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its index.
    pub index: Index,
    /// When the ledger recorded it.
    pub recorded_at: RecordedAt,
    /// An `EntryBody`.
    pub body: &'a [u8],
}

/// What consecutive entries have. The first one begins it; nothing was counted before.
#[derive(Debug, Default)]
pub struct Chunk {
    pub(crate) first: Option<Index>,
    pub(crate) next: Index,
    pub(crate) newest: RecordedAt,
    /// Within the period.
    pub(crate) cube: Cube,
    /// Within the period: records that name a data set beside their own.
    pub(crate) combined: BTreeMap<Box<[u8]>, u64>,
    /// By stretches of time.
    pub(crate) slots: BTreeMap<SlotKey, Slot>,
    /// Sessions, and what was opened of them.
    pub(crate) stretches: Stretches,
    pub(crate) hidden: u64,
    /// Services that recorded anything, at any time.
    pub(crate) recorders: BTreeSet<Box<[u8]>>,
    pub(crate) genesis: Option<(Genesis, RecordedAt)>,
    pub(crate) charter_parts: Vec<(Index, RecordedAt, CharterPart)>,
    pub(crate) events: Events,
    pub(crate) fault: Option<GatherError>,
    /// The month of the entry before, which is nearly always that of the next one.
    month: Option<(Month, TimeSpan)>,
}

/// A stretch of time in which all records count alike: a month, or the part of one that is within the period, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotKey {
    pub month: Month,
    pub within: bool,
}

/// Records of a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slot {
    pub tally: Tally,
    /// By the charter that they name.
    pub judged: BTreeMap<Option<u64>, Judged>,
}

/// What happened within the period besides accesses, and what is told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    pub confidential: u64,
    pub opened: u64,
    pub starts: u64,
    /// Software that came up.
    pub software: BTreeSet<String>,
    pub keys_added: u64,
    pub keys_retired: u64,
    pub disclosure_requests: u64,
    pub disclosures: u64,
    pub erasures: u64,
    pub erased_months: u64,
    /// The entry, and the entry that it corrects.
    pub corrections: Vec<(Index, u64)>,
    pub reports: Vec<Published>,
    /// Entries of kinds that this version does not know.
    pub unknown: u64,
}

/// A report that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub index: Index,
    pub period: String,
    pub manifest_sha256: Vec<u8>,
    pub replaces: Option<u64>,
}

impl Chunk {
    /// Counts the next entry. What is wrong with one is told when the chunk is taken.
    pub fn look(&mut self, scope: &Scope, entry: &Entry<'_>) {
        if self.fault.is_some() {
            return;
        }
        if self.first.is_none() {
            self.first = Some(entry.index);
        } else if entry.index != self.next {
            self.fault = Some(GatherError::Order { expected: self.next, found: entry.index });
            return;
        }
        self.next = Index(entry.index.0.saturating_add(1));
        self.newest = entry.recorded_at;
        self.stretches.come_to(entry.index, entry.recorded_at);
        if let Err(fault) = self.count(scope, entry) {
            self.fault = Some(fault);
        }
    }

    fn count(&mut self, scope: &Scope, entry: &Entry<'_>) -> Result<(), GatherError> {
        let unreadable = |error| GatherError::Body { index: entry.index, error };
        let picked = Picked::of_body(entry.body).map_err(unreadable)?;
        if let Some(mark) = picked.mark
            && !self.recorders.contains(mark.producer)
        {
            self.recorders.insert(mark.producer.into());
        }
        let span = scope.span();
        // Of what comes later, openings tell who recorded, charters may come in the hours between two zones' midnights,
        // and a ledger may begin later than the period.
        let matters_later = matches!(picked.kind, kind::GENESIS | kind::CHARTER | kind::OPENING);
        if entry.recorded_at.0 >= span.end_s {
            return if matters_later { self.other(scope, entry) } else { Ok(()) };
        }
        let within = span.contains(entry.recorded_at.0);
        let stretch = self.stretches.last();
        if within {
            stretch.indexes = Some((stretch.indexes.map_or(entry.index, |(first, _)| first), entry.index));
        }
        if let Some(mark) = picked.mark {
            let meeting = if within { &mut stretch.within } else { &mut stretch.before };
            meeting.note(mark, entry.index, entry.recorded_at);
        }
        match picked.kind {
            kind::ACCESS if picked.access.is_hidden() => {
                self.hidden += 1;
                self.events.confidential += u64::from(within);
            }
            kind::ACCESS => self.access(scope, entry.recorded_at, &picked),
            kind::SESSION_END => {}
            _ => self.other(scope, entry)?,
        }
        Ok(())
    }

    /// Counts a record that shows what it says.
    fn access(&mut self, scope: &Scope, at: RecordedAt, picked: &Picked<'_>) {
        if at.0 < scope.trend_from_s() {
            return;
        }
        let (access, within) = (&picked.access, scope.span().contains(at.0));
        let month = match self.month {
            Some((month, span)) if span.contains(at.0) => month,
            _ => {
                let month = scope.zone().month_of(at.0);
                self.month = Some((month, scope.zone().span_of(month)));
                month
            }
        };
        let slot = self.slots.entry(SlotKey { month, within }).or_default();
        slot.tally.count(access.access_count());
        slot.judged.entry(access.charter).or_default().count(access);
        if !within {
            return;
        }
        self.cube.count(access, picked.mark.map_or(&[], |mark| mark.producer));
        for dataset in access.other_datasets().iter() {
            *self.combined.entry(dataset.into()).or_default() += 1;
        }
    }

    /// Counts an entry that is neither an access nor the end of a session.
    fn other(&mut self, scope: &Scope, entry: &Entry<'_>) -> Result<(), GatherError> {
        let unreadable = |error| GatherError::Body { index: entry.index, error };
        let body = read_body(entry.body).map_err(unreadable)?;
        let (index, within) = (entry.index, scope.span().contains(entry.recorded_at.0));
        match body.content {
            Some(Content::Genesis(genesis)) => self.genesis = Some((genesis, entry.recorded_at)),
            Some(Content::Charter(part)) => self.charter_parts.push((index, entry.recorded_at, part)),
            Some(Content::Opening(opening)) => {
                let picked = Picked::of_record(&opening.record).map_err(unreadable)?;
                self.open(scope, entry, &picked);
            }
            content if within => self.events.note(index, content),
            _ => {}
        }
        Ok(())
    }

    /// Counts the record that an entry shows: now that it is shown, not when it was hidden.
    fn open(&mut self, scope: &Scope, entry: &Entry<'_>, picked: &Picked<'_>) {
        if let Some(mark) = picked.mark {
            self.recorders.insert(mark.producer.into());
        }
        if entry.recorded_at.0 >= scope.span().end_s {
            return;
        }
        self.events.opened += u64::from(scope.span().contains(entry.recorded_at.0));
        self.access(scope, entry.recorded_at, picked);
        if let Some(mark) = picked.mark
            && let SessionEvent::Number(number) = mark.event
        {
            let recorder = String::from_utf8_lossy(mark.producer).into_owned();
            let session = mark.session.into();
            let within = scope.span().contains(entry.recorded_at.0);
            self.stretches.last().opened.push(Opened { recorder, session, number, within });
        }
    }
}

impl Events {
    fn note(&mut self, index: Index, content: Option<Content>) {
        match content {
            Some(Content::ServiceStart(start)) => {
                self.starts += 1;
                self.software.insert(start.software);
            }
            Some(Content::KeyChange(change)) => {
                let added = change.action == i32::from(KeyAction::Add);
                self.keys_added += u64::from(added);
                self.keys_retired += u64::from(!added);
            }
            Some(Content::DisclosureRequest(_)) => self.disclosure_requests += 1,
            Some(Content::Disclosure(_)) => self.disclosures += 1,
            Some(Content::Erasure(erasure)) if erasure.month.is_some() => self.erased_months += 1,
            Some(Content::Erasure(_)) => self.erasures += 1,
            Some(Content::Correction(correction)) => self.corrections.push((index, correction.index)),
            Some(Content::Report(report)) => self.reports.push(Published {
                index,
                period: report.period,
                manifest_sha256: report.manifest_sha256.to_vec(),
                replaces: report.replaces,
            }),
            None => self.unknown += 1,
            Some(_) => {}
        }
    }

    /// Counts what was counted behind.
    pub fn merge(&mut self, other: Self) {
        self.confidential += other.confidential;
        self.opened += other.opened;
        self.starts += other.starts;
        self.software.extend(other.software);
        self.keys_added += other.keys_added;
        self.keys_retired += other.keys_retired;
        self.disclosure_requests += other.disclosure_requests;
        self.disclosures += other.disclosures;
        self.erasures += other.erasures;
        self.erased_months += other.erased_months;
        self.corrections.extend(other.corrections);
        self.reports.extend(other.reports);
        self.unknown += other.unknown;
    }
}
