//! Why an access does not fit, as people read it.

use std::io;

use einsicht_access::judge::{Explained, Outcome};
use einsicht_access::{Language, Verdict};

use super::super::show::entries;
use super::super::text::wording;
use super::{By, Told};
use crate::language::pick;
use crate::output::{Emphasis, Out};

const DEVIATES: Outcome = Outcome::Judged(Verdict::Deviates);
const NOT_VERIFIABLE: Outcome = Outcome::Judged(Verdict::NotVerifiable);

/// What came of it, of which access, by which charter; then each rule that it does not fit or that nobody can verify.
pub(super) fn print(told: &Told<'_>, language: Language, out: &mut Out) -> io::Result<()> {
    let entry = pick(language, "Eintrag", "Entry");
    out.styled(
        Emphasis::Heading,
        &format!("{entry} {}", told.index),
        &format!(": {}", outcome(told, language)),
    )?;
    let inherited = told.charter.inheritance_sentence(&told.explanation, language);
    for line in [told.about.clone(), judged_by(told, language)].into_iter().chain(inherited) {
        if !line.is_empty() {
            out.line(&format!("  {line}"))?;
        }
    }
    for explained in told.of(DEVIATES) {
        rule(told, &[explained], language, out)?;
    }
    // Of what is confidential there is nothing more to say of any rule.
    let unclear = if told.explanation.hidden { Vec::new() } else { with_one_reason(told, language) };
    for group in unclear {
        rule(told, &group, language, out)?;
    }
    out.line("")?;
    let ids = [
        (pick(language, "passt", "fits"), Outcome::Judged(Verdict::Kept)),
        (pick(language, "betrifft diesen Zugriff nicht", "does not apply"), Outcome::DoesNotApply),
        (pick(language, "von Menschen zu beantworten", "for people to answer"), Outcome::Question),
    ];
    for (name, outcome) in ids {
        let ids = told.ids(outcome);
        if !ids.is_empty() {
            out.line(&format!("{name}: {ids}"))?;
        }
    }
    let note = pick(language, "Anmerkung", "note");
    if told.of(DEVIATES).next().is_some() {
        let people = pick(
            language,
            "was nicht passt, sagt die Regel; ob es ein Verstoß ist, entscheiden Menschen",
            "what does not fit, the rule says; whether it is a breach, people decide",
        );
        out.line(&format!("{note}: {people}"))?;
    }
    match told.charter.wording_checked() {
        true => Ok(()),
        false => out.line(&format!("{note}: {}", wording(told.charter, language))),
    }
}

fn outcome(told: &Told<'_>, language: Language) -> String {
    if told.explanation.hidden {
        return pick(
            language,
            "der Zugriff ist noch vertraulich, niemand kann etwas prüfen",
            "the access is still confidential, nobody can verify anything",
        )
        .to_owned();
    }
    let (deviates, unclear) = (told.ids(DEVIATES), told.ids(NOT_VERIFIABLE));
    let deviates = (!deviates.is_empty())
        .then(|| pick(language, format!("passt nicht zu {deviates}"), format!("does not fit {deviates}")));
    let unclear = (!unclear.is_empty()).then(|| {
        pick(language, format!("nicht prüfbar: {unclear}"), format!("can't be verified: {unclear}"))
    });
    let said: Vec<_> = deviates.into_iter().chain(unclear).collect();
    match said.as_slice() {
        [] => pick(
            language,
            "passt zu jedem Versprechen, das diesen Zugriff betrifft",
            "fits every commitment that applies",
        )
        .to_owned(),
        said => said.join("; "),
    }
}

fn judged_by(told: &Told<'_>, language: Language) -> String {
    let title = language.title(told.charter.titles());
    let words = pick(language, ["Eintrag", "Einträgen", "bis"], ["entry", "entries", "to"]);
    let by = match &told.by {
        By::Published(published) => {
            let entries = entries(published, words);
            pick(
                language,
                format!("beurteilt nach der Charta in {entries}, „{title}“"),
                format!("judged by the charter in {entries}, “{title}”"),
            )
        }
        By::File(file) => pick(
            language,
            format!("nach der Charta in der Datei {file}, „{title}“"),
            format!("by the charter in the file {file}, “{title}”"),
        ),
    };
    let compared = match told.is_right {
        Some(true) => {
            pick(language, "; protokolliert ist dasselbe Urteil", "; the recorded verdict is the same")
        }
        Some(false) => {
            pick(language, "; protokolliert ist ein ANDERES Urteil", "; the recorded verdict is ANOTHER one")
        }
        None => "",
    };
    format!("{by}{compared}")
}

/// One rule, or several that nobody can verify for one reason.
fn rule(told: &Told<'_>, group: &[&Explained<'_>], language: Language, out: &mut Out) -> io::Result<()> {
    out.line("")?;
    for explained in group {
        let (emphasis, word) = match explained.outcome {
            DEVIATES => (Emphasis::Bad, pick(language, "passt nicht", "does not fit")),
            _ => (Emphasis::Look, pick(language, "lässt sich nicht prüfen", "can't be verified")),
        };
        let severity = explained.commitment.rule().filter(|_| explained.outcome == DEVIATES);
        let severity = severity.map(|rule| format!(" ({})", language.severity(rule.severity)));
        let title = language.title(&explained.commitment.titles);
        let rest = format!("  {title}: {word}{}", severity.unwrap_or_default());
        out.styled(emphasis, &explained.commitment.id, &rest)?;
    }
    let Some((first, others)) = group.split_first() else { return Ok(()) };
    let reason = told.charter.reason_sentence(first, language);
    if !others.is_empty() {
        let ids: Vec<_> = group.iter().map(|explained| explained.commitment.id.as_str()).collect();
        return out.line(&format!("  {}", reason.replacen(&first.commitment.id, &ids.join(", "), 1)));
    }
    out.line(&format!("  {}", told.charter.commitment_sentence(first.commitment, language)))?;
    out.line(&format!("  {reason}"))?;
    let source = told.charter.provenance(first.commitment, language);
    out.line(&format!("  {}: {source}", pick(language, "Quelle", "Source")))
}

/// What nobody can verify, by the reason: what a charter does not know at all is the reason for most of its rules.
fn with_one_reason<'t>(told: &'t Told<'_>, language: Language) -> Vec<Vec<&'t Explained<'t>>> {
    let mut groups: Vec<(String, Vec<&Explained<'_>>)> = Vec::new();
    for explained in told.of(NOT_VERIFIABLE) {
        let reason = told.charter.reason_sentence(explained, language);
        let reason = reason.replacen(&explained.commitment.id, "", 1);
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, group)) => group.push(explained),
            None => groups.push((reason, vec![explained])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
