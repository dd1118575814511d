//! Pages: the same in both languages, and to be looked at.

mod language;
mod order;
mod time;

use std::path::Path;

use crate::samples::city::city;
use crate::samples::{Log, NOVEMBER_S, inputs, record};
use crate::{Entries, Files, InputFile, make};

pub const COVERAGE: &str = r#"
[[recorder]]
id = "geoportal"
title = "Geoportal"
title_en = "Map portal"

[[recorder]]
id = "meldewesen"
title = "Meldewesen"
title_en = "Resident registration"

[[not_connected]]
title = "Papierakten des Stadtarchivs"
title_en = "Paper files of the city archive"
reason = "Einsicht vor Ort wird im Benutzerbuch festgehalten."
reason_en = "Visits are kept in a book."

[[not_connected]]
title = "Fachverfahren Gewerbe"
title_en = "Trade register software"
reason = "Die Schnittstelle fehlt noch."
reason_en = "The interface is still missing."
planned = 2027-04-01

[[known_gap]]
from = 2026-11-09
until = 2026-11-10
text = "Ausfall des Netzes im Rathaus: Zugriffe des Geoportals kamen verspätet an."
text_en = "Network outage in the town hall: accesses of the map portal arrived late."
"#;

pub const ANSWERS: &str = r#"
[[answer]]
commitment = "DE-12"
text = "Aus den Zählungen entstanden zwei neue Radwege."
text_en = "The counts led to two new bicycle paths."
by = "Gemeinderat"
by_en = "City council"
on = 2026-11-20
"#;

pub fn files(log: &Log, period: &str, entries: Entries) -> Files {
    let checkpoint = log.checkpoint();
    let mut inputs = inputs(&checkpoint, entries);
    inputs.coverage = Some(InputFile { name: "coverage.toml", bytes: COVERAGE.as_bytes() });
    inputs.answers = Some(InputFile { name: "answers.toml", bytes: ANSWERS.as_bytes() });
    make(&log.figures(period), &inputs).unwrap()
}

/// Values of an attribute, in order.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    page.split(&format!(" {attribute}=\"")).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
}

#[test]
fn both_languages_have_the_same_sections_tables_rows_and_charts() {
    let log = city();
    let empty = Log::begun(NOVEMBER_S);
    let sets = [
        files(&log, "2026-11", Entries::default()),
        files(&log, "2026", Entries::Public),
        make(&empty.figures("2020"), &inputs(&empty.checkpoint(), Entries::default())).unwrap(),
    ];
    for files in sets {
        let [de, en] = ["index.html", "en/index.html"].map(|path| std::str::from_utf8(&files[path]).unwrap());
        for attribute in ["id", "data-table", "data-row", "data-column", "class", "scope"] {
            let ours: Vec<_> =
                values(de, attribute).into_iter().map(|id| id.replace("inhalt", "content")).collect();
            assert_eq!(ours, values(en, attribute), "{attribute}");
        }
        for element in ["<section", "<h2", "<h3", "<p", "<li", "<dt", "<svg", "<a ", "<code", "<strong"] {
            assert_eq!(de.matches(element).count(), en.matches(element).count(), "{element}");
        }
        let sections = values(de, "id");
        assert_eq!(
            sections[1..],
            [
                "summary",
                "coverage",
                "commitments",
                "accesses",
                "outcome",
                "custody",
                "integrity",
                "questions",
                "gaps",
                "check"
            ]
        );
        for link in values(de, "href").into_iter().filter(|link| !link.starts_with('#')) {
            assert!(files.contains_key(link), "{link} is no file of the report");
        }
        for link in values(en, "href").into_iter().filter(|link| !link.starts_with('#')) {
            assert!(files.contains_key(link.trim_start_matches("../")), "{link} is no file of the report");
        }
    }
}

/// Whoever follows links alone has the whole report, and can make it again.
#[test]
fn every_file_is_linked_from_the_first_page_or_from_one_that_it_links() {
    let log = city();
    let checkpoint = log.checkpoint();
    let without_inputs = make(&log.figures("2026-10"), &inputs(&checkpoint, Entries::default())).unwrap();
    for files in [files(&log, "2026-10", Entries::Public), without_inputs] {
        let linked = |path: &str, folder: &str| -> Vec<String> {
            let page = std::str::from_utf8(&files[path]).unwrap();
            let links = values(page, "href").into_iter().filter(|link| !link.starts_with('#'));
            links
                .map(|link| link.strip_prefix("../").map_or(format!("{folder}{link}"), str::to_owned))
                .collect()
        };
        let [german, english] = [linked("index.html", ""), linked("en/index.html", "en/")];
        for path in files.keys() {
            let is_page = path.ends_with(".html");
            assert!(is_page || german.contains(path), "{path} is linked from no page");
            assert!(is_page || english.contains(path), "{path} is not linked from the English page");
        }
        assert!(german.contains(&"en/index.html".to_owned()) && english.contains(&"index.html".to_owned()));
    }
}

/// What only those can do who have a token, no page promises to everybody.
#[test]
fn a_page_says_who_can_compute_the_report_again() {
    for (entries, is_public) in [(Entries::Public, true), (Entries::default(), false)] {
        let files = files(&city(), "2026-10", entries);
        let page = |path: &str| std::str::from_utf8(&files[path]).unwrap();
        let (de, en) = (page("index.html"), page("en/index.html"));
        assert_eq!(de.contains("Niemand muss diesem Bericht glauben."), is_public);
        assert_eq!(en.contains("Nobody has to believe this report."), is_public);
        assert_eq!(
            de.contains("Nachrechnen kann diesen Bericht, wer die einzelnen Einträge lesen darf"),
            !is_public
        );
        assert_eq!(
            en.contains("Whoever may read the single entries can compute this report again"),
            !is_public
        );
    }
}

/// Either both tables say of how many records the rule was not in force, or neither does.
#[test]
fn that_a_rule_was_not_in_force_is_told_and_explained_wherever_it_counts() {
    let mut log = Log::begun(NOVEMBER_S - 20 * crate::samples::DAY_S);
    // Before there is a charter, in the month before the period.
    for number in 0..30 {
        log.access(NOVEMBER_S - 20 * crate::samples::DAY_S, record("p", number, "d", "p"));
    }
    log.charter(NOVEMBER_S - 10 * crate::samples::DAY_S, crate::samples::ULM);
    for number in 30..60 {
        log.access(NOVEMBER_S, record("p", number, "d", "p"));
    }
    for (period, tables) in [("2026-11", 2), ("2026-10", 2)] {
        let files = make(&log.figures(period), &inputs(&log.checkpoint(), Entries::Public)).unwrap();
        let page = std::str::from_utf8(&files["index.html"]).unwrap();
        assert_eq!(page.matches(">Regel galt nicht</th>").count(), tables, "{period}");
        assert_eq!(page.matches("„Regel galt nicht“ heißt").count(), 1);
    }
    let page = files(&city(), "2026-10", Entries::Public);
    assert!(!std::str::from_utf8(&page["index.html"]).unwrap().contains("Regel galt nicht"));
}

#[test]
fn every_table_is_on_the_page_and_has_heads_for_all_its_cells() {
    let files = files(&city(), "2026-10", Entries::Public);
    let page = std::str::from_utf8(&files["index.html"]).unwrap();
    let sheets = files.keys().filter_map(|path| path.strip_prefix("csv/")?.strip_suffix(".csv"));
    for id in sheets {
        let table = page
            .split_once(&format!("data-table=\"{id}\""))
            .map(|(_, rest)| rest.split_once("</table>").unwrap().0);
        let table = table.unwrap_or_else(|| panic!("{id}"));
        let columns = table.matches("scope=\"col\"").count();
        for row in table.split("<tr ").skip(2) {
            assert_eq!(row.matches("<th ").count() + row.matches("<td ").count(), columns, "{id}");
        }
        assert!(!table.contains("data-head=\"\""), "{id} has a column without a name");
    }
}

#[test]
fn numbers_and_dates_are_those_of_the_language() {
    let files = files(&city(), "2026-10", Entries::default());
    let page = |path: &str| String::from_utf8(files[path].clone()).unwrap();
    assert!(page("index.html").contains("1.710") && page("index.html").contains("31. Oktober 2026"));
    assert!(page("en/index.html").contains("1,710") && page("en/index.html").contains("31 October 2026"));
}

#[test]
fn what_could_not_be_verified_is_told_beside_what_does_not_deviate() {
    let files = files(&city(), "2026-10", Entries::Public);
    let sheet = std::str::from_utf8(&files["csv/commitments.csv"]).unwrap();
    let verdicts: Vec<[u64; 2]> = sheet
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.rsplit(',').skip(1);
            let not_verifiable = cells.next().unwrap().parse().unwrap();
            [cells.next().unwrap().parse().unwrap(), not_verifiable]
        })
        .collect();
    let without = verdicts.iter().filter(|[deviates, _]| *deviates == 0).count();
    let unclear = verdicts.iter().filter(|[deviates, not]| *deviates == 0 && *not > 0).count();
    assert!(0 < unclear && unclear < without, "{verdicts:?}");
    let page = std::str::from_utf8(&files["index.html"]).unwrap();
    let tile = format!(
        "<dd>{without} von {}<span>davon {unclear} nicht überall prüfbar</span></dd>",
        verdicts.len()
    );
    assert!(page.contains(&tile), "{tile}");
}

#[test]
fn where_there_are_no_records_no_commitment_is_said_to_be_kept() {
    let mut log = city();
    log.end(
        NOVEMBER_S + 70 * crate::samples::DAY_S,
        "statistik",
        &crate::samples::session("statistik"),
        None,
    );
    let files = files(&log, "2027-01", Entries::Public);
    let page = std::str::from_utf8(&files["index.html"]).unwrap();
    assert!(page.contains("<dt>Zusagen ohne Abweichung</dt><dd>–</dd>"));
}

#[test]
fn a_page_says_if_there_were_more_sessions_than_can_be_followed() {
    let mut figures = city().figures("2026-10");
    let checkpoint = city().checkpoint();
    for complete in [true, false] {
        figures.gaps_complete = complete;
        for recorder in figures.recorders.values_mut() {
            recorder.missing = 0;
        }
        let files = make(&figures, &inputs(&checkpoint, Entries::Public)).unwrap();
        let page = |path: &str| std::str::from_utf8(&files[path]).unwrap();
        assert_eq!(page("index.html").contains("mehr Sitzungen, als sich alle verfolgen lassen"), !complete);
        assert_eq!(page("en/index.html").contains("more sessions than can all be followed"), !complete);
        assert_eq!(page("index.html").contains("In keiner Sitzung fehlt eine Nummer."), complete);
    }
}

#[test]
fn the_command_that_checks_a_report_is_told_with_all_that_it_needs() {
    let files = files(&city(), "2026-10", Entries::Public);
    let page = |path: &str| std::str::from_utf8(&files[path]).unwrap();
    let command = "<code>einsicht report recompute ORDNER PROTOKOLL --vkey SCHLÜSSEL</code>";
    assert!(page("index.html").contains(command));
    assert!(page("en/index.html").contains("<code>einsicht report recompute FOLDER LOG --vkey KEY</code>"));
}

#[test]
fn what_tables_hide_no_page_and_no_file_tells() {
    let mut log = Log::begun(NOVEMBER_S);
    let mut number = 0;
    for (purpose, count) in [("haeufig", 97), ("selten", 3), ("mittel", 11)] {
        for _ in 0..count {
            log.access(NOVEMBER_S, record("p", number, "d", purpose));
            number += 1;
        }
    }
    let checkpoint = log.checkpoint();
    let files = make(&log.figures("2026-11"), &inputs(&checkpoint, Entries::default())).unwrap();
    let sheet = String::from_utf8(files["csv/by_purpose.csv"].clone()).unwrap();
    assert!(sheet.contains("haeufig,,,97,97\r\n") && sheet.contains("mittel,,,hidden,hidden\r\n"), "{sheet}");
    assert!(sheet.contains("selten,,,<5,hidden\r\n"));
    let json: serde_json::Value = serde_json::from_slice(&files["report.json"]).unwrap();
    let tables = json["tables"].as_array().unwrap();
    let cross = tables.iter().find(|table| table["id"] == "purpose_by_unit").unwrap();
    assert_eq!(cross["rows"].as_array().unwrap().len(), 2, "what is rare is not there at all");
    for path in ["index.html", "en/index.html"] {
        let page = std::str::from_utf8(&files[path]).unwrap();
        let row = page.split_once("data-row=\"selten\"").unwrap().1.split_once("</tr>").unwrap().0;
        assert!(!row.contains(">3<"), "{row}");
        assert!(!page.contains("title>selten"), "no chart names it");
    }
}

/// A log with more months than a chart shows, up to the end of 2026.
fn fourteen_months() -> Log {
    let begin = NOVEMBER_S - 365 * crate::samples::DAY_S;
    let mut log = Log::begun(begin);
    log.charter(begin, crate::samples::ULM);
    for number in 0..4_200 {
        let dataset = if number % 3 == 0 { "melderegister" } else { "stadtteile-generalisiert" };
        let second = begin + number * 8_700 + number * number % 6_000;
        log.access(second, record("meldewesen", number, dataset, "statistik"));
    }
    log
}

/// Writes reports to look at: `EINSICHT_PAGES=folder cargo test -p einsicht-report pages_to_look_at -- --ignored`.
#[test]
#[ignore = "writes pages for people"]
fn pages_to_look_at() {
    let folder = std::env::var("EINSICHT_PAGES").expect("EINSICHT_PAGES names a folder");
    let log = city();
    let mut sets = vec![
        ("closed", files(&log, "2026-11", Entries::default())),
        ("public", files(&log, "2026-Q4", Entries::Public)),
    ];
    let empty = Log::begun(NOVEMBER_S);
    let checkpoint = empty.checkpoint();
    sets.push(("empty", make(&empty.figures("2026-W20"), &inputs(&checkpoint, Entries::default())).unwrap()));
    let long = fourteen_months();
    let checkpoint = long.checkpoint();
    sets.push(("year", make(&long.figures("2026"), &inputs(&checkpoint, Entries::Public)).unwrap()));
    for (name, files) in sets {
        for (path, bytes) in files {
            let path = Path::new(&folder).join(name).join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}
