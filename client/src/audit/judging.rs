//! Judges records again, by the charter that the ledger holds.
//!
//! A record names the charter that it was judged by. On whichever core its chunk is checked, it is judged by the
//! newest charter that was joined so far, if that is the one; a chunk with records of which it is not, because the
//! charter is still being read, is kept and judged once it is joined ([`judge_late`]). That a record names the charter
//! in force is checked where chunks are joined. Which way a chunk went shows in nothing that is reported.

use std::sync::{Arc, Mutex, PoisonError};

use einsicht_access::facts::AccessReader;
use einsicht_access::judge::VerdictMismatch;
use einsicht_access::{Judgement, LoggedAccess, Verdict, read_body};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf};

use super::body::{Body, Judged, Kind};
use super::charters::{Named, Part};
use super::verdicts::Counted;
use crate::charters::PublishedCharter;
use crate::finding::{Fault, Finding};
use crate::source::{Chunk, Piece};

/// The newest charter that was joined, for whoever checks chunks.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest(Arc<Mutex<Option<Arc<PublishedCharter>>>>);

impl Newest {
    pub fn set(&self, charter: Option<&Arc<PublishedCharter>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = charter.cloned();
    }

    pub fn now(&self) -> Option<Arc<PublishedCharter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How records were judged by a charter.
pub(super) type ByCharter = (Arc<PublishedCharter>, Counted);

/// What a chunk has of charters and verdicts.
pub(super) struct Judging {
    newest: Option<Arc<PublishedCharter>>,
    pub parts: Vec<Part>,
    pub named: Vec<Named>,
    /// Records that name no charter.
    pub without: u64,
    /// Confidential records.
    pub hidden: Vec<Index>,
    counted: Counted,
    /// Whether a record names another charter than `newest`.
    is_late: bool,
    /// Whether a part of a charter stands between the last record and the next.
    is_parted: bool,
}

impl Judging {
    pub fn new(newest: Option<Arc<PublishedCharter>>) -> Self {
        Self {
            newest,
            parts: Vec::new(),
            named: Vec::new(),
            without: 0,
            hidden: Vec::new(),
            counted: Counted::default(),
            is_late: false,
            is_parted: false,
        }
    }

    /// Takes in an entry. `bytes` are those of its body; `access` is what it says, if that was read.
    #[inline]
    pub fn take(
        &mut self,
        index: Index,
        body: &Body<'_>,
        access: Option<&LoggedAccess<'_>>,
        bytes: &[u8],
        piece: &Piece,
    ) -> Result<(), Finding> {
        match (body.kind, body.judged) {
            (Kind::ACCESS, Some(judged)) => self.access(index, judged, access, piece),
            (Kind::CHARTER, _) => {
                self.is_parted = true;
                // Rare, and read strictly before.
                if let Ok(EntryBody { content: Some(Content::Charter(part)) }) = read_body(bytes) {
                    self.parts.push(Part { index, part, place: piece.place().clone() });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether what accesses say is looked at: if there is a charter to judge them by.
    #[inline]
    pub fn wants_access(&self) -> bool {
        self.newest.is_some()
    }

    fn access(
        &mut self,
        index: Index,
        judged: Judged,
        access: Option<&LoggedAccess<'_>>,
        piece: &Piece,
    ) -> Result<(), Finding> {
        if judged.is_hidden {
            // It has no field for a verdict.
            self.hidden.push(index);
            return Ok(());
        }
        if judged.charter.is_none() && judged.lists {
            let expected = "no verdict, for the record names no charter".to_owned();
            return Err(wrong(index, expected, "a list of commitments".to_owned()));
        }
        let last = self.named.last().map(|named| named.charter);
        if std::mem::take(&mut self.is_parted) || last != Some(judged.charter) {
            self.named.push(Named { first: index, charter: judged.charter, place: piece.place().clone() });
        }
        match (judged.charter, &self.newest, access) {
            (None, ..) => self.without += 1,
            (Some(charter), Some(newest), Some(access)) if newest.last.0 == charter && !self.is_late => {
                self.counted.add(compare(newest, index, access)?);
            }
            (Some(_), ..) => self.is_late = true,
        }
        Ok(())
    }

    /// Whether the records have to be judged when it is known what was in force.
    pub fn is_late(&self) -> bool {
        self.is_late
    }

    /// How the records were judged, unless that comes later.
    pub fn into_counted(self) -> Option<ByCharter> {
        let is_told = !self.is_late && self.counted.records > 0;
        self.newest.filter(|_| is_told).map(|newest| (newest, self.counted))
    }
}

/// Judges an access again, and compares with what stands in it.
pub(crate) fn compare(
    charter: &PublishedCharter,
    index: Index,
    access: &LoggedAccess<'_>,
) -> Result<Judgement, Finding> {
    charter.charter.check_verdict(access).map_err(|mismatch| {
        let by = format!("the charter that ends with entry {}", charter.last);
        let (expected, found) = match mismatch {
            VerdictMismatch::Verdict { commitment, recorded, recomputed } => (
                format!("commitment {commitment} as {}, which {by} gives", word(recomputed)),
                format!("{commitment} recorded as {}", word(recorded)),
            ),
            VerdictMismatch::Unknown { commitment } => {
                (format!("commitments for which {by} has a rule"), format!("{commitment:?}"))
            }
            VerdictMismatch::Order => {
                (format!("commitments once each, in the order of {by}"), "another order".to_owned())
            }
        };
        wrong(index, expected, found)
    })
}

/// Judges the records of a chunk that stand before `end`, each by the one of `charters` that it
/// names. Gives what was judged before the first one whose verdict is wrong.
pub(super) fn judge_late(
    chunk: &Chunk,
    charters: &[Arc<PublishedCharter>],
    end: Index,
) -> (Vec<ByCharter>, Option<Finding>) {
    let mut counted: Vec<_> = charters.iter().map(|charter| (charter.clone(), Counted::default())).collect();
    let mut judge_piece = |piece: &Piece| -> Result<(), Finding> {
        let opened = piece.open()?;
        for (index, leaf) in (opened.first.0..).map(Index).zip(opened.leaves) {
            if end <= index {
                break;
            }
            // All that was checked before.
            let Some(body) = Leaf::parse(leaf).ok().map(|leaf| leaf.body) else { break };
            let mut access = AccessReader::default();
            let Ok(Body { judged: Some(Judged { charter: Some(named), is_hidden: false, .. }), .. }) =
                Body::read(body, Some(&mut access))
            else {
                continue;
            };
            if let Some((charter, counted)) = counted.iter_mut().find(|(charter, _)| charter.last.0 == named)
            {
                let at = |finding| Finding { place: Some(piece.place().to_string()), ..finding };
                counted.add(compare(charter, index, &access.into_access()).map_err(at)?);
            }
        }
        Ok(())
    };
    let fault = chunk.pieces().iter().find_map(|piece| judge_piece(piece).err());
    counted.retain(|(_, counted)| counted.records > 0);
    (counted, fault)
}

pub(super) fn wrong(index: Index, expected: String, found: String) -> Finding {
    Finding { fault: Fault::Verdict, index: Some(index), place: None, expected, found }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Deviates => "deviating",
        Verdict::NotVerifiable => "not verifiable",
    }
}
