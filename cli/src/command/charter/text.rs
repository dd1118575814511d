//! A charter, as people read it.

use std::io;

use einsicht_access::Language;
use einsicht_access::charter::{Charter, Demand, Register};

use crate::language::pick;
use crate::output::{Emphasis, Out};

/// How much of a charter is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The commitments.
    Commitments,
    /// Also data sets and activities.
    All,
}

/// What a charter says.
pub fn print(charter: &Charter, extent: Extent, language: Language, out: &mut Out) -> io::Result<()> {
    head(charter, language).iter().try_for_each(|(name, text)| out.line(&format!("  {name:<13} {text}")))?;
    for commitment in charter.commitments() {
        out.line("")?;
        let title = format!("  {}", language.title(&commitment.titles));
        out.styled(Emphasis::Heading, &commitment.id, &title)?;
        out.line(&format!("  {}", charter.commitment_sentence(commitment, language)))?;
        let weight = match &commitment.demand {
            Demand::Rule(rule) => language.severity(rule.severity),
            Demand::Question(_) => pick(language, "Frage, nicht berechnet", "a question, not computed"),
        };
        let source = pick(language, "Quelle", "source");
        out.line(&format!("  {weight}; {source}: {}", charter.provenance(commitment, language)))?;
    }
    if extent == Extent::Commitments {
        return Ok(());
    }
    let datasets = charter.datasets().iter().map(|dataset| charter.dataset_sentence(dataset, language));
    section(pick(language, "Datenbestände", "Data sets"), datasets, out)?;
    let activities = charter.activities().iter().map(|one| charter.activity_sentence(one, language));
    section(pick(language, "Tätigkeiten", "Activities"), activities, out)
}

fn section(title: &str, sentences: impl Iterator<Item = String>, out: &mut Out) -> io::Result<()> {
    let sentences: Vec<_> = sentences.collect();
    if sentences.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.styled(Emphasis::Heading, title, "")?;
    sentences.iter().try_for_each(|sentence| out.line(&format!("  {sentence}")))
}

fn head(charter: &Charter, language: Language) -> Vec<(&'static str, String)> {
    let mut head = vec![(pick(language, "Charta", "charter"), language.title(charter.titles()).to_owned())];
    if let Some(day) = charter.adopted_day() {
        head.push((pick(language, "beschlossen", "adopted"), language.day(i64::from(day))));
    }
    head.push((pick(language, "Wortlaut", "wording"), wording(charter, language).to_owned()));
    head.push((pick(language, "Inhalt", "declares"), inventory(charter, language)));
    head
}

/// Whether the rules are those that were adopted, as far as the charter says. Every page that shows a rule says so.
pub fn wording(charter: &Charter, language: Language) -> &'static str {
    match charter.wording_checked() {
        true => pick(
            language,
            "jede Regel wurde mit dem Beschluss verglichen",
            "each rule was compared with what was adopted",
        ),
        false => pick(
            language,
            "die Regeln wurden noch nicht mit dem Beschluss verglichen",
            "the rules have not been compared with what was adopted",
        ),
    }
}

/// How much of what there is.
fn inventory(charter: &Charter, language: Language) -> String {
    let counts = [
        (charter.commitments().len(), ["Versprechen", "Versprechen", "commitment", "commitments"]),
        (charter.datasets().len(), ["Datenbestand", "Datenbestände", "data set", "data sets"]),
        (charter.declared(Register::Purpose).len(), ["Zweck", "Zwecke", "purpose", "purposes"]),
        (charter.activities().len(), ["Tätigkeit", "Tätigkeiten", "activity", "activities"]),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| {
        let [german, germans, english, englishes] = words;
        let word =
            if count == 1 { pick(language, german, english) } else { pick(language, germans, englishes) };
        format!("{} {word}", language.number(count as u64))
    });
    counts.collect::<Vec<_>>().join(", ")
}
