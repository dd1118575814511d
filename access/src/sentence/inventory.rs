//! Data sets and activities as sentences.

use super::phrase::{flag_phrase, one_of};
use super::{Language, words};
use crate::charter::{
    Activity, Charter, Dataset, DatasetList, Listed, Personal, Register, RuleField, Values,
};

impl Charter {
    /// What the charter says of a data set, as one sentence.
    #[must_use]
    pub fn dataset_sentence(&self, dataset: &Dataset, language: Language) -> String {
        let name = words::titled(&dataset.titles, &dataset.id, language);
        let personal = words::personal(dataset.personal, language);
        let kind = match (dataset.sensor, language) {
            (true, Language::German) => format!("Die Messwerte des Sensors {name} sind {personal}"),
            (true, Language::English) if dataset.personal == Personal::None => {
                format!("The readings of the sensor {name} are not personal data")
            }
            (true, Language::English) => format!("The readings of the sensor {name} are {personal}"),
            (false, Language::German) => format!("Der Datenbestand {name} enthält {personal}"),
            (false, Language::English) => format!("The data set {name} holds {personal}"),
        };
        let mut parts = vec![kind];
        parts.extend(DatasetList::ALL.into_iter().filter_map(|list| self.list_part(dataset, list, language)));
        if let Some(ceiling) = dataset.record_ceiling {
            let records = words::records(ceiling, language);
            parts.push(
                language.pick(
                    format!("höchstens {records} je Zugriff"),
                    format!("at most {records} in one access"),
                ),
            );
        }
        if let Some(days) = dataset.keep_days {
            let days = words::days(u64::from(days), language);
            parts.push(language.pick(
                format!("Nutzung höchstens {days} nach der Erhebung"),
                format!("used at most {days} after collection"),
            ));
        }
        if let Some(class) = dataset.retention_class {
            parts.push(words::retention(class, language));
        }
        format!("{}.", parts.join("; "))
    }

    fn list_part(&self, dataset: &Dataset, list: DatasetList, language: Language) -> Option<String> {
        let values: Vec<String> = match dataset.list(list)? {
            Listed::Codes(codes) => {
                let register = list.register()?;
                codes.iter().map(|code| words::named(self, register, code, language)).collect()
            }
            Listed::Operations(numbers) => {
                numbers.iter().map(|number| words::choice(RuleField::Operation, *number, language)).collect()
            }
        };
        Some(format!("{}: {}", words::list(list, language), values.join(", ")))
    }

    /// What the accesses of an activity inherit, as one sentence.
    #[must_use]
    pub fn activity_sentence(&self, activity: &Activity, language: Language) -> String {
        let name = words::titled(&activity.titles, &activity.id, language);
        let datasets: Vec<String> =
            activity.datasets.iter().map(|id| words::named(self, Register::Dataset, id, language)).collect();
        // One of them is enough.
        let datasets = language.join(&datasets, "oder", "or");
        let inherited = self.inherited(activity, language);
        let inherited = match inherited.is_empty() {
            true => language.pick("nichts", "nothing").to_owned(),
            false => inherited.join("; "),
        };
        language.pick(
            format!(
                "Wer die Tätigkeit {name} nennt und auf {datasets} zugreift, gibt damit an: {inherited}."
            ),
            format!("An access to {datasets} that names the activity {name} states with it: {inherited}."),
        )
    }

    fn inherited(&self, activity: &Activity, language: Language) -> Vec<String> {
        let facts = &activity.facts;
        let texts = [
            (RuleField::Purpose, &facts.purpose),
            (RuleField::Unit, &facts.unit),
            (RuleField::Role, &facts.role),
            (RuleField::LegalBasis, &facts.legal_basis),
            (RuleField::NationalNorm, &facts.national_norm),
            (RuleField::Recipient, &facts.recipient),
            (RuleField::StorageLocation, &facts.storage_location),
            (RuleField::Announcement, &facts.announcement),
            (RuleField::Approval, &facts.approval),
        ];
        let choices = [(RuleField::ActorKind, facts.actor_kind), (RuleField::Processing, facts.processing)];
        let flags =
            [(RuleField::SecondaryUse, facts.secondary_use), (RuleField::Consideration, facts.consideration)];
        let is = |field: RuleField, values: &Values| {
            let (subject, plural) = words::field(field, language);
            let verb = if plural { language.pick("sind", "are") } else { language.pick("ist", "is") };
            format!("{subject} {verb} {}", one_of(self, field, values, language))
        };
        let texts = texts
            .into_iter()
            .filter_map(|(field, text)| Some(is(field, &Values::Texts(vec![text.clone()?]))));
        let categories = (!facts.categories.is_empty()).then(|| {
            let (subject, _) = words::field(RuleField::Categories, language);
            let all: Vec<_> = facts.categories.iter().map(|one| words::quoted(one, language)).collect();
            format!("{subject} {} {}", language.pick("sind", "are"), language.join(&all, "und", "and"))
        });
        let choices = choices
            .into_iter()
            .filter_map(|(field, number)| Some(is(field, &Values::Choices(vec![number?]))));
        let flags = flags
            .into_iter()
            .filter_map(|(field, flag)| Some(flag_phrase(field, flag?, language).statement()));
        let announced = facts.announced_on.map(|day| {
            let day = language.day(i64::from(day));
            language.pick(
                format!("der Tag der Ankündigung ist der {day}"),
                format!("the day of the announcement is {day}"),
            )
        });
        texts.chain(categories).chain(choices).chain(flags).chain(announced).collect()
    }
}
