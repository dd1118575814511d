//! Which checkpoint to verify a ledger against: what it shows, or what it has signed before.

use einsicht_tlog::TreeHead;

use crate::finding::{Fault, Finding};
use crate::source::Source;
use crate::trust::{NeededProof, Offer, SignedHead, Trust};
use crate::verify_error::VerifyError;

/// A signed checkpoint to verify against.
#[derive(Debug)]
pub(crate) struct Target {
    /// The checkpoint, its signature verified.
    pub signed: SignedHead,
    /// What is still to be proven before it is believed: that `needed.old` is the beginning of
    /// `needed.new`, which is the target.
    pub needed: Option<NeededProof>,
}

impl Target {
    /// Size and root to be reached.
    pub fn head(&self) -> TreeHead {
        self.signed.head
    }

    /// The smaller of what was verified before (`known`) and what is to be proven: nobody can go on
    /// from a larger size and still see the beginning.
    pub fn floor(&self, known: Option<TreeHead>) -> Option<TreeHead> {
        let needed = self.needed.as_ref().map_or(known, |needed| Some(needed.old));
        known.into_iter().chain(needed.filter(|_| known.is_some())).min_by_key(|head| head.size)
    }
}

/// Takes the checkpoint that the ledger shows, and checks its signature and that it is not behind
/// what was verified before.
///
/// A data folder may lag behind with its checkpoint, but has the entries: there the target is what
/// was verified before, and what is shown has to be a part of it.
///
/// # Errors
/// [`VerifyError`]: the checkpoint is not signed as it should be, contradicts one that was verified,
/// shows fewer entries than one that was verified, covers none, or could not be read.
pub(crate) async fn newest(source: &Source, trust: &Trust) -> Result<Target, VerifyError> {
    let note = source.checkpoint().await?;
    let (shown, known, needed) = match trust.offer(&note)? {
        Offer::Accepted(checkpoint) => {
            let shown = SignedHead { head: checkpoint.head, note };
            (shown, trust.newest_signed(), None)
        }
        Offer::NeedsProof(needed) => (needed.offered().clone(), Some(needed.known().clone()), Some(needed)),
    };
    match known {
        Some(known) if known.head.size <= shown.head.size => Ok(Target { signed: shown, needed }),
        Some(known) if source.holds_unpublished() => Ok(Target { signed: known, needed }),
        Some(known) => Err(rollback(source, &known.head, &shown.head).into()),
        None => Err(VerifyError::Empty { place: source.place().to_owned() }),
    }
}

/// The same for a ledger that must cover as many entries as `at`, which it signed.
///
/// A data folder whose checkpoint lags behind `at` is verified up to `at`.
///
/// # Errors
/// As [`newest`]; a [`Finding`] if fewer entries are shown than `at` covers.
pub(crate) async fn newest_with(
    source: &Source,
    trust: &Trust,
    at: &SignedHead,
) -> Result<Target, VerifyError> {
    let shown = newest(source, trust).await?;
    if at.head.size <= shown.head().size {
        return Ok(shown);
    }
    if !source.holds_unpublished() {
        return Err(rollback(source, &at.head, &shown.head()).into());
    }
    if shown.needed.is_some() {
        // Two proofs would be needed, and an audit gives one: verified by itself first, it is one.
        let (expected, found) = (at.head.size.0, shown.head().size.0);
        return Err(VerifyError::Incomplete { place: source.place().to_owned(), expected, found });
    }
    let needed = match trust.offer(&at.note)? {
        Offer::Accepted(_) => None,
        Offer::NeedsProof(needed) => Some(needed),
    };
    Ok(Target { signed: at.clone(), needed })
}

fn rollback(source: &Source, known: &TreeHead, shown: &TreeHead) -> Finding {
    Finding {
        fault: Fault::Rollback,
        index: None,
        place: Some(source.place().to_owned()),
        expected: format!(
            "at least {} entries, as a checkpoint covers them that the ledger signed",
            known.size
        ),
        found: format!("a checkpoint of {} entries", shown.size),
    }
}
