//! What changes from one charter to the next, in sentences.
//!
//! Comments, spacing and the order of tables are no changes: what is compared is what the charters say.

mod dataset;

use super::{Activity, Charter, Commitment, Declared, Register, Titles};
use crate::sentence::{Language, titled};

/// One change, told in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    german: String,
    english: String,
}

impl Change {
    fn told(tell: impl Fn(Language) -> String) -> Self {
        Self { german: tell(Language::German), english: tell(Language::English) }
    }

    /// As one sentence; where a rule changed, followed by what it said and what it says.
    #[must_use]
    pub fn sentence(&self, language: Language) -> &str {
        language.pick(&self.german, &self.english)
    }
}

/// Both charters, and what was found so far.
struct Comparison<'a> {
    old: &'a Charter,
    new: &'a Charter,
    changes: Vec<Change>,
}

impl Charter {
    /// What changes if `new` follows this one: commitments first, then data sets, activities and codes. Empty
    /// if both say the same.
    #[must_use]
    pub fn diff(&self, new: &Self) -> Vec<Change> {
        let mut comparison = Comparison { old: self, new, changes: Vec::new() };
        comparison.head();
        comparison.commitments();
        comparison.datasets();
        comparison.activities();
        Register::PLAIN.into_iter().for_each(|register| comparison.register(register));
        comparison.changes
    }
}

impl<'a> Comparison<'a> {
    fn tell(&mut self, tell: impl Fn(Language) -> String) {
        self.changes.push(Change::told(tell));
    }

    fn head(&mut self) {
        let (old, new) = (self.old, self.new);
        self.titles(old.titles(), new.titles(), |language| {
            language.pick("Die Charta", "The charter").to_owned()
        });
        if old.adopted_day() != new.adopted_day() {
            let day = |day: Option<i32>, language: Language| {
                day.map_or("–".to_owned(), |day| language.day(i64::from(day)))
            };
            self.tell(|language| {
                let (from, to) = (day(old.adopted_day(), language), day(new.adopted_day(), language));
                language.pick(
                    format!("Tag des Beschlusses: {from} → {to}."),
                    format!("Day of adoption: {from} → {to}."),
                )
            });
        }
        if old.time_zone() != new.time_zone() {
            let (from, to) = (old.time_zone().unwrap_or("–"), new.time_zone().unwrap_or("–"));
            self.tell(|language| {
                language.pick(
                    format!("Zeitzone der Berichte: {from} → {to}."),
                    format!("Time zone of reports: {from} → {to}."),
                )
            });
        }
        if old.wording_checked() != new.wording_checked() {
            self.tell(|language| {
                match new.wording_checked() {
                    true => language.pick(
                        "Die Regeln wurden mit dem beschlossenen Wortlaut verglichen.",
                        "The rules were compared with the adopted wording.",
                    ),
                    false => language.pick(
                        "Die Regeln sind nicht mehr als mit dem Wortlaut verglichen bezeichnet.",
                        "The rules are no longer marked as compared with the adopted wording.",
                    ),
                }
                .to_owned()
            });
        }
    }

    fn commitments(&mut self) {
        let (old, new) = (self.old, self.new);
        let find = |charter: &'a Charter, id: &str| charter.commitments().iter().find(|one| one.id == id);
        for before in old.commitments() {
            match find(new, &before.id) {
                Some(after) => self.commitment(before, after),
                None => self.tell(|language| {
                    let (id, said) = (&before.id, old.commitment_sentence(before, language));
                    language.pick(
                        format!("Das Versprechen {id} entfällt: {said}"),
                        format!("The commitment {id} is dropped: {said}"),
                    )
                }),
            }
        }
        for added in new.commitments().iter().filter(|one| find(old, &one.id).is_none()) {
            self.tell(|language| {
                let (id, says) = (&added.id, new.commitment_sentence(added, language));
                language
                    .pick(format!("Neues Versprechen {id}: {says}"), format!("New commitment {id}: {says}"))
            });
        }
    }

    fn commitment(&mut self, before: &Commitment, after: &Commitment) {
        let (old, new, id) = (self.old, self.new, &before.id);
        self.titles(&before.titles, &after.titles, |language| {
            language.pick(format!("Das Versprechen {id}"), format!("The commitment {id}"))
        });
        let parts = |one: &Commitment| {
            one.rule().map(|rule| (rule.when.clone(), rule.consequence, rule.conditions.clone()))
        };
        let is_same_question = before.rule().is_some() || before.demand == after.demand;
        if parts(before) != parts(after) || !is_same_question {
            self.tell(|language| {
                let (said, says) =
                    (old.commitment_sentence(before, language), new.commitment_sentence(after, language));
                let (what, changing) = match (before.rule(), after.rule()) {
                    (Some(_), Some(_)) => ("Die Regel", "The rule"),
                    (None, None) => ("Die Frage", "The question"),
                    _ => ("Das Versprechen", "The commitment"),
                };
                language.pick(
                    format!("{what} {id} ändert sich. Bisher: {said} Künftig: {says}"),
                    format!("{changing} {id} changes. Until now: {said} From now on: {says}"),
                )
            });
        }
        let severity = |one: &Commitment| one.rule().map(|rule| rule.severity);
        if let (Some(from), Some(to)) = (severity(before), severity(after))
            && from != to
        {
            self.tell(|language| {
                let (from, to) =
                    (crate::sentence::severity(from, language), crate::sentence::severity(to, language));
                language.pick(
                    format!("Das Gewicht einer Abweichung von {id}: {from} → {to}."),
                    format!("The weight of a deviation from {id}: {from} → {to}."),
                )
            });
        }
        if (&before.source, before.evidence, before.interpretation)
            != (&after.source, after.evidence, after.interpretation)
        {
            self.tell(|language| {
                let (from, to) = (
                    crate::sentence::provenance(before, language),
                    crate::sentence::provenance(after, language),
                );
                language.pick(
                    format!("Die Herkunft von {id}: {from} → {to}."),
                    format!("The origin of {id}: {from} → {to}."),
                )
            });
        }
    }

    fn activities(&mut self) {
        let (old, new) = (self.old, self.new);
        let said = |activity: &Activity, language| old.activity_sentence(activity, language);
        let says = |activity: &Activity, language| new.activity_sentence(activity, language);
        for before in old.activities() {
            match new.activity(before.id.as_bytes()) {
                None => self.tell(|language| {
                    let said = said(before, language);
                    language.pick(
                        format!("Eine Tätigkeit entfällt: {said}"),
                        format!("An activity is dropped: {said}"),
                    )
                }),
                Some(after) if after != before => self.tell(|language| {
                    let (said, says) = (said(before, language), says(after, language));
                    language.pick(
                        format!("Eine Tätigkeit ändert sich. Bisher: {said} Künftig: {says}"),
                        format!("An activity changes. Until now: {said} From now on: {says}"),
                    )
                }),
                Some(_) => {}
            }
        }
        for added in new.activities().iter().filter(|one| old.activity(one.id.as_bytes()).is_none()) {
            self.tell(|language| {
                let says = says(added, language);
                language.pick(format!("Neue Tätigkeit: {says}"), format!("New activity: {says}"))
            });
        }
    }

    fn register(&mut self, register: Register) {
        let (old, new) = (self.old.declared(register), self.new.declared(register));
        let find = |list: &'a [Declared], id: &str| list.iter().find(|one| one.id == id);
        let name = |one: &Declared, language| titled(&one.titles, &one.id, language);
        let kind = |language| crate::sentence::register(register, language);
        for before in old {
            match find(new, &before.id) {
                None => self.tell(|language| {
                    let (kind, name) = (kind(language), name(before, language));
                    language.pick(format!("{kind} {name} entfällt."), format!("{kind} {name} is dropped."))
                }),
                Some(after) => self.titles(&before.titles, &after.titles, |language| {
                    format!("{} {}", kind(language), before.id)
                }),
            }
        }
        for added in new.iter().filter(|one| find(old, &one.id).is_none()) {
            self.tell(|language| {
                let (kind, name) = (kind(language), name(added, language));
                language.pick(format!("{kind} {name} kommt hinzu."), format!("{kind} {name} is added."))
            });
        }
    }

    fn titles(&mut self, old: &Titles, new: &Titles, of: impl Fn(Language) -> String) {
        if old == new {
            return;
        }
        let quoted = |text: &str, language: Language| language.pick(format!("„{text}“"), format!("“{text}”"));
        let all = |titles: &Titles, language| match &titles.english {
            Some(english) => format!("{} / {}", quoted(&titles.german, language), quoted(english, language)),
            None => quoted(&titles.german, language),
        };
        self.tell(|language| {
            let (of, old, new) = (of(language), all(old, language), all(new, language));
            language.pick(
                format!("{of} hieß {old} und heißt {new}."),
                format!("{of} was called {old} and is called {new}."),
            )
        });
    }
}

#[cfg(test)]
mod tests;
