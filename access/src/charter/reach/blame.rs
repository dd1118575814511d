//! Which condition makes a rule pointless.

use super::rule::{Reach, rule_reach};
use super::{Places, Search};
use crate::charter::condition::{Condition, Test};
use crate::charter::parse::Span;
use crate::charter::{DatasetList, Rule, RuleField};
use crate::sentence::Language;

/// The condition that makes a rule pointless, if it is one alone.
pub(super) struct Blame<'a> {
    /// Position in `when`, or in the consequence.
    place: Option<(Part, usize)>,
    condition: Option<&'a Condition>,
    /// Whether there is a condition on the same field in the other part.
    has_counterpart: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    When,
    Consequence,
}

impl<'a> Blame<'a> {
    /// Looks for it among the conditions of the part that is to blame: each is tried without the others beside it.
    pub fn find(search: &mut Search<'_>, rule: &'a Rule, applies: bool) -> Self {
        let (part, conditions) =
            if applies { (Part::Consequence, &rule.conditions) } else { (Part::When, &rule.when) };
        let mut alone = |condition: &Condition| {
            let when = match part {
                Part::When => vec![condition.clone()],
                Part::Consequence => rule.when.clone(),
            };
            let conditions = vec![condition.clone()];
            let rule = Rule { when, conditions, ..rule.clone() };
            let Some(reach) = rule_reach(search, &rule) else { return false };
            match part {
                Part::When => !reach.applies,
                Part::Consequence => !(reach.kept && reach.not_kept),
            }
        };
        let found = conditions.iter().enumerate().find(|(_, condition)| alone(condition));
        let other = if applies { &rule.when } else { &rule.conditions };
        Self {
            place: found.map(|(position, _)| (part, position)),
            condition: found.map(|(_, condition)| condition),
            has_counterpart: found
                .is_some_and(|(_, condition)| other.iter().any(|one| one.field == condition.field)),
        }
    }

    pub fn span<'p>(&self, places: &'p Places) -> &'p Span {
        let span = match self.place {
            Some((Part::When, position)) => places.when.get(position),
            Some((Part::Consequence, position)) => places.conditions.get(position),
            None => None,
        };
        span.unwrap_or(&places.whole)
    }

    pub fn why(&self, reach: Reach, language: Language) -> String {
        let Some(Condition { field, test }) = self.condition else {
            let all = language.pick(
                "kein Datenbestand dieser Charta passt zu allen Bedingungen",
                "no data set of this charter fits all of its conditions",
            );
            return all.to_owned();
        };
        let name = field.name();
        if self.has_counterpart && reach.applies {
            return match reach.kept {
                false => language.pick(
                    format!("was 'when' zu '{name}' sagt, schließt es aus"),
                    format!("what 'when' says of '{name}' rules it out"),
                ),
                true => language.pick(
                    format!("was 'when' zu '{name}' sagt, legt es schon fest"),
                    format!("what 'when' says of '{name}' settles it"),
                ),
            };
        }
        let no_dataset_has = |key: &str| {
            language.pick(
                format!("kein Datenbestand, für den es gilt, hat {key}"),
                format!("no data set that it applies to has {key}"),
            )
        };
        match (test, field) {
            (Test::AtMostOfDataset, _) => no_dataset_has("record_ceiling"),
            (Test::NotOlderThanOfDataset, _) => no_dataset_has("keep_days"),
            (Test::ListedInDataset, _) if !reach.kept => {
                no_dataset_has(field.dataset_list().map_or("", DatasetList::key))
            }
            (_, RuleField::Personal) => language
                .pick(
                    "die Charta gibt für jeden Datenbestand dieselbe Antwort",
                    "the charter gives the same answer for every data set",
                )
                .to_owned(),
            (_, RuleField::OtherDatasets | RuleField::Dataset) => {
                language.pick("einen solchen Zugriff kann es nicht geben", "no such access can be").to_owned()
            }
            _ if reach.kept => language.pick(
                format!("jeder Wert, den '{name}' haben kann, passt"),
                format!("every value that '{name}' can have fits"),
            ),
            _ => language.pick(
                format!("kein Wert, den '{name}' haben kann, passt"),
                format!("no value that '{name}' can have fits"),
            ),
        }
    }

    pub fn help(&self, language: Language) -> String {
        let key = match self.condition.map(|condition| (&condition.test, condition.field)) {
            Some((Test::AtMostOfDataset, _)) => "record_ceiling",
            Some((Test::NotOlderThanOfDataset, _)) => "keep_days",
            Some((Test::ListedInDataset, field)) => field.dataset_list().map_or("", DatasetList::key),
            Some((_, RuleField::Personal)) => "personal",
            _ => {
                let help = language.pick(
                    "die Bedingungen ändern oder es weglassen",
                    "change its conditions, or leave it out",
                );
                return help.to_owned();
            }
        };
        language.pick(
            format!("'{key}' in den Einträgen [[dataset]] berichtigen oder die Regel weglassen"),
            format!("correct '{key}' in the tables [[dataset]], or leave the rule out"),
        )
    }
}
