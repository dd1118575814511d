//! What the log says behind the watermark: what was erased, and what has no openings.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use einsicht_access::sealed_entry::seals_of;
use einsicht_access::{Month, read_body};
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf, Size, bundle};

use super::super::rows::Walk;
use super::scanned::Scanned;
use super::{Class, Classes, DAMAGES_MAX, Log};
use crate::annotations::is_access;
use crate::storage::ReadError;

/// Entries read at a time.
const CHUNK_ENTRIES: u64 = 4096;

/// What is to be looked for in the log.
pub(super) struct Wanted<'w> {
    /// Erasures: all from here on …
    pub erasures: Size,
    /// … and these before it.
    pub undone: &'w [Index],
    /// Entries whose openings are missing: from here on …
    pub openings: Size,
    /// … and in these months.
    pub unsure: &'w BTreeSet<Month>,
}

/// What the log says behind the watermark.
pub(super) struct Behind {
    /// Entries that say that something was erased, and may not be done.
    pub erasures: Vec<(Index, Vec<u8>, Erasure)>,
    /// Entries with seals that have no record, by month: of each month that has any, at least the first.
    pub missing: BTreeMap<Month, Vec<Index>>,
}

pub(super) fn read_behind(
    log: &Log<'_>,
    wanted: &Wanted<'_>,
    scanned: &[Scanned],
    classes: &Classes,
) -> Result<Behind, ReadError> {
    let mut behind = Behind { erasures: Vec::new(), missing: BTreeMap::new() };
    let is_before = |index: &&Index| index.0 < wanted.erasures.0.min(log.size.0);
    for index in wanted.undone.iter().filter(is_before) {
        let leaf = log.reader.leaf(*index)?;
        let body = read_body(Leaf::parse(&leaf).map_err(unreadable)?.body);
        if let Ok(Some(Content::Erasure(erasure))) = body.map(|body| body.content) {
            behind.erasures.push((*index, leaf, erasure));
        }
    }
    let mut missing = 0;
    let mut places = Places::new(scanned, classes);
    let mut next = wanted.erasures.0.min(wanted.openings.0);
    if let Some(month) = wanted.unsure.first() {
        next = next.min(first_of(log, *month)?);
    }
    while next < log.size.0 {
        let count = CHUNK_ENTRIES.min(log.size.0 - next);
        let bytes = log.reader.bundle(Index(next), usize::try_from(count).unwrap_or(usize::MAX))?;
        for (leaf, index) in bundle::entries(&bytes).zip((next..).map(Index)) {
            let leaf = leaf.map_err(unreadable)?;
            let parts = Leaf::parse(leaf).map_err(unreadable)?;
            let month = Month::of_unix_s(parts.recorded_at.0);
            let is_looked_up = index.0 >= wanted.openings.0 || wanted.unsure.contains(&month);
            if !is_looked_up && index.0 < wanted.erasures.0 {
                continue;
            }
            // Most entries are accesses, and those that are sealed have their openings: nothing more is read of them.
            let is_missing = is_looked_up && places.misses(month, index);
            if !is_missing && is_access(parts.body) {
                continue;
            }
            // What can't be read here is the auditor's business, as in every other entry.
            let Ok(body) = read_body(parts.body) else { continue };
            if is_missing && !seals_of(&body).is_empty() {
                let of_month = behind.missing.entry(month).or_default();
                if of_month.is_empty() || missing < DAMAGES_MAX {
                    of_month.push(index);
                    missing += 1;
                }
            }
            if let Some(Content::Erasure(erasure)) = body.content
                && index.0 >= wanted.erasures.0
            {
                behind.erasures.push((index, leaf.to_vec(), erasure));
            }
        }
        next += count;
    }
    Ok(behind)
}

/// The first entry that may be of that month, by bisection: `recorded_at` never decreases.
fn first_of(log: &Log<'_>, month: Month) -> Result<u64, ReadError> {
    let (mut before, mut within) = (0, log.size.0);
    while before < within {
        let middle = before + (within - before) / 2;
        if Month::of_unix_s(log.reader.recorded_at(Index(middle))?.0) < month {
            before = middle + 1;
        } else {
            within = middle;
        }
    }
    Ok(within)
}

/// Where openings may be, by month.
struct Places<'p> {
    /// `None` for a place where nobody can look.
    by_month: BTreeMap<Month, Vec<Option<Walk<'p>>>>,
}

impl<'p> Places<'p> {
    fn new(scanned: &'p [Scanned], classes: &'p Classes) -> Self {
        let mut by_month: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let classes = classes.iter().map(|((month, _), class)| match class {
            Class::Erased { rows: Some(rows), .. } => (*month, Some(rows.walk())),
            _ => (*month, None),
        });
        for (month, place) in scanned.iter().map(|one| (one.month, Some(one.rows.walk()))).chain(classes) {
            by_month.entry(month).or_default().push(place);
        }
        Self { by_month }
    }

    /// Whether there are no openings of an entry; no, if nobody can look everywhere. Entries ascend from one question to
    /// the next.
    fn misses(&mut self, month: Month, index: Index) -> bool {
        let places = self.by_month.entry(month).or_default();
        places.iter_mut().all(|place| {
            let has = place.as_mut().map(|walk| walk.has(index));
            has.is_some_and(|has| has.is_ok_and(|has| !has))
        })
    }
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
    ReadError::Io { what: "an entry", error: io::Error::other(error) }
}
