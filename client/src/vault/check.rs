//! Whether entries that the vault says it wrote say what they should. Everything here looks at entries that
//! are proven to be in the ledger.

use einsicht_access::Month;
use einsicht_access::record::check_opening_at;
use einsicht_access::seal::SealedField;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{CorrectRequest, OpenedField};
use einsicht_tlog::{Index, Size};

use super::Wanted;
use super::error::AnswerFault;
use crate::disclosure::Values;
use crate::proven::ProvenEntry;

/// The entry was written after the ledger had `known` entries.
pub(super) fn is_new(entry: &ProvenEntry, known: Size) -> Result<(), AnswerFault> {
    let index = entry.index();
    if known.contains(index) { Err(AnswerFault::NotNew { index, known }) } else { Ok(()) }
}

/// A second steward is needed: the entry says that it was asked for, and nothing was shown.
pub(super) fn requested(
    trail: &ProvenEntry,
    requested: Index,
    wanted: &Wanted,
    opened: &[OpenedField],
) -> Result<(), AnswerFault> {
    if !opened.is_empty() || wanted.request.is_some() {
        return Err(AnswerFault::Both);
    }
    if trail.index() != requested {
        let (asked, found) = (requested, trail.index());
        return Err(AnswerFault::OtherEntry { what: "the trail", asked, found });
    }
    match trail.content() {
        Some(Content::DisclosureRequest(_)) => Ok(()),
        _ => Err(other_kind(trail, "a request for disclosure")),
    }
}

/// The trail says that something was disclosed, and what came is what was asked for. Not checked: the seals.
pub(super) fn disclosed(
    entry: &ProvenEntry,
    trail: &ProvenEntry,
    wanted: &Wanted,
    values: &Values,
) -> Result<(), AnswerFault> {
    let Some(Content::Disclosure(disclosure)) = trail.content() else {
        return Err(other_kind(trail, "a disclosure"));
    };
    if disclosure.request != wanted.request.map(|request| request.0) {
        return Err(AnswerFault::SaysOther { index: trail.index(), what: "request that it grants" });
    }
    if let Some(asked) = wanted.index.filter(|asked| *asked != entry.index()) {
        return Err(AnswerFault::OtherEntry { what: "the receipt", asked, found: entry.index() });
    }
    if trail.index() <= entry.index() {
        return Err(AnswerFault::SaysOther { index: trail.index(), what: "order of entries" });
    }
    if entry.head() != trail.head() {
        return Err(AnswerFault::TwoTrees { entry: entry.head().size, trail: trail.head().size });
    }
    if values.fields().next().is_none() {
        return Err(AnswerFault::Nothing("no value"));
    }
    if wanted.fields.is_empty() {
        // Which fields a request names is sealed in it; otherwise all that the entry has were asked for.
        let left = values.silent(entry.body()).into_iter().next().filter(|_| wanted.request.is_none());
        return left.map_or(Ok(()), |field| Err(AnswerFault::Missing { field }));
    }
    if let Some(field) = wanted.fields.iter().copied().find(|field| !values.has(*field)) {
        return Err(AnswerFault::Missing { field });
    }
    // What is in a confidential record is proven through the record itself.
    let is_asked = |field: &SealedField| wanted.fields.contains(field) || *field == SealedField::Confidential;
    match values.fields().find(|field| !is_asked(field)) {
        Some(field) => Err(AnswerFault::NotAsked { field }),
        None => Ok(()),
    }
}

/// The entry can be what erased a field of `target`: it is an erasure behind it; of a whole month only if
/// that is the month of the target. Which entry a single erasure is about is sealed.
pub(super) fn erases(erasure: &ProvenEntry, target: &ProvenEntry) -> Result<(), AnswerFault> {
    let Some(Content::Erasure(content)) = erasure.content() else {
        return Err(other_kind(erasure, "an erasure"));
    };
    let index = erasure.index();
    if index <= target.index() {
        return Err(AnswerFault::SaysOther { index, what: "order of entries" });
    }
    let month = Month::of_unix_s(target.recorded_at().0).to_string();
    match &content.month {
        Some(erased) if *erased != month => Err(AnswerFault::SaysOther { index, what: "month" }),
        None if content.seal.is_none() => Err(AnswerFault::SaysOther { index, what: "extent" }),
        _ => Ok(()),
    }
}

/// The entry erases on the ground that was given. Returns what was erased.
pub(super) fn erased(
    entry: &ProvenEntry,
    asked: &[SealedField],
    ground: &str,
    numbers: &[u32],
) -> Result<Vec<SealedField>, AnswerFault> {
    let Some(Content::Erasure(erasure)) = entry.content() else {
        return Err(other_kind(entry, "an erasure"));
    };
    let index = entry.index();
    if erasure.ground != ground {
        return Err(AnswerFault::SaysOther { index, what: "ground" });
    }
    if erasure.seal.is_none() || erasure.month.is_some() || erasure.retention_class.is_some() {
        return Err(AnswerFault::SaysOther { index, what: "extent" });
    }
    let unknown = || AnswerFault::Item { position: 0, problem: "is no sealed field" };
    let fields = numbers.iter().map(|number| SealedField::of_number(*number).ok_or_else(unknown));
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    if fields.is_empty() {
        return Err(AnswerFault::Nothing("no field that was erased"));
    }
    // What a record that is gone says goes with it.
    let are_all_asked = asked.is_empty() || asked.contains(&SealedField::Confidential);
    match fields.iter().copied().find(|field| !are_all_asked && !asked.contains(field)) {
        Some(field) => Err(AnswerFault::NotAsked { field }),
        // Some of what was asked for may have been erased before.
        None => Ok(fields),
    }
}

/// The entry is the correction that was sent.
pub(super) fn corrects(entry: &ProvenEntry, sent: &CorrectRequest) -> Result<(), AnswerFault> {
    let Some(Content::Correction(correction)) = entry.content() else {
        return Err(other_kind(entry, "a correction"));
    };
    let index = entry.index();
    let says_other = |what| Err(AnswerFault::SaysOther { index, what });
    if correction.index != sent.index {
        return says_other("record");
    }
    if correction.correction != sent.correction {
        return says_other("correction");
    }
    if correction.ground != sent.ground { says_other("ground") } else { Ok(()) }
}

/// The opening shows what the confidential record sealed, not before its day.
pub(super) fn opens(opening: &ProvenEntry, sealed: &ProvenEntry) -> Result<(), AnswerFault> {
    let Some(Content::Opening(content)) = opening.content() else {
        return Err(other_kind(opening, "an opening"));
    };
    let (index, of) = (opening.index(), sealed.index());
    if content.index != of.0 {
        return Err(AnswerFault::SaysOther { index, what: "record" });
    }
    let opens_other = |problem: String| AnswerFault::OpensOther { opening: index, index: of, problem };
    let Some(Content::Access(outer)) = sealed.content() else {
        return Err(opens_other("it is no record".to_owned()));
    };
    let opened = check_opening_at(content, opening.recorded_at().0, outer);
    opened.map(drop).map_err(|fault| opens_other(fault.to_string()))
}

/// The entry erased a whole month of a class.
pub(super) fn retained(entry: &ProvenEntry, month: &str, class: &str) -> Result<(), AnswerFault> {
    let Some(Content::Erasure(erasure)) = entry.content() else {
        return Err(other_kind(entry, "an erasure"));
    };
    let says = (erasure.month.as_deref(), erasure.retention_class.as_deref());
    if says == (Some(month), Some(class)) {
        return Ok(());
    }
    Err(AnswerFault::SaysOther { index: entry.index(), what: "month or retention class" })
}

pub(super) fn other_kind(entry: &ProvenEntry, expected: &'static str) -> AnswerFault {
    AnswerFault::OtherKind { index: entry.index(), expected, found: entry.kind() }
}

#[cfg(test)]
mod tests;
