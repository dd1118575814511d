//! Callers: from what was said to what they may do.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash as MapKey;

use super::document::CallerTable;
use super::error::{Reason, shown};
use super::said::{Problems, Said};
use super::{Caller, CallerLimits, Datasets, Role};

/// One caller; `None` if something of it was refused.
pub(super) fn caller(table: &CallerTable, shared: CallerLimits) -> Option<Caller> {
    let said = &table.said;
    let datasets = said.texts("datasets");
    let role = match said.text("role")? {
        "recorder" if datasets.iter().any(|code| code == "*") => Role::Recorder(Datasets::All),
        "recorder" => Role::Recorder(Datasets::Only(datasets)),
        "auditor" => Role::Auditor,
        "steward" => Role::Steward,
        "monitor" => Role::Monitor,
        _ => return None,
    };
    Some(Caller {
        name: said.text("name")?.to_owned(),
        role,
        token_hashes: said.hashes("token_sha256"),
        certificates: said.subject_names("certificates"),
        limits: CallerLimits {
            events_per_second: said.rate("limits.events_per_second").unwrap_or(shared.events_per_second),
            requests_per_second: said
                .rate("limits.requests_per_second")
                .unwrap_or(shared.requests_per_second),
            request_bytes: said.integer("limits.request_bytes").unwrap_or(shared.request_bytes),
        },
    })
}

/// Checks what no single value can show.
pub(super) fn check(callers: &[CallerTable], settings: &Said, problems: &mut Problems) {
    let (mut names, mut hashes, mut subjects) = (Once::default(), Once::default(), Once::default());
    for table in callers {
        let mut check = Check { table, problems: &mut *problems };
        check.datasets();
        check.credentials(settings.is_said("tls.internal.client_ca"));
        if let Some(name) = table.said.text("name") {
            let advice = "give every caller its own name";
            check.once(&mut names, "name", name.to_owned(), "this name", advice);
        }
        for hash in table.said.hashes("token_sha256") {
            let advice = "give every caller its own token; `einsichtd token` makes one";
            check.once(&mut hashes, "token_sha256", hash, "a token", advice);
        }
        for subject in table.said.subject_names("certificates") {
            let what = format!("the certificate name {}", shown(&subject.to_string()));
            let advice = "a certificate must name one caller only";
            check.once(&mut subjects, "certificates", subject, &what, advice);
        }
    }
}

/// Lines by what may be said once.
type Once<T> = HashMap<T, usize>;

struct Check<'a> {
    table: &'a CallerTable,
    problems: &'a mut Problems,
}

impl Check<'_> {
    fn datasets(&mut self) {
        let said = &self.table.said;
        let datasets = said.texts("datasets");
        match said.text("role") {
            Some("recorder") if !said.is_said("datasets") || said.is_empty_list("datasets") => {
                let found = if said.is_said("datasets") { "an empty list" } else { "none" };
                let advice = "name them, or write datasets = [\"*\"]";
                self.unexpected("datasets", "the data sets that this recorder may record for", found, advice);
            }
            Some("recorder") => {
                if datasets.len() > 1 && datasets.iter().any(|code| code == "*") {
                    let advice = "leave one of both out";
                    self.unexpected("datasets", "\"*\" alone, or codes", "both", advice);
                }
                let mut seen = BTreeSet::new();
                if let Some(twice) = datasets.iter().find(|code| !seen.insert(*code)) {
                    let found = format!("{} twice", shown(twice));
                    self.unexpected("datasets", "each data set once", &found, "");
                }
            }
            Some(role) if said.is_said("datasets") => {
                let found = format!("data sets for role \"{role}\"");
                self.unexpected("datasets", "data sets for recorders only", &found, "leave them out");
            }
            _ => {}
        }
    }

    fn credentials(&mut self, has_client_ca: bool) {
        let said = &self.table.said;
        let some = |key| said.is_said(key) && !said.is_empty_list(key);
        let (has_token, has_certificate) = (some("token_sha256"), some("certificates"));
        if said.text("role") == Some("steward") {
            if has_token {
                let advice = "a steward is known by its certificate only; leave the token out";
                self.unexpected(
                    "token_sha256",
                    "no token for a steward, certificate required",
                    "one",
                    advice,
                );
            }
            if !has_certificate {
                let advice = "name it, such as certificates = [\"dns:steward.ulm.example\"]";
                self.unexpected("certificates", "a certificate, required for a steward", "none", advice);
            }
        } else if !has_token && !has_certificate {
            let advice = "add token_sha256 (`einsichtd token` makes one) or certificates";
            self.unexpected("", "a token or a certificate", "neither", advice);
        }
        if has_certificate && !has_client_ca {
            let advice = "set it to the CA that signs the certificates of callers";
            self.unexpected("certificates", "tls.internal.client_ca to check them with", "none", advice);
        }
    }

    fn once<T: Eq + MapKey>(
        &mut self,
        seen: &mut Once<T>,
        key: &str,
        value: T,
        what: &str,
        advice: &'static str,
    ) {
        let place = self.table.said.place(key).unwrap_or(&self.table.place);
        let line = place.line().unwrap_or(0);
        if let Some(first_line) = seen.insert(value, line) {
            let what = what.to_owned();
            self.add(key, Reason::Twice { what, first_line, advice });
        }
    }

    fn unexpected(&mut self, key: &str, expected: &str, found: &str, advice: &str) {
        let reason = Reason::Unexpected {
            expected: expected.to_owned(),
            found: found.to_owned(),
            advice: advice.to_owned(),
        };
        self.add(key, reason);
    }

    fn add(&mut self, key: &str, reason: Reason) {
        let table = self.table;
        let place = table.said.place(key).unwrap_or(&table.place).clone();
        let key = if key.is_empty() { table.label.clone() } else { format!("{}: {key}", table.label) };
        self.problems.add(Some(place), key, reason);
    }
}
