//! Settings as text, by key: for showing, comparing and writing them.

use std::fmt;
use std::path::Path;

use einsicht_tlog::Hash;

use super::key::{Key, SETTINGS};
use super::{Caller, Config, Datasets, Role, Rules, SubjectName};
use crate::wrapping_key::WrappingKeySource;

impl Config {
    /// The value of a setting as it is written, without quotes; `None` where it is not set.
    #[must_use]
    pub fn text_of(&self, key: &Key) -> Option<String> {
        let path = |path: &Path| path.display().to_string();
        let (internal, public) = (self.tls_internal.as_ref(), self.tls_public.as_ref());
        let limits = &self.limits;
        if let Some(text) = self.vault_text_of(key.name) {
            return text;
        }
        Some(match key.name {
            "ledger.origin" => self.ledger.origin.to_string(),
            "ledger.data" => path(&self.ledger.data),
            "ledger.last_known_checkpoint" => path(self.ledger.last_known_checkpoint.as_deref()?),
            "ledger.segment_bytes" => self.ledger.segment_bytes.to_string(),
            "ledger.disk_reserve_bytes" => self.ledger.disk_reserve_bytes.to_string(),
            "keys.dir" => path(&self.keys_dir),
            "listen.internal" => self.listen.internal.to_string(),
            "listen.public" => self.listen.public?.to_string(),
            "tls.internal.certificate" => path(&internal?.certificate),
            "tls.internal.key" => path(&internal?.key),
            "tls.internal.client_ca" => path(internal?.client_ca.as_deref()?),
            "tls.public.certificate" => path(&public?.certificate),
            "tls.public.key" => path(&public?.key),
            "public.entries" => self.public_entries.to_string(),
            "public.reports" => path(self.public_reports.as_deref()?),
            "limits.connections" => limits.connections.to_string(),
            "limits.connections_per_address" => limits.connections_per_address.to_string(),
            "limits.events_per_second" => limits.caller.events_per_second.to_string(),
            "limits.requests_per_second" => limits.caller.requests_per_second.to_string(),
            "limits.request_bytes" => limits.caller.request_bytes.to_string(),
            _ => return None,
        })
    }

    /// Of the settings that concern sealed values: `None` if it is none of them.
    fn vault_text_of(&self, name: &str) -> Option<Option<String>> {
        let Rules { schemes, retention, disclosure } = &self.rules;
        let source = self.vault.wrapping_key.as_ref();
        Some(match (name, source) {
            ("vault.wrapping_key_file", Some(WrappingKeySource::File(path))) => {
                Some(path.display().to_string())
            }
            ("vault.wrapping_key_command", Some(WrappingKeySource::Command(words))) => Some(words.join(" ")),
            ("vault.wrapping_key_file" | "vault.wrapping_key_command", _) => None,
            ("subjects.schemes", _) => list(schemes),
            ("retention.default", _) => Some(retention.default.to_string()),
            ("retention.datasets", _) => list(&retention.datasets),
            ("retention.hold", _) => list(&retention.hold),
            ("disclosure.two_stewards", _) => list(&disclosure.two_stewards),
            ("disclosure.request_hours", _) => Some(disclosure.request_hours.to_string()),
            _ => return None,
        })
    }

    /// Names of the settings that differ in `other`, and that a running service can't change.
    #[must_use]
    pub fn fixed_differences(&self, other: &Self) -> Vec<&'static str> {
        let fixed = SETTINGS.iter().filter(|key| key.is_fixed);
        fixed.filter(|key| self.text_of(key) != other.text_of(key)).map(|key| key.name).collect()
    }
}

impl Caller {
    /// The value of a key of `[[caller]]`; items of a list are separated by spaces. `None` where the caller
    /// has none. Limits are always there: its own, or those of all.
    #[must_use]
    pub fn text_of(&self, key: &Key) -> Option<String> {
        match key.name {
            "name" => Some(self.name.clone()),
            "role" => Some(self.role.name().to_owned()),
            "datasets" => match &self.role {
                Role::Recorder(Datasets::All) => Some("*".to_owned()),
                Role::Recorder(Datasets::Only(codes)) => list(codes),
                _ => None,
            },
            "token_sha256" => list(self.token_hashes.iter().map(Hash::to_hex)),
            "certificates" => list(&self.certificates),
            "limits.events_per_second" => Some(self.limits.events_per_second.to_string()),
            "limits.requests_per_second" => Some(self.limits.requests_per_second.to_string()),
            "limits.request_bytes" => Some(self.limits.request_bytes.to_string()),
            _ => None,
        }
    }
}

/// Items of a list; `None` where there are none.
fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    (!items.is_empty()).then(|| items.join(" "))
}

impl Role {
    /// How the configuration calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Recorder(_) => "recorder",
            Self::Auditor => "auditor",
            Self::Steward => "steward",
            Self::Monitor => "monitor",
        }
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
        }
    }
}
