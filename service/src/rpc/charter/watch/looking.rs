//! Deviations in a few entries of the log.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use einsicht_access::LoggedAccess;
use einsicht_access::charter::Severity;
use einsicht_proto::v1::{DeviatesFrom, Deviation, Severity as Wire};
use einsicht_tlog::{Index, Leaf, bundle};

use crate::annotations::{Annotations, NotKnown};
use crate::charters::{CharterReadError, Charters, InForce};
use crate::storage::{LogReader, ReadError};

/// What it is looked with, and for.
pub(super) struct Looking {
    pub reader: LogReader,
    pub charters: Charters,
    pub annotations: Annotations,
    /// Only these; none: any.
    pub severities: Vec<Wire>,
    /// Only these; none: any.
    pub commitments: Vec<String>,
}

/// What was found, and the entry to go on with.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub found: VecDeque<Deviation>,
    pub next: u64,
}

/// What an entry deviates from can't be told. It is never passed over: whoever watches would take it for one that fits.
#[derive(Debug, thiserror::Error)]
pub(in crate::rpc) enum LookError {
    /// The log, or a charter of it, could not be read.
    #[error(transparent)]
    Read(#[from] CharterReadError),
    /// Which charters there are is not known yet.
    #[error(transparent)]
    NotKnown(#[from] NotKnown),
    /// What it says of itself can't be.
    #[error(
        "entry {index} says that it deviates from a commitment, and {unfit}. The service does not write such entries: \
         verify the ledger. A watch that starts with entry {} goes on behind it",
        index.saturating_add(1)
    )]
    Unfit {
        /// The entry.
        index: u64,
        /// What does not fit.
        unfit: Unfit,
    },
}

/// Why nobody can tell what a record deviates from.
#[derive(Debug, thiserror::Error)]
pub(in crate::rpc) enum Unfit {
    #[error("names no charter")]
    NoCharter,
    #[error("no charter before it ends with entry {0}, which it names")]
    OtherCharter(u64),
    #[error("its charter, that of entry {0}, has no such rule")]
    NoRule(Index),
}

impl Looking {
    /// Looks at so many entries from `first` on; not as far, if there is something wrong behind those that are found.
    ///
    /// # Errors
    /// [`LookError`] of the first of them that deviates, or of reading them.
    pub fn look(&self, first: u64, count: u64) -> Result<Looked, LookError> {
        let entries = self.reader.bundle(Index(first), usize::try_from(count).unwrap_or(usize::MAX));
        let entries = entries.map_err(CharterReadError::from)?;
        let mut looked = Looked { found: VecDeque::new(), next: first };
        for (leaf, index) in bundle::entries(&entries).zip(first..) {
            let leaf = leaf.map_err(unreadable).and_then(|leaf| Leaf::parse(leaf).map_err(unreadable));
            match leaf.map_err(LookError::from).and_then(|leaf| self.deviation(index, &leaf)) {
                Ok(found) => looked.found.extend(found),
                // Those before it are told first; then it is the first.
                Err(_) if !looked.found.is_empty() => return Ok(looked),
                Err(error) => return Err(error),
            }
            looked.next = index + 1;
        }
        Ok(looked)
    }

    fn deviation(&self, index: u64, leaf: &Leaf<'_>) -> Result<Option<Deviation>, LookError> {
        let access = LoggedAccess::of_body(leaf.body).filter(|access| !access.deviates.is_empty());
        let Some(access) = access else { return Ok(None) };
        let charter = self.charter(index, access.charter)?;
        let mut deviates = Vec::new();
        for id in access.deviates.iter() {
            deviates.extend(self.wanted(index, &charter, id)?);
        }
        if deviates.is_empty() {
            return Ok(None);
        }
        let dataset = access.dataset().map(|code| String::from_utf8_lossy(code).into_owned());
        Ok(Some(Deviation {
            index,
            recorded_at: leaf.recorded_at.0,
            dataset: dataset.unwrap_or_default(),
            charter: charter.place.last.0,
            deviates,
        }))
    }

    /// The charter that a record names.
    fn charter(&self, index: u64, named: Option<u64>) -> Result<Arc<InForce>, LookError> {
        let last = named.ok_or(LookError::Unfit { index, unfit: Unfit::NoCharter })?;
        let place = self.annotations.charter(Index(last))?.filter(|place| place.last.0 < index);
        let place = place.ok_or(LookError::Unfit { index, unfit: Unfit::OtherCharter(last) })?;
        Ok(self.charters.at(&place, &self.reader)?)
    }

    fn wanted(&self, index: u64, charter: &InForce, id: &[u8]) -> Result<Option<DeviatesFrom>, LookError> {
        let commitment = charter.charter.commitments().iter().find(|one| one.id.as_bytes() == id);
        let rule = commitment.and_then(|commitment| Some((&commitment.id, commitment.rule()?)));
        let no_rule = LookError::Unfit { index, unfit: Unfit::NoRule(charter.place.last) };
        let (id, rule) = rule.ok_or(no_rule)?;
        let severity = match rule.severity {
            Severity::Notice => Wire::Notice,
            Severity::Breach => Wire::Breach,
        };
        let is_wanted = (self.severities.is_empty() || self.severities.contains(&severity))
            && (self.commitments.is_empty() || self.commitments.contains(id));
        Ok(is_wanted.then(|| DeviatesFrom { commitment: id.clone(), severity: severity.into() }))
    }
}

// Passed by value, so that it can be handed to `map_err` as it is.
#[allow(clippy::needless_pass_by_value)]
fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> CharterReadError {
    ReadError::Io { what: "an entry", error: std::io::Error::other(error) }.into()
}
