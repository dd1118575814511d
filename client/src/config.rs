//! Where a recorder finds its ledger, how it proves who it is, and whom it believes.

mod environment;
mod error;

use std::path::PathBuf;
use std::time::Duration;

use einsicht_access::limits::check_code;
use einsicht_proto::v1::ActorKind;
use einsicht_tlog::VerifierKey;
use tonic::transport::Uri;

use crate::retry::RetryPolicy;
use crate::tls::TlsOptions;

pub use self::environment::{
    ACTOR_KIND_VARIABLE, PRODUCER_VARIABLE, ROLE_VARIABLE, SPOOL_BYTES_MAX_VARIABLE, SPOOL_DIR_VARIABLE,
    SPOOL_WHEN_FULL_VARIABLE, STATE_DIR_VARIABLE, TOKEN_FILE_VARIABLE, UNIT_VARIABLE, URL_VARIABLE,
    VKEY_VARIABLE,
};
pub use self::error::ConfigError;
pub use crate::spool::{OnUnavailable, SpoolConfig, WhenFull};
pub use crate::token::{Token, TokenError};

/// Address of the ledger if [`URL_VARIABLE`] is not set: where `einsichtd dev` listens.
pub const URL_DEFAULT: &str = "http://127.0.0.1:7420";

/// What a [`Recorder`](crate::Recorder) needs to know. Start from [`RecorderConfig::new`] or
/// [`RecorderConfig::from_env`] and change what you need.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecorderConfig {
    /// Address of the ledger's gRPC service: `http://host:port`, or `https://host:port` to be encrypted
    /// and checked against the authorities that `tls` says.
    pub url: String,
    /// Proves to the service which recorder this is. Absent: the certificate of `tls` does. If both are
    /// there, the token decides.
    pub token: Option<Token>,
    /// For `https://`: whom to believe that it is the ledger, and the certificate to show.
    pub tls: TlsOptions,
    /// Key that signs the ledger's checkpoints. It is what everything is verified against, so it must
    /// come from somewhere else than the ledger itself.
    pub key: VerifierKey,
    /// Folder in which the last verified checkpoint is kept, so that a ledger that was replaced or
    /// cut back is noticed after a restart too. Absent: only what this process saw counts. It is stored at
    /// most a tenth of a second after the answer that it came with, and when the recorder is closed.
    pub state_dir: Option<PathBuf>,
    /// What accesses say unless they say otherwise themselves.
    pub defaults: Defaults,
    /// The name under which the ledger records us. If set, records with proofs are checked for it;
    /// only the service knows it for sure, so otherwise any name is accepted.
    pub producer: Option<String>,
    /// Whether to ask for, verify and return leaf and inclusion proof of every event.
    /// See [`Recorder::with_proofs`](crate::Recorder::with_proofs).
    pub with_proofs: bool,
    /// When and how often a request is sent again.
    pub retry: RetryPolicy,
    /// How long one attempt to get an answer may take. Default: 10 s.
    pub call_timeout: Duration,
    /// How long one attempt to connect may take. Default: 5 s.
    pub connect_timeout: Duration,
    /// When a new session is begun. At most a day; default: 23 hours, so that it stays below a day
    /// even if requests are repeated.
    pub session_age_max: Duration,
    /// What becomes of an access that the ledger can't record now.
    pub on_unavailable: OnUnavailable,
}

/// What accesses say unless they say otherwise themselves. See `event.proto` for the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Organisational unit.
    pub unit: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Kind of actor.
    pub actor_kind: Option<ActorKind>,
}

impl RecorderConfig {
    /// The configuration for the ledger at [`URL_DEFAULT`], with every default.
    #[must_use]
    pub fn new(token: Token, key: VerifierKey) -> Self {
        Self { token: Some(token), ..Self::without_token(key) }
    }

    /// The same for a recorder that the service knows by its certificate: set `tls`, and an `https` address.
    #[must_use]
    pub fn without_token(key: VerifierKey) -> Self {
        Self {
            url: URL_DEFAULT.to_owned(),
            token: None,
            tls: TlsOptions::default(),
            key,
            state_dir: None,
            defaults: Defaults::default(),
            producer: None,
            with_proofs: false,
            retry: RetryPolicy::default(),
            call_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            session_age_max: Duration::from_secs(23 * 60 * 60),
            on_unavailable: OnUnavailable::default(),
        }
    }

    /// Reads the configuration from the environment:
    ///
    /// | variable | meaning | if not set |
    /// |---|---|---|
    /// | `EINSICHT_URL` | address of the ledger | `http://127.0.0.1:7420` |
    /// | `EINSICHT_TOKEN_FILE` | file with the token of this recorder | error, unless there is a certificate |
    /// | `EINSICHT_CA_FILE` | file with the certificates of the authorities to trust (PEM) | those of the system |
    /// | `EINSICHT_CERT_FILE`, `EINSICHT_KEY_FILE` | files with our certificate and its key (PEM) | none is shown |
    /// | `EINSICHT_VKEY` | file with the verifier key of the ledger | error |
    /// | `EINSICHT_STATE_DIR` | folder in which the last verified checkpoint is kept | not kept |
    /// | `EINSICHT_UNIT`, `EINSICHT_ROLE` | unit and role of accesses that name none | not known |
    /// | `EINSICHT_ACTOR_KIND` | `human`, `system` or `ai`, likewise | not known |
    /// | `EINSICHT_PRODUCER` | name under which the ledger must record us | any name |
    /// | `EINSICHT_SPOOL_DIR` | folder of the spool | no spool: errors while the ledger is away |
    /// | `EINSICHT_SPOOL_BYTES_MAX` | most bytes that the spool takes on disk | 1 GiB |
    /// | `EINSICHT_SPOOL_WHEN_FULL` | `fail` or `wait` | `fail` |
    ///
    /// A variable that is set to nothing counts as not set.
    ///
    /// # Errors
    /// [`ConfigError`] says which variable, what is wrong with it, and what belongs into it.
    pub fn from_env() -> Result<Self, ConfigError> {
        environment::read(|name| std::env::var_os(name))
    }

    /// Checks what is not checked by its type.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check_url(&self.url)?;
        self.check_encryption()?;
        let codes = [
            (UNIT_VARIABLE, "unit", &self.defaults.unit),
            (ROLE_VARIABLE, "role", &self.defaults.role),
            (PRODUCER_VARIABLE, "producer", &self.producer),
        ];
        for (variable, field, code) in codes {
            let checked = code.as_deref().map_or(Ok(()), check_code);
            checked.map_err(|problem| ConfigError::Code { variable, field, problem })?;
        }
        let day = Duration::from_secs(24 * 60 * 60);
        if self.session_age_max.is_zero() || self.session_age_max > day {
            return Err(ConfigError::SessionAge { found: self.session_age_max });
        }
        Ok(())
    }
}

impl RecorderConfig {
    /// Whoever names certificates must not send anything in the clear.
    fn check_encryption(&self) -> Result<(), ConfigError> {
        let is_encrypted = self.url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        if self.tls.is_set() && !is_encrypted {
            return Err(ConfigError::Unencrypted);
        }
        if self.token.is_none() && !self.tls.has_certificate() {
            return Err(ConfigError::NoCredential);
        }
        Ok(())
    }
}

fn check_url(url: &str) -> Result<(), ConfigError> {
    let problem = match url.parse::<Uri>() {
        Err(_) => "is not an address",
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            "holds a user name or password, which is not sent"
        }
        Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
            "does not begin with http:// or https://"
        }
        Ok(uri) if !matches!(uri.path(), "" | "/") || uri.query().is_some() => {
            "has a path behind host and port, which gRPC does not use"
        }
        Ok(_) => return Ok(()),
    };
    Err(ConfigError::Url { problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_grpc_can_use_are_accepted() {
        for url in ["http://127.0.0.1:7420", "http://[::1]:7420/", "https://ledger"] {
            assert!(check_url(url).is_ok(), "{url}");
        }
        for url in ["http://ledger/prefix", "ftp://ledger", "", "http://ledger?x=1"] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }
}
