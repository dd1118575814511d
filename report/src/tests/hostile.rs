//! Text in entries that looks like something else.

use einsicht_access::Zone;
use einsicht_tlog::Size;

use super::pages::files;
use crate::samples::{Log, NOVEMBER_S, inputs, record};
use crate::{Entries, Scope, make};

/// What no page may contain: the beginnings of markup, and what turns the direction of text.
const SCRIPT: &str = "<script>alert(1)</script>\"'&<img src=x onerror=y>";

fn hostile() -> Log {
    let mut log = Log::begun(NOVEMBER_S);
    for (number, text) in
        [SCRIPT, "=HYPERLINK(1)", "+1", "-1", "@x", "\u{202e}gnp", "a,\"b\r\nc"].into_iter().enumerate()
    {
        let mut hostile = record("p", number as u64, text, text);
        (hostile.unit, hostile.recipient) = (Some(text.into()), Some(text.into()));
        hostile.legal_basis = Some(text.into());
        log.access(NOVEMBER_S + 5, hostile);
    }
    let mut by = record("p", 99, "d", "d");
    by.producer = SCRIPT.into();
    log.access(NOVEMBER_S + 5, by);
    log
}

#[test]
fn markup_in_entries_is_text_in_pages() {
    let log = hostile();
    let checkpoint = log.checkpoint();
    let files = make(&log.figures("2026-11"), &inputs(&checkpoint, Entries::Public)).unwrap();
    for path in ["index.html", "en/index.html"] {
        let page = std::str::from_utf8(&files[path]).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'), "{path}");
        assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"), "it is shown");
        // Everything that begins like an element is one of ours, closed or void.
        assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        assert_eq!(page.matches("<th ").count(), page.matches("</th>").count());
    }
}

#[test]
fn nothing_in_a_sheet_is_a_formula() {
    let log = hostile();
    let checkpoint = log.checkpoint();
    let files = make(&log.figures("2026-11"), &inputs(&checkpoint, Entries::Public)).unwrap();
    let mut cells = 0;
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("csv/")) {
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        for record in reader.records() {
            for cell in &record.unwrap() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{path}: {cell}");
                cells += 1;
            }
        }
    }
    assert!(cells > 100);
    let purposes = std::str::from_utf8(&files["csv/by_purpose.csv"]).unwrap();
    assert!(purposes.contains("'=HYPERLINK(1)"), "{purposes}");
}

#[test]
fn pages_load_nothing_and_run_nothing() {
    let log = crate::samples::city::city();
    for (path, bytes) in
        files(&log, "2026-11", Entries::default()).iter().filter(|(path, _)| path.ends_with(".html"))
    {
        let page = std::str::from_utf8(bytes).unwrap();
        for forbidden in [
            "<script",
            "<link",
            "<img",
            "<iframe",
            "http-equiv=\"refresh\"",
            "url(",
            "@import",
            " style=",
            "javascript:",
            " src=",
        ] {
            assert!(!page.contains(forbidden), "{path}: {forbidden}");
        }
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    }
}

#[test]
fn a_period_without_entries_is_an_honest_empty_report() {
    let mut log = Log::begun(NOVEMBER_S);
    log.access(NOVEMBER_S, record("p", 0, "d", "p"));
    let checkpoint = log.checkpoint();
    for period in ["2026-W20", "2020"] {
        let scope = Scope::new(period.parse().unwrap(), Zone::utc(), Size(3));
        let figures = log.gather(scope).unwrap();
        assert!(!figures.is_provisional(), "{period}");
        let files = make(&figures, &inputs(&checkpoint, Entries::default())).unwrap();
        let page = std::str::from_utf8(&files["index.html"]).unwrap();
        assert!(!page.contains("<strong>Vorläufig.</strong>"));
        assert!(page.contains("keine Charta in Kraft") && page.contains("Keine Einträge."));
        let json: serde_json::Value = serde_json::from_slice(&files["report.json"]).unwrap();
        assert_eq!(
            (&json["about"]["total"][0], &json["about"]["first_entry"]),
            (&0.into(), &serde_json::Value::Null)
        );
    }
}
