//! Why an access does not fit a commitment, or why nobody can tell.

use super::phrase::{either, first_of, flag_phrase, phrase};
use super::{Language, words};
use crate::charter::{Charter, Consequence, Dataset, Demand, Listed, RuleField, Test, Values};
use crate::judge::{Doubt, Explained, Explanation, Finding, Inheritance, Outcome, Said};
use crate::verdict::Verdict;

/// Values that a reason names of those that a charter lists. It is told with every access; the sentences of the rule and
/// of the data set have all.
const LISTED_SHOWN: usize = 10;

impl Charter {
    /// Why the access is what it is to a commitment, as one sentence. Of a list of the charter it names the first values,
    /// and says how many there are beyond.
    #[must_use]
    pub fn reason_sentence(&self, explained: &Explained<'_>, language: Language) -> String {
        let id = &explained.commitment.id;
        let consequence = explained.commitment.rule().map_or(Consequence::Must, |rule| rule.consequence);
        let mut reasons: Vec<String> =
            explained.findings.iter().map(|finding| self.clause(finding, consequence, language)).collect();
        if reasons.is_empty() {
            // A hidden record has verdicts, and nothing that they could be found in.
            let hidden =
                language.pick("der Zugriff noch vertraulich ist", "the access is still confidential");
            reasons.push(hidden.to_owned());
        }
        reasons.dedup();
        let why = language.join(&reasons, "und", "and");
        match (explained.outcome, &explained.commitment.demand) {
            (Outcome::Question, Demand::Question(_)) => {
                format!("{id}: {}", self.commitment_sentence(explained.commitment, language))
            }
            (Outcome::DoesNotApply, _) => language.pick(
                format!("{id} betrifft diesen Zugriff nicht."),
                format!("{id} does not apply to this access."),
            ),
            (Outcome::Judged(Verdict::Deviates), _) => language.pick(
                format!("Der Zugriff passt nicht zu {id}, weil {why}."),
                format!("The access does not fit {id} because {why}."),
            ),
            (Outcome::Judged(Verdict::NotVerifiable), _) => language.pick(
                format!("Ob der Zugriff zu {id} passt, lässt sich nicht prüfen, weil {why}."),
                format!("Whether the access fits {id} can't be verified because {why}."),
            ),
            _ => language.pick(format!("Der Zugriff passt zu {id}."), format!("The access fits {id}.")),
        }
    }

    /// What came of the activity that an access names; `None` if it names none.
    #[must_use]
    pub fn inheritance_sentence(&self, explanation: &Explanation<'_>, language: Language) -> Option<String> {
        Some(match explanation.inheritance {
            Inheritance::NoActivity => return None,
            Inheritance::From(activity) => {
                let name = words::titled(&activity.titles, &activity.id, language);
                language.pick(
                    format!("Was der Zugriff nicht selbst angibt, gilt wie bei der Tätigkeit {name}."),
                    format!("What the access does not state itself is taken from the activity {name}."),
                )
            }
            Inheritance::Unknown(id) => {
                let id = words::quoted(&String::from_utf8_lossy(id), language);
                language.pick(
                    format!("Die Charta kennt die Tätigkeit {id} nicht; von ihr gilt nichts."),
                    format!("The charter does not know the activity {id}; nothing is taken from it."),
                )
            }
            Inheritance::OtherDatasets(activity) => {
                let name = words::titled(&activity.titles, &activity.id, language);
                language.pick(
                    format!("Die Tätigkeit {name} betrifft andere Datenbestände; von ihr gilt nichts."),
                    format!("The activity {name} is about other data sets; nothing is taken from it."),
                )
            }
        })
    }

    fn clause(&self, finding: &Finding<'_>, consequence: Consequence, language: Language) -> String {
        let field = finding.condition.field;
        let (subject, plural) = words::field(field, language);
        match (finding.doubt, finding.said) {
            (Some(doubt), _) => self.doubt(doubt, finding, language),
            (None, Said::Flag(flag)) => flag_phrase(field, flag, language).clause(),
            // It must not be stated, and it is.
            (None, _) if finding.condition.test == Test::Present => {
                let is = phrase(self, finding.condition, language).clause();
                match self.said(finding, language) {
                    Some(said) => format!("{is} ({said})"),
                    None => is,
                }
            }
            (None, _) => {
                let said = self.said(finding, language).unwrap_or_default();
                let limit = match is_the_only_value(finding) && consequence == Consequence::MustNot {
                    // What it must not be is what it is said to be.
                    true => String::new(),
                    false => format!(" ({})", self.limit(finding, consequence, language)),
                };
                match (language, matches!(finding.said, Said::Day(_))) {
                    (Language::German, true) => format!("{subject} {said} liegt{limit}"),
                    (Language::English, true) => format!("{subject} lies {said}{limit}"),
                    (Language::German, false) => {
                        format!("{subject} {said} {}{limit}", if plural { "sind" } else { "ist" })
                    }
                    (Language::English, false) => {
                        format!("{subject} {} {said}{limit}", if plural { "are" } else { "is" })
                    }
                }
            }
        }
    }

    fn doubt(&self, doubt: Doubt<'_>, finding: &Finding<'_>, language: Language) -> String {
        match doubt {
            Doubt::NotStated => {
                let (subject, plural) = words::field(finding.condition.field, language);
                match language {
                    Language::German => {
                        format!("{subject} nicht angegeben {}", if plural { "sind" } else { "ist" })
                    }
                    Language::English => {
                        format!("{subject} {} not stated", if plural { "are" } else { "is" })
                    }
                }
            }
            Doubt::UnknownDataset(id) => {
                let id = words::quoted(&String::from_utf8_lossy(id), language);
                language.pick(
                    format!("die Charta den Datenbestand {id} nicht kennt"),
                    format!("the charter does not know the data set {id}"),
                )
            }
            Doubt::DatasetSilent(dataset) => {
                let name = words::titled(&dataset.titles, &dataset.id, language);
                let what = asked(finding, language);
                language.pick(
                    format!("die Charta für den Datenbestand {name} {what} nicht angibt"),
                    format!("the charter does not state {what} for the data set {name}"),
                )
            }
        }
    }

    /// What the access says.
    fn said(&self, finding: &Finding<'_>, language: Language) -> Option<String> {
        let field = finding.condition.field;
        let code = |text: &[u8]| words::code(self, field, &String::from_utf8_lossy(text), language);
        Some(match finding.said {
            Said::Text(text) => code(text),
            Said::Texts(texts) => language.join(&texts.iter().map(code).collect::<Vec<_>>(), "und", "and"),
            Said::Choice(number) => words::choice(field, number, language),
            Said::Count(count) => language.number(count),
            Said::Day(_) => {
                let before = finding.days_before_access.unwrap_or_default();
                let days = words::days(before.unsigned_abs(), language);
                match before {
                    0.. => {
                        language.pick(format!("{days} vor dem Zugriff"), format!("{days} before the access"))
                    }
                    _ => {
                        language.pick(format!("{days} nach dem Zugriff"), format!("{days} after the access"))
                    }
                }
            }
            Said::Flag(_) | Said::Nothing | Said::Something => return None,
        })
    }

    /// What would have fitted, or what does not.
    fn limit(&self, finding: &Finding<'_>, consequence: Consequence, language: Language) -> String {
        let field = finding.condition.field;
        let days = |days: u32| words::days(u64::from(days), language);
        let (most, least) = (language.pick("höchstens", "at most"), language.pick("mindestens", "at least"));
        let (limit, is_list) = match (&finding.condition.test, finding.dataset) {
            (Test::OneOf(values), _) => (first_of(self, field, values, LISTED_SHOWN, language), true),
            (Test::AtMost(number), _) => (format!("{most} {}", language.number(*number)), false),
            (Test::AtMostOfDataset, Some(dataset)) => {
                let ceiling = language.number(dataset.record_ceiling.unwrap_or_default());
                (format!("{most} {ceiling}"), false)
            }
            (Test::ListedInDataset, Some(dataset)) => (self.listed(dataset, field, language), true),
            (Test::NotOlderThanDays(number), _) => (format!("{most} {}", days(*number)), false),
            (Test::NotOlderThanOfDataset, Some(dataset)) => {
                (format!("{most} {}", days(dataset.keep_days.unwrap_or_default())), false)
            }
            (Test::DaysBeforeAccess(number), _) => (format!("{least} {}", days(*number)), false),
            _ => return String::new(),
        };
        let of = finding.dataset.filter(|_| finding.condition.test.asks_dataset()).map(|dataset| {
            let name = words::titled(&dataset.titles, &dataset.id, language);
            language.pick(format!(" bei {name}"), format!(" for {name}"))
        });
        let of = of.unwrap_or_default();
        match (consequence, is_list) {
            (Consequence::Must, false) => format!("{limit}{of}"),
            (Consequence::Must, true) => {
                let word = match of.is_empty() {
                    true => language.pick("vorgesehen", "expected"),
                    false => language.pick("vorgesehen", "listed"),
                };
                format!("{word}{of}: {limit}")
            }
            (Consequence::MustNot, _) => {
                format!("{}{of}: {limit}", language.pick("ausgeschlossen", "excluded"))
            }
        }
    }

    fn listed(&self, dataset: &Dataset, field: RuleField, language: Language) -> String {
        match field.dataset_list().and_then(|list| dataset.list(list)) {
            Some(Listed::Codes(codes)) => {
                let codes = codes.iter().map(|code| words::code(self, field, code, language));
                either(codes, LISTED_SHOWN, language)
            }
            Some(Listed::Operations(numbers)) => {
                let names = numbers.iter().map(|number| words::choice(field, *number, language));
                either(names, LISTED_SHOWN, language)
            }
            None => String::new(),
        }
    }
}

/// Whether the condition names one value, and no more.
fn is_the_only_value(finding: &Finding<'_>) -> bool {
    match &finding.condition.test {
        Test::OneOf(Values::Texts(texts)) => texts.len() == 1,
        Test::OneOf(Values::Choices(numbers)) => numbers.len() == 1,
        Test::OneOf(Values::Counts(counts)) => counts.len() == 1,
        _ => false,
    }
}

/// What a condition asks a data set for, with its article.
fn asked(finding: &Finding<'_>, language: Language) -> String {
    match (&finding.condition.test, finding.condition.field.dataset_list()) {
        (Test::AtMostOfDataset, _) => language.pick("die Obergrenze", "the ceiling").to_owned(),
        (Test::NotOlderThanOfDataset, _) => language.pick("die Nutzungsdauer", "the days of use").to_owned(),
        (_, Some(list)) => format!("{} {}", language.pick("die", "the"), words::list(list, language)),
        _ => String::new(),
    }
}
