//! `einsicht verify`: everything, from the first entry to the newest checkpoint.

use anyhow::Context as _;
use clap::Args;
use einsicht_client::VerifyError;
use einsicht_client::audit::{AuditOptions, AuditReport, FullReason, audit};
use einsicht_client::finding::Finding;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::explain;
use crate::options::Options;
use crate::output::progress::Progress;
use crate::output::{self, Emphasis, Out, counted, grouped};
use crate::view;

mod vault;

/// Most gaps that are shown one by one; `--json` has all that are known.
const GAPS_SHOWN: usize = 10;

const EXAMPLES: &str = "\
Examples:
  einsicht verify http://127.0.0.1:7420 --vkey ledger.vkey
  einsicht verify ./copy-of-the-data-folder --vkey ledger.vkey
  einsicht verify https://ledger.example --vkey ledger.vkey --full --json | jq .size
  einsicht verify ./copy --vkey ledger.vkey --vault --keys ./keys --wrapping-key-file wrapping.key

What is verified: every entry is read; the chain, the tree and the signature are recomputed; and
the ledger must extend everything that was verified before. What is not: whether what the entries
say is true, and what was never recorded. --vault, for auditors who have a copy of the vault and its
keys, also recomputes every seal and marker, and that what is gone was erased by an entry. Of a service
that runs, take a copy first (einsichtd backup): log and vault grow while they are read.

Ends with 0 if verified, 1 if verification failed, 2 if nobody can tell.";

/// What `verify` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The ledger: an address, or a folder (the data folder, or a copy of it or of its tiles)
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Read everything, even what was verified before; a folder is always read whole
    #[arg(long)]
    full: bool,
    /// Print the result as one JSON object, also when verification fails
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    vault: vault::VaultArgs,
}

/// Verifies.
///
/// # Errors
/// What is false, or what could not be read.
pub async fn run(args: &VerifyArgs, options: &Options) -> anyhow::Result<Exit> {
    let place = options.place(args.place.as_deref());
    let trust = options.trust(place)?;
    if args.vault.vault {
        return vault::run(&args.vault, place, &trust, args.json, options).await;
    }
    let source = options.source(args.place.as_deref())?;
    let mut progress = Progress::counting("verifying", options.is_quiet());
    let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
    // A copy is verified for its own sake: that another one was verified says nothing about it.
    let is_folder = !place.contains("://");
    let audited = audit(&source, &trust, AuditOptions { full: args.full || is_folder }, show).await;
    drop(progress);
    match audited {
        Ok(report) => {
            output::print(
                |out| if args.json { out.json(&report_json(&report)) } else { print(&report, out) },
            )?;
            // Openings that nobody could compare are not verified.
            Ok(if report.confidential.unchecked == 0 { Exit::Done } else { Exit::Untold })
        }
        Err(error) => fail(error, place, args.json),
    }
}

/// Tells that the log is not verified.
fn fail(error: VerifyError, place: &str, as_json: bool) -> anyhow::Result<Exit> {
    let finding = error.finding().cloned();
    let error = anyhow::Error::new(error);
    if as_json {
        output::print(|out| out.json(&failure_json(&error, finding.as_ref())))?;
    }
    Err(error).with_context(|| format!("{place} is not verified"))
}

fn print(report: &AuditReport, out: &mut Out) -> std::io::Result<()> {
    out.styled(Emphasis::Good, "VERIFIED", &format!("  {}", report.origin))?;
    if report.beginning.simulated {
        out.styled(
            Emphasis::Look,
            "SIMULATED",
            "  the entries of this ledger are made up: it shows nothing that happened",
        )?;
    }
    let mut line = |name: &str, text: &str| out.line(&format!("  {name:<12} {text}"));
    line("entries", &grouped(report.head.size.0))?;
    line("root", &report.head.root.to_string())?;
    line("recorded", &format!("{} to {}", view::time(report.began_at), view::time(report.recorded_at)))?;
    let kinds = report.kinds.iter().map(|(kind, number)| format!("{kind} {}", grouped(*number)));
    line("kinds", &kinds.collect::<Vec<_>>().join(", "))?;
    line("accesses", &format!("{} (an entry can stand for several)", grouped(report.accesses)))?;
    line("read", &how_much(report))?;
    line("history", &history(report))?;
    line("sessions", &sessions(report))?;
    if let Some(text) = confidential(report) {
        line("confidential", &text)?;
    }
    let gaps = report.sessions.gaps();
    for gap in gaps.iter().take(GAPS_SHOWN) {
        let state = if gap.over { "the session is over" } else { "they may still come" };
        let first = gap.first_missing.map(|number| format!(" from {number} on")).unwrap_or_default();
        let missing = counted(gap.missing, "number", "numbers");
        line(
            "  gap",
            &format!("{missing} missing{first} of session {} by {}; {state}", gap.session, gap.producer),
        )?;
    }
    if gaps.len() > GAPS_SHOWN {
        line("  gaps", &format!("{} more sessions with gaps; --json lists them", gaps.len() - GAPS_SHOWN))?;
    }
    if let Some(predecessor) = &report.beginning.predecessor {
        let (origin, size) = (&predecessor.origin, grouped(predecessor.size));
        line("continues", &format!("{origin} with {size} entries, as it says itself; not verified here"))?;
    }
    if let Some(past @ 1..) = report.not_covered {
        line(
            "not covered",
            &format!("{} behind the checkpoint, not verified", counted(past, "entry", "entries")),
        )?;
    }
    Ok(())
}

fn how_much(report: &AuditReport) -> String {
    match &report.full_because {
        None if report.resumed_at == report.head.size.0 => {
            "nothing: all of it was verified before, and is what was signed; --full reads it again".to_owned()
        }
        None => {
            let before = counted(report.resumed_at, "entry was", "entries were");
            format!("what is new, the first {before} verified before; --full reads everything again")
        }
        Some(FullReason::Asked | FullReason::First) => "everything".to_owned(),
        Some(FullReason::Unusable(why)) => {
            format!("everything, because the notes of the last time can't be used: {why}")
        }
        Some(FullReason::ResumedFailed(why)) => {
            format!("everything, because going on from the last time failed: {why}")
        }
    }
}

fn history(report: &AuditReport) -> String {
    match report.extends {
        Some(head) if head == report.head => "the same checkpoint as was seen before".to_owned(),
        Some(head) => format!("extends the {} verified before", counted(head.size.0, "entry", "entries")),
        None => "seen for the first time: compare the root with others who watch this ledger".to_owned(),
    }
}

fn sessions(report: &AuditReport) -> String {
    let sessions = &report.sessions;
    let open = sessions.met.saturating_sub(sessions.ended);
    let mut text = format!(
        "{}: {} ended in good order, {} may go on",
        grouped(sessions.met),
        grouped(sessions.ended),
        grouped(open)
    );
    match sessions.missing() {
        0 => text.push_str("; no number is missing"),
        missing => {
            text.push_str(&format!(
                "; {} missing: recorders gave them out, and the ledger does not have them",
                counted(missing, "number is", "numbers are")
            ));
            let hidden = report.confidential.unopened().min(missing);
            if hidden > 0 {
                text.push_str(&format!(
                    "; up to {} of them may stand in confidential records, which nobody can tell before these are opened",
                    grouped(hidden)
                ));
            }
        }
    }
    if sessions.repeated > 0 {
        text.push_str(&format!("; {} twice", counted(sessions.repeated, "number stands", "numbers stand")));
    }
    text
}

/// What became of confidential records, if there are any.
fn confidential(report: &AuditReport) -> Option<String> {
    let found = &report.confidential;
    let records = counted(found.records, "record", "records");
    let mut text = format!(
        "{records}: {} opened, each shown to be what was sealed; {} not yet",
        grouped(found.opened),
        grouped(found.unopened())
    );
    if found.unchecked > 0 {
        text.push_str(&format!("; of {} nobody can tell: there are too many", grouped(found.unchecked)));
    }
    (found.records > 0).then_some(text)
}

fn report_json(report: &AuditReport) -> Value {
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
            "missing_may_be_confidential": report.confidential.unopened().min(report.sessions.missing()),
            "gaps": gaps.collect::<Vec<_>>(),
        },
        "confidential": {
            "records": report.confidential.records, "opened": report.confidential.opened,
            "unopened": report.confidential.unopened(), "unchecked": report.confidential.unchecked,
        },
        "not_covered": report.not_covered,
        "resumed_at": report.resumed_at,
        "extends_size": report.extends.map(|head| head.size.0),
    })
}

fn failure_json(error: &anyhow::Error, finding: Option<&Finding>) -> Value {
    let outcome = if explain::exit_of(error) == Exit::Failed { "failed" } else { "could not tell" };
    json!({"outcome": outcome, "error": explain::text_of(error), "finding": finding.map(finding_json)})
}

fn finding_json(finding: &Finding) -> Value {
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
