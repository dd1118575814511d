//! A charter, as programmes read it: each sentence in both languages.

use einsicht_access::charter::{Charter, Commitment, Evidence, Severity};
use einsicht_access::{CharterError, Language};
use einsicht_client::Day;
use serde_json::{Value, json};

/// The same in both languages: `{"de": …, "en": …}`.
pub fn both(tell: impl Fn(Language) -> String) -> Value {
    json!({"de": tell(Language::German), "en": tell(Language::English)})
}

/// What a charter says.
pub fn charter_json(charter: &Charter) -> Value {
    let datasets = charter.datasets().iter().map(|dataset| {
        json!({"id": dataset.id, "sentence": both(|language| charter.dataset_sentence(dataset, language))})
    });
    let activities = charter.activities().iter().map(|activity| {
        json!({"id": activity.id, "sentence": both(|language| charter.activity_sentence(activity, language))})
    });
    let adopted = charter.adopted_day().and_then(Day::of_days_since_1970);
    json!({
        "title": both(|language| language.title(charter.titles()).to_owned()),
        "adopted": adopted.map(|day| day.to_string()),
        "wording_checked": charter.wording_checked(),
        "commitments":
            charter.commitments().iter().map(|one| commitment_json(charter, one)).collect::<Vec<_>>(),
        "datasets": datasets.collect::<Vec<_>>(),
        "activities": activities.collect::<Vec<_>>(),
    })
}

fn commitment_json(charter: &Charter, commitment: &Commitment) -> Value {
    let severity = commitment.rule().map(|rule| rule.severity);
    let severity = Severity::NAMES.iter().find(|(_, known)| Some(*known) == severity);
    json!({
        "id": commitment.id,
        "title": both(|language| language.title(&commitment.titles).to_owned()),
        "sentence": both(|language| charter.commitment_sentence(commitment, language)),
        "is_question": commitment.rule().is_none(),
        "severity": severity.map(|(name, _)| name),
        "source": commitment.source,
        "evidence": evidence(commitment),
        "interpretation": commitment.interpretation,
    })
}

/// What kind of source a commitment has, as charters write it.
pub fn evidence(commitment: &Commitment) -> Option<&'static str> {
    let found = Evidence::NAMES.iter().find(|(_, known)| *known == commitment.evidence);
    found.map(|(name, _)| *name)
}

/// What is wrong with a charter.
pub fn problems_json(error: &CharterError) -> Value {
    let problems = error.problems.iter().map(|problem| {
        json!({
            "line": problem.line,
            "column": problem.column,
            "problem": both(|language| problem.reason.sentence(language)),
            "excerpt": problem.excerpt,
        })
    });
    json!({
        "outcome": "unusable",
        "file": error.name,
        "problems": problems.collect::<Vec<_>>(),
        "more": error.more,
    })
}
