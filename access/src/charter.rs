//! The charter: what the city promised, and what an access may be, in one file of TOML 1.0 that an
//! administration maintains. docs/charter.md is its reference.
//!
//! There is one closed form of rules and no language of expressions: so that each rule can be shown to citizens
//! as a sentence, be judged in well under a microsecond, be written a second time in a browser, and give the
//! same answer in twenty years. [`Charter::parse`] takes what is right in every particular, and tells everything
//! else at once; [`Charter::check`] is the same for who writes one, and refuses rules that say nothing as well. What
//! they take, [`Charter::judge`](crate::judge) applies to any access.

mod activity;
mod commitment;
mod condition;
mod dataset;
mod diff;
mod field;
mod index;
mod parse;
mod parts;
mod problem;
mod reach;
mod register;
#[cfg(test)]
mod tests;
mod titles;

pub use self::activity::{Activity, StaticFacts};
pub use self::commitment::{Commitment, Consequence, Demand, Evidence, Rule, Severity};
pub use self::condition::{Condition, ConditionKind, Test, Values};
pub use self::dataset::{Dataset, Listed, Personal};
pub use self::diff::Change;
pub use self::field::RuleField;
pub(crate) use self::field::Shape;
use self::index::Index;
pub use self::parts::{Assembly, PART_BYTES_MAX, PartError, parts_of};
pub use self::problem::{CharterError, Format, Problem, Reason, Slip};
pub use self::register::{DatasetList, Register};
pub use self::titles::{Declared, Titles};

/// Longest text of a charter, in bytes.
pub const CHARTER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most commitments of a charter: a verdict is a set of them, in one word.
pub const COMMITMENTS_MAX: usize = 64;

/// A charter that was parsed and checked.
#[derive(Debug, Clone)]
pub struct Charter {
    /// What it is called.
    titles: Titles,
    /// When it was adopted, in days since 1970-01-01.
    adopted: Option<i32>,
    time_zone: Option<String>,
    wording_checked: bool,
    /// By [`Register::PLAIN`].
    declared: [Vec<Declared>; Register::PLAIN.len()],
    datasets: Vec<Dataset>,
    activities: Vec<Activity>,
    commitments: Vec<Commitment>,
    /// Of what is declared.
    declared_index: [Index; Register::PLAIN.len()],
    dataset_index: Index,
    activity_index: Index,
}

impl Charter {
    /// What it is called.
    #[must_use]
    pub fn titles(&self) -> &Titles {
        &self.titles
    }

    /// When it was adopted, in days since 1970-01-01.
    #[must_use]
    pub fn adopted_day(&self) -> Option<i32> {
        self.adopted
    }

    /// The name of the time zone that reports use. Whether there is such a zone was not checked.
    #[must_use]
    pub fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// Whether each rule was compared with the adopted wording.
    #[must_use]
    pub fn wording_checked(&self) -> bool {
        self.wording_checked
    }

    /// The codes of a register, in the order of the file. None for data sets and activities, which say more.
    #[must_use]
    pub fn declared(&self, register: Register) -> &[Declared] {
        plain(register).and_then(|position| self.declared.get(position)).map_or(&[], Vec::as_slice)
    }

    /// What a code of a register is called.
    #[must_use]
    pub fn titles_of(&self, register: Register, id: &str) -> Option<&Titles> {
        match register {
            Register::Dataset => self.dataset(id.as_bytes()).map(|dataset| &dataset.titles),
            Register::Activity => self.activity(id.as_bytes()).map(|activity| &activity.titles),
            _ => {
                let position = self.declared_index.get(plain(register)?)?.position(id.as_bytes())?;
                self.declared(register).get(position).map(|one| &one.titles)
            }
        }
    }

    /// The data sets, in the order of the file.
    #[must_use]
    pub fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// The activities, in the order of the file.
    #[must_use]
    pub fn activities(&self) -> &[Activity] {
        &self.activities
    }

    /// The commitments, in the order of the file: at least one, at most [`COMMITMENTS_MAX`].
    #[must_use]
    pub fn commitments(&self) -> &[Commitment] {
        &self.commitments
    }

    /// The data set with that code.
    #[must_use]
    pub fn dataset(&self, id: &[u8]) -> Option<&Dataset> {
        self.datasets.get(self.dataset_index.position(id)?)
    }

    /// The activity with that code.
    #[must_use]
    pub fn activity(&self, id: &[u8]) -> Option<&Activity> {
        self.activities.get(self.activity_index.position(id)?)
    }
}

/// Where a register stands among those that have nothing but codes and titles.
fn plain(register: Register) -> Option<usize> {
    Register::PLAIN.iter().position(|plain| *plain == register)
}
