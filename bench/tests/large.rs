//! A large ledger, as small as can be: that measuring it works, not how fast anything is.

use einsicht_bench::large::{self, LargePlan, LargeReport};
use einsicht_bench::machine::Machine;

#[test]
fn a_small_large_ledger_is_measured_whole_and_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let plan = LargePlan { starts: 1, audit_turns: 1, proofs: 500, load_s: 2, ..LargePlan::of(100_000) };
    let figures = large::run(plan, parent.path(), &mut |_| {}).unwrap();
    let left = std::fs::read_dir(parent.path()).unwrap().count();
    assert_eq!(left, 0, "the ledger is deleted");

    let report = LargeReport::new(plan, Machine::look(parent.path()).unwrap(), figures);
    let json = serde_json::to_value(&report).unwrap();
    for ratio in [
        "memory_growth",
        "large_verify_vs_sha",
        "write_amplification",
        "large_report_vs_verify",
        "report_memory_growth",
    ] {
        assert!(json["ratios"][ratio].as_f64().unwrap() > 0.0, "{ratio}");
    }
    for measure in ["restart_clean_s", "restart_killed_s", "memory_mb", "inclusion_p99_us"] {
        assert!(json["measures"][measure]["median"].as_f64().unwrap() > 0.0, "{measure}");
    }
    // These depend on no clock: hash, position, length, and the share of the frame and of the tiles above.
    let beyond_leaf = json["measures"]["disk_beyond_leaf_bytes"]["median"].as_f64().unwrap();
    assert!((42.0..48.0).contains(&beyond_leaf), "{beyond_leaf}");
    let amplification = json["ratios"]["write_amplification"].as_f64().unwrap();
    assert!((1.17..1.4).contains(&amplification), "{amplification}");
    assert!(report.to_text().contains("restart_killed_s"));
}
