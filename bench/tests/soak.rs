//! A soak of seconds: that it works, not how anything grows.

use std::time::Duration;

use einsicht_bench::machine::Machine;
use einsicht_bench::soak::{self, SoakPlan, SoakReport};
use einsicht_bench::steady::Pace;

#[test]
fn a_soak_of_seconds_sees_memory_and_latency_and_draws_them() {
    let parent = tempfile::tempdir().unwrap();
    let pace = Pace { batches_per_s: 4, events_per_batch: 100, singles_per_s: 20, receipts_per_s: 20 };
    let plan = SoakPlan { lasting: Duration::from_secs(5), pace };
    let mut told = 0;
    let samples = soak::run(plan, parent.path(), &mut |_| told += 1).unwrap();
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0, "the ledger is deleted");
    assert_eq!(samples.len(), told);
    assert!(samples.iter().all(|sample| sample.resident_mb > 1.0), "{samples:?}");
    assert!(samples.iter().any(|sample| sample.events_per_s > 0.0), "{samples:?}");

    let report = SoakReport::new(plan, Machine::look(parent.path()).unwrap(), samples).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    for ratio in ["soak_memory_growth", "soak_single_p99_growth"] {
        assert!(json["ratios"][ratio].as_f64().unwrap() > 0.0, "{ratio}");
    }
    assert!(json["measures"]["soak_receipt_p99_ms"]["median"].as_f64().unwrap() > 0.0);
    let svg = report.to_svg();
    assert_eq!(svg.matches("class=\"line ").count(), 9, "{svg}");
    assert!(svg.contains("A steady load for 5 seconds"));
}
