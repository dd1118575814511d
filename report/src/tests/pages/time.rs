//! What pages say of the period, and of months before it and behind it.

use einsicht_proto::v1::Correction;
use einsicht_proto::v1::entry_body::Content;

use super::files;
use crate::samples::city::city;
use crate::samples::{Log, NOVEMBER_S, inputs};
use crate::{Entries, make};

/// An entry of much later.
fn long_after() -> Content {
    Content::Correction(Correction { index: 9, ..Default::default() })
}

#[test]
fn a_page_says_if_the_log_began_later_than_the_period() {
    let page = |period: &str| {
        let made = files(&city(), period, Entries::Public);
        String::from_utf8(made["index.html"].clone()).unwrap()
    };
    let late = "Das Protokoll begann erst am 1. September 2026, 02:00 Uhr (Zeitzone Europe/Berlin).";
    let first = "Der erste Monat ist ab dem Beginn des Protokolls am 1. September 2026 gezählt.";
    assert!(page("2026").contains(late) && page("2026").contains(first));
    let later = Log::begun(NOVEMBER_S);
    let checkpoint = later.checkpoint();
    let before = make(&later.figures("2026-W20"), &inputs(&checkpoint, Entries::Public)).unwrap();
    assert!(std::str::from_utf8(&before["index.html"]).unwrap().contains("begann erst am 1. November 2026"));
    assert!(!page("2026-10").contains("Das Protokoll begann erst"));
    // 13 months behind it.
    let mut long = city();
    long.content(crate::samples::NOVEMBER_S + 400 * crate::samples::DAY_S, long_after());
    let behind = files(&long, "2027-10", Entries::Public);
    assert!(!std::str::from_utf8(&behind["index.html"]).unwrap().contains("ab dem Beginn des Protokolls"));
}

#[test]
fn months_that_have_not_begun_are_not_shown_as_empty() {
    let log = city();
    let months = |period: &str, entries| {
        let made = files(&log, period, entries);
        let sheet = String::from_utf8(made["csv/months.csv"].clone()).unwrap();
        let months: Vec<_> = sheet.lines().skip(1).map(|line| line[..7].to_owned()).collect();
        let page = std::str::from_utf8(&made["index.html"]).unwrap();
        assert_eq!(
            page.contains("spätere Monate stehen noch nicht da."),
            page.contains("<strong>Vorläufig.</strong>")
        );
        let by_month = String::from_utf8(made["csv/commitments_by_month.csv"].clone()).unwrap();
        assert_eq!(by_month.lines().count() - 1, months.len() * 11);
        assert_eq!(page.matches("class=\"bar\"").count() + page.matches(">·<").count(), months.len());
        months
    };
    // The newest entry is of the 23rd of November.
    for entries in [Entries::Public, Entries::default()] {
        assert_eq!(months("2026", entries), ["2026-09", "2026-10", "2026-11"]);
        assert_eq!(months("2026-10", entries), ["2026-09", "2026-10"]);
    }
    let cut = files(&log, "2026-W41", Entries::Public);
    let page = std::str::from_utf8(&cut["index.html"]).unwrap();
    assert!(page.contains("Der letzte Monat ist nur bis zum 11. Oktober 2026 gezählt."));
    let whole = files(&log, "2026-10", Entries::Public);
    assert!(!std::str::from_utf8(&whole["index.html"]).unwrap().contains("Der letzte Monat ist nur"));
}

#[test]
fn a_week_is_told_with_its_days() {
    let files = files(&city(), "2026-W44", Entries::Public);
    let page = |path: &str| std::str::from_utf8(&files[path]).unwrap();
    assert!(
        page("index.html").contains(">Kalenderwoche 44/2026, 26. Oktober bis 1. November 2026</span></h1>")
    );
    assert!(
        page("en/index.html").contains(">Calendar week 44/2026, 26 October to 1 November 2026</span></h1>")
    );
}
