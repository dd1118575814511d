//! Where periods are cut, and in which time zone.

use einsicht_access::Zone;

use super::document;
use crate::document::Document;
use crate::samples::{DAY_S, Log, NOVEMBER_S, inputs, record};
use crate::{Cell, Entries, GatherError, Scope};

#[test]
fn the_period_is_cut_where_the_city_lies_to_the_second() {
    let zone = Zone::named("Europe/Berlin").unwrap();
    let span = zone.span_of("2026-11".parse().unwrap());
    let mut log = Log::begun(span.first_s - 10);
    log.charter(span.first_s - 9, crate::samples::ULM);
    for (number, second) in
        [span.first_s - 1, span.first_s, span.end_s - 1, span.end_s].into_iter().enumerate()
    {
        log.access(second, record("p", number as u64, "d", "p"));
    }
    let doc = document(&log, "2026-11", Entries::Public);
    assert_eq!((doc.about.total[0], doc.about.provisional), (Cell::Number(2), false));
    assert_eq!(doc.about.first_instant, "2026-10-31T23:00:00Z");
    assert_eq!((doc.about.first_entry, doc.about.last_entry), (Some(Cell::Number(4)), Some(Cell::Number(5))));
    assert_eq!(document(&log, "2026-12", Entries::Public).about.total[0], Cell::Number(1));
    assert!(document(&log, "2026-12", Entries::Public).about.provisional);
    assert!(document(&log, "2026-Q4", Entries::Public).about.provisional);
}

#[test]
fn of_a_period_that_has_not_begun_there_is_no_report() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let begins = berlin.span_of("2026-12".parse().unwrap()).first_s;
    let mut log = Log::begun(NOVEMBER_S);
    log.charter(NOVEMBER_S, crate::samples::ULM);
    log.access(begins - 1, record("p", 0, "d", "p"));
    let told = log.gather(log.scope("2026-12")).unwrap_err();
    assert!(matches!(told, GatherError::NotBegun { .. }), "{told}");
    let told = told.to_string();
    assert!(
        told.contains("it begins at 2026-11-30T23:00:00Z, that entry is of 2026-11-30T22:59:59Z"),
        "{told}"
    );
    // One that is over may be empty, and one that has begun may be.
    assert!(log.gather(Scope::new("2020-05".parse().unwrap(), Zone::utc(), log.scope_size())).is_ok());
    log.access(begins, record("p", 1, "d", "p"));
    assert!(log.gather(log.scope("2026-12")).is_ok());
}

#[test]
fn a_period_that_was_cut_in_another_zone_than_the_charters_says_which_it_needs() {
    let mut log = Log::begun(NOVEMBER_S);
    log.charter(NOVEMBER_S, crate::samples::ULM);
    let size = log.scope("2026-11").size();
    let wrong = log.gather(Scope::new("2026-11".parse().unwrap(), Zone::utc(), size)).unwrap_err();
    let GatherError::OtherZone { needed, .. } = wrong else { panic!("{wrong}") };
    assert_eq!(needed.name(), "Europe/Berlin");
    // Before the charter the city had none.
    assert!(log.gather(Scope::new("2026-10".parse().unwrap(), Zone::utc(), size)).is_ok());
}

#[test]
fn a_charter_between_two_midnights_names_a_zone_in_one_way_only() {
    // Half an hour after November began in Ulm, and half an hour before it began in UTC.
    let mut log = Log::begun(NOVEMBER_S - 2 * DAY_S);
    log.charter(NOVEMBER_S - 1_800, crate::samples::ULM);
    let figures = log.figures("2026-10");
    assert_eq!((figures.scope().zone().name(), figures.charters.len()), ("Europe/Berlin", 0));
    let (october, utc) = ("2026-10".parse().unwrap(), Zone::utc());
    let in_utc = log.gather(Scope::new(october, utc, log.scope_size()));
    assert!(matches!(in_utc, Err(GatherError::OtherZone { .. })));
}

#[test]
fn a_zone_that_nobody_knows_is_told_and_not_guessed() {
    let mut log = Log::begun(NOVEMBER_S);
    log.charter(NOVEMBER_S, &crate::samples::ULM.replace("Europe/Berlin", "Europe/Ulm"));
    let scope = Scope::new("2026-11".parse().unwrap(), Zone::utc(), log.scope_size());
    let figures = log.gather(scope).unwrap();
    let checkpoint = log.checkpoint();
    let doc = Document::new(&figures, &inputs(&checkpoint, Entries::Public).parse(&figures).unwrap());
    assert_eq!(doc.about.unknown_time_zone.as_deref(), Some("Europe/Ulm"));
}
