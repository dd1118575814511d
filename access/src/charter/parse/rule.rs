//! Commitments, their rules, and the conditions in these.

use toml::de::DeValue;

use super::reader::{Reader, Table, Value};
use super::suggest::nearest;
use super::told::{NONE, type_and_value};
use super::{DAYS_MAX, Entry, Span};
use crate::charter::problem::{Reason, shown_name};
use crate::charter::reach::Places;
use crate::charter::{
    Commitment, Condition, ConditionKind, Consequence, Demand, Evidence, Rule, RuleField, Severity, Shape,
    Test, Values,
};
use crate::limits::{COUNT_MAX, REFERENCE_BYTES_MAX};
use crate::sentence::{Bilingual, Language};

/// Conditions, and where each stands.
type Placed = (Vec<Condition>, Vec<Span>);

impl Reader<'_> {
    pub(super) fn commitment(&mut self, Entry { table, id }: Entry<'_>) -> Option<(Commitment, Places)> {
        let table = &table;
        let titles = self.titles(table, "title", "title_en");
        let source = self.text(table, "source");
        let evidence =
            table.value("evidence").and_then(|value| self.choice("evidence", value, &Evidence::NAMES));
        let interpretation =
            table.value("interpretation").and_then(|value| self.flag("interpretation", value));
        let demands: Vec<&'static str> =
            ["must", "must_not", "question"].into_iter().filter(|key| table.value(key).is_some()).collect();
        let demand = match demands[..] {
            ["question"] => self.question(table),
            ["must"] => self.rule(table, Consequence::Must, "must"),
            ["must_not"] => self.rule(table, Consequence::MustNot, "must_not"),
            _ => {
                let owner = table.owner.clone();
                self.problems.add(&table.span, || Reason::NotOneDemand { owner, found: demands });
                None
            }
        };
        let (demand, places) = demand?;
        let commitment = Commitment {
            id: id?,
            titles: titles?,
            source: source?,
            evidence: evidence?,
            interpretation: interpretation.unwrap_or(evidence == Some(Evidence::Interpretation)),
            demand,
        };
        Some((commitment, places))
    }

    fn question(&mut self, table: &Table<'_>) -> Option<(Demand, Places)> {
        for key in ["severity", "when"] {
            if let Some(value) = table.value(key) {
                let owner = table.owner.clone();
                self.problems.add(&value.span(), || Reason::OfRulesOnly { owner, key });
            }
        }
        Some((Demand::Question(self.titles(table, "question", "question_en")?), Places::default()))
    }

    fn rule(
        &mut self,
        table: &Table<'_>,
        consequence: Consequence,
        key: &'static str,
    ) -> Option<(Demand, Places)> {
        if let Some(value) = table.value("question_en") {
            let expected = Bilingual::fixed("eine Frage daneben", "a question beside it");
            self.refuse(&value.span(), "question_en", expected, Bilingual::fixed("eine Regel", "a rule"));
        }
        let severity = match table.value("severity") {
            Some(value) => self.choice("severity", value, &Severity::NAMES),
            None => {
                let owner = table.owner.clone();
                let help = Bilingual::fixed(
                    "\"breach\" (wiegt schwer) oder \"notice\" (ein Hinweis): wie viel eine Abweichung wiegt",
                    "\"breach\" or \"notice\": how much a deviation weighs",
                );
                self.problems.add(&table.span, || Reason::Missing { owner, key: "severity", help });
                None
            }
        };
        let (when, when_places) = match table.value("when") {
            Some(value) => self.conditions(table, "when", value)?,
            None => Placed::default(),
        };
        let (conditions, places) = self.conditions(table, key, table.value(key)?)?;
        let owner = table.owner.clone();
        let places = Places { owner, whole: table.span.clone(), when: when_places, conditions: places };
        Some((Demand::Rule(Rule { severity: severity?, when, consequence, conditions }), places))
    }

    /// At least one condition.
    fn conditions(&mut self, owner: &Table<'_>, key: &'static str, value: &Value<'_>) -> Option<Placed> {
        let name = |language| format!("{}: {key}", owner.owner.told_in(language));
        let table = self.table(key, Bilingual::told(name), value)?;
        if table.values.is_empty() {
            let expected = Bilingual::fixed(
                "mindestens eine Bedingung, wie { purpose = \"statistik\" } (weglassen, wenn es keine gibt)",
                "conditions, as in { purpose = \"statistik\" } (leave it out if there are none)",
            );
            self.refuse(&table.span, key, expected, NONE);
            return None;
        }
        let mut placed = Vec::new();
        for (name, value) in table.values {
            let condition = match RuleField::of_name(name.get_ref()) {
                Some(field) => self.condition(field, value),
                None => {
                    self.unknown_field(name.get_ref(), &name.span());
                    None
                }
            };
            placed.extend(condition.map(|condition| (condition, name.span())));
        }
        // In the order of the file, which is that of the sentence.
        placed.sort_by_key(|(_, span)| span.start);
        (placed.len() == table.values.len()).then(|| placed.into_iter().unzip())
    }

    fn unknown_field(&mut self, name: &str, span: &Span) {
        let names = || RuleField::all().map(RuleField::name);
        self.problems.add(span, || Reason::UnknownField {
            name: shown_name(name),
            suggestion: nearest(name, names()).map(str::to_owned),
            known: names().collect::<Vec<_>>().join(", "),
        });
    }

    fn condition(&mut self, field: RuleField, value: &Value<'_>) -> Option<Condition> {
        let DeValue::Table(inner) = value.get_ref() else {
            if !field.conditions().contains(&ConditionKind::Value) {
                self.misfit(field, value, type_and_value(value));
                return None;
            }
            let test = Test::OneOf(self.value(field, value)?);
            return Some(Condition { field, test });
        };
        let [(name, argument)] = inner.iter().collect::<Vec<_>>()[..] else {
            let count = inner.len();
            let found = |language: Language| {
                language.pick(format!("eine Tabelle mit {count} Angaben"), format!("a table of {count} keys"))
            };
            self.misfit(field, value, Bilingual::told(found));
            return None;
        };
        let kind = ConditionKind::KEYED.into_iter().find(|kind| kind.key() == name.get_ref());
        let Some(kind) = kind else {
            self.unknown_condition(field, name.get_ref(), &name.span());
            return None;
        };
        if !field.conditions().contains(&kind) {
            self.misfit(field, value, Bilingual::alike(format!("{{ {} = … }}", kind.key())));
            return None;
        }
        let test = self.test(field, kind, argument)?;
        Some(Condition { field, test })
    }

    /// Of the conditions, only those that fit are told.
    fn unknown_condition(&mut self, field: RuleField, name: &str, span: &Span) {
        let kinds = || field.conditions().iter().filter(|kind| ConditionKind::KEYED.contains(kind));
        let keys = || kinds().map(|kind| kind.key());
        if keys().next().is_none() {
            let found = Bilingual::alike(format!("{{ {} = … }}", shown_name(name)));
            let fitting = fitting(field);
            self.problems.add(span, || Reason::Misfit { field: field.name(), found, fitting });
            return;
        }
        self.problems.add(span, || Reason::UnknownKey {
            owner: Bilingual::told(|language| {
                let name = field.name();
                language.pick(format!("eine Bedingung zu '{name}'"), format!("a condition on '{name}'"))
            }),
            key: shown_name(name),
            suggestion: nearest(name, keys()).map(str::to_owned),
            known: keys().collect::<Vec<_>>().join(", "),
        });
    }

    fn test(&mut self, field: RuleField, kind: ConditionKind, argument: &Value<'_>) -> Option<Test> {
        let key = kind.key();
        let days = |reader: &mut Self| {
            reader.count(key, argument, DAYS_MAX).and_then(|days| u32::try_from(days).ok())
        };
        let list = field.dataset_list().map_or("", crate::charter::DatasetList::key);
        Some(match kind {
            ConditionKind::Value => return None,
            ConditionKind::In => Test::OneOf(self.values(field, argument)?),
            ConditionKind::Present => {
                let is_true = matches!(argument.get_ref(), DeValue::Boolean(true));
                if !is_true {
                    let expected = Bilingual::fixed(
                        "true: dass etwas nicht angegeben ist, ist nie sicher",
                        "true: that nothing is stated is never certain",
                    );
                    self.unexpected(&argument.span(), key, expected, argument);
                }
                is_true.then_some(Test::Present)?
            }
            ConditionKind::AtMost => Test::AtMost(self.count(key, argument, COUNT_MAX)?),
            ConditionKind::NotOlderThanDays => Test::NotOlderThanDays(days(self)?),
            ConditionKind::DaysBeforeAccess => Test::DaysBeforeAccess(days(self)?),
            ConditionKind::AtMostOfDataset => {
                self.choice(key, argument, &[("record_ceiling", ())]).map(|()| Test::AtMostOfDataset)?
            }
            ConditionKind::ListedInDataset => {
                self.choice(key, argument, &[(list, ())]).map(|()| Test::ListedInDataset)?
            }
            ConditionKind::NotOlderThanOfDataset => {
                self.choice(key, argument, &[("keep_days", ())]).map(|()| Test::NotOlderThanOfDataset)?
            }
        })
    }

    fn misfit(&mut self, field: RuleField, value: &Value<'_>, found: Bilingual) {
        self.problems.add(&value.span(), || Reason::Misfit {
            field: field.name(),
            found,
            fitting: fitting(field),
        });
    }

    fn value(&mut self, field: RuleField, value: &Value<'_>) -> Option<Values> {
        Some(match field.shape() {
            Shape::Choice => Values::Choices(vec![self.enumerated(field.name(), field.name(), value)?]),
            Shape::Count => Values::Counts(vec![self.count(field.name(), value, COUNT_MAX)?]),
            Shape::Flag => Values::Flag(self.flag(field.name(), value)?),
            _ => Values::Texts(vec![self.text_value(field, value)?]),
        })
    }

    fn values(&mut self, field: RuleField, list: &Value<'_>) -> Option<Values> {
        let name = field.name();
        Some(match field.shape() {
            Shape::Choice => {
                Values::Choices(self.list(name, list, |reader, item| reader.enumerated(name, name, item))?)
            }
            Shape::Count => {
                Values::Counts(self.list(name, list, |reader, item| reader.count(name, item, COUNT_MAX))?)
            }
            _ => Values::Texts(self.list(name, list, |reader, item| reader.text_value(field, item))?),
        })
    }

    fn text_value(&mut self, field: RuleField, value: &Value<'_>) -> Option<String> {
        match field.shape() {
            Shape::Code(register) | Shape::Codes(Some(register)) => {
                self.code_of(register, field.name(), value)
            }
            Shape::Codes(None) => self.code(field.name(), value),
            _ => self.text_of(field.name(), value, REFERENCE_BYTES_MAX),
        }
    }
}

/// What a field takes, as it is written.
fn fitting(field: RuleField) -> Bilingual {
    Bilingual::told(|language| fitting_in(field, language))
}

fn fitting_in(field: RuleField, language: Language) -> String {
    let list = field.dataset_list().map_or("", crate::charter::DatasetList::key);
    let written = |kind: &ConditionKind| match kind {
        ConditionKind::Value => match field.shape() {
            Shape::Flag => language.pick("true oder false", "true or false").to_owned(),
            Shape::Count => language.pick("eine Zahl", "a number").to_owned(),
            _ => language.pick("ein Wert in Anführungszeichen", "a value in quotes").to_owned(),
        },
        ConditionKind::In => "{ in = [\"…\"] }".to_owned(),
        ConditionKind::Present => "{ present = true }".to_owned(),
        ConditionKind::AtMostOfDataset => "{ at_most_of_dataset = \"record_ceiling\" }".to_owned(),
        ConditionKind::NotOlderThanOfDataset => "{ not_older_than_of_dataset = \"keep_days\" }".to_owned(),
        ConditionKind::ListedInDataset => format!("{{ listed_in_dataset = \"{list}\" }}"),
        number => format!("{{ {} = 30 }}", number.key()),
    };
    field.conditions().iter().map(written).collect::<Vec<_>>().join(language.pick(" oder ", " or "))
}
