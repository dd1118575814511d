//! docs/report.md against what the code does.

use super::pages::files;
use crate::samples::city::city;
use crate::{Entries, Manifest, REPORT};

const PAGE: &str = include_str!("../../../docs/report.md");

#[test]
fn every_table_key_and_figure_is_described() {
    let files = files(&city(), "2026-10", Entries::default());
    let report: serde_json::Value = serde_json::from_slice(&files[REPORT]).unwrap();
    let tables = PAGE.split_once("### Tables").unwrap().1.split_once("### `manifest.json`").unwrap().0;
    for table in report["tables"].as_array().unwrap() {
        let id = table["id"].as_str().unwrap();
        let is_about =
            |line: &&str| line.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{id}`")));
        let line = tables.lines().find(is_about);
        let line = line.unwrap_or_else(|| panic!("docs/report.md lacks the table {id}"));
        let is_one_way = id.starts_with("by_") && id != "by_dataset";
        let keys = table["keys"].as_array().unwrap().iter().filter(|_| !is_one_way);
        for name in keys.chain(table["columns"].as_array().unwrap()) {
            let name = format!("`{}`", name.as_str().unwrap());
            assert!(line.contains(&name) || line.contains("the same"), "{id}: docs/report.md lacks {name}");
        }
        if matches!(id, "custody" | "ledger") {
            for row in table["rows"].as_array().unwrap() {
                assert!(
                    line.contains(&format!("`{}`", row["key"][0]["code"].as_str().unwrap())),
                    "{id}: {row}"
                );
            }
        }
    }
}

#[test]
fn every_field_of_the_manifest_is_described_in_its_order() {
    let files = files(&city(), "2026-10", Entries::default());
    let text = std::str::from_utf8(&files[Manifest::PATH]).unwrap();
    let fields = text.lines().filter_map(|line| line.strip_prefix("  \"")?.split('"').next());
    let mut rest = PAGE.split_once("### `manifest.json`").unwrap().1;
    for field in fields {
        let found = rest.split_once(&format!("`{field}`"));
        rest = found.unwrap_or_else(|| panic!("docs/report.md lacks {field}, or has it elsewhere")).1;
    }
}

#[test]
fn the_files_of_a_city_that_are_shown_can_be_read() {
    let mut examples = PAGE.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let (coverage, answers) = (examples.next().unwrap(), examples.next().unwrap());
    let log = city();
    let checkpoint = log.checkpoint();
    let mut inputs = crate::samples::inputs(&checkpoint, Entries::Public);
    inputs.coverage = Some(crate::InputFile { name: "coverage.toml", bytes: coverage.as_bytes() });
    inputs.answers = Some(crate::InputFile { name: "answers.toml", bytes: answers.as_bytes() });
    crate::make(&log.figures("2026-10"), &inputs).unwrap();
}
