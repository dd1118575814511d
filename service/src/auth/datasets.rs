//! A recorder records for its own data sets.

use std::fmt;
use std::sync::Arc;

use einsicht_access::EventView;

use super::Known;

/// Most fields that are named: answers with errors travel as headers, which are small.
const LISTED_MAX: usize = 20;

/// Fields with data sets that a caller may not record for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    pub(super) caller: Arc<str>,
    /// Paths of the first of them.
    pub listed: Vec<String>,
    count: usize,
}

/// Whether a caller may record all of these events: their data sets are its own.
///
/// # Errors
/// [`Foreign`] names each field that has another.
pub(super) fn check(caller: &Known, events: &[EventView<'_>]) -> Result<(), Foreign> {
    let mut foreign = Foreign { caller: Arc::clone(&caller.name), listed: Vec::new(), count: 0 };
    for (event, position) in events.iter().zip(0_usize..) {
        if !caller.may_record(event.dataset()) {
            foreign.add(|| format!("events[{position}].dataset"));
        }
        for (dataset, other) in event.other_datasets().iter().zip(0_usize..) {
            if !caller.may_record(dataset) {
                foreign.add(|| format!("events[{position}].other_datasets[{other}]"));
            }
        }
    }
    if foreign.count == 0 { Ok(()) } else { Err(foreign) }
}

impl Foreign {
    fn add(&mut self, path: impl FnOnce() -> String) {
        self.count += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(path());
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.listed.first().map_or("", String::as_str);
        write!(f, "'{}' may not record accesses to the data set in {first}", self.caller)?;
        if self.count > 1 {
            write!(f, " and {} more fields", self.count - 1)?;
        }
        f.write_str("; nothing was recorded. Its data sets are in the service's configuration")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Callers;
    use crate::config::{self, CallerLimits, Datasets, Role};
    use einsicht_proto::v1::AccessEvent;
    use einsicht_tlog::hash::sha256;

    fn known(datasets: Datasets) -> Arc<Known> {
        let one = std::num::NonZeroU32::MIN;
        let caller = config::Caller {
            name: "counter".into(),
            role: Role::Recorder(datasets),
            token_hashes: vec![sha256(b"one")],
            certificates: Vec::new(),
            limits: CallerLimits { events_per_second: one, requests_per_second: one, request_bytes: 1 },
        };
        let callers = Callers::new(&[caller], &Callers::default());
        Arc::clone(callers.by_token(&sha256(b"one")).unwrap())
    }

    fn event(dataset: &str, others: &[&str]) -> AccessEvent {
        let other_datasets = others.iter().map(|&other| other.to_owned()).collect();
        AccessEvent { dataset: dataset.into(), other_datasets, ..AccessEvent::default() }
    }

    fn check_sent(caller: &Known, events: &[AccessEvent]) -> Result<(), Foreign> {
        check(caller, &events.iter().map(EventView::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_field_with_a_foreign_data_set_is_named_by_its_path() {
        let known = known(Datasets::Only(vec!["a".into(), "b".into()]));
        check_sent(&known, &[event("a", &["b"]), event("b", &[])]).unwrap();
        let foreign =
            check_sent(&known, &[event("a", &[]), event("c", &["a", "d"]), event("A", &[])]).unwrap_err();
        assert_eq!(foreign.listed, ["events[1].dataset", "events[1].other_datasets[1]", "events[2].dataset"]);
        assert!(foreign.to_string().contains("'counter'") && foreign.to_string().contains("2 more"));
    }

    #[test]
    fn a_recorder_for_all_data_sets_has_no_foreign_ones() {
        check_sent(&known(Datasets::All), &[event("x", &["y"])]).unwrap();
    }

    #[test]
    fn a_thousand_foreign_fields_make_a_short_list() {
        let events: Vec<_> = (0..1000).map(|_| event("c", &[])).collect();
        let foreign = check_sent(&known(Datasets::Only(vec!["a".into()])), &events).unwrap_err();
        assert_eq!((foreign.listed.len(), foreign.count), (LISTED_MAX, 1000));
        assert!(foreign.to_string().contains("999 more"));
    }
}
