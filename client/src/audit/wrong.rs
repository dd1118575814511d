//! What is wrong with an entry, where entries are joined.

use einsicht_tlog::Index;

use crate::finding::Finding;
use crate::verify_error::VerifyError;

/// Something that is wrong with an entry, or not understood.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The entry that shows it.
    pub at: Index,
    pub error: VerifyError,
}

impl Wrong {
    /// What is wrong, with the place of the entry.
    pub fn at_place(self, place: impl ToString) -> Self {
        Self { error: self.error.at(place.to_string()), ..self }
    }
}

impl From<Finding> for Wrong {
    fn from(finding: Finding) -> Self {
        Self { at: finding.index.unwrap_or_default(), error: finding.into() }
    }
}
