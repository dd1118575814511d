//! Recorded verdicts by commitment.

use std::collections::BTreeMap;

use einsicht_access::{Charter, LoggedAccess};

/// Records of one stretch of time that name the same charter, and what they list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// How many.
    pub records: u64,
    /// How many of them list at least one deviation.
    pub deviating: u64,
    /// By commitment: how many deviate, and of how many nobody can tell.
    listed: BTreeMap<Box<[u8]>, [u64; 2]>,
}

/// Of how many records a commitment was what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// They fit it, or it is not about them.
    pub kept: u64,
    /// They do not fit it.
    pub deviates: u64,
    /// They say too little.
    pub not_verifiable: u64,
    /// Made when it was not in force.
    pub not_in_force: u64,
}

impl Judged {
    /// Counts a record.
    pub fn count(&mut self, access: &LoggedAccess<'_>) {
        self.records += 1;
        self.deviating += u64::from(!access.deviates.is_empty());
        for (position, ids) in [access.deviates, access.not_verifiable].into_iter().enumerate() {
            for id in ids.iter() {
                if !self.listed.contains_key(id) {
                    self.listed.insert(id.into(), [0; 2]);
                }
                if let Some(count) = self.listed.get_mut(id).and_then(|counts| counts.get_mut(position)) {
                    *count += 1;
                }
            }
        }
    }

    /// Counts what was counted elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.deviating += other.deviating;
        for (id, [deviates, not_verifiable]) in other.listed {
            let counts = self.listed.entry(id).or_default();
            counts[0] += deviates;
            counts[1] += not_verifiable;
        }
    }

    /// What became of a commitment, if `charter`, by which the records were judged, has it as a rule.
    pub fn verdicts(&self, charter: Option<&Charter>, commitment: &str) -> Verdicts {
        let has = charter.is_some_and(|charter| {
            charter.commitments().iter().any(|one| one.id == commitment && one.rule().is_some())
        });
        if !has {
            return Verdicts { not_in_force: self.records, ..Verdicts::default() };
        }
        let [deviates, not_verifiable] = self.listed.get(commitment.as_bytes()).copied().unwrap_or_default();
        let kept = self.records.saturating_sub(deviates).saturating_sub(not_verifiable);
        Verdicts { kept, deviates, not_verifiable, not_in_force: 0 }
    }
}

impl Verdicts {
    /// Counts what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.kept += other.kept;
        self.deviates += other.deviates;
        self.not_verifiable += other.not_verifiable;
        self.not_in_force += other.not_in_force;
    }

    /// All four, in the order in which they are told.
    pub fn counts(self) -> [u64; 4] {
        [self.kept, self.deviates, self.not_verifiable, self.not_in_force]
    }
}
