//! What the log says behind the watermark: what was erased, and what has no openings.

use std::io;

use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::{Month, read_body};
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf, Size, bundle};

use super::scanned::Scanned;
use super::{Class, Classes, DAMAGES_MAX, Log, RecoveryError};

/// Entries read at a time.
const CHUNK_ENTRIES: u64 = 4096;

/// What the log says behind the watermark.
pub(super) struct Behind {
    /// Entries that say that something was erased: those before the watermark that are not done, and all behind it.
    pub erasures: Vec<(Index, Vec<u8>, Erasure)>,
    /// Entries with seals that have no record, and their months.
    pub missing: Vec<(Month, Index)>,
}

pub(super) fn read_behind(
    log: &Log<'_>,
    from: Size,
    undone: &[Index],
    scanned: &[Scanned],
    erased: &Classes,
) -> Result<Behind, RecoveryError> {
    let mut behind = Behind { erasures: Vec::new(), missing: Vec::new() };
    for index in undone.iter().filter(|index| index.0 < from.0) {
        let leaf = log.reader.leaf(*index)?;
        let body = read_body(Leaf::parse(&leaf).map_err(io::Error::other)?.body);
        if let Ok(Some(Content::Erasure(erasure))) = body.map(|body| body.content) {
            behind.erasures.push((*index, leaf, erasure));
        }
    }
    let mut next = from.0;
    while next < log.size.0 {
        let count = CHUNK_ENTRIES.min(log.size.0 - next);
        let bytes = log.reader.bundle(Index(next), usize::try_from(count).unwrap_or(usize::MAX))?;
        for (leaf, index) in bundle::entries(&bytes).zip((next..).map(Index)) {
            let leaf = leaf.map_err(io::Error::other)?;
            let parts = Leaf::parse(leaf).map_err(io::Error::other)?;
            // What can't be read here is the auditor's business, as in every other entry.
            let Ok(body) = read_body(parts.body) else { continue };
            let is_sealed = nonce_of(&body).is_some();
            if let Some(Content::Erasure(erasure)) = body.content {
                behind.erasures.push((index, leaf.to_vec(), erasure));
            }
            let month = Month::of_unix_s(parts.recorded_at.0);
            if is_sealed && !is_stored(month, index, scanned, erased)? && behind.missing.len() < DAMAGES_MAX {
                behind.missing.push((month, index));
            }
        }
        next += count;
    }
    Ok(behind)
}

fn is_stored(
    month: Month,
    index: Index,
    scanned: &[Scanned],
    erased: &Classes,
) -> Result<bool, RecoveryError> {
    for one in scanned.iter().filter(|one| one.month == month) {
        if one.rows.find(index)?.is_some() {
            return Ok(true);
        }
    }
    for ((of, _), class) in erased {
        if let Class::Erased { rows, .. } = class
            && *of == month
            && rows.find(index)?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
