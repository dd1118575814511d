//! What stands in sheets beside the figures.

use super::pages::files;
use crate::Entries;
use crate::samples::city::city;

fn records(sheet: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(sheet);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn what_pages_call_by_a_name_sheets_do_too() {
    let files = files(&city(), "2026-10", Entries::Public);
    let page = std::str::from_utf8(&files["index.html"]).unwrap().replace('\u{a0}', " ");
    for table in ["commitments", "commitments_by_month", "months", "custody", "ledger", "by_operation"] {
        let records = records(&files[&format!("csv/{table}.csv")]);
        let (heads, rows) = records.split_first().unwrap();
        assert!(!rows.is_empty(), "{table}");
        for (at, head) in heads.iter().enumerate().filter(|(_, head)| head.ends_with("_de")) {
            assert_eq!(heads[at + 1], head.replace("_de", "_en"));
            for row in rows {
                assert!(!row[at].is_empty() && !row[at + 1].is_empty(), "{table}: {row:?}");
                assert!(page.contains(&row[at]), "{table}: {row:?}");
            }
        }
    }
}

#[test]
fn an_index_of_an_entry_has_no_columns_for_names() {
    let files = files(&city(), "2026-10", Entries::Public);
    let records = records(&files["csv/corrections.csv"]);
    assert_eq!(records[0], ["entry", "corrects"]);
    assert!(records.len() > 1 && records[1][1] == "9");
    // The row is named by the index all the same.
    let mut changed = files.clone();
    let sheet = String::from_utf8(files["csv/corrections.csv"].clone()).unwrap();
    changed.insert("csv/corrections.csv".into(), sheet.replacen(",9", ",8", 1).into_bytes());
    let told = crate::compare(&files, &changed).unwrap().to_string();
    let row = &records[1][0];
    assert_eq!(
        told,
        format!("csv/corrections.csv: table corrections, row {row}, column corrects: expected 9, found 8")
    );
}
