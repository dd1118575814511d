//! `import`: mappings of real logs, run dry.

use super::harness::{Place, Run, project, shared};

/// Runs an import dry, with a mapping of `tests/import`.
fn import(place: &Place, format: &str, mapping: &str, input: &str) -> Run {
    let map = project().join("tests/import").join(mapping);
    let map = map.to_str().unwrap();
    place.run_with(&["import", "--format", format, "--map", map, "--dry-run", input], &[], "")
}

#[test]
fn every_access_to_edgar_is_mapped() {
    let Some(log) = shared("edgar-logs/edgar_log20170101_stride.csv") else { return };
    let run = import(&Place::new(), "csv", "edgar.toml", log.to_str().unwrap()).ended(0);
    let run = run.complains(&["17,486 records: 17,486 would be recorded, 0 skipped, 0 rejected"]);
    let events = run.json();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["line"], 2);
    assert_eq!(events[0]["dataset"], "edgar-filings");
    assert_eq!(events[0]["occurred_at"], "2017-01-01T00:00Z");
    assert_eq!(events[0]["categories"], serde_json::json!(["filing-index"]));
    assert!(!run.out.contains("104.197.32"), "an address is shown: {}", run.out);
}

#[test]
fn statements_of_pgaudit_are_mapped() {
    let Some(log) = shared("pgaudit/pgaudit_audit_records.csv") else { return };
    let run = import(&Place::new(), "csv", "pgaudit.toml", log.to_str().unwrap()).ended(0);
    let run = run.complains(&["415 records: 287 would be recorded, 128 skipped, 0 rejected"]);
    assert_eq!(run.json()[0]["dataset"], "public.tmp");
    assert!(!run.out.contains("CREATE TABLE tmp"), "a statement is shown: {}", run.out);
}

#[test]
fn calls_of_a_portal_are_mapped_and_others_skipped() {
    let place = Place::new();
    let agent = r#""-" "Mozilla/5.0 (X11; Linux x86_64)""#;
    place.write(
        "access.log",
        format!(
            "192.0.2.7 - erika [22/Nov/2026:09:39:07 +0100] \"GET /api/besuchertrend?day=1 HTTP/1.1\" 200 512 {agent}\n\
             192.0.2.8 - - [22/Nov/2026:09:39:08 +0100] \"GET /style.css HTTP/1.1\" 200 9 {agent}\n\
             192.0.2.8 - - [22/Nov/2026:09:39:09 +0100] \"GET /api/health HTTP/1.1\" 200 2 {agent}\n\
             2001:db8::1 - - [22/Nov/2026:09:40:00 +0100] \"DELETE /api/parkh%C3%A4user/3 HTTP/2.0\" 403 0 {agent}\n\
             192.0.2.9 - - [22/Nov/2026:09:41:00 +0100] \"\\x16\\x03\" 400 0 \"-\" \"-\"\n"
        ),
    );
    let run = import(&place, "combined", "combined.toml", "access.log").ended(0);
    let run = run.complains(&["5 records: 2 would be recorded, 3 skipped, 0 rejected"]);
    let events = run.json();
    assert_eq!(events[0]["dataset"], "besuchertrend");
    assert_eq!((&events[0]["operation"], &events[0]["outcome"]), (&"query".into(), &"granted".into()));
    assert_eq!(events[0]["occurred_at"], "2026-11-22T08:39Z");
    assert_eq!((&events[1]["operation"], &events[1]["outcome"]), (&"erase".into(), &"denied".into()));
    assert_eq!(events[1]["dataset"], "parkh-C3-A4user");
    for personal in ["192.0.2", "2001:db8", "erika", "Mozilla"] {
        assert!(!run.out.contains(personal) && !run.err.contains(personal), "{personal}: {run:?}");
    }
}

#[test]
fn a_line_that_is_rejected_is_told_by_its_number_and_not_by_its_values() {
    let place = Place::new();
    let mut log = "h - - [22/Nov/2026:09:39:07 +0100] \"GET /api/a HTTP/1.1\" 200 5\n".to_owned();
    for _ in 0..30 {
        log.push_str("192.0.2.7 erika was here\n");
    }
    place.write("access.log", log);
    let run = import(&place, "combined", "combined.toml", "access.log").ended(3);
    let run = run.complains(&[
        "line 2: does not fit the pattern",
        "line 21: ",
        "further rejected lines are only counted",
        "31 records: 1 would be recorded, 0 skipped, 30 rejected",
    ]);
    assert!(!run.err.contains("line 22: ") && !run.err.contains("erika"), "{run:?}");
    let map = project().join("tests/import/combined.toml");
    let strict = [
        "import",
        "--strict",
        "--format",
        "combined",
        "--map",
        map.to_str().unwrap(),
        "--dry-run",
        "access.log",
    ];
    place.run_with(&strict, &[], "").ended(2).complains(&["line 2: does not fit", "--strict"]);
}

#[test]
fn the_log_beside_the_mappings_fits_the_mapping_for_web_servers() {
    let place = Place::new();
    let log = std::fs::read_to_string(project().join("tests/import/access.log")).unwrap();
    place.write("access.log", log);
    let run = import(&place, "combined", "combined.toml", "access.log").ended(0);
    run.complains(&["3 records: 2 would be recorded, 1 skipped, 0 rejected"]);
}

#[test]
fn a_log_can_come_from_standard_input() {
    let place = Place::new();
    place.write(
        "map.toml",
        "name = 'portal'\n[event]\ndataset = '{set}'\noperation = 'query'\npurpose = 'p'\n\
         occurred_at = { from = '{time}', time = 'unix-ms' }\nunit = '{who.unit}'\n",
    );
    let line = r#"{"set":"besuchertrend","time":1795365547123,"who":{"unit":"stadtplanung"}}"#;
    let arguments = ["import", "--format", "jsonl", "--map", "map.toml", "--dry-run", "-"];
    let run = place.run_with(&arguments, &[], line).ended(0);
    assert_eq!(run.json()[0]["unit"], "stadtplanung");
    assert_eq!(run.json()[0]["occurred_at"], "2026-11-22T16:39Z");
}

#[test]
fn what_does_not_fit_is_told_before_a_service_is_asked() {
    let place = Place::new();
    place.write("log.csv", "a,b\n1,2\n");
    place.write("map.toml", "name = 'x'\n[event]\nevent_id = '{ip}'\n");
    let run = |line: &str| place.run(line).ended(2);
    run("import --format csv --map map.toml log.csv").complains(&[
        "map.toml",
        "event_id",
        "made by the import",
    ]);
    run("import --format csv --map none.toml log.csv").complains(&["the mapping none.toml can't be read"]);
    let fields = "dataset = '{a}'\noperation = 'query'\npurpose = 'p'\noccurred_at = '{when}'\n";
    place.write("map.toml", format!("name = 'x'\n[event]\n{fields}"));
    run("import --format csv --map map.toml log.csv").complains(&["log.csv", "\"when\"", r#"["a", "b"]"#]);
    run("import --format csv --map map.toml none.csv").complains(&["none.csv can't be read"]);
    place.write("map.toml", "name = 'x'\n[event]\ndataset = ");
    run("import --format csv --map map.toml log.csv").complains(&["map.toml", "line 3"]);
}
