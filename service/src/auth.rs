//! Who calls: bearer tokens, known by their SHA-256 only.

use einsicht_tlog::Hash;
use einsicht_tlog::hash::sha256;
use subtle::ConstantTimeEq as _;

/// Somebody who may record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Name that is logged as `producer`. A code.
    pub producer: String,
}

/// The tokens that are known.
#[derive(Debug, Default)]
pub struct Tokens {
    known: Vec<(Hash, Caller)>,
}

/// The caller is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No token.
    #[error("no token: send 'authorization: Bearer <token>'; for `einsichtd dev` it is in keys/dev.token")]
    Missing,
    /// A token that is not known.
    #[error("this token is not known here; for `einsichtd dev` the token is in keys/dev.token")]
    Unknown,
}

impl Tokens {
    /// Adds a token by its text.
    #[must_use]
    pub fn with(mut self, token: &str, caller: Caller) -> Self {
        self.known.push((sha256(token.as_bytes()), caller));
        self
    }

    /// The caller behind an `authorization` header.
    ///
    /// Compares hashes, all of them, in constant time: how long it takes tells nothing of a token.
    ///
    /// # Errors
    /// [`AuthError`].
    pub fn authenticate(&self, authorization: Option<&str>) -> Result<&Caller, AuthError> {
        let token = authorization.and_then(bearer).ok_or(AuthError::Missing)?;
        let hash = sha256(token.as_bytes());
        let mut found = None;
        for (known, caller) in &self.known {
            if bool::from(known.0.ct_eq(&hash.0)) {
                found = Some(caller);
            }
        }
        found.ok_or(AuthError::Unknown)
    }
}

/// The scheme is case-insensitive (RFC 9110 section 11.1), the token is not.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_token_names_a_caller() {
        let caller = |name: &str| Caller { producer: name.to_owned() };
        let tokens = Tokens::default().with("one", caller("a")).with("two", caller("b"));
        assert_eq!(tokens.authenticate(Some("Bearer one")), Ok(&caller("a")));
        assert_eq!(tokens.authenticate(Some("bearer two")), Ok(&caller("b")));
        assert_eq!(tokens.authenticate(Some("Bearer ONE")), Err(AuthError::Unknown));
        for missing in [None, Some(""), Some("Bearer "), Some("Basic one"), Some("one")] {
            assert_eq!(tokens.authenticate(missing), Err(AuthError::Missing), "{missing:?}");
        }
    }
}
