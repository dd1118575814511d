//! `report.json` against the schema that is shipped with it, by somebody else's validator.

use serde_json::Value;

use super::pages::files;
use crate::samples::city::city;
use crate::samples::{Log, NOVEMBER_S, inputs};
use crate::{Entries, Files, REPORT, SCHEMA, make};

fn json(files: &Files, path: &str) -> Value {
    serde_json::from_slice(&files[path]).unwrap()
}

fn problems(report: &Value, schema: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_report_is_as_its_schema_says() {
    let log = city();
    let mut sets = vec![files(&log, "2026-10", Entries::default()), files(&log, "2026", Entries::Public)];
    let empty = Log::begun(NOVEMBER_S);
    sets.push(make(&empty.figures("2020-W01"), &inputs(&empty.checkpoint(), Entries::default())).unwrap());
    for files in sets {
        assert_eq!(problems(&json(&files, REPORT), &json(&files, SCHEMA)), [] as [String; 0]);
    }
}

#[test]
fn what_is_no_figure_or_no_field_is_told_by_the_schema() {
    let files = files(&city(), "2026-10", Entries::default());
    let schema = json(&files, SCHEMA);
    type Change = fn(&mut Value);
    let changes: [Change; 6] = [
        |report| report["about"]["surprise"] = 1.into(),
        |report| report["tables"][0]["rows"][0]["cells"][0] = (-1).into(),
        |report| report["tables"][0]["rows"][0]["cells"][0] = "few".into(),
        |report| report["about"]["provisional"] = "yes".into(),
        |report| drop(report.as_object_mut().unwrap().remove("tables")),
        |report| report["commitments"][0]["sentence"]["fr"] = "non".into(),
    ];
    for (position, change) in changes.into_iter().enumerate() {
        let mut report = json(&files, REPORT);
        change(&mut report);
        assert!(!problems(&report, &schema).is_empty(), "{position}");
    }
}
