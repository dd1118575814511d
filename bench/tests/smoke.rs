//! A whole run, as short as can be: that it works, not how fast anything is.

use einsicht_bench::machine::Machine;
use einsicht_bench::part::Part;
use einsicht_bench::plan::Plan;
use einsicht_bench::report::Report;
use einsicht_bench::run;
use einsicht_service::metrics::Metrics;

#[test]
fn a_tiny_run_measures_everything_and_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let metrics = Metrics::install().unwrap();
    let parts = Part::chosen(&[]);
    let mut steps = Vec::new();
    let measured =
        run::run(&Plan::SMOKE, &parts, parent.path(), &metrics, &mut |step| steps.push(step.to_owned()))
            .unwrap();
    assert_eq!(steps.len(), 14, "{steps:?}");
    let left = std::fs::read_dir(parent.path()).unwrap().count();
    assert_eq!(left, 0, "the folders of the servers are deleted");

    let report = Report::new(Plan::SMOKE, parts, Machine::look(parent.path()).unwrap(), &measured).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    for ratio in [
        "batch_vs_floor",
        "sealed_vs_floor",
        "unary_vs_floor",
        "unary_p99_vs_floor",
        "tls_vs_plain",
        "layer_vs_by_hand",
        "spool_vs_append",
        "verify_vs_sha",
        "judged_vs_sha",
        "report_vs_verify",
    ] {
        assert!(json["ratios"][ratio].as_f64().unwrap() > 0.0, "{ratio}");
    }
    for measure in [
        "judging_ns",
        "scan_markers_records_per_s_per_core",
        "scan_records_per_s_per_core",
        "report_memory_mb",
    ] {
        assert!(json["measures"][measure]["median"].as_f64().unwrap() > 0.0, "{measure}");
    }
    for measure in ["batch", "sealed", "unary"] {
        for server in ["floor", "ledger"] {
            let name = format!("{measure}_{server}_events_per_s");
            assert!(json["measures"][&name]["median"].as_f64().unwrap() > 0.0, "{name}");
        }
    }
    for server in ["floor", "ledger"] {
        let reached = &json["measures"][format!("batch_{server}_events_per_commit")]["median"];
        assert!(reached.as_f64().unwrap() >= 500.0, "{server}: {reached}");
    }
    assert!(report.to_text().contains("lone_difference_ms"));
}
