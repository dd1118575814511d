//! One condition in words: as a clause (that it is so) and as a demand (that it must be so).

use super::{Language, words};
use crate::charter::{Charter, Condition, RuleField, Test, Values};

/// Subject, verb and complement of a condition.
pub(super) struct Phrase {
    language: Language,
    subject: String,
    plural: bool,
    complement: String,
    verb: Verb,
    /// What follows the verb in German, as a clause of its own.
    tail: &'static str,
    negation: Negation,
    /// It is about a limit, up to which something may be.
    is_limit: bool,
}

/// Whether, and where, it says that something is not so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Negation {
    None,
    /// In the complement, or beside the verb.
    Not,
    /// In the subject: nothing.
    Nothing,
}

#[derive(Clone, Copy)]
enum Verb {
    /// to be
    Be,
    /// to lie
    Lie,
    /// In German "hinausgehen".
    Exceed,
    /// In German "gegeben werden".
    BeGiven,
}

impl Verb {
    fn infinitive(self, language: Language) -> &'static str {
        match self {
            Self::Be => language.pick("sein", "be"),
            Self::Lie => language.pick("liegen", "lie"),
            Self::Exceed => language.pick("hinausgehen", "be"),
            Self::BeGiven => language.pick("gegeben werden", "be"),
        }
    }

    fn finite(self, language: Language, plural: bool) -> &'static str {
        match (self, plural) {
            (Self::Be, false) => language.pick("ist", "is"),
            (Self::Be, true) => language.pick("sind", "are"),
            (Self::Lie, false) => language.pick("liegt", "lies"),
            (Self::Lie, true) => language.pick("liegen", "lie"),
            (Self::Exceed, _) => language.pick("hinausgeht", "is"),
            (Self::BeGiven, _) => language.pick("gegeben wird", "is"),
        }
    }
}

impl Phrase {
    /// "der Zweck für den Datenbestand vorgesehen ist", "the purpose is listed for the data set".
    pub fn clause(&self) -> String {
        let Self { language, subject, complement, .. } = self;
        let verb = self.verb.finite(*language, self.plural);
        match language {
            Language::German => self.with_tail(&[subject, complement, verb]),
            Language::English => spaced(&[subject, verb, self.not(), complement]),
        }
    }

    /// "der Zweck ist für den Datenbestand vorgesehen", "the purpose is listed for the data set".
    pub fn statement(&self) -> String {
        let Self { language, subject, complement, .. } = self;
        match (language, self.verb) {
            (Language::English, _) => self.clause(),
            (Language::German, Verb::BeGiven) => spaced(&["es wird", subject, complement, "gegeben"]),
            (Language::German, Verb::Exceed) => spaced(&[subject, "geht", complement, "hinaus"]),
            (Language::German, verb) => {
                self.with_tail(&[subject, verb.finite(*language, self.plural), complement])
            }
        }
    }

    /// "muss der Zweck … sein", "the purpose must be …".
    pub fn must(&self) -> String {
        let Self { language, subject, complement, .. } = self;
        let verb = self.verb.infinitive(*language);
        let may = self.is_limit || self.negation != Negation::None;
        let modal = match (may, self.plural) {
            (false, false) => "muss",
            (false, true) => "müssen",
            (true, false) => "darf",
            (true, true) => "dürfen",
        };
        match language {
            Language::German => self.with_tail(&[modal, subject, complement, verb]),
            Language::English => {
                // "Nothing must" could mean that nothing has to.
                let modal = if self.negation == Negation::Nothing { "may" } else { "must" };
                spaced(&[subject, modal, self.not(), verb, complement])
            }
        }
    }

    /// "darf der Zweck nicht … sein", "the purpose must not be …".
    pub fn must_not(&self) -> String {
        let Self { language, subject, complement, .. } = self;
        let verb = self.verb.infinitive(*language);
        match language {
            Language::German => {
                let modal = if self.plural { "dürfen" } else { "darf" };
                self.with_tail(&[modal, subject, "nicht", complement, verb])
            }
            Language::English => spaced(&[subject, "must not", verb, complement]),
        }
    }

    fn not(&self) -> &'static str {
        if self.negation == Negation::Not { "not" } else { "" }
    }

    fn with_tail(&self, words: &[&str]) -> String {
        match self.tail {
            "" => spaced(words),
            tail => format!("{}, {tail}", spaced(words)),
        }
    }
}

fn spaced(words: &[&str]) -> String {
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// A condition in words.
pub(super) fn phrase(charter: &Charter, condition: &Condition, language: Language) -> Phrase {
    if let Test::OneOf(Values::Flag(flag)) = condition.test {
        return flag_phrase(condition.field, flag, language);
    }
    let (subject, plural) = words::field(condition.field, language);
    let lies = matches!(
        condition.test,
        Test::NotOlderThanDays(_) | Test::NotOlderThanOfDataset | Test::DaysBeforeAccess(_)
    );
    let is_limit = matches!(
        condition.test,
        Test::AtMost(_) | Test::AtMostOfDataset | Test::NotOlderThanDays(_) | Test::NotOlderThanOfDataset
    );
    let tail = match condition.test {
        Test::NotOlderThanOfDataset => {
            language.pick("wie der Datenbestand nach der Erhebung genutzt werden darf", "")
        }
        _ => "",
    };
    Phrase {
        language,
        subject: subject.to_owned(),
        plural,
        complement: complement(charter, condition, language),
        verb: if lies { Verb::Lie } else { Verb::Be },
        tail,
        negation: Negation::None,
        is_limit,
    }
}

/// What is, or is not, so.
pub(super) fn flag_phrase(field: RuleField, flag: bool, language: Language) -> Phrase {
    let (subject, complement, verb) = match (field, language, flag) {
        (RuleField::Consideration, Language::German, true) => ("eine Gegenleistung", "", Verb::BeGiven),
        (RuleField::Consideration, Language::German, false) => ("keine Gegenleistung", "", Verb::BeGiven),
        (RuleField::Consideration, Language::English, true) => {
            ("something", "given in return", Verb::BeGiven)
        }
        (RuleField::Consideration, Language::English, false) => ("nothing", "given in return", Verb::BeGiven),
        (RuleField::SecondaryUse, Language::German, true) => {
            ("die Nutzung", "über den ursprünglichen Zweck", Verb::Exceed)
        }
        (RuleField::SecondaryUse, Language::German, false) => {
            ("die Nutzung", "nicht über den ursprünglichen Zweck", Verb::Exceed)
        }
        (RuleField::SecondaryUse, Language::English, _) => {
            ("the use", "beyond the original purpose", Verb::Exceed)
        }
        (_, Language::German, true) => ("die Daten", "personenbezogen", Verb::Be),
        (_, Language::German, false) => ("die Daten", "nicht personenbezogen", Verb::Be),
        (_, Language::English, _) => ("the data", "personal", Verb::Be),
    };
    let negation = match (flag, field) {
        (true, _) => Negation::None,
        (false, RuleField::Consideration) => Negation::Nothing,
        (false, _) => Negation::Not,
    };
    Phrase {
        language,
        subject: subject.to_owned(),
        plural: language == Language::German && field == RuleField::Personal,
        complement: complement.to_owned(),
        verb,
        tail: "",
        negation,
        is_limit: false,
    }
}

fn complement(charter: &Charter, condition: &Condition, language: Language) -> String {
    let days = |days: &u32| words::days(u64::from(*days), language);
    match &condition.test {
        Test::OneOf(values) => one_of(charter, condition.field, values, language),
        Test::Present => language.pick("angegeben", "stated").to_owned(),
        Test::AtMost(most) => {
            let most = language.number(*most);
            language.pick(format!("höchstens {most}"), format!("at most {most}"))
        }
        Test::AtMostOfDataset => language
            .pick(
                "höchstens so groß wie die Obergrenze des Datenbestands",
                "at most the ceiling of the data set",
            )
            .to_owned(),
        Test::ListedInDataset => language
            .pick("für den Datenbestand vorgesehen", "one of those listed for the data set")
            .to_owned(),
        Test::NotOlderThanDays(most) => language.pick(
            format!("höchstens {} vor dem Zugriff", days(most)),
            format!("at most {} before the access", days(most)),
        ),
        Test::NotOlderThanOfDataset => language
            .pick(
                "höchstens so viele Tage vor dem Zugriff",
                "at most as many days before the access as the data set may be used after collection",
            )
            .to_owned(),
        Test::DaysBeforeAccess(least) => language.pick(
            format!("mindestens {} vor dem Zugriff", days(least)),
            format!("at least {} before the access", days(least)),
        ),
    }
}

/// Values, with "or" between them.
pub(super) fn one_of(charter: &Charter, field: RuleField, values: &Values, language: Language) -> String {
    first_of(charter, field, values, usize::MAX, language)
}

/// The same, with so many of them at most.
pub(super) fn first_of(
    charter: &Charter,
    field: RuleField,
    values: &Values,
    most: usize,
    language: Language,
) -> String {
    match values {
        Values::Texts(texts) => {
            let is_list = matches!(field, RuleField::Categories | RuleField::OtherDatasets);
            let only = if is_list { language.pick("ausschließlich ", "only ") } else { "" };
            let codes = texts.iter().map(|text| words::code(charter, field, text, language));
            format!("{only}{}", either(codes, most, language))
        }
        Values::Choices(numbers) => {
            either(numbers.iter().map(|number| words::choice(field, *number, language)), most, language)
        }
        Values::Counts(counts) => either(counts.iter().map(|count| language.number(*count)), most, language),
        Values::Flag(flag) => flag.to_string(),
    }
}

/// So many at most, and how many there are beyond; where that is one, it is named itself.
pub(super) fn either(
    names: impl ExactSizeIterator<Item = String>,
    most: usize,
    language: Language,
) -> String {
    let count = names.len();
    let most = if count > most.saturating_add(1) { most } else { count };
    let mut shown: Vec<String> = names.take(most).collect();
    if most < count {
        let more = language.number((count - most) as u64);
        shown.push(language.pick(format!("{more} weitere"), format!("{more} more")));
    }
    language.join(&shown, "oder", "or")
}
