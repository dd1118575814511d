//! What came out of a verification, as people read it.

use einsicht_client::audit::{AuditReport, FullReason};

use super::verdicts;
use crate::output::{Emphasis, Out, counted, grouped};
use crate::view;

/// Most gaps that are shown one by one; `--json` has all that are known.
const GAPS_SHOWN: usize = 10;

/// What is verified, as people read it.
pub fn print(report: &AuditReport, out: &mut Out) -> std::io::Result<()> {
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
    print_gaps(report, &mut line)?;
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
    verdicts::print(report, out)
}

fn print_gaps(
    report: &AuditReport,
    line: &mut dyn FnMut(&str, &str) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let gaps = report.sessions.gaps();
    // What may stand in confidential records is not called missing.
    let (name, how) =
        if report.missing_may_be_hidden() > 0 { ("  not seen", "") } else { ("  gap", " missing") };
    for gap in gaps.iter().take(GAPS_SHOWN) {
        let state = if gap.over { "the session is over" } else { "they may still come" };
        let first = gap.first_missing.map(|number| format!(" from {number} on")).unwrap_or_default();
        let numbers = counted(gap.missing, "number", "numbers");
        line(
            name,
            &format!("{numbers}{how}{first} of session {} by {}; {state}", gap.session, gap.producer),
        )?;
    }
    let more = gaps.len().saturating_sub(GAPS_SHOWN);
    if more > 0 {
        line("  more", &format!("{more} more sessions in which numbers were not seen; --json lists them"))?;
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
    let (missing, hidden) = (sessions.missing(), report.missing_may_be_hidden());
    text.push_str(&match (missing, missing - hidden) {
        (0, _) => "; no number is missing".to_owned(),
        (_, 0) => format!(
            "; whether {} missing nobody can tell: in confidential records there may stand as many",
            counted(missing, "number is", "numbers are")
        ),
        (_, lost) => {
            let at_least = if hidden > 0 { "at least " } else { "" };
            let lost = counted(lost, "number is", "numbers are");
            let lost = format!(
                "; {at_least}{lost} missing: recorders gave them out, and the ledger does not have them"
            );
            match hidden {
                0 => lost,
                _ => format!(
                    "{lost}; of {} more nobody can tell: they may stand in confidential records",
                    grouped(hidden)
                ),
            }
        }
    });
    if sessions.repeated > 0 {
        text.push_str(&format!("; {} twice", counted(sessions.repeated, "number stands", "numbers stand")));
    }
    text
}

/// What became of confidential records, if there are any.
fn confidential(report: &AuditReport) -> Option<String> {
    let found = &report.confidential;
    let mut text = counted(found.records, "record", "records");
    if found.opened > 0 {
        text.push_str(&format!("; {} opened, and shown to be what was sealed", grouped(found.opened)));
    }
    if found.unopened() > 0 {
        text.push_str(&format!("; {} not opened", grouped(found.unopened())));
    }
    if found.unchecked > 0 {
        text.push_str(&format!(
            "; {} opened, and whether that is what was sealed nobody can tell: there are too many",
            grouped(found.unchecked)
        ));
    }
    (found.records > 0).then_some(text)
}
