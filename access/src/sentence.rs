//! Rules, data sets and activities as plain sentences, in German and in English.
//!
//! A sentence is made from the rule itself, never from its title: what is shown is what is checked. Codes stand
//! behind their titles, for they are what is compared. The words never accuse: an access fits a rule, does not fit
//! it, or nobody can tell; what that means, people decide.

mod because;
mod bilingual;
mod inventory;
mod phrase;
mod words;

pub use self::bilingual::Bilingual;
use self::phrase::phrase;
pub(crate) use self::words::{
    choice, days, list as list_name, named, personal, provenance, records, register, retention_term,
    severity, titled,
};
use crate::charter::{
    Charter, Commitment, Condition, Consequence, Demand, Rule, RuleField, Severity, Test, Titles, Values,
};

/// A language that citizens are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// German.
    German,
    /// English.
    English,
}

impl Language {
    /// The one or the other.
    pub(crate) fn pick<T>(self, german: T, english: T) -> T {
        match self {
            Self::German => german,
            Self::English => english,
        }
    }

    /// A whole number, its digits in groups of three.
    #[must_use]
    pub fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut grouped = String::new();
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                grouped.push(self.pick('.', ','));
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A day of the calendar, given in days since 1970-01-01; one that no calendar has by its number.
    #[must_use]
    pub fn day(self, day: i64) -> String {
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = jiff::Span::new().try_days(day).ok().and_then(|days| epoch.checked_add(days).ok());
        let Some(date) = date else { return self.pick(format!("Tag {day}"), format!("day {day}")) };
        let month = words::month(self, date.month());
        match self {
            Self::German => format!("{}. {month} {}", date.day(), date.year()),
            Self::English => format!("{} {month} {}", date.day(), date.year()),
        }
    }

    /// What something is called; in German where a charter has no other.
    #[must_use]
    pub fn title(self, titles: &Titles) -> &str {
        words::title(titles, self)
    }

    /// What a value of an enumeration is called; `None` of a number, or of a field, that has no name for people.
    #[must_use]
    pub fn choice(self, field: RuleField, number: i32) -> Option<&'static str> {
        words::plain_choice(field, number, self)
    }

    /// The name of a month of the year, counted from 1; none of a number that no month has.
    #[must_use]
    pub fn month(self, month: u32) -> &'static str {
        i8::try_from(month).map_or("", |month| words::month(self, month))
    }

    /// How much a deviation weighs.
    #[must_use]
    pub fn severity(self, severity: Severity) -> &'static str {
        words::severity(severity, self)
    }

    /// Items with commas, and a word before the last.
    pub(crate) fn join(self, items: &[String], german: &str, english: &str) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.pick(german, english)),
        }
    }
}

impl Charter {
    /// What a commitment asks for, as one sentence: its rule, or its question.
    #[must_use]
    pub fn commitment_sentence(&self, commitment: &Commitment, language: Language) -> String {
        match &commitment.demand {
            Demand::Rule(rule) => self.rule_sentence(rule, language),
            Demand::Question(titles) => {
                let asked = words::title(titles, language);
                language.pick(
                    format!("Menschen beantworten die Frage: {asked}"),
                    format!("People answer: {asked}"),
                )
            }
        }
    }

    /// Where a commitment comes from, and how well that is known.
    #[must_use]
    pub fn provenance(&self, commitment: &Commitment, language: Language) -> String {
        words::provenance(commitment, language)
    }

    /// A rule as one sentence.
    #[must_use]
    pub fn rule_sentence(&self, rule: &Rule, language: Language) -> String {
        let clause = |condition: &Condition| phrase(self, condition, language).clause();
        let clauses = |conditions: &[Condition]| {
            language.join(&conditions.iter().map(clause).collect::<Vec<_>>(), "und", "and")
        };
        let start = match &rule.when[..] {
            [] => language.pick("Bei jedem Zugriff ", "For every access, ").to_owned(),
            when => language.pick(format!("Wenn {}, ", clauses(when)), format!("If {}, ", clauses(when))),
        };
        let demand = match (rule.consequence, &rule.conditions[..]) {
            (Consequence::Must, conditions) => {
                let must = conditions.iter().map(|one| phrase(self, one, language).must());
                must.collect::<Vec<_>>().join(language.pick(", und es ", ", and "))
            }
            (Consequence::MustNot, [one]) => match opposite(one) {
                Some(opposite) => phrase(self, &opposite, language).must(),
                None => phrase(self, one, language).must_not(),
            },
            (Consequence::MustNot, several) => language.pick(
                format!("darf nicht zugleich gelten, dass {}", clauses(several)),
                format!("it must not be that {}", clauses(several)),
            ),
        };
        format!("{start}{demand}.")
    }
}

/// That something must not be so is said as that it must be otherwise, where there is one otherwise.
fn opposite(condition: &Condition) -> Option<Condition> {
    match &condition.test {
        Test::OneOf(Values::Flag(flag)) => {
            Some(Condition { field: condition.field, test: Test::OneOf(Values::Flag(!flag)) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
