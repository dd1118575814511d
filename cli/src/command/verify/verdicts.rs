//! What became of the city's commitments, as people and programmes read it.

use comfy_table::{CellAlignment, Table, presets};
use einsicht_access::{Charter, Language};
use einsicht_client::audit::{AuditReport, Change, Tally, Verdicts, WhatIf};
use serde_json::{Map, Value, json};

use crate::output::{Emphasis, Out, counted, escape, grouped};

const INTERPRETED: &str = "  * the rule is an interpretation of its source; `einsicht charter show` tells the rules, not only titles";

/// The charter and the verdicts of a verified ledger, each of which was recomputed.
pub fn print(report: &AuditReport, out: &mut Out) -> std::io::Result<()> {
    let mut line = |name: &str, text: &str| out.line(&format!("  {name:<12} {text}"));
    let Some(published) = &report.charter else {
        return line("charter", "none: no access can be judged");
    };
    let charter = &published.charter;
    let title = Language::English.title(charter.titles());
    let since = format!("in force since entry {}", published.last);
    let which = if report.charters > 1 {
        format!(", the last of {}", grouped(report.charters))
    } else {
        String::new()
    };
    line("charter", &format!("{title}; {since}{which}"))?;
    if !charter.wording_checked() {
        line("", "its rules have not been compared with what was adopted")?;
    }
    let verdicts = &report.verdicts;
    line("verdicts", &judged(verdicts))?;
    if verdicts.without_charter > 0 {
        let records = counted(verdicts.without_charter, "record was", "records were");
        line("", &format!("{records} made when no charter was in force: nothing can be verified for them"))?;
    }
    if verdicts.hidden > 0 {
        let records = counted(verdicts.hidden, "record is", "records are");
        line(
            "",
            &format!("{records} confidential still: nobody can tell, and they count as not verifiable"),
        )?;
    }
    if verdicts.unjudged > 0 {
        let records = counted(
            verdicts.unjudged,
            "record was opened, whose charter",
            "records were opened, whose charters",
        );
        line("", &format!("{records} had to be forgotten: whether the verdict is right nobody could tell"))?;
    }
    if verdicts.untold > 0 {
        line(
            "",
            &format!(
                "{} more verdicts are on commitments that are too many to list",
                grouped(verdicts.untold)
            ),
        )?;
    }
    print_tallies(verdicts.all(Some(charter)).map(|(id, tally)| (id, tally, None)), charter, out)
}

fn judged(verdicts: &Verdicts) -> String {
    if verdicts.judged == 0 {
        return "no record has been judged by a charter yet".to_owned();
    }
    let judged = counted(verdicts.judged, "record was", "records were");
    let text = format!("{judged} judged again, and each verdict is as recorded");
    match verdicts.deviating {
        0 => text,
        deviating => format!("{text}; {} a commitment", counted(deviating, "deviates from", "deviate from")),
    }
}

/// What was asked: what if another charter had been in force?
pub struct Asked<'a> {
    /// Its file.
    pub file: String,
    /// What it says.
    pub charter: &'a Charter,
    /// How the ledger was given.
    pub place: Option<&'a str>,
}

/// What another charter would have said.
pub fn print_what_if(asked: &Asked<'_>, what_if: &WhatIf, out: &mut Out) -> std::io::Result<()> {
    let Asked { file, charter, place } = asked;
    out.line("")?;
    let records = counted(what_if.records, "record", "records");
    let deviating = grouped(what_if.deviating);
    out.styled(
        Emphasis::Heading,
        "WHAT IF",
        &format!("  by {file}, {deviating} of {records} would not have fitted"),
    )?;
    if what_if.hidden > 0 {
        let hidden = counted(what_if.hidden, "record is", "records are");
        out.line(&format!("  {hidden} confidential: nobody can tell, and they count as not verifiable"))?;
    }
    let today = match (what_if.newly, what_if.no_longer) {
        (0, 0) => "  the same records do not fit as were recorded".to_owned(),
        (newly, no_longer) => format!(
            "  {} newly, or in more than was recorded; {} no longer in anything",
            grouped(newly),
            grouped(no_longer)
        ),
    };
    out.line(&today)?;
    let what_if_tallies = what_if.tallies().map(|(id, tally)| (id, tally, Some(what_if.change(id))));
    print_tallies(what_if_tallies, charter, out)?;
    if let Some(first) = what_if.examples.first() {
        let examples: Vec<_> = what_if.examples.iter().map(|index| index.to_string()).collect();
        let more = if what_if.newly > examples.len() as u64 { ", …" } else { "" };
        out.line(&format!("  newly: {}{more}", examples.join(", ")))?;
        let place = place.map(|place| format!(" {place}")).unwrap_or_default();
        out.line(&format!("  why: einsicht charter explain {}{place} --charter {file}", first.0))?;
    }
    Ok(())
}

/// Each with what would change, if that was asked.
fn print_tallies<'a>(
    tallies: impl Iterator<Item = (&'a str, Tally, Option<Change>)>,
    charter: &Charter,
    out: &mut Out,
) -> std::io::Result<()> {
    let mut tallies = tallies.peekable();
    let Some((.., change)) = tallies.peek() else { return Ok(()) };
    let counts = ["kept", "deviates", "not verifiable"].into_iter().chain(change.map(|_| "changes"));
    let counts: Vec<_> = counts.collect();
    let mut is_one_interpreted = false;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(std::iter::once("  commitment").chain(counts.clone()).chain([""]));
    for (id, tally, change) in tallies {
        let commitment = charter.commitments().iter().find(|commitment| commitment.id == id);
        let title = commitment.map_or("(no longer promised)", |one| Language::English.title(&one.titles));
        let mut row = vec![format!("  {}", escape::value(id))];
        row.extend([tally.kept, tally.deviates, tally.not_verifiable].map(grouped));
        row.extend(change.map(change_of));
        let is_interpreted = commitment.is_some_and(|one| one.interpretation);
        is_one_interpreted |= is_interpreted;
        row.push(format!("{}{}", escape::value(title), if is_interpreted { " *" } else { "" }));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1).take(counts.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().try_for_each(|line| out.line(line.trim_end()))?;
    match is_one_interpreted {
        true => out.line(INTERPRETED),
        false => Ok(()),
    }
}

/// `+3 −1`: three more deviate, and one no longer does.
fn change_of(change: Change) -> String {
    let parts = [(change.newly, '+'), (change.no_longer, '−')].into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, sign)| format!("{sign}{}", grouped(count))).collect::<Vec<_>>().join(" ")
}

/// The charter and the verdicts of a verified ledger.
pub fn verdicts_json(report: &AuditReport) -> Value {
    let published = report.charter.as_deref();
    let verdicts = &report.verdicts;
    json!({
        "charters": report.charters,
        "in_force": published.map(|published| json!({
            "first": published.first.0,
            "last": published.last.0,
            "title": published.charter.titles().german,
            "wording_checked": published.charter.wording_checked(),
        })),
        "judged": verdicts.judged,
        "deviating": verdicts.deviating,
        "without_charter": verdicts.without_charter,
        "confidential": verdicts.hidden,
        "unjudged": verdicts.unjudged,
        "untold": verdicts.untold,
        "commitments": tallies_json(verdicts.all(published.map(|published| &published.charter))),
    })
}

/// What another charter would have said.
pub fn what_if_json(file: &str, what_if: &WhatIf) -> Value {
    let commitment = |(id, tally)| {
        let (mut json, change) = (tally_json(id, tally), what_if.change(id));
        json.insert("newly".to_owned(), change.newly.into());
        json.insert("no_longer".to_owned(), change.no_longer.into());
        Value::Object(json)
    };
    let commitments: Vec<_> = what_if.tallies().map(commitment).collect();
    json!({
        "file": file,
        "records": what_if.records,
        "deviating": what_if.deviating,
        "newly": what_if.newly,
        "no_longer": what_if.no_longer,
        "examples": what_if.examples.iter().map(|index| index.0).collect::<Vec<_>>(),
        "confidential": what_if.hidden,
        "commitments": commitments,
    })
}

fn tallies_json<'a>(tallies: impl Iterator<Item = (&'a str, Tally)>) -> Value {
    Value::Array(tallies.map(|(id, tally)| Value::Object(tally_json(id, tally))).collect())
}

fn tally_json(id: &str, tally: Tally) -> Map<String, Value> {
    let counts =
        [("kept", tally.kept), ("deviates", tally.deviates), ("not_verifiable", tally.not_verifiable)];
    let id = std::iter::once(("id".to_owned(), id.into()));
    id.chain(counts.map(|(name, count)| (name.to_owned(), count.into()))).collect()
}
