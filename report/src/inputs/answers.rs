//! What the city answers to the questions of its charter.

use std::collections::BTreeSet;

use einsicht_access::Charter;
use einsicht_access::charter::Demand;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

use super::InputFile;
use super::file::{InputError, Reading, Slip};
use crate::document::Text;

/// A file of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers(Vec<(String, Answer)>);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What is answered.
    pub text: Text,
    /// Who answers.
    pub by: Text,
    /// When, `YYYY-MM-DD`.
    pub on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    answer: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    commitment: Spanned<String>,
    text: Spanned<String>,
    text_en: Option<Spanned<String>>,
    by: Spanned<String>,
    by_en: Option<Spanned<String>>,
    on: Spanned<Datetime>,
}

impl Answers {
    /// Reads such a file. Answers are to questions of `charter`, each at most once.
    pub(crate) fn read(file: InputFile<'_>, charter: Option<&Charter>) -> Result<Self, InputError> {
        let (reading, raw): (_, File) = Reading::of(file)?;
        let commitments = charter.map(Charter::commitments).unwrap_or_default();
        let questions = commitments.iter().filter(|one| matches!(one.demand, Demand::Question(_)));
        let known: Vec<String> = questions.map(|one| one.id.clone()).collect();
        let mut ids = BTreeSet::new();
        let mut answers = Vec::new();
        for raw in raw.answer {
            let place = raw.commitment.span();
            let id = raw.commitment.into_inner();
            if !known.contains(&id) {
                return Err(reading.error(&place, Slip::NoQuestion { id, known }));
            }
            if !ids.insert(id.clone()) {
                return Err(reading.error(&place, Slip::Twice { id }));
            }
            let answer = Answer {
                text: reading.text("text", raw.text, raw.text_en)?,
                by: reading.text("by", raw.by, raw.by_en)?,
                on: reading.day(raw.on)?,
            };
            answers.push((id, answer));
        }
        Ok(Self(answers))
    }

    /// The answer to a question.
    pub fn to(&self, commitment: &str) -> Option<&Answer> {
        self.0.iter().find(|(id, _)| id == commitment).map(|(_, answer)| answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHARTER: &str = include_str!("../../../charters/ulm.toml");

    fn read(text: &str) -> Result<Answers, String> {
        let charter = Charter::parse("ulm.toml", CHARTER.as_bytes()).unwrap();
        let file = InputFile { name: "answers.toml", bytes: text.as_bytes() };
        Answers::read(file, Some(&charter)).map_err(|error| error.to_string())
    }

    #[test]
    fn an_answer_says_who_and_when() {
        let text = "[[answer]]\ncommitment = \"DE-12\"\ntext = \"Radwege.\"\nby = \"Gemeinderat\"\nby_en = \"City council\"\non = 2026-12-01\n";
        let answers = read(text).unwrap();
        let answer = answers.to("DE-12").unwrap();
        assert_eq!((answer.text.en.as_str(), answer.by.en.as_str()), ("Radwege.", "City council"));
        assert_eq!((answer.on.as_str(), answers.to("DE-01")), ("2026-12-01", None));
        let twice = read(&text.repeat(2)).unwrap_err();
        assert_eq!(twice, "answers.toml:8: \"DE-12\" stands here a second time");
    }

    #[test]
    fn what_is_computed_takes_no_answer() {
        let error =
            read("[[answer]]\ncommitment = \"DE-01\"\ntext = \"Nie.\"\nby = \"x\"\non = 2026-12-01\n")
                .unwrap_err();
        assert_eq!(
            error,
            "answers.toml:2: \"DE-01\" is no question of the charter in force; there are: DE-12"
        );
    }
}
