//! What entries of the log say about others: corrections, openings, requests and their answers, months that were
//! erased, confidential records that are still closed, charters that those behind them are judged by, reports.
//!
//! Derived from the log, kept in memory, and beside the sessions on disk, so that a start reads the log only
//! from where it left off. Nobody has to believe it: it says which entries to read.

mod note;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use einsicht_access::period::Period;
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Index, RecordedAt};

pub use note::{Note, Says, is_access};

/// What is known of one log. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// `None` until the log was read up to its end: a part of it would be told as if it were all.
    known: Arc<RwLock<Option<Known>>>,
}

/// One entry says something about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotation {
    /// The entry that something is said about.
    pub index: Index,
    /// What.
    pub kind: Kind,
    /// The entry that says it.
    pub by: Index,
}

/// What one entry says about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A correction stands beside it.
    Corrected,
    /// It was confidential, and was opened.
    Opened,
    /// It asked for a disclosure, which was granted.
    Answered,
}

/// A charter of the ledger: where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CharterPlace {
    /// Its first entry.
    pub first: Index,
    /// Its last entry: it is in force behind it, and records name it by this.
    pub last: Index,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
    /// Of its text.
    pub sha256: [u8; 32],
}

/// A report of the ledger: the entry by which it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportPlace {
    /// The entry.
    pub index: Index,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
    /// What the report is about.
    pub period: Period,
    /// Of its manifest.
    pub sha256: [u8; 32],
    /// The report that it corrects.
    pub replaces: Option<Index>,
}

/// Nothing is known yet: the service does not record so far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what entries say about others is not known before the service records; try again later")]
pub struct NotKnown;

/// What was read of a log so far.
#[derive(Debug, Default)]
pub struct Known {
    /// By the entry that something is said about, and by the one that says it.
    said: BTreeMap<(u64, u64), Kind>,
    /// Requests that nobody answered, and when they were recorded.
    requests: BTreeMap<u64, RecordedAt>,
    /// Confidential records that nobody opened, and from which day on they may be, in days since 1970-01-01.
    closed: BTreeMap<u64, i32>,
    /// Months that went as a whole, and the entry that says so.
    erased: BTreeMap<(Month, RetentionClass), Index>,
    /// By their last entry.
    charters: BTreeMap<u64, CharterPlace>,
    /// By their entry.
    reports: BTreeMap<u64, ReportPlace>,
}

impl Annotations {
    /// Begins with all that the entries of a log say: from now on it is told.
    pub fn begin(&self, known: Known) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }

    /// Takes further notes, in the order of the log.
    pub fn note(&self, notes: &[Note]) {
        if notes.is_empty() {
            return;
        }
        if let Some(known) = &mut *self.known.write().unwrap_or_else(PoisonError::into_inner) {
            known.extend(notes.iter().copied());
        }
    }

    /// What is said about entries from `start` on and before `end`, by entries before `end_of_log`: the first
    /// `count_max` of it behind `after`, a pair of entries as in [`Annotation`].
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn list(
        &self,
        range: std::ops::Range<u64>,
        end_of_log: Index,
        after: Option<(u64, u64)>,
        count_max: usize,
    ) -> Result<Vec<Annotation>, NotKnown> {
        self.look(|known| {
            let start = after.map_or(Bound::Included((range.start, 0)), Bound::Excluded);
            let said = known.said.range((start, Bound::Excluded((range.end.max(range.start), 0))));
            let annotation = |((index, by), kind): (&(u64, u64), &Kind)| Annotation {
                index: Index(*index),
                kind: *kind,
                by: Index(*by),
            };
            said.filter(|((_, by), _)| *by < end_of_log.0).map(annotation).take(count_max).collect()
        })
    }

    /// When a request was recorded; `None` if the entry is none that waits for an answer.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn request(&self, index: Index) -> Result<Option<RecordedAt>, NotKnown> {
        self.look(|known| known.requests.get(&index.0).copied())
    }

    /// The entry that answered a request, or opened a confidential record.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn settled_by(&self, index: Index) -> Result<Option<Index>, NotKnown> {
        self.look(|known| {
            let mut said = known.said.range((index.0, 0)..=(index.0, u64::MAX));
            said.find(|(_, kind)| **kind != Kind::Corrected).map(|((_, by), _)| Index(*by))
        })
    }

    /// Requests that wait for an answer, of those that were recorded at `since` or later.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn requests(&self, since: RecordedAt) -> Result<Vec<(Index, RecordedAt)>, NotKnown> {
        self.look(|known| {
            // Times never go back along the log: what lapsed stands before what did not.
            let waiting = known.requests.iter().rev().take_while(|(_, at)| **at >= since);
            let mut waiting: Vec<_> = waiting.map(|(index, at)| (Index(*index), *at)).collect();
            waiting.reverse();
            waiting
        })
    }

    /// From which day on a confidential record may be opened, in days since 1970-01-01; `None` if the entry is
    /// none, or was opened.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn closed_until_day(&self, index: Index) -> Result<Option<i32>, NotKnown> {
        self.look(|known| known.closed.get(&index.0).copied())
    }

    /// Confidential records behind `after` whose day is `day` or earlier: the first `count_max` of them.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn due(&self, day: i32, after: Option<Index>, count_max: usize) -> Result<Vec<Index>, NotKnown> {
        self.look(|known| {
            let start = after.map_or(Bound::Unbounded, |index| Bound::Excluded(index.0));
            let due = known.closed.range((start, Bound::Unbounded)).filter(|(_, until)| **until <= day);
            due.map(|(index, _)| Index(*index)).take(count_max).collect()
        })
    }

    /// The entry that says that a class of a month was erased.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn erased_by(&self, month: Month, class: RetentionClass) -> Result<Option<Index>, NotKnown> {
        self.look(|known| known.erased.get(&(month, class)).copied())
    }

    /// The charters that entries before `end_of_log` are judged by, in the order in which they came into force.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn charters(&self, end_of_log: Index) -> Result<Vec<CharterPlace>, NotKnown> {
        self.look(|known| known.charters(end_of_log).copied().collect())
    }

    /// The charter whose last entry that is.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn charter(&self, last: Index) -> Result<Option<CharterPlace>, NotKnown> {
        self.look(|known| known.charters.get(&last.0).copied())
    }

    /// The reports that were published by entries before `end_of_log`, in their order.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn reports(&self, end_of_log: Index) -> Result<Vec<ReportPlace>, NotKnown> {
        self.look(|known| known.reports.range(..end_of_log.0).map(|(_, place)| *place).collect())
    }

    /// Whether all that was asked for here can be told.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn check_known(&self) -> Result<(), NotKnown> {
        self.look(|_| ())
    }

    fn look<T>(&self, look: impl FnOnce(&Known) -> T) -> Result<T, NotKnown> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(look).ok_or(NotKnown)
    }
}

/// Takes notes in the order of the log.
impl Extend<Note> for Known {
    fn extend<I: IntoIterator<Item = Note>>(&mut self, notes: I) {
        notes.into_iter().for_each(|note| self.note(&note));
    }
}

impl Known {
    /// As [`Annotations::charters`].
    pub fn charters(&self, end_of_log: Index) -> impl DoubleEndedIterator<Item = &CharterPlace> {
        self.charters.range(..end_of_log.0).map(|(_, place)| place)
    }

    fn note(&mut self, note: &Note) {
        let by = note.index;
        match note.says {
            Says::Corrects(index) => self.say(index, Kind::Corrected, by),
            Says::Opens(index) => {
                self.closed.remove(&index.0);
                self.say(index, Kind::Opened, by);
            }
            Says::Answers(index) => {
                self.requests.remove(&index.0);
                self.say(index, Kind::Answered, by);
            }
            Says::Requests(recorded_at) => {
                self.requests.insert(by.0, recorded_at);
            }
            Says::IsClosed { until_day } => {
                self.closed.insert(by.0, until_day);
            }
            // The first one counts: what it destroyed, no other one could destroy again.
            Says::ErasedMonth(month, class) => {
                self.erased.entry((month, class)).or_insert(by);
            }
            Says::Charter { parts, recorded_at, sha256 } => {
                let first = Index((by.0 + 1).saturating_sub(parts.into()));
                self.charters.insert(by.0, CharterPlace { first, last: by, recorded_at, sha256 });
            }
            Says::Report { recorded_at, period, sha256, replaces } => {
                let place = ReportPlace { index: by, recorded_at, period, sha256, replaces };
                self.reports.insert(by.0, place);
            }
        }
    }

    fn say(&mut self, index: Index, kind: Kind, by: Index) {
        self.said.insert((index.0, by.0), kind);
    }
}
