//! What the log says behind the watermark: what was erased, and what has no openings.

use std::collections::BTreeSet;
use std::io;

use einsicht_access::sealed_entry::seals_of;
use einsicht_access::{Month, read_body};
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf, Size, bundle};

use super::scanned::Scanned;
use super::{Class, Classes, DAMAGES_MAX, Log};
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
    /// Entries with seals that have no record, and their months.
    pub missing: Vec<(Month, Index)>,
}

pub(super) fn read_behind(
    log: &Log<'_>,
    wanted: &Wanted<'_>,
    scanned: &[Scanned],
    classes: &Classes,
) -> Result<Behind, ReadError> {
    let mut behind = Behind { erasures: Vec::new(), missing: Vec::new() };
    let is_before = |index: &&Index| index.0 < wanted.erasures.0.min(log.size.0);
    for index in wanted.undone.iter().filter(is_before) {
        let leaf = log.reader.leaf(*index)?;
        let body = read_body(Leaf::parse(&leaf).map_err(unreadable)?.body);
        if let Ok(Some(Content::Erasure(erasure))) = body.map(|body| body.content) {
            behind.erasures.push((*index, leaf, erasure));
        }
    }
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
            // What can't be read here is the auditor's business, as in every other entry.
            let Ok(body) = read_body(parts.body) else { continue };
            let is_missing = is_looked_up
                && behind.missing.len() < DAMAGES_MAX
                && !seals_of(&body).is_empty()
                && is_missing(month, index, scanned, classes);
            if is_missing {
                behind.missing.push((month, index));
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

/// Whether the openings of an entry are nowhere; no, if there is a place where nobody can look.
fn is_missing(month: Month, index: Index, scanned: &[Scanned], classes: &Classes) -> bool {
    let of_month = classes.iter().filter(|((of, _), _)| *of == month).map(|(_, class)| class);
    let erased = of_month.map(|class| match class {
        Class::Erased { rows: Some(rows), .. } => Some(&**rows),
        _ => None,
    });
    let here = scanned.iter().filter(|one| one.month == month).map(|one| Some(&one.rows));
    here.chain(erased).all(|rows| rows.is_some_and(|rows| rows.find(index).is_ok_and(|row| row.is_none())))
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
    ReadError::Io { what: "an entry", error: io::Error::other(error) }
}
