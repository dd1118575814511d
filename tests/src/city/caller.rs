//! Who is known to a city's service, and what they hold to show it.

use einsicht_tlog::hash::{sha256, to_hex};

use super::{Authority, Certificate};

/// One `[[caller]]`.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: &'static str,
    /// Its data sets, if it is a recorder.
    pub datasets: Vec<String>,
    /// Lines of its table `limits`.
    pub limits: String,
    /// `token_sha256`.
    pub token_hashes: Vec<String>,
    /// `certificates`.
    pub certificates: Vec<String>,
}

/// What a caller holds.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Its token; stewards have none.
    pub token: Option<String>,
    /// Its certificate, with `dns:NAME.ulm.example`.
    pub certificate: Certificate,
}

impl Caller {
    /// A recorder.
    #[must_use]
    pub fn recorder(name: &str, datasets: &[&str]) -> Self {
        let datasets = datasets.iter().map(ToString::to_string).collect();
        Self { datasets, ..Self::new(name, "recorder") }
    }

    /// Somebody of another role: `auditor`, `steward` or `monitor`.
    #[must_use]
    pub fn new(name: &str, role: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            role,
            datasets: Vec::new(),
            limits: String::new(),
            token_hashes: Vec::new(),
            certificates: Vec::new(),
        }
    }

    /// With limits of its own, as lines of TOML.
    #[must_use]
    pub fn with_limits(mut self, limits: &str) -> Self {
        self.limits = limits.to_owned();
        self
    }

    pub(super) fn known_as(mut self, known: &Known) -> Self {
        self.token_hashes.extend(known.token.iter().map(|token| to_hex(&sha256(token.as_bytes()).0)));
        self.certificates.push(format!("dns:{}", known.host()));
        self
    }

    pub(super) fn toml(&self) -> String {
        let Self { name, role, datasets, limits, token_hashes, certificates } = self;
        let mut text = format!("\n[[caller]]\nname = \"{name}\"\nrole = \"{role}\"\n");
        for (key, values) in
            [("datasets", datasets), ("token_sha256", token_hashes), ("certificates", certificates)]
        {
            if !values.is_empty() {
                text += &format!("{key} = {values:?}\n");
            }
        }
        if !limits.is_empty() {
            text += &format!("[caller.limits]\n{limits}\n");
        }
        text
    }
}

impl Known {
    pub(super) fn new(caller: &Caller, authority: &Authority) -> Self {
        let token = (caller.role != "steward").then(|| {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).unwrap();
            to_hex(&secret)
        });
        let certificate = authority.client(&format!("{}.ulm.example", caller.name));
        Self { name: caller.name.clone(), token, certificate }
    }

    fn host(&self) -> String {
        format!("{}.ulm.example", self.name)
    }

    /// What it sends as `authorization`.
    #[must_use]
    pub fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {token}"))
    }
}
