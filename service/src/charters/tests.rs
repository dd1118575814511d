//! What holds by a charter, and by the configuration where it says nothing.

use einsicht_access::Facts;
use einsicht_proto::v1::AccessRecord;

use super::probe::{PROBE, announced, without_registers};
use super::*;
use crate::config::{DatasetRetention, Retention};

fn put_in_force(charters: &Charters, text: &str, last: u64) -> Arc<InForce> {
    charters.put_in_force(&announced(text), Index(last), Index(last), RecordedAt(0))
}

fn in_force(text: &str, last: u64) -> Arc<InForce> {
    put_in_force(&Charters::default(), text, last)
}

fn rules() -> Rules {
    let kept = |dataset: &str, months| DatasetRetention {
        dataset: dataset.to_owned(),
        class: RetentionClass::Months(months),
    };
    let datasets = vec![kept("stated", 6), kept("silent", 7)];
    let retention = Retention { default: RetentionClass::Months(12), datasets, hold: Vec::new() };
    Rules { schemes: vec!["person".to_owned()], retention, ..Rules::default() }
}

#[test]
fn what_the_charter_states_goes_before_the_configuration_and_nothing_else_does() {
    let class = |terms: &Terms, dataset| terms.class_of(dataset).to_string();
    let all = |terms: &Terms| ["stated", "silent", "unknown"].map(|dataset| class(terms, dataset));
    let without = Terms::of(rules());
    assert_eq!(all(&without), ["P6M", "P7M", "P12M"]);
    assert_eq!(without.schemes(), ["person"]);
    let terms = Terms { charter: Some(in_force(PROBE, 4)), ..without.clone() };
    assert_eq!(all(&terms), ["P3M", "P7M", "P12M"]);
    assert_eq!(terms.schemes(), ["kfz"]);
    assert_eq!(Terms { charter: Some(in_force(&without_registers(), 4)), ..without }.schemes(), ["person"]);
    assert_eq!(terms.in_force().map(|charter| charter.index), Some(4));
}

#[test]
fn of_those_that_were_placed_others_are_shown_the_newest_that_is_published() {
    let charters = Charters::default();
    let shown = |size| charters.published(Size(size)).map(|charter| charter.place.last.0);
    assert_eq!(shown(100), None);
    put_in_force(&charters, PROBE, 4);
    assert_eq!((shown(4), shown(5)), (None, Some(4)));
    put_in_force(&charters, PROBE, 9);
    assert_eq!((shown(9), shown(10)), (Some(4), Some(9)));
    assert_eq!(charters.to_judge_by().map(|charter| charter.place.last.0), Some(9));
}

fn kept(older: &Older, last: u64) -> bool {
    older.find(&in_force(PROBE, last).place).is_some()
}

fn older(last: u64) -> InForce {
    Arc::into_inner(in_force(PROBE, last)).unwrap()
}

#[test]
fn a_charter_of_before_is_kept_as_long_as_it_is_asked_for() {
    let kept_of = Older::default();
    (1..=4).for_each(|last| drop(kept_of.keep(older(last))));
    assert!(kept(&kept_of, 1), "asked for again");
    kept_of.keep(older(5));
    assert_eq!([1, 2, 3, 4, 5].map(|last| kept(&kept_of, last)), [true, false, true, true, true]);
}

#[test]
fn two_who_read_the_same_charter_at_the_same_time_share_it_and_no_other_has_to_go_for_it() {
    let kept_of = Older::default();
    (1..=4).for_each(|last| drop(kept_of.keep(older(last))));
    let [first, second] = [kept_of.keep(older(9)), kept_of.keep(older(9))];
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!([1, 2, 3, 4, 9].map(|last| kept(&kept_of, last)), [false, true, true, true, true]);
}

#[test]
fn commitments_that_come_and_go_do_not_make_figures_without_end() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let event = AccessRecord { dataset: "stated".into(), purpose: "b".into(), ..AccessRecord::default() };
    let page = metrics::with_local_recorder(&recorder, || {
        let charters = Charters::default();
        for last in 1..=300 {
            let renamed = PROBE.replace("C-1", &format!("C-{last}"));
            let charter = put_in_force(&charters, &renamed, last);
            charter.count(charter.charter.judge(&Facts::from(&event)).deviates);
        }
        put_in_force(&charters, PROBE, 301).count(Commitments::default());
        recorder.handle().render()
    });
    let figures: Vec<_> =
        page.lines().filter(|line| line.starts_with("einsicht_deviations_total{")).collect();
    assert_eq!(figures.len(), 257, "{page}");
    assert!(page.contains("{commitment=\"C-256\",severity=\"notice\"} 1\n"), "{page}");
    assert!(page.contains("{commitment=\"*\",severity=\"notice\"} 44\n"), "{page}");
}
