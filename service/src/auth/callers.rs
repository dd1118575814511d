//! Those who are known: by the hash of a token, or by a name in a certificate.

use std::collections::HashMap;
use std::sync::Arc;

use einsicht_tlog::Hash;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::rates::Rates;
use crate::config::{self, Datasets, Role, SubjectName};

/// Everybody who is known.
#[derive(Debug, Default)]
pub struct Callers {
    known: Vec<Arc<Known>>,
    /// Token hashes as words, and whose they are (position in `known`).
    tokens: Vec<([u64; 4], u32)>,
    names: HashMap<SubjectName, Arc<Known>>,
}

/// Somebody who is known.
#[derive(Debug)]
pub struct Known {
    /// Its name; for recorders what is logged as `producer`. A code.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// How much of it.
    pub(super) rates: Arc<Rates>,
}

impl Callers {
    /// Takes the callers of a configuration. Those who were known before under the same name and limits
    /// keep what they have used up of them.
    #[must_use]
    pub fn new(callers: &[config::Caller], before: &Self) -> Self {
        let mut new = Self::default();
        for (caller, position) in callers.iter().zip(0..) {
            let rates = before.rates(caller).unwrap_or_else(|| Arc::new(Rates::new(caller.limits)));
            let known =
                Arc::new(Known { name: caller.name.as_str().into(), role: caller.role.clone(), rates });
            new.tokens.extend(caller.token_hashes.iter().map(|hash| (words(hash), position)));
            for name in &caller.certificates {
                new.names.insert(canonical(name), Arc::clone(&known));
            }
            new.known.push(known);
        }
        new
    }

    fn rates(&self, caller: &config::Caller) -> Option<Arc<Rates>> {
        let known = self.known.iter().find(|known| *known.name == caller.name)?;
        (known.rates.limits() == caller.limits).then(|| Arc::clone(&known.rates))
    }

    /// Whose token has this hash. Looks at all of them, in constant time: how long it takes tells
    /// nothing of a token.
    #[must_use]
    pub fn by_token(&self, hash: &Hash) -> Option<&Arc<Known>> {
        let hash = words(hash);
        let mut found = u32::MAX;
        for (known, position) in &self.tokens {
            let equal = known.iter().zip(&hash).fold(Choice::from(1), |equal, (a, b)| equal & a.ct_eq(b));
            found.conditional_assign(position, equal);
        }
        self.known.get(usize::try_from(found).ok()?)
    }

    /// Who is known by one of these names of a certificate.
    #[must_use]
    pub fn by_names(&self, names: &[SubjectName]) -> Option<&Arc<Known>> {
        names.iter().find_map(|name| self.names.get(name))
    }

    /// How many are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

impl Known {
    /// Whether it may record accesses to a data set.
    #[must_use]
    pub fn may_record(&self, dataset: &str) -> bool {
        match &self.role {
            Role::Recorder(Datasets::All) => true,
            Role::Recorder(Datasets::Only(codes)) => codes.iter().any(|code| code == dataset),
            Role::Auditor | Role::Steward | Role::Monitor => false,
        }
    }

    /// Most bytes of one message that it sends.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        self.rates.limits().request_bytes
    }
}

/// Host names have no case.
pub(super) fn canonical(name: &SubjectName) -> SubjectName {
    match name {
        SubjectName::Dns(host) => SubjectName::Dns(host.to_ascii_lowercase()),
        SubjectName::Uri(uri) => SubjectName::Uri(uri.clone()),
    }
}

/// A hash as words, which compare faster than bytes where every one has to be looked at.
fn words(hash: &Hash) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(hash.as_bytes().as_chunks().0) {
        *word = u64::from_ne_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::hash::sha256;

    use super::*;
    use crate::auth::rates::tests::limits;

    fn caller(name: &str, tokens: &[&str], certificates: &[SubjectName]) -> config::Caller {
        config::Caller {
            name: name.into(),
            role: Role::Recorder(Datasets::Only(vec!["besuchertrend".into()])),
            token_hashes: tokens.iter().map(|token| sha256(token.as_bytes())).collect(),
            certificates: certificates.to_vec(),
            limits: limits(10, 10),
        }
    }

    fn name(known: Option<&Arc<Known>>) -> Option<&str> {
        known.map(|known| &*known.name)
    }

    #[test]
    fn each_token_names_its_caller_and_no_other_does() {
        let callers = [caller("a", &["one", "two"], &[]), caller("b", &["three"], &[])];
        let callers = Callers::new(&callers, &Callers::default());
        for (token, whose) in
            [("one", Some("a")), ("two", Some("a")), ("three", Some("b")), ("four", None), ("", None)]
        {
            assert_eq!(name(callers.by_token(&sha256(token.as_bytes()))), whose, "{token}");
        }
        assert!(callers.by_token(&Hash([0; 32])).is_none());
    }

    #[test]
    fn a_hash_that_differs_in_one_bit_anywhere_is_not_known() {
        let callers = Callers::new(&[caller("a", &["one"], &[])], &Callers::default());
        for bit in 0..256 {
            let mut hash = sha256(b"one");
            hash.0[bit / 8] ^= 1 << (bit % 8);
            assert!(callers.by_token(&hash).is_none(), "bit {bit}");
        }
    }

    #[test]
    fn any_of_its_names_is_enough_and_host_names_have_no_case() {
        let dns = SubjectName::Dns("Counter.Ulm.Example".into());
        let uri = SubjectName::Uri("spiffe://ulm.example/counter".into());
        let callers = Callers::new(&[caller("a", &[], &[dns, uri.clone()])], &Callers::default());
        let other = SubjectName::Dns("other.ulm.example".into());
        let host = SubjectName::Dns("counter.ulm.example".into());
        assert_eq!(name(callers.by_names(&[other.clone(), host])), Some("a"));
        assert_eq!(name(callers.by_names(&[uri])), Some("a"));
        assert_eq!(name(callers.by_names(&[other])), None);
        let upper = SubjectName::Uri("spiffe://ulm.example/Counter".into());
        assert_eq!(name(callers.by_names(&[upper])), None);
    }

    #[test]
    fn what_was_used_up_of_a_limit_stays_used_up_until_the_limit_changes() {
        let mut configured = caller("a", &["one"], &[]);
        configured.limits = limits(10, 1);
        let before = Callers::new(std::slice::from_ref(&configured), &Callers::default());
        let rates = |callers: &Callers| Arc::clone(&callers.by_token(&sha256(b"one")).unwrap().rates);
        assert!(rates(&before).request().is_ok() && rates(&before).request().is_err());
        let again = Callers::new(std::slice::from_ref(&configured), &before);
        assert!(rates(&again).request().is_err());
        configured.limits = limits(10, 2);
        let changed = Callers::new(&[configured], &again);
        assert!(rates(&changed).request().is_ok());
    }
}
