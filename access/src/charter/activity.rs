//! Processing activities: what no application should have to send with every event.

use super::titles::Titles;
use crate::facts::{Codes, Facts};

/// An entry of the register of processing activities (GDPR Article 30), and what it says of each of its accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its code.
    pub id: String,
    /// Its names.
    pub titles: Titles,
    /// The data sets that it is about, at least one. Accesses to others get nothing from it.
    pub datasets: Vec<String>,
    /// What its accesses inherit.
    pub facts: StaticFacts,
}

/// What an access inherits where it says nothing itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "named as in event.proto, which describes them")]
pub struct StaticFacts {
    pub purpose: Option<String>,
    pub unit: Option<String>,
    pub role: Option<String>,
    /// Number of `ActorKind`.
    pub actor_kind: Option<i32>,
    pub legal_basis: Option<String>,
    pub national_norm: Option<String>,
    pub recipient: Option<String>,
    /// Empty if the activity does not say.
    pub categories: Vec<String>,
    /// Number of `Processing`.
    pub processing: Option<i32>,
    pub secondary_use: Option<bool>,
    pub consideration: Option<bool>,
    pub storage_location: Option<String>,
    pub announcement: Option<String>,
    /// Days since 1970-01-01.
    pub announced_on: Option<i32>,
    pub approval: Option<String>,
}

impl Activity {
    /// Whether it is about one of the data sets of an access.
    pub(crate) fn concerns(&self, facts: &Facts<'_>) -> bool {
        let is_one = |id: &[u8]| self.datasets.iter().any(|dataset| dataset.as_bytes() == id);
        facts.dataset.is_some_and(is_one) || facts.other_datasets.iter().any(is_one)
    }
}

impl StaticFacts {
    /// The facts of an access with these behind them: what the access says itself wins.
    pub(crate) fn complete<'a>(&'a self, facts: &Facts<'a>) -> Facts<'a> {
        let or = |own: Option<&'a [u8]>, text: &'a Option<String>| {
            own.or(text.as_ref().map(|text| text.as_bytes()))
        };
        Facts {
            purpose: or(facts.purpose, &self.purpose),
            unit: or(facts.unit, &self.unit),
            role: or(facts.role, &self.role),
            actor_kind: facts.actor_kind.or(self.actor_kind),
            legal_basis: or(facts.legal_basis, &self.legal_basis),
            national_norm: or(facts.national_norm, &self.national_norm),
            recipient: or(facts.recipient, &self.recipient),
            categories: if facts.categories.is_empty() {
                Codes::from(&self.categories[..])
            } else {
                facts.categories
            },
            processing: facts.processing.or(self.processing),
            secondary_use: facts.secondary_use.or(self.secondary_use),
            consideration: facts.consideration.or(self.consideration),
            storage_location: or(facts.storage_location, &self.storage_location),
            announcement: or(facts.announcement, &self.announcement),
            announced_on: facts.announced_on.or(self.announced_on.map(i64::from)),
            approval: or(facts.approval, &self.approval),
            ..*facts
        }
    }
}
