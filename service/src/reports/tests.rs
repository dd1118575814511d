//! Which manifests are taken, and which reports may follow which.

use einsicht_tlog::RecordedAt;
use serde_json::json;

use super::*;

fn manifest(change: impl FnOnce(&mut serde_json::Value)) -> Result<Manifest, ManifestError> {
    let mut manifest = json!({
        "format": "einsicht/report-manifest/v1", "origin": "ulm.example/ledger", "period": "2026-11", "tree_size": 7,
        "root": Hash([3; 32]).to_string(),
        "corrects": null, "files": {"index.html": "00"},
    });
    change(&mut manifest);
    Manifest::parse(manifest.to_string().as_bytes())
}

#[test]
fn a_manifest_says_what_it_is_about() {
    let read = manifest(|_| {}).unwrap();
    let expected = Manifest {
        origin: "ulm.example/ledger".to_owned(),
        period: "2026-11".parse().unwrap(),
        size: Size(7),
        root: Hash([3; 32]),
        corrects: None,
    };
    assert_eq!(read, expected);
    assert_eq!(manifest(|value| value["corrects"] = 5.into()).unwrap().corrects, Some(Index(5)));
}

#[test]
fn what_is_no_manifest_is_told_by_what_is_wrong_with_it() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(Change, &str); 8] = [
        (|value| value["period"] = "2026-13".into(), "2026-13"),
        (|value| value["root"] = "abc".into(), "root"),
        (|value| value["tree_size"] = 0.into(), "at least one entry"),
        (|value| value["tree_size"] = (-1).into(), "-1"),
        (|value| value["corrects"] = "5".into(), "invalid type: string"),
        (|value| drop(value.as_object_mut().unwrap().remove("origin")), "missing field `origin`"),
        (
            |value| value["format"] = "einsicht/report-manifest/v2".into(),
            "reads \"einsicht/report-manifest/v1\"",
        ),
        (|value| *value = json!([]), "manifest.json"),
    ];
    for (change, part) in cases {
        let error = manifest(change).unwrap_err();
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    let error = Manifest::parse(&[b' '; MANIFEST_BYTES_MAX + 1]).unwrap_err();
    assert!(matches!(error, ManifestError::TooLong { bytes } if bytes == MANIFEST_BYTES_MAX + 1));
    let long = manifest(|value| value["tree_size"] = "x".repeat(100_000).into()).unwrap_err();
    assert!(long.to_string().len() < 400, "{long}");
}

#[test]
fn of_each_period_the_newest_report_stands_and_only_that_is_corrected() {
    let place = |index: u64, period: &str, replaces: Option<u64>| ReportPlace {
        index: Index(index),
        recorded_at: RecordedAt(0),
        period: period.parse().unwrap(),
        sha256: [0; 32],
        replaces: replaces.map(Index),
    };
    let reports = [place(3, "2026-11", None), place(5, "2026-10", None), place(8, "2026-11", Some(3))];
    let check = |period: &str, corrects: Option<u64>| {
        let manifest = manifest(|value| {
            value["period"] = period.into();
            value["corrects"] = corrects.into();
        });
        check_place(&manifest.unwrap(), &reports)
    };
    assert!(check("2026-12", None).is_ok());
    assert!(check("2026-11", Some(8)).is_ok());
    assert!(check("2026-10", Some(5)).is_ok());
    for corrects in [None, Some(3)] {
        let refused = check("2026-11", corrects).unwrap_err();
        assert!(matches!(refused, ReportError::StandsBeside { newest: Index(8), .. }), "{refused}");
        assert!(refused.to_string().contains("--corrects 8"), "{refused}");
    }
    for (period, corrects) in [("2026-11", 5), ("2026-12", 3), ("2026-12", 4), ("2026-10", 3)] {
        let refused = check(period, Some(corrects)).unwrap_err();
        assert!(matches!(refused, ReportError::CorrectsNone { .. }), "{period} {corrects}: {refused}");
    }
}
