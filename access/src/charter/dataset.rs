//! What a charter says of a data set.

use super::register::DatasetList;
use super::titles::Titles;
use crate::retention::RetentionClass;

/// A data set, and what is meant to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its code.
    pub id: String,
    /// Its names.
    pub titles: Titles,
    /// Whether it holds personal data.
    pub personal: Personal,
    /// The purposes that it serves, at least one.
    pub purposes: Vec<String>,
    /// The roles that may use it; `None`: the charter does not say. So are the lists below.
    pub roles: Option<Vec<String>>,
    /// Who may receive it.
    pub recipients: Option<Vec<String>>,
    /// The legal bases of its use.
    pub legal_bases: Option<Vec<String>>,
    /// The organisational units that may use it.
    pub units: Option<Vec<String>>,
    /// What may be done with it: numbers of `Operation`.
    pub operations: Option<Vec<i32>>,
    /// Where it may lie.
    pub storage_locations: Option<Vec<String>>,
    /// Most records that one access may touch.
    pub record_ceiling: Option<u64>,
    /// How long after it was collected it may be used, in days.
    pub keep_days: Option<u32>,
    /// How long openings of sealed values of accesses to it are kept.
    pub retention_class: Option<RetentionClass>,
    /// Whether it is what a sensor measures.
    pub sensor: bool,
}

/// Whether data is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// No person can be told from it.
    None,
    /// Persons can be told with further knowledge: counts as personal.
    Indirect,
    /// It names persons.
    Direct,
}

impl Personal {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("none", Self::None), ("indirect", Self::Indirect), ("direct", Self::Direct)];

    /// Whether it counts as personal.
    #[must_use]
    pub fn is_personal(self) -> bool {
        self != Self::None
    }
}

/// What a data set lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listed<'a> {
    /// Codes.
    Codes(&'a [String]),
    /// Numbers of `Operation`.
    Operations(&'a [i32]),
}

impl Dataset {
    /// One of its lists, if the charter has it.
    #[must_use]
    pub fn list(&self, list: DatasetList) -> Option<Listed<'_>> {
        let codes = match list {
            DatasetList::Operations => return self.operations.as_deref().map(Listed::Operations),
            DatasetList::Purposes => Some(&self.purposes),
            DatasetList::Roles => self.roles.as_ref(),
            DatasetList::Recipients => self.recipients.as_ref(),
            DatasetList::LegalBases => self.legal_bases.as_ref(),
            DatasetList::Units => self.units.as_ref(),
            DatasetList::StorageLocations => self.storage_locations.as_ref(),
        };
        codes.map(|codes| Listed::Codes(codes))
    }
}
