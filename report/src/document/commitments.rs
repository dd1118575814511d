//! What the city promised, and what became of it in the period.

use std::collections::BTreeSet;

use einsicht_access::Charter;
use einsicht_access::charter::{Commitment, Demand};
use einsicht_access::sentence::Language;
use serde::Serialize;

use super::{Label, Row, Table, Text};
use crate::cell::Cell;
use crate::figures::{Figures, InForce};
use crate::hiding::Hiding;
use crate::inputs::{Answer, Answers};
use crate::verdicts::Verdicts;

/// Names of the verdicts, in the order of [`Verdicts::counts`].
pub const VERDICTS: [&str; 4] = ["kept", "deviates", "not_verifiable", "not_in_force"];

/// A commitment that is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitmentText {
    /// Its code.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// Its rule as one sentence.
    pub sentence: Text,
    /// Where it comes from, and how well that is known.
    pub source: Text,
    /// How much a deviation weighs.
    pub severity: Text,
    /// Whether the rule is a reading of the source and not its wording.
    pub interpretation: bool,
    /// The index of the charter that this is the wording of.
    pub charter: u64,
    /// Other rules that it had in the period.
    pub earlier: Vec<Earlier>,
}

/// The rule of a commitment in an older charter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// Index of that charter.
    pub charter: u64,
    /// The rule as one sentence.
    pub sentence: Text,
}

/// A commitment that people answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Its code.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// What is asked.
    pub question: Text,
    /// Where it comes from.
    pub source: Text,
    /// What the city answers.
    pub answer: Option<Answer>,
}

/// The rules that were in force in the period, in the order of the newest charter that has them; those of the newest
/// one first.
pub fn texts(figures: &Figures) -> Vec<CommitmentText> {
    let charters = charters(figures);
    let mut told = BTreeSet::new();
    let mut texts = Vec::new();
    for (position, in_force) in charters.iter().enumerate() {
        let charter = &in_force.charter;
        for commitment in charter.commitments().iter().filter(|one| one.rule().is_some()) {
            if told.insert(&commitment.id) {
                let earlier = charters.get(position + 1..).unwrap_or_default();
                texts.push(text(in_force, commitment, earlier));
            }
        }
    }
    texts
}

/// What people are asked by the charter in force at the end of the period.
pub fn questions(figures: &Figures, answers: Option<&Answers>) -> Vec<Question> {
    let Some(in_force) = figures.in_force() else { return Vec::new() };
    let charter = &in_force.charter;
    let question = |commitment: &Commitment| {
        let Demand::Question(asked) = &commitment.demand else { return None };
        Some(Question {
            id: commitment.id.clone(),
            title: Text::of(&commitment.titles),
            question: Text::of(asked),
            source: source(charter, commitment),
            answer: answers.and_then(|answers| answers.to(&commitment.id)).cloned(),
        })
    };
    charter.commitments().iter().filter_map(question).collect()
}

/// What became of each in the period.
pub fn table(figures: &Figures, hiding: Hiding) -> Table {
    let rows = labels(figures).map(|label| {
        let counts = verdicts(figures, &label.code, |within, _| within).counts();
        Row { key: vec![label], cells: cells(hiding, counts) }
    });
    Table {
        id: "commitments",
        keys: vec!["commitment"],
        columns: VERDICTS.to_vec(),
        withheld: false,
        rows: rows.collect(),
    }
}

/// What is told of the verdicts on one commitment, whose sum is told elsewhere. Where few deviate, it is not told how
/// many keep it, rather than how many say too little.
pub fn cells(hiding: Hiding, counts: [u64; 4]) -> Vec<Cell> {
    let hidden = || vec![Cell::Hidden; counts.len()];
    if hiding.total(counts.iter().sum()).number().is_none() {
        return hidden();
    }
    hiding.parts(&counts).unwrap_or_else(hidden)
}

/// Codes and titles of the rules, in order.
pub fn labels(figures: &Figures) -> impl Iterator<Item = Label> {
    texts(figures).into_iter().map(|text| Label::told(text.id, text.title))
}

/// The verdicts on a commitment, of the stretches of time that are wanted: by whether they lie within the period, and
/// by their month.
pub fn verdicts(
    figures: &Figures,
    id: &str,
    wanted: impl Fn(bool, einsicht_access::Month) -> bool,
) -> Verdicts {
    let mut all = Verdicts::default();
    for (_, slot) in figures.slots.iter().filter(|(key, _)| wanted(key.within, key.month)) {
        for (charter, judged) in &slot.judged {
            all.add(judged.verdicts(figures.charter(*charter), id));
        }
    }
    all
}

/// The charters by which records of the period were judged, and the one in force at its end; the newest first.
fn charters(figures: &Figures) -> Vec<&InForce> {
    let slots = figures.slots.iter().filter(|(key, _)| key.within);
    let judged: BTreeSet<_> = slots.flat_map(|(_, slot)| slot.judged.keys().flatten().copied()).collect();
    let newest = figures.in_force().map(|in_force| in_force.index);
    let was_in_force =
        |in_force: &&InForce| Some(in_force.index) == newest || judged.contains(&in_force.index.0);
    figures.charters.iter().rev().filter(was_in_force).collect()
}

fn text(in_force: &InForce, commitment: &Commitment, earlier: &[&InForce]) -> CommitmentText {
    let charter = &in_force.charter;
    let sentence = sentence_of(charter, commitment);
    let severity = commitment.rule().map(|rule| rule.severity);
    let mut others: Vec<Earlier> = Vec::new();
    for older in earlier {
        let same =
            older.charter.commitments().iter().find(|one| one.id == commitment.id && one.rule().is_some());
        let Some(other) = same.map(|one| sentence_of(&older.charter, one)) else { continue };
        if other != sentence && others.iter().all(|known| known.sentence != other) {
            others.push(Earlier { charter: older.index.0, sentence: other });
        }
    }
    CommitmentText {
        id: commitment.id.clone(),
        title: Text::of(&commitment.titles),
        sentence,
        source: source(charter, commitment),
        severity: both(|language| severity.map_or(String::new(), |of| language.severity(of).to_owned())),
        interpretation: commitment.interpretation,
        charter: in_force.index.0,
        earlier: others,
    }
}

fn sentence_of(charter: &Charter, commitment: &Commitment) -> Text {
    both(|language| charter.commitment_sentence(commitment, language))
}

/// Where a commitment comes from. Charters name sources in German only; how well they are known is told in both languages.
fn source(charter: &Charter, commitment: &Commitment) -> Text {
    let mut text = both(|language| charter.provenance(commitment, language));
    text.german = if text.en.starts_with(&commitment.source) { commitment.source.len() } else { 0 };
    text
}

fn both(tell: impl Fn(Language) -> String) -> Text {
    Text::new(tell(Language::German), Some(tell(Language::English)))
}
