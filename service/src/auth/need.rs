//! What each method and path needs: the one table of it.

use crate::config::Role;

/// What somebody needs for a method or path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody who can connect.
    Nothing,
    /// To be known.
    Caller,
    /// To record.
    Record,
    /// To check what was recorded: checkpoints, hashes, proofs. Nothing of what entries say.
    Proofs,
    /// To read entries.
    Entries,
    /// To have sealed values disclosed.
    Disclose,
    /// To ask what the verdict on events would be.
    Evaluate,
    /// To publish charters and reports, to change what is kept of sealed values, and to give out keys to them.
    Steward,
    /// To read figures.
    Metrics,
}

/// Whole paths.
const PATHS: [(&str, Need); 20] = [
    ("/einsicht.v1.Recorder/Record", Need::Record),
    ("/einsicht.v1.Recorder/RecordStream", Need::Record),
    ("/einsicht.v1.Recorder/EndSession", Need::Record),
    ("/einsicht.v1.Ledger/GetCheckpoint", Need::Proofs),
    ("/einsicht.v1.Ledger/GetConsistencyProof", Need::Proofs),
    ("/einsicht.v1.Ledger/GetInclusionProof", Need::Proofs),
    ("/einsicht.v1.Ledger/WatchCheckpoints", Need::Proofs),
    ("/einsicht.v1.Ledger/GetEntry", Need::Entries),
    ("/einsicht.v1.Ledger/ListEntries", Need::Entries),
    ("/einsicht.v1.Ledger/GetReceipt", Need::Entries),
    ("/einsicht.v1.Ledger/ListAnnotations", Need::Entries),
    ("/einsicht.v1.Vault/Disclose", Need::Disclose),
    ("/einsicht.v1.Vault/ListRequests", Need::Disclose),
    ("/einsicht.v1.Charter/Evaluate", Need::Evaluate),
    ("/einsicht.v1.Charter/WatchDeviations", Need::Entries),
    ("/einsicht.v1.Charter/ListCharters", Need::Entries),
    ("/einsicht.v1.Reports/ListReports", Need::Entries),
    ("/checkpoint", Need::Proofs),
    ("/metrics", Need::Metrics),
    ("/healthz", Need::Nothing),
];

/// Beginnings of paths; the first that fits.
const BEGINNINGS: [(&str, Need); 6] = [
    ("/tile/entries/", Need::Entries),
    ("/tile/", Need::Proofs),
    // A call that somebody adds and forgets here is for stewards.
    ("/einsicht.v1.Vault/", Need::Steward),
    ("/einsicht.v1.Charter/", Need::Steward),
    ("/einsicht.v1.Reports/", Need::Steward),
    ("/grpc.health.v1.Health/", Need::Nothing),
];

impl Need {
    /// What a path of the internal listener needs. Of a path that is not there nothing is told but to
    /// those who are known.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let whole = PATHS.iter().find(|(known, _)| *known == path);
        let found = whole.or_else(|| BEGINNINGS.iter().find(|(begin, _)| path.starts_with(begin)));
        found.map_or(Self::Caller, |(_, need)| *need)
    }

    /// Whether a role has it. `public_entries`: whether entries are for everybody.
    #[must_use]
    pub fn is_met_by(self, role: &Role, public_entries: bool) -> bool {
        match (self, role) {
            (Self::Nothing | Self::Caller, _) => true,
            (Self::Record, role) => matches!(role, Role::Recorder(_)),
            (Self::Proofs, role) => !matches!(role, Role::Monitor),
            (Self::Entries, role) => public_entries || matches!(role, Role::Auditor | Role::Steward),
            (Self::Disclose, role) => matches!(role, Role::Auditor | Role::Steward),
            (Self::Evaluate, role) => !matches!(role, Role::Monitor),
            (Self::Steward, role) => matches!(role, Role::Steward),
            (Self::Metrics, role) => !matches!(role, Role::Recorder(_)),
        }
    }

    /// As the object of "may not" or "who may".
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Nothing => "connect",
            Self::Caller => "call",
            Self::Record => "record accesses",
            Self::Proofs => "read checkpoints, hashes and proofs",
            Self::Entries => "read entries",
            Self::Disclose => "have sealed values disclosed",
            Self::Evaluate => "ask for the verdict on events",
            Self::Steward => {
                "publish charters or reports, change what is kept of sealed values, or give out keys to them"
            }
            Self::Metrics => "read metrics",
        }
    }

    /// The roles that have it while entries are not for everybody.
    #[must_use]
    pub fn roles(self) -> &'static str {
        match self {
            Self::Nothing | Self::Caller => "any",
            Self::Record => "recorder",
            Self::Proofs | Self::Evaluate => "recorder, auditor or steward",
            Self::Entries | Self::Disclose => "auditor or steward",
            Self::Steward => "steward",
            Self::Metrics => "monitor, auditor or steward",
        }
    }
}

/// A role as it is configured.
#[must_use]
pub(super) fn role_name(role: &Role) -> &'static str {
    match role {
        Role::Recorder(_) => "recorder",
        Role::Auditor => "auditor",
        Role::Steward => "steward",
        Role::Monitor => "monitor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Datasets;

    #[test]
    fn a_path_needs_what_its_longest_name_says() {
        for (path, need) in [
            ("/einsicht.v1.Recorder/Record", Need::Record),
            ("/einsicht.v1.Recorder/Record/", Need::Caller),
            ("/einsicht.v1.Ledger/GetReceipt", Need::Entries),
            ("/einsicht.v1.Vault/Disclose", Need::Disclose),
            ("/einsicht.v1.Vault/Erase", Need::Steward),
            ("/einsicht.v1.Vault/Anything", Need::Steward),
            ("/einsicht.v1.Charter/PublishCharter", Need::Steward),
            ("/einsicht.v1.Charter/Evaluate", Need::Evaluate),
            ("/einsicht.v1.Charter/WatchDeviations", Need::Entries),
            ("/einsicht.v1.Reports/PublishReport", Need::Steward),
            ("/einsicht.v1.Reports/ListReports", Need::Entries),
            ("/tile/0/000", Need::Proofs),
            ("/tile/entries/000", Need::Entries),
            ("/tile/entries/x001/000.p/7", Need::Entries),
            ("/grpc.health.v1.Health/Check", Need::Nothing),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Need::Caller),
            ("/", Need::Caller),
            ("/nothing", Need::Caller),
        ] {
            assert_eq!(Need::of(path), need, "{path}");
        }
    }

    #[test]
    fn each_role_has_what_it_is_for_and_no_more() {
        let recorder = Role::Recorder(Datasets::All);
        for (need, roles) in [
            (Need::Nothing, [true, true, true, true]),
            (Need::Caller, [true, true, true, true]),
            (Need::Record, [true, false, false, false]),
            (Need::Proofs, [true, true, true, false]),
            (Need::Entries, [false, true, true, false]),
            (Need::Disclose, [false, true, true, false]),
            (Need::Evaluate, [true, true, true, false]),
            (Need::Steward, [false, false, true, false]),
            (Need::Metrics, [false, true, true, true]),
        ] {
            for (role, expected) in
                [&recorder, &Role::Auditor, &Role::Steward, &Role::Monitor].into_iter().zip(roles)
            {
                assert_eq!(need.is_met_by(role, false), expected, "{need:?} {role:?}");
                let expected = expected || need == Need::Entries;
                assert_eq!(need.is_met_by(role, true), expected, "{need:?} {role:?}, public entries");
            }
        }
    }
}
