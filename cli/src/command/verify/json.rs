//! What came out of a verification, for programmes.

use einsicht_client::audit::AuditReport;
use einsicht_client::finding::Finding;
use serde_json::{Value, json};

use super::verdicts::verdicts_json;
use crate::exit::Exit;
use crate::{explain, view};

/// A verified ledger.
pub fn report_json(report: &AuditReport) -> Value {
    let gaps = report.sessions.gaps();
    let gaps = gaps.iter().map(|gap| {
        json!({
            "producer": gap.producer, "session": gap.session, "missing": gap.missing,
            "first_missing": gap.first_missing, "over": gap.over, "last_index": gap.last_index,
        })
    });
    json!({
        "outcome": "verified",
        "origin": report.origin,
        "size": report.head.size.0,
        "root": report.head.root.to_string(),
        "checkpoint": String::from_utf8_lossy(&report.checkpoint),
        "simulated": report.beginning.simulated,
        "software": report.beginning.software,
        "began_at": view::time(report.began_at),
        "recorded_at": view::time(report.recorded_at),
        "kinds": report.kinds,
        "accesses": report.accesses,
        "sessions": {
            "met": report.sessions.met, "ended": report.sessions.ended, "missing": report.sessions.missing(),
            "repeated": report.sessions.repeated,
            "missing_may_be_confidential": report.missing_may_be_hidden(),
            "gaps": gaps.collect::<Vec<_>>(),
        },
        "confidential": {
            "records": report.confidential.records, "opened": report.confidential.opened,
            "unopened": report.confidential.unopened(), "unchecked": report.confidential.unchecked,
        },
        "verdicts": verdicts_json(report),
        "not_covered": report.not_covered,
        "resumed_at": report.resumed_at,
        "extends_size": report.extends.map(|head| head.size.0),
    })
}

/// A ledger that is not verified, and why.
pub fn failure_json(error: &anyhow::Error, finding: Option<&Finding>) -> Value {
    let outcome = if explain::exit_of(error) == Exit::Failed { "failed" } else { "could not tell" };
    json!({"outcome": outcome, "error": explain::text_of(error), "finding": finding.map(finding_json)})
}

/// One finding.
pub fn finding_json(finding: &Finding) -> Value {
    json!({
        "fault": finding.fault.to_string(),
        "meaning": explain::meaning_of(finding.fault),
        "index": finding.index.map(|index| index.0),
        "place": finding.place,
        "expected": finding.expected,
        "found": finding.found,
    })
}

#[cfg(test)]
mod tests {
    use einsicht_client::VerifyError;
    use einsicht_client::finding::Fault;
    use einsicht_tlog::Index;

    use super::*;

    #[test]
    fn a_failure_tells_programmes_what_was_found_where() {
        let finding = Finding {
            fault: Fault::Chain,
            index: Some(Index(7)),
            place: Some("a.seg at byte 52".to_owned()),
            expected: "x".to_owned(),
            found: "y".to_owned(),
        };
        let error = anyhow::Error::new(VerifyError::from(finding.clone()));
        let json = failure_json(&error, Some(&finding));
        assert_eq!((&json["outcome"], &json["finding"]["index"]), (&"failed".into(), &7.into()));
        assert_eq!(json["finding"]["fault"], "the chain is broken");
        let error = anyhow::Error::new(VerifyError::Empty { place: "p".to_owned() });
        assert_eq!(failure_json(&error, None)["outcome"], "could not tell");
    }
}
