//! Takes an audit up where the last one ended. The file is private to its user, and damage to it is
//! noticed; it is trusted as far as the stored checkpoint beside it.
//!
//! It never makes an entry that was not read pass: the tree must still reach the signed root, from the
//! right edge that is stored here.

use std::collections::BTreeMap;
use std::sync::Arc;

use einsicht_access::Charter;
use einsicht_access::sessions::Sessions;
use einsicht_tlog::hash::sha256;
use einsicht_tlog::leaf::Link;
use einsicht_tlog::{Frontier, Hash, Index, RecordedAt, Size, TreeHead};
use serde::{Deserialize, Serialize};

use super::charters::{Charters, Known};
use super::confidential::Confidential;
use super::genesis::Beginning;
use super::rulings::Rulings;
use super::state::{Counts, State};
use super::verdicts::Verdicts;
use crate::Trust;
use crate::charters::PublishedCharter;

const VERSION: u32 = 3;
/// Far more than the bounds of what is kept of sessions and charters allow.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why an audit read everything from the first entry on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FullReason {
    /// It was asked to.
    #[error("everything was to be read")]
    Asked,
    /// Nothing was verified here before, or what was is not stored.
    #[error("no earlier audit of this ledger is stored here")]
    First,
    /// What the last audit stored can't be used.
    #[error("what the last audit stored can't be used: {0}")]
    Unusable(String),
    /// Going on from the last audit failed. What was found then; the full audit found nothing.
    #[error("going on from the last audit failed, though the ledger verifies as a whole: {0}")]
    ResumedFailed(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// SHA-256 of `audit` as JSON without white space, in hexadecimal digits: tells damage.
    sha256: String,
    audit: Stored,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    origin: String,
    size: u64,
    root: String,
    frontier: Vec<String>,
    previous: String,
    recorded_at: u64,
    began_at: u64,
    beginning: Beginning,
    kinds: BTreeMap<u32, u64>,
    accesses: u64,
    sessions: Sessions,
    confidential: Confidential,
    charters: StoredCharters,
    verdicts: Verdicts,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCharters {
    met: u64,
    began: Option<u64>,
    known: Vec<StoredCharter>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCharter {
    first: u64,
    last: u64,
    until: Option<u64>,
    hidden: u64,
    text: String,
}

/// What the last audit of this log stored, if it can be gone on from: it must not be ahead of `known`,
/// the newest checkpoint that was verified before.
pub(super) fn load(trust: &Trust, known: Option<TreeHead>) -> Result<State, FullReason> {
    let Some((dir, stem)) = trust.state() else { return Err(FullReason::First) };
    let unusable = |reason: &str| FullReason::Unusable(reason.to_owned());
    let bytes = match dir.read(&file_name(&stem), FILE_BYTES_MAX) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(FullReason::First),
        Err(error) => return Err(FullReason::Unusable(error.to_string())),
    };
    let file: File =
        serde_json::from_slice(&bytes).map_err(|error| FullReason::Unusable(error.to_string()))?;
    if digest(&file.audit).as_ref() != Some(&file.sha256) {
        return Err(unusable("it was changed or damaged since it was written"));
    }
    let stored = file.audit;
    if stored.version != VERSION || stored.origin != trust.origin() {
        return Err(unusable("it is of another version or of another ledger"));
    }
    if known.is_none_or(|known| known.size.0 < stored.size) {
        return Err(unusable("it is ahead of the checkpoint that was verified"));
    }
    state_of(stored).ok_or_else(|| unusable("its hashes do not lead to its root, or a charter in it is none"))
}

/// Stores how far an audit came. What it reached must have been verified under a checkpoint.
pub(super) fn save(state: &State, trust: &Trust) -> std::io::Result<()> {
    let Some((dir, stem)) = trust.state() else { return Ok(()) };
    let Some(beginning) = state.beginning.clone() else { return Ok(()) };
    let frontier = &state.frontier;
    let audit = Stored {
        version: VERSION,
        origin: trust.origin().to_owned(),
        size: frontier.size().0,
        root: frontier.root().to_string(),
        frontier: frontier.roots().iter().map(Hash::to_string).collect(),
        previous: state.link.previous.to_string(),
        recorded_at: state.link.not_before.0,
        began_at: state.began_at.0,
        beginning,
        kinds: state.counts.kinds.clone(),
        accesses: state.counts.accesses,
        sessions: state.counts.sessions.clone(),
        confidential: state.counts.confidential.clone(),
        charters: StoredCharters::of(&state.rulings.charters),
        verdicts: state.rulings.verdicts.clone(),
    };
    let Some(sha256) = digest(&audit) else { return Ok(()) };
    dir.replace(&file_name(&stem), &serde_json::to_vec(&File { sha256, audit })?)
}

fn file_name(stem: &str) -> String {
    format!("{stem}.audit.json")
}

fn state_of(stored: Stored) -> Option<State> {
    let roots = stored.frontier.iter().map(|hash| Hash::from_base64(hash)).collect::<Option<_>>()?;
    let frontier = Frontier::from_roots(Size(stored.size), roots).ok()?;
    let charters = stored.charters.read()?;
    if stored.size == 0 || Some(frontier.root()) != Hash::from_base64(&stored.root) {
        return None;
    }
    Some(State {
        frontier,
        link: Link {
            previous: Hash::from_base64(&stored.previous)?,
            not_before: RecordedAt(stored.recorded_at),
        },
        began_at: RecordedAt(stored.began_at),
        beginning: Some(stored.beginning),
        counts: Counts {
            kinds: stored.kinds,
            accesses: stored.accesses,
            sessions: stored.sessions,
            confidential: stored.confidential,
        },
        rulings: Rulings { charters, verdicts: stored.verdicts },
        watched: Vec::new(),
    })
}

impl StoredCharters {
    fn of(charters: &Charters) -> Self {
        let stored = |known: &Known| StoredCharter {
            first: known.published.first.0,
            last: known.published.last.0,
            until: known.until,
            hidden: known.hidden,
            // Only text is ever parsed as a charter.
            text: String::from_utf8_lossy(&known.published.text).into_owned(),
        };
        Self {
            met: charters.met,
            began: charters.began,
            known: charters.known.values().map(stored).collect(),
        }
    }

    /// `None` if one of them is no charter for this release.
    fn read(self) -> Option<Charters> {
        let read = |stored: StoredCharter| {
            let text = stored.text.into_bytes();
            let charter = Charter::parse("charter", &text).ok()?;
            let (first, last) = (Index(stored.first), Index(stored.last));
            let published = Arc::new(PublishedCharter { first, last, charter, text });
            Some((last.0, Known { published, until: stored.until, hidden: stored.hidden }))
        };
        let known = self.known.into_iter().map(read).collect::<Option<_>>()?;
        Some(Charters::resumed(self.met, self.began, known))
    }
}

fn digest(audit: &Stored) -> Option<String> {
    Some(sha256(&serde_json::to_vec(audit).ok()?).to_hex())
}
