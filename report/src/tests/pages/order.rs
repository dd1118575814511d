//! In which order rows stand on pages, and how many of them on paper.

use super::{files, values};
use crate::samples::city::city;
use crate::samples::{Log, NOVEMBER_S, inputs, record};
use crate::{Entries, Files, make};

/// The rows of a table on a page: their codes, and whether paper has them.
fn rows<'p>(files: &'p Files, table: &str) -> Vec<(&'p str, bool)> {
    let page = std::str::from_utf8(&files["index.html"]).unwrap();
    let table =
        page.split_once(&format!("data-table=\"{table}\"")).unwrap().1.split_once("</table>").unwrap().0;
    let rows = table.split("<tr ").skip(2);
    rows.map(|row| (values(&format!("<tr {row}"), "data-row")[0].len(), row))
        .map(|(length, row)| {
            let code = &row.split_once("data-row=\"").unwrap().1[..length];
            (code, !row.split_once('>').unwrap().0.contains("class=\"screen\""))
        })
        .collect()
}

/// Codes and records of a sheet.
fn sheet(files: &Files, table: &str) -> Vec<(String, u64)> {
    let mut reader = csv::Reader::from_reader(&files[&format!("csv/{table}.csv")][..]);
    reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[0].to_owned(), row[3].parse().unwrap_or(0)))
        .collect()
}

#[test]
fn where_entries_are_public_pages_begin_with_what_has_most_records() {
    let files = files(&city(), "2026-10", Entries::Public);
    for table in ["by_dataset", "by_purpose", "by_unit", "by_recipient", "by_outcome", "recorders"] {
        let mut expected = sheet(&files, table);
        expected.sort_by_key(|(code, records)| (code.is_empty(), std::cmp::Reverse(*records)));
        let expected: Vec<_> = expected.iter().map(|(code, _)| code.as_str()).collect();
        let found: Vec<_> = rows(&files, table).into_iter().map(|(code, _)| code).collect();
        assert_eq!(found, expected, "{table}");
    }
    assert_eq!(rows(&files, "by_recipient").last().unwrap().0, "", "what is not stated, though it is most");
    let months: Vec<_> = rows(&files, "months").into_iter().map(|(code, _)| code).collect();
    assert_eq!(months, ["2026-09", "2026-10"]);
}

#[test]
fn where_entries_are_not_public_no_order_tells_what_is_hidden() {
    let files = files(&city(), "2026-10", Entries::default());
    for table in ["by_dataset", "by_purpose", "by_unit", "recorders"] {
        let expected = sheet(&files, table);
        let expected: Vec<_> = expected.iter().map(|(code, _)| (code.as_str(), true)).collect();
        assert_eq!(rows(&files, table), expected, "{table}");
    }
    assert!(!std::str::from_utf8(&files["index.html"]).unwrap().contains("Auf Papier"));
}

#[test]
fn a_long_table_has_its_largest_rows_on_paper_and_says_where_all_are() {
    let of = |datasets: u64| {
        let mut log = Log::begun(NOVEMBER_S);
        for number in 0..datasets * 2 {
            let dataset = format!("d{:02}", number % datasets);
            log.access(NOVEMBER_S, record("p", number, &dataset, "p"));
        }
        make(&log.figures("2026-11"), &inputs(&log.checkpoint(), Entries::Public)).unwrap()
    };
    let long = of(26);
    let on_paper: Vec<_> = rows(&long, "by_dataset").into_iter().map(|(_, on_paper)| on_paper).collect();
    assert_eq!(on_paper, [[true; 20].as_slice(), &[false; 6]].concat());
    let page = |path: &str| std::str::from_utf8(&long[path]).unwrap();
    let told = "Auf Papier stehen die 20 Zeilen mit den meisten Zugriffseinträgen. Alle 26 stehen in der Datei csv/by_dataset.csv.";
    assert!(page("index.html").contains(told));
    assert!(page("en/index.html").contains("All 26 are in the file csv/by_dataset.csv."));
    assert!(rows(&of(25), "by_dataset").iter().all(|(_, on_paper)| *on_paper));
}
