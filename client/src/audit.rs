//! The full verification of a ledger: every entry is read, and everything that can be recomputed is.
//!
//! Checked: the checkpoint's signature and origin; that it extends every checkpoint verified before;
//! of each entry its layout, the chain, that time does not run backwards, that its body can be read in
//! one way only; that entry 0, and no other, is genesis and names this ledger and this key; that the
//! Merkle tree over all entries has the root that was signed, and had the roots that were verified
//! before; that what opens a confidential record shows what was sealed, not before its day; that what is written as a
//! charter is one, and that each record has the verdict that the charter in force gives. In a data folder also the
//! checksum of each commit and the root that it states.
//!
//! Not checked: whether what the entries say is true, what the ledger's operator never recorded, and
//! whether others are shown the same ledger (compare checkpoints with them). Gaps in the numbers of a
//! session are counted, and fail nothing: [`Sessions`].

use std::sync::Arc;

pub use einsicht_access::sessions::{Gap, Sessions};
use einsicht_tlog::{Origin, Size, TreeHead};
use futures::TryStreamExt as _;

use crate::Trust;
use crate::finding::{Fault, Finding};
use crate::newest::{Target, newest, newest_with};
use crate::source::Source;
use crate::trust::{SignedHead, TrustError};
use crate::verify_error::VerifyError;

mod body;
mod charters;
mod confidential;
mod genesis;
mod inspect;
mod judging;
mod pipeline;
mod report;
mod resume;
mod rulings;
mod run;
mod state;
mod tree;
mod verdicts;
mod what_if;
mod wrong;

pub(crate) use body::Kind;
pub use confidential::Confidential;
pub use genesis::{Beginning, Predecessor};
pub(crate) use inspect::Nothing;
pub use inspect::{Inspector, Seen, inspect};
pub(crate) use judging::compare;
pub use report::AuditReport;
pub use resume::FullReason;
use state::State;
pub use verdicts::{Tally, Verdicts};
pub use what_if::{Change, WhatIf, what_if};

/// How to audit.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditOptions {
    /// Whether to read everything, even what an earlier audit verified.
    pub full: bool,
}

/// How far an audit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many entries are verified, with those that an earlier audit verified.
    pub verified: Size,
    /// How many there are to verify.
    pub total: Size,
    /// How many bytes were read.
    pub bytes: u64,
}

/// Verifies a ledger from its first entry to its newest checkpoint, which is believed afterwards.
///
/// If `trust` is stored, an audit goes on where the last one ended, unless `options.full` is set or
/// what was stored can't be used. If going on fails, everything is read again: what is reported then
/// is what the entries themselves show.
///
/// `progress` is called from time to time. Dropping the future stops the audit; nothing is stored
/// then.
///
/// # Errors
/// [`VerifyError`]; its `conclusion` tells what is false from what could not be read.
pub async fn audit(
    source: &Source,
    trust: &Trust,
    options: AuditOptions,
    progress: impl FnMut(Progress),
) -> Result<AuditReport, VerifyError> {
    audit_with(source, trust, options.into(), Arc::new(Nothing), |()| {}, progress).await
}

/// What is asked of an audit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Whether to read everything, even what an earlier audit verified.
    pub full: bool,
    /// A checkpoint that the ledger must have had. Its root can't be told from an audit that goes on behind it, so
    /// `full` belongs to it.
    pub at: Option<&'a SignedHead>,
}

impl From<AuditOptions> for Asked<'_> {
    fn from(AuditOptions { full }: AuditOptions) -> Self {
        Self { full, at: None }
    }
}

/// The same, and `inspector` looks into every entry that is read. `take` gets what it noted of each chunk, in
/// the order of the log. To see every entry once, `asked.full` has to be set.
///
/// # Errors
/// As [`audit`]; then nothing that was noted means anything.
pub(crate) async fn audit_with<I: Inspector>(
    source: &Source,
    trust: &Trust,
    asked: Asked<'_>,
    inspector: Arc<I>,
    take: impl FnMut(I::Notes),
    progress: impl FnMut(Progress),
) -> Result<AuditReport, VerifyError> {
    let known = trust.newest();
    // Its signature is verified before anything is read for it.
    let at = asked.at.map(|at| trust.signed(&at.note)).transpose()?;
    let target = match &at {
        Some(at) => newest_with(source, trust, at).await?,
        None => newest(source, trust).await?,
    };
    let resumed = if asked.full { Err(FullReason::Asked) } else { resume::load(trust, target.floor(known)) };
    let mut watch = Watch { inspector, take, progress };
    let reason = match resumed {
        Err(reason) => reason,
        Ok(state) => {
            let resumed_at = state.size();
            match read_on(source, trust, &target, at.as_ref(), state, &mut watch).await {
                Err(error) if error.conclusion() == crate::Conclusion::Failed => {
                    tracing::warn!(%error, "going on from the last audit failed: reading everything");
                    FullReason::ResumedFailed(error.to_string())
                }
                Err(error) => return Err(error),
                Ok(state) => return finish(source, trust, target, known, state, Ok(resumed_at)).await,
            }
        }
    };
    let origin = Origin::parse(trust.origin()).map_err(|error| Finding {
        fault: Fault::Genesis,
        index: None,
        place: None,
        expected: "a verifier key named after a ledger".to_owned(),
        found: error.to_string(),
    })?;
    let state = read_on(source, trust, &target, at.as_ref(), State::start(&origin), &mut watch).await?;
    finish(source, trust, target, known, state, Err(reason)).await
}

/// Who looks on while an audit reads.
struct Watch<I, T, P> {
    inspector: Arc<I>,
    take: T,
    progress: P,
}

/// Verifies all entries from where `state` stands up to the target, and that they lead there, by way of `at`.
async fn read_on<I: Inspector, T: FnMut(I::Notes), P: FnMut(Progress)>(
    source: &Source,
    trust: &Trust,
    target: &Target,
    at: Option<&SignedHead>,
    mut state: State,
    watch: &mut Watch<I, T, P>,
) -> Result<State, VerifyError> {
    let total = target.head().size;
    let needed = target.needed.as_ref().map(|needed| needed.old.size);
    state.watch(needed.into_iter().chain(at.map(|at| at.head.size)));
    let (mut bytes, mut verdicts) = (0, Verdicts::default());
    (watch.progress)(Progress { verified: state.size(), total, bytes });
    let mut verified = pipeline::verify(source, &mut state, total, trust, watch.inspector.clone());
    while let Some(chunk) = verified.try_next().await? {
        bytes += chunk.bytes;
        for (published, counted) in &chunk.counted {
            verdicts.count(&published.charter, counted);
        }
        (watch.take)(chunk.notes);
        (watch.progress)(Progress { verified: chunk.size, total, bytes });
    }
    drop(verified);
    state.rulings.verdicts.merge(verdicts);
    check_end(source, target, &state)?;
    at.map_or(Ok(()), |at| check_passed(source, at, &state))?;
    state.rulings.charters.end()?;
    check_understood(&state)?;
    Ok(state)
}

/// A change of keys decides who may sign: a verifier that does not follow it can't tell.
fn check_understood(state: &State) -> Result<(), VerifyError> {
    match state.counts.kinds.get(&body::Kind::KEY_CHANGE.0) {
        None | Some(0) => Ok(()),
        Some(changes) => Err(VerifyError::Newer { what: format!("{changes} changes of its signing keys") }),
    }
}

/// All entries were read, and they are those that were signed.
fn check_end(source: &Source, target: &Target, state: &State) -> Result<(), VerifyError> {
    let TreeHead { size, root } = target.head();
    if state.size() != size {
        let (expected, found) = (size.0, state.size().0);
        return Err(VerifyError::Incomplete { place: source.place().to_owned(), expected, found });
    }
    let found = state.frontier.root();
    if found == root {
        return Ok(());
    }
    Err(Finding {
        fault: Fault::Root,
        index: None,
        place: Some(source.place().to_owned()),
        expected: format!("root {root} for {size} entries"),
        found: format!("root {found}"),
    }
    .into())
}

/// The ledger that leads to the target also had that checkpoint, which it signed.
fn check_passed(source: &Source, at: &SignedHead, state: &State) -> Result<(), VerifyError> {
    let TreeHead { size, root } = at.head;
    let place = source.place().to_owned();
    match state.root_passed(size) {
        Some(found) if found == root => Ok(()),
        Some(found) => Err(Finding {
            fault: Fault::Root,
            index: None,
            place: Some(place),
            expected: format!("root {root} for the first {size} entries, as the ledger signed it"),
            found: format!("root {found}"),
        }
        .into()),
        None => Err(VerifyError::Incomplete { place, expected: size.0, found: state.size().0 }),
    }
}

/// Believes the target, stores how far the audit came, and sums up.
async fn finish(
    source: &Source,
    trust: &Trust,
    target: Target,
    known: Option<TreeHead>,
    state: State,
    resumed: Result<Size, FullReason>,
) -> Result<AuditReport, VerifyError> {
    let head = target.head();
    let incomplete = |found: u64| {
        let place = source.place().to_owned();
        VerifyError::Incomplete { place, expected: head.size.0, found }
    };
    if let Some(needed) = &target.needed {
        let beginning = state.root_passed(needed.old.size);
        let beginning = beginning.ok_or_else(|| incomplete(state.size().0))?;
        match trust.link_recomputed(needed, beginning) {
            // Others verified a newer one meanwhile, which takes nothing from what was verified here.
            Ok(_) | Err(TrustError::Overtaken { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Err(error) = resume::save(&state, trust) {
        tracing::warn!(%error, "could not store how far the audit came: the next one starts over");
    }
    let beginning = state.beginning.ok_or_else(|| incomplete(0))?;
    Ok(AuditReport {
        origin: trust.origin().to_owned(),
        head,
        checkpoint: target.signed.note,
        began_at: state.began_at,
        recorded_at: state.link.not_before,
        beginning,
        kinds: state.counts.by_name(),
        accesses: state.counts.accesses,
        sessions: state.counts.sessions,
        confidential: state.counts.confidential,
        charters: state.rulings.charters.met,
        charter: state.rulings.charters.in_force().cloned(),
        verdicts: state.rulings.verdicts,
        not_covered: source.count_past(head.size).await.unwrap_or(None),
        resumed_at: resumed.as_ref().map_or(0, |size| size.0),
        full_because: resumed.err(),
        extends: known.filter(|known| known.size <= head.size),
    })
}

#[cfg(test)]
mod tests;
