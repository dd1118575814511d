//! The charters that a ledger holds: reading them, publishing them ([`CharterDesk`]), asking what they say before data
//! is touched ([`Access::permitted_by_charter`](crate::Access::permitted_by_charter)), and watching for deviations
//! ([`watch_deviations`]).
//!
//! A [`PublishedCharter`] was proven to stand in its place under a signed checkpoint. That every record was judged by the
//! charter in force, an audit verifies ([`crate::audit`]); here the records' word is taken for which one that was.

use std::sync::Arc;

use einsicht_access::charter::{Assembly, Problem as CharterProblem, Reason};
use einsicht_access::record::hides_another;
use einsicht_access::{Charter, CharterError, Judgement, LoggedAccess};
use einsicht_proto::v1::CharterPart;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, RecordedAt};
use futures::StreamExt as _;

use crate::audit::compare;
use crate::finding::{Fault, Finding};
use crate::reader::{Order, Reader};
use crate::verify_error::VerifyError;

mod desk;
mod guard;
mod watch;

pub use desk::{CharterDesk, Publication};
pub use guard::{Because, EvaluateError, Evaluation, Evaluations, NotPermitted};
pub use watch::{Deviation, Wanted, WatchError, Watched, watch_deviations};

/// A charter, as it stands in a ledger.
#[derive(Debug, Clone)]
pub struct PublishedCharter {
    /// Its first part.
    pub first: Index,
    /// Its last part: records behind it are judged by it, and name this index.
    pub last: Index,
    /// What it says.
    pub charter: Charter,
    /// Its text.
    pub text: Vec<u8>,
}

impl PublishedCharter {
    /// Puts the charter together that ends with the entry `last`.
    ///
    /// # Errors
    /// [`VerifyError`]; a [`Finding`] if no charter ends there.
    pub async fn read(reader: &Reader, last: Index) -> Result<Arc<Self>, VerifyError> {
        let CharterPart { part, parts, .. } = part_at(reader, last).await?;
        let before = u64::from(part).checked_sub(1).filter(|_| part == parts);
        let first = before.and_then(|before| last.0.checked_sub(before)).map(Index);
        let Some(first) = first else {
            return Err(no_charter(last, format!("part {part} of {parts}")).into());
        };
        let mut assembly = Assembly::default();
        let mut text = None;
        for index in (first.0..=last.0).map(Index) {
            let part = part_at(reader, index).await?;
            text = assembly.push(&part).map_err(|error| no_charter(index, error.to_string()))?;
        }
        let text = text.ok_or_else(|| no_charter(last, "parts of one that is not complete".to_owned()))?;
        let charter = Charter::parse("charter", &text).map_err(|error| unreadable(last, &error))?;
        Ok(Arc::new(Self { first, last, charter, text }))
    }

    /// Judges an access that it governs again, and compares with what was recorded.
    ///
    /// # Errors
    /// A [`Finding`]: the record `index` was judged by another charter, or has another verdict.
    pub fn check_verdict(&self, index: Index, access: &LoggedAccess<'_>) -> Result<Judgement, Finding> {
        check_named(index, access.charter, Some(self.last.0))?;
        compare(self, index, access)
    }

    /// The charter that governs the entry `index`, or would if there were one: `None` if none was in force.
    ///
    /// Goes back from there to what names it, which is near: nearly every entry is an access, and names it.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn governing(reader: &Reader, index: Index) -> Result<Option<Arc<Self>>, VerifyError> {
        let mut entries = reader.entries(Index(0)..index, Order::NewestFirst);
        while let Some(entry) = entries.next().await {
            let entry = entry?;
            let last = match entry.body()?.content {
                Some(Content::Charter(part)) if part.part == part.parts => Some(entry.index()),
                // A confidential one names no charter, whichever is in force.
                Some(Content::Access(record)) if !hides_another(&record) => match record.charter {
                    Some(last) => Some(Index(last)),
                    None => return Ok(None),
                },
                _ => None,
            };
            if let Some(last) = last {
                return Self::read(reader, last).await.map(Some);
            }
        }
        Ok(None)
    }

    /// The charter that was in force until this one was published; `None` for the first of the ledger.
    ///
    /// # Errors
    /// [`VerifyError`]; a [`Finding`] if an entry before this charter names one that is not before it.
    pub async fn before(&self, reader: &Reader) -> Result<Option<Arc<Self>>, VerifyError> {
        let before = Self::governing(reader, self.first).await?;
        match before {
            Some(before) if before.last >= self.first => {
                Err(no_charter(before.last, "one that an entry before it names".to_owned()).into())
            }
            before => Ok(before),
        }
    }

    /// The charter that was in force at a time: what was recorded in the second after it was judged by it.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn in_force_at(reader: &Reader, time: RecordedAt) -> Result<Option<Arc<Self>>, VerifyError> {
        let behind = reader.first_index_at_or_after(RecordedAt(time.0.saturating_add(1))).await?;
        Self::governing(reader, behind).await
    }

    /// The charter that is in force at the end of the ledger.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn in_force(reader: &Reader) -> Result<Option<Arc<Self>>, VerifyError> {
        Self::governing(reader, Index(reader.head().size.0)).await
    }
}

/// Whether a record names the charter that was in force.
pub(crate) fn check_named(index: Index, named: Option<u64>, in_force: Option<u64>) -> Result<(), Finding> {
    if named == in_force {
        return Ok(());
    }
    let shown = |charter: Option<u64>| match charter {
        Some(last) => format!("the charter that ends with entry {last}"),
        None => "no charter".to_owned(),
    };
    Err(Finding {
        fault: Fault::OtherCharter,
        index: Some(index),
        place: None,
        expected: format!("{}, as is in force there", shown(in_force)),
        found: shown(named),
    })
}

/// What it means that the text that ends with the entry `last` is no charter for this release. One that is TOML may be
/// one for a later release: nobody can tell.
pub(crate) fn unreadable(last: Index, error: &CharterError) -> VerifyError {
    let is_none = |problem: &CharterProblem| {
        matches!(problem.reason, Reason::Syntax(_) | Reason::NotUtf8 { .. } | Reason::TooLong { .. })
    };
    let problem = error.problems.iter().find(|problem| is_none(problem)).or(error.problems.first());
    let why = problem
        .map(|problem| format!("line {}, column {}: {}", problem.line, problem.column, problem.reason));
    let why = why.unwrap_or_default();
    if problem.is_some_and(is_none) {
        return no_charter(last, format!("a text that is none ({why})")).into();
    }
    VerifyError::Newer {
        what: format!("a charter that ends with entry {last} and has something unknown ({why})"),
    }
}

async fn part_at(reader: &Reader, index: Index) -> Result<CharterPart, VerifyError> {
    match reader.entry(index).await?.body()?.content {
        Some(Content::Charter(part)) => Ok(part),
        _ => Err(no_charter(index, "another entry".to_owned()).into()),
    }
}

fn no_charter(index: Index, found: String) -> Finding {
    let expected = "a part of a charter in its place".to_owned();
    Finding { fault: Fault::Charter, index: Some(index), place: None, expected, found }
}
