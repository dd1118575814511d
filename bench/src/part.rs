//! The parts of a run, so that one can be measured without the others.

use clap::ValueEnum;
use serde::Serialize;

/// One part of a run: a load, or a check, beside its yardstick. The order is that in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Batches, against the floor
    Batch,
    /// Batches of events with sealed fields, against the floor with a second file
    Sealed,
    /// One event a call, many in flight, against the floor
    Unary,
    /// One event, nothing else in flight, against the floor
    Lone,
    /// Batches over TLS, against plain text
    Tls,
    /// A handler under the access layer, against one that records itself
    Layer,
    /// The spool of a recorder, against appends of as many bytes
    Spool,
    /// A full audit of a local copy, against its hashes alone
    Audit,
    /// The same of a log whose records were judged, every verdict evaluated again
    Judged,
    /// A citizen's scan of a local copy, and the test of its markers alone
    Scan,
    /// A report over a local copy, against its verification: `einsicht` has to be built beside this program
    Report,
}

impl Part {
    /// Those of `only`, each once, in the order in which they run; all of them if it names none.
    #[must_use]
    pub fn chosen(only: &[Self]) -> Vec<Self> {
        let is_chosen = |part: &&Self| only.is_empty() || only.contains(part);
        Self::value_variants().iter().filter(is_chosen).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_run_in_their_order_and_once_however_they_are_named() {
        let typed = [Part::Audit, Part::Batch, Part::Audit];
        assert_eq!(Part::chosen(&typed), [Part::Batch, Part::Audit]);
    }

    #[test]
    fn who_names_none_gets_all() {
        assert_eq!(Part::chosen(&[]), Part::value_variants());
    }
}
