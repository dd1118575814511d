//! A commitment of the city, and the rule that it is judged by.

use super::condition::Condition;
use super::titles::Titles;

/// What the city promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// Its code.
    pub id: String,
    /// What it is called. Shown, never judged by.
    pub titles: Titles,
    /// Where it is written.
    pub source: String,
    /// What kind of source that is.
    pub evidence: Evidence,
    /// Whether the rule is a reading of the source, not its wording.
    pub interpretation: bool,
    /// What becomes of an access.
    pub demand: Demand,
}

/// What a commitment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Something that is computed for every access.
    Rule(Rule),
    /// Something that people answer, in the report.
    Question(Titles),
}

/// A rule: where all of `when` holds, all of `conditions` must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How much a deviation weighs.
    pub severity: Severity,
    /// Where it applies; everywhere if empty.
    pub when: Vec<Condition>,
    /// Whether the conditions are what must be, or what must not.
    pub consequence: Consequence,
    /// At least one.
    pub conditions: Vec<Condition>,
}

/// What is asked of the conditions of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// All must hold.
    Must,
    /// They must not all hold.
    MustNot,
}

/// How much a deviation weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look.
    Notice,
    /// If people find that it is one, the promise was broken.
    Breach,
}

impl Severity {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Self); 2] = [("breach", Self::Breach), ("notice", Self::Notice)];
}

/// What kind of source a commitment has: how well it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A law, or a by-law of the city.
    Statute,
    /// What the council decided, in its wording.
    CouncilDecision,
    /// A page of the city.
    CityPage,
    /// A press release, or a report of the press.
    PressRelease,
    /// A study, a report, a strategy.
    Report,
    /// No source says it so: it is read out of others.
    Interpretation,
}

impl Evidence {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("statute", Self::Statute),
        ("council decision", Self::CouncilDecision),
        ("city page", Self::CityPage),
        ("press release", Self::PressRelease),
        ("report", Self::Report),
        ("interpretation", Self::Interpretation),
    ];
}

impl Rule {
    /// Whether it depends on what the charter says of the access's data sets, one by one.
    #[must_use]
    pub fn asks_dataset(&self) -> bool {
        self.when.iter().chain(&self.conditions).any(|condition| condition.test.asks_dataset())
    }
}

impl Commitment {
    /// Its rule, if it has one.
    #[must_use]
    pub fn rule(&self) -> Option<&Rule> {
        match &self.demand {
            Demand::Rule(rule) => Some(rule),
            Demand::Question(_) => None,
        }
    }
}
