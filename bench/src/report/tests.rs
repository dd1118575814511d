use super::*;
use crate::making::Taken;

fn outcomes(yardstick: [f64; 3], measured: [f64; 3]) -> Turns<Outcome> {
    let outcome = |value| Outcome {
        events_per_s: value,
        p50_ms: value / 10.0,
        p99_ms: value,
        events_per_commit: Some(500.0),
    };
    Turns { yardstick: yardstick.map(outcome).to_vec(), measured: measured.map(outcome).to_vec() }
}

fn machine() -> Machine {
    Machine {
        cores: 2,
        cpu: "a processor".to_owned(),
        kernel: "6.1".to_owned(),
        file_system: "ext4".to_owned(),
        fdatasync_ms: 0.25,
        load_before: Some(0.1),
    }
}

fn taken(seconds: f64) -> Taken {
    Taken { seconds, memory_mb: 10.0 * seconds }
}

fn report() -> Report {
    let measured = Measured {
        batch: Some(outcomes([100.0, 200.0, 100.0], [80.0, 150.0, 90.0])),
        sealed: Some(outcomes([100.0; 3], [70.0, 60.0, 80.0])),
        sealing: Some(Turns { yardstick: vec![0.5, 0.5, 0.5], measured: vec![3.0, 3.5, 4.0] }),
        judging: Some(Turns { yardstick: vec![20.0; 3], measured: vec![150.0, 140.0, 160.0] }),
        unary: Some(outcomes([10.0; 3], [5.0, 8.0, 9.5])),
        lone: Some(outcomes([4.0; 3], [4.5, 5.5, 6.0])),
        tls: Some(outcomes([100.0; 3], [80.0, 90.0, 70.0])),
        layer: Some(outcomes([100.0; 3], [99.0, 100.0, 98.0])),
        spool_batch: Some(outcomes([100.0; 3], [60_000.0; 3])),
        spool_lone: Some(outcomes([100.0; 3], [75.0, 60.0, 80.0])),
        audit: Some(Turns { yardstick: vec![4000.0; 3], measured: vec![2000.0, 3000.0, 3000.0] }),
        judged: Some(Turns { yardstick: vec![4000.0; 3], measured: vec![2000.0; 3] }),
        scan: Some(Turns { yardstick: vec![5e6; 3], measured: vec![1e6, 2e6, 3e6] }),
        report: Some(Turns { yardstick: vec![taken(1.0); 3], measured: [2.0, 4.0, 1.5].map(taken).into() }),
    };
    Report::new(Plan::SMOKE, Part::chosen(&[]), machine(), &measured).unwrap()
}

#[test]
fn each_ratio_is_the_median_over_the_turns() {
    let report = report();
    assert_eq!(report.figures.ratios.len(), 10);
    let expected = [
        (BATCH_VS_FLOOR, 0.8),
        (SEALED_VS_FLOOR, 0.7),
        (UNARY_VS_FLOOR, 0.8),
        (UNARY_P99_VS_FLOOR, 0.8),
        (TLS_VS_PLAIN, 0.8),
        (LAYER_VS_BY_HAND, 0.99),
        (SPOOL_VS_APPEND, 0.75),
        (VERIFY_VS_SHA, 0.75),
        (JUDGED_VS_SHA, 0.5),
        (REPORT_VS_VERIFY, 2.0),
    ];
    for (name, ratio) in expected {
        assert_eq!(report.figures.ratios.get(name), Some(&ratio), "{name}");
    }
    let difference = report.figures.measures.get(LONE_DIFFERENCE_MS).unwrap();
    assert!((difference.median - 0.15).abs() < 1e-9, "{difference:?}");
    let sealing = report.figures.measures.get(SEALING_US).unwrap();
    assert!((sealing.median - 3.0).abs() < 1e-9, "{sealing:?}");
    let judging = report.figures.measures.get(JUDGING_NS).unwrap();
    assert!((judging.median - 150.0).abs() < 1e-9, "{judging:?}");
    let memory = report.figures.measures.get("report_memory_mb").unwrap();
    assert!((memory.max - 40.0).abs() < 1e-9, "{memory:?}");
    let floor = report.figures.measures.get("batch_floor_events_per_s").unwrap();
    assert_eq!((floor.median, floor.min, floor.max), (100.0, 100.0, 200.0));
}

#[test]
fn people_read_whether_each_goal_was_reached() {
    let text = report().to_text();
    let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("batch_vs_floor").trim_end().ends_with("yes"), "{text}");
    assert!(line("unary_vs_floor").trim_end().ends_with("no"), "{text}");
    assert!(text.contains("at most 0.1"), "{text}");
    assert!(text.contains("dataset=besuchertrend"), "{text}");
}

#[test]
fn machines_read_what_the_figures_depend_on() {
    let json = serde_json::to_value(report()).unwrap();
    assert_eq!(json["machine"]["cores"], 2);
    assert_eq!(json["profile"], "smoke");
    assert_eq!(json["batch"]["in_flight"], 8);
    assert_eq!(json["ratios"]["batch_vs_floor"], 0.8);
    assert_eq!(json["measures"]["verify_entries_per_s"]["median"], 3000.0);
    assert_eq!(json["ratio_spread"]["verify_vs_sha"]["min"], 0.5);
    for key in ["commit", "command", "build", "events"] {
        assert!(json.get(key).is_some(), "{key}");
    }
}

#[test]
fn what_was_not_measured_is_absent_and_said_to_be() {
    let lone = Some(outcomes([4.0; 3], [5.0; 3]));
    let measured = Measured { lone, ..Measured::default() };
    let report = Report::new(Plan::SMOKE, vec![Part::Lone], machine(), &measured).unwrap();
    assert!(report.figures.ratios.is_empty());
    assert!(report.figures.measures.contains_key(LONE_DIFFERENCE_MS));
    assert!(!report.to_text().contains(BATCH_VS_FLOOR));
    assert_eq!(serde_json::to_value(report).unwrap()["parts"], serde_json::json!(["lone"]));
}
