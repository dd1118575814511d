//! What is counted of deviations, by commitment.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use einsicht_access::Charter;
use einsicht_access::charter::{Commitment, Severity};
use metrics::Counter;

/// Most commitments that have a figure of their own, since the start. Charters come and go, a figure stays.
const OWN_MAX: usize = 256;
/// What all further ones are called: no commitment can be.
const FURTHER: &str = "*";

/// Which commitments have figures. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures(Arc<Mutex<BTreeSet<(String, &'static str)>>>);

impl Figures {
    /// The figures of a charter, by commitment. They need somebody who keeps figures: made before there is one, they
    /// count nothing.
    pub fn of(&self, charter: &Charter) -> Vec<Counter> {
        charter.commitments().iter().map(|commitment| self.counter(commitment)).collect()
    }

    fn counter(&self, commitment: &Commitment) -> Counter {
        let severity = match commitment.rule().map(|rule| rule.severity) {
            Some(Severity::Breach) => "breach",
            Some(Severity::Notice) => "notice",
            None => return Counter::noop(),
        };
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (commitment.id.clone(), severity);
        let has_own = own.contains(&name) || own.len() < OWN_MAX && own.insert(name);
        let commitment = if has_own { &commitment.id } else { FURTHER };
        metrics::counter!(
            "einsicht_deviations_total",
            "commitment" => commitment.to_owned(),
            "severity" => severity
        )
    }
}
