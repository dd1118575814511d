//! What came out of recomputing a report, for people and for programmes.

use einsicht_access::Language;
use einsicht_client::VerifyError;
use einsicht_client::finding::Finding;
use einsicht_client::reports::Standing;
use einsicht_report::Manifest;
use serde_json::{Value, json};

use crate::command::report::differs::Differs;
use crate::command::report::doubted::{Doubted, Named, Why};
use crate::command::report::judged::other_maker;
use crate::command::report::list::{self, entry, place};
use crate::command::report::made::tell_what_to_know;
use crate::command::verify::finding_json;
use crate::exit::Exit;
use crate::explain;
use crate::language::pick;
use crate::output::{self, Emphasis};

/// A report that is what its ledger gives.
pub struct Recomputed {
    /// What it is of.
    pub manifest: Manifest,
    /// Whether the ledger is one of a simulation.
    pub simulated: bool,
    /// What the ledger says of it.
    pub standing: Standing,
    /// What is wrong with what the ledger says of other reports.
    pub faults: Vec<Finding>,
}

/// Tells that a report is what its ledger gives, and what the ledger says of it.
///
/// # Errors
/// Nobody can be told.
pub fn tell(recomputed: &Recomputed, as_json: bool, language: Language) -> anyhow::Result<()> {
    let Recomputed { manifest, simulated, standing, faults } = recomputed;
    output::print(|out| {
        if as_json {
            return out.json(&json!({
                "outcome": "the same",
                "origin": manifest.origin,
                "period": manifest.period,
                "provisional": manifest.provisional,
                "simulated": simulated,
                "tree_size": manifest.tree_size,
                "published": standing_json(standing),
                "notes": faults.iter().map(finding_json).collect::<Vec<_>>(),
            }));
        }
        // The manifest is compared, too.
        let (period, files) = (&manifest.period, manifest.files.len() + 1);
        out.styled(
            Emphasis::Good,
            pick(language, "NACHGERECHNET", "RECOMPUTED"),
            &match language {
                Language::German => {
                    format!(
                        "  {period}: alle {files} Dateien sind Byte für Byte das, was aus dem Protokoll folgt"
                    )
                }
                Language::English => {
                    format!("  {period}: all {files} files are what the ledger gives, byte for byte")
                }
            },
        )?;
        if let Some([made, ours]) = other_maker(manifest, language) {
            out.line(&pick(
                language,
                format!("Erstellt mit {made}; dies ist {ours}, und es ergibt dasselbe."),
                format!("Made with {made}; this is {ours}, and it gives the same."),
            ))?;
        }
        tell_what_to_know(*simulated, manifest.provisional, language, out)?;
        let (emphasis, word, rest) = standing_text(standing, language);
        out.styled(emphasis, word, &format!("  {rest}"))?;
        faults.iter().try_for_each(|fault| list::note(fault, language, out))
    })
}

fn standing_text(standing: &Standing, language: Language) -> (Emphasis, &'static str, String) {
    match standing {
        Standing::NotPublished => (
            Emphasis::Look,
            pick(language, "NICHT VERÖFFENTLICHT", "NOT PUBLISHED"),
            pick(
                language,
                "das Protokoll nennt diesen Bericht nicht",
                "the ledger does not name this report",
            )
            .to_owned(),
        ),
        Standing::Stands(report) => {
            (Emphasis::Good, pick(language, "VERÖFFENTLICHT", "PUBLISHED"), place(report, language))
        }
        Standing::Corrected { report, by } => {
            let word = pick(language, "berichtigt durch den Bericht in", "corrected by the report in");
            let rest = format!("{}; {word} {}", place(report, language), entry(by, language));
            (Emphasis::Look, pick(language, "BERICHTIGT", "CORRECTED"), rest)
        }
    }
}

fn standing_json(standing: &Standing) -> Value {
    match standing {
        Standing::NotPublished => Value::Null,
        Standing::Stands(report) => json!({"index": report.index.0, "corrected_by": null}),
        Standing::Corrected { report, by } => {
            json!({"index": report.index.0, "corrected_by": by.index.0})
        }
    }
}

/// A report that is not what its ledger gives, or of which nobody can tell. The words for a ledger are those of `verify`.
/// What the ledger says of the report is left out where that was not verified.
pub fn failure_json(error: &anyhow::Error) -> Value {
    let doubted = error.chain().find_map(|cause| cause.downcast_ref::<Doubted>());
    let difference = doubted.and_then(|doubted| match &doubted.why {
        Why::Differs(differs) => Some(difference_json(differs)),
        Why::NotMade(_) => None,
    });
    let outcome = match explain::exit_of(error) {
        Exit::Failed if doubted.is_some() => "differs",
        Exit::Failed => "failed",
        _ => "could not tell",
    };
    let finding = error.chain().find_map(|cause| cause.downcast_ref::<VerifyError>()?.finding());
    let text = explain::text_of(error);
    let mut told = serde_json::Map::new();
    let mut tell = |name: &str, value| drop(told.insert(name.to_owned(), value));
    tell("outcome", outcome.into());
    tell("error", text.into());
    tell("difference", difference.into());
    tell("finding", finding.map(finding_json).into());
    if let Some(doubted) = doubted {
        tell("changed", json!(doubted.changed));
        match &doubted.named {
            Named::Untold(_) => {}
            Named::Told { standing, .. } => tell("published", standing_json(standing)),
            Named::Fault(fault) => tell("finding", finding_json(fault)),
        }
    }
    Value::Object(told)
}

fn difference_json(Differs { difference, .. }: &Differs) -> Value {
    json!({
        "file": difference.file,
        "place": Differs::place_json(&difference.place),
        "expected": difference.expected,
        "found": difference.found,
    })
}

#[cfg(test)]
mod tests {
    use einsicht_client::finding::{Fault, Finding};

    use super::*;

    #[test]
    fn programmes_can_tell_a_report_that_differs_from_a_ledger_that_fails_and_from_neither() {
        let differs = |may_be_version, named| {
            let values = ["1".to_owned(), "2".to_owned()];
            let differs = Differs::of_value("report.json", "x", values, Language::English);
            let difference = differs.difference.clone();
            let of_version = Differs::of_version(difference, "a", "b", Language::English);
            let why = if may_be_version { of_version } else { differs }.into();
            let changed = vec!["csv/a.csv".to_owned()];
            failure_json(&Doubted { why, changed, named, period: "2026".to_owned() }.into())
        };
        let untold = || Named::Untold("no".to_owned());
        let named_by_none = || Named::Told { standing: Standing::NotPublished, newest: None };
        let outcome = |json: &Value| (json["outcome"].clone(), json["difference"]["found"].clone());
        assert_eq!(outcome(&differs(false, untold())), ("differs".into(), "2".into()));
        assert_eq!(outcome(&differs(true, untold())), ("could not tell".into(), "2".into()));
        assert_eq!(differs(false, untold()).get("published"), None);
        let told = differs(false, named_by_none());
        assert_eq!((told.get("published"), &told["changed"][0]), (Some(&Value::Null), &"csv/a.csv".into()));
        let (expected, found) = ("a".to_owned(), "b".to_owned());
        let finding = Finding { fault: Fault::Chain, index: None, place: None, expected, found };
        let failed = anyhow::Error::new(VerifyError::from(finding)).context("not verified");
        let failed = failure_json(&failed);
        assert_eq!(outcome(&failed), ("failed".into(), Value::Null));
        assert_eq!(failed["finding"]["fault"], "the chain is broken");
        assert_eq!(
            outcome(&failure_json(&anyhow::anyhow!("no key"))),
            ("could not tell".into(), Value::Null)
        );
    }
}
