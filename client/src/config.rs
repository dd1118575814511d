//! Where a recorder finds its ledger, how it proves who it is, and whom it believes.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use einsicht_access::limits::check_code;
use einsicht_access::problem::Problem;
use einsicht_proto::v1::ActorKind;
use einsicht_tlog::VerifierKey;
use einsicht_tlog::key::KeyError;
use tonic::transport::Uri;

use crate::retry::RetryPolicy;
pub use crate::token::{Token, TokenError};

/// Address of the ledger if [`URL_VARIABLE`] is not set: where `einsichtd dev` listens.
pub const URL_DEFAULT: &str = "http://127.0.0.1:7420";

/// Environment: address of the ledger.
pub const URL_VARIABLE: &str = "EINSICHT_URL";
/// Environment: file with the token of this recorder.
pub const TOKEN_FILE_VARIABLE: &str = "EINSICHT_TOKEN_FILE";
/// Environment: file with the verifier key of the ledger.
pub const VKEY_VARIABLE: &str = "EINSICHT_VKEY";
/// Environment: folder in which the last verified checkpoint is kept.
pub const STATE_DIR_VARIABLE: &str = "EINSICHT_STATE_DIR";
/// Environment: unit of all accesses that do not name one.
pub const UNIT_VARIABLE: &str = "EINSICHT_UNIT";
/// Environment: role of all accesses that do not name one.
pub const ROLE_VARIABLE: &str = "EINSICHT_ROLE";
/// Environment: kind of actor of all accesses that do not name one (human, system or ai).
pub const ACTOR_KIND_VARIABLE: &str = "EINSICHT_ACTOR_KIND";
/// Environment: the name under which the ledger knows this recorder.
pub const PRODUCER_VARIABLE: &str = "EINSICHT_PRODUCER";

/// More than any token or verifier key has.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What a [`Recorder`](crate::Recorder) needs to know. Start from [`RecorderConfig::new`] or
/// [`RecorderConfig::from_env`] and change what you need.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecorderConfig {
    /// Address of the ledger's gRPC service, `http://host:port`.
    pub url: String,
    /// Proves to the service which recorder this is.
    pub token: Token,
    /// Key that signs the ledger's checkpoints. It is what everything is verified against, so it must
    /// come from somewhere else than the ledger itself.
    pub key: VerifierKey,
    /// Folder in which the last verified checkpoint is kept, so that a ledger that was replaced or
    /// cut back is noticed after a restart too. Absent: only what this process saw counts.
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

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable that is needed is not set.
    #[error("{variable} is not set: set it to {expected}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// What belongs into it.
        expected: &'static str,
    },
    /// A variable is not UTF-8.
    #[error("{variable} is not UTF-8: set it to {expected}")]
    NotText {
        /// The variable.
        variable: &'static str,
        /// What belongs into it.
        expected: &'static str,
    },
    /// The file that a variable names cannot be read.
    #[error("{variable} names the file {}, which can't be read ({error}): set it to {expected}", path.display())]
    File {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What belongs into the variable.
        expected: &'static str,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The file that a variable names holds no verifier key.
    #[error("{variable} names the file {}, which holds no verifier key: {error}", path.display())]
    Key {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: KeyError,
    },
    /// The file that a variable names holds no token. What it holds is not shown.
    #[error("{variable} names the file {}, which holds no token: {error}", path.display())]
    Token {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: TokenError,
    },
    /// The address is not one that can be connected to. It is not shown: it may hold a password.
    #[error("the address of the ledger ({URL_VARIABLE}) {problem}; it reads http://host:port, for example {URL_DEFAULT}")]
    Url {
        /// What is wrong with it. Reads as the end of a sentence.
        problem: &'static str,
    },
    /// A code breaks the rules of codes.
    #[error("the {field} of the recorder ({variable}) {problem}")]
    Code {
        /// The variable.
        variable: &'static str,
        /// The field.
        field: &'static str,
        /// What is wrong with it. Reads as the end of a sentence.
        problem: Problem,
    },
    /// Not a kind of actor.
    #[error("{ACTOR_KIND_VARIABLE} is '{found}'; known are human, system and ai")]
    ActorKind {
        /// What it is.
        found: String,
    },
    /// A session would last longer than a day.
    #[error("a session lasts at most a day and more than nothing, session_age_max is {found:?}")]
    SessionAge {
        /// What was set.
        found: Duration,
    },
}

impl RecorderConfig {
    /// The configuration for the ledger at [`URL_DEFAULT`], with every default.
    #[must_use]
    pub fn new(token: Token, key: VerifierKey) -> Self {
        Self {
            url: URL_DEFAULT.to_owned(),
            token,
            key,
            state_dir: None,
            defaults: Defaults::default(),
            producer: None,
            with_proofs: false,
            retry: RetryPolicy::default(),
            call_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            session_age_max: Duration::from_secs(23 * 60 * 60),
        }
    }

    /// Reads the configuration from the environment:
    ///
    /// | variable | meaning | if not set |
    /// |---|---|---|
    /// | `EINSICHT_URL` | address of the ledger | `http://127.0.0.1:7420` |
    /// | `EINSICHT_TOKEN_FILE` | file with the token of this recorder | error |
    /// | `EINSICHT_VKEY` | file with the verifier key of the ledger | error |
    /// | `EINSICHT_STATE_DIR` | folder in which the last verified checkpoint is kept | not kept |
    /// | `EINSICHT_UNIT`, `EINSICHT_ROLE` | unit and role of accesses that name none | not known |
    /// | `EINSICHT_ACTOR_KIND` | `human`, `system` or `ai`, likewise | not known |
    /// | `EINSICHT_PRODUCER` | name under which the ledger must record us | any name |
    ///
    /// A variable that is set to nothing counts as not set.
    ///
    /// # Errors
    /// [`ConfigError`] says which variable, what is wrong with it, and what belongs into it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let variables = Variables(|name: &str| lookup(name).filter(|value| !value.is_empty()));
        let key = variables.key()?;
        let config = Self {
            url: variables.text(URL_VARIABLE, "http://host:port")?.unwrap_or_else(|| URL_DEFAULT.to_owned()),
            state_dir: (variables.0)(STATE_DIR_VARIABLE).map(PathBuf::from),
            defaults: Defaults {
                unit: variables.text(UNIT_VARIABLE, "a code")?,
                role: variables.text(ROLE_VARIABLE, "a code")?,
                actor_kind: variables.actor_kind()?,
            },
            producer: variables.text(PRODUCER_VARIABLE, "a code")?,
            ..Self::new(variables.token()?, key)
        };
        config.check()?;
        Ok(config)
    }

    /// Checks what is not checked by its type.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check_url(&self.url)?;
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

struct Variables<F>(F);

impl<F: Fn(&str) -> Option<OsString>> Variables<F> {
    fn text(&self, variable: &'static str, expected: &'static str) -> Result<Option<String>, ConfigError> {
        let value = (self.0)(variable).map(OsString::into_string).transpose();
        value.map_err(|_| ConfigError::NotText { variable, expected })
    }

    fn key(&self) -> Result<VerifierKey, ConfigError> {
        const EXPECTED: &str = "the path of the file with the verifier key of the ledger; \
             'einsichtd dev' writes it to ledger.vkey in its data folder";
        let (path, text) = self.file(VKEY_VARIABLE, EXPECTED)?;
        VerifierKey::parse(&text).map_err(|error| ConfigError::Key { variable: VKEY_VARIABLE, path, error })
    }

    fn token(&self) -> Result<Token, ConfigError> {
        const EXPECTED: &str = "the path of the file with the token of this recorder; \
             'einsichtd dev' writes one to keys/dev.token in its data folder";
        let (path, text) = self.file(TOKEN_FILE_VARIABLE, EXPECTED)?;
        Token::parse(&text).map_err(|error| ConfigError::Token { variable: TOKEN_FILE_VARIABLE, path, error })
    }

    fn file(&self, variable: &'static str, expected: &'static str) -> Result<(PathBuf, String), ConfigError> {
        let path = (self.0)(variable).map(PathBuf::from).ok_or(ConfigError::Missing { variable, expected })?;
        match read_text(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(ConfigError::File { variable, path, expected, error }),
        }
    }

    fn actor_kind(&self) -> Result<Option<ActorKind>, ConfigError> {
        let found = self.text(ACTOR_KIND_VARIABLE, "human, system or ai")?;
        found
            .map(|found| match found.as_str() {
                "human" => Ok(ActorKind::Human),
                "system" => Ok(ActorKind::System),
                "ai" => Ok(ActorKind::Ai),
                _ => Err(ConfigError::ActorKind { found }),
            })
            .transpose()
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn check_url(url: &str) -> Result<(), ConfigError> {
    let problem = match url.parse::<Uri>() {
        Err(_) => "is not an address",
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            "holds a user name or password, which is not sent"
        }
        Ok(uri) if uri.scheme_str() == Some("https") => {
            "is https, which this version does not speak: put a proxy that does beside the service"
        }
        Ok(uri) if uri.scheme_str() != Some("http") => "does not begin with http://",
        Ok(uri) if !matches!(uri.path(), "" | "/") || uri.query().is_some() => {
            "has a path behind host and port, which gRPC does not use"
        }
        Ok(_) => return Ok(()),
    };
    Err(ConfigError::Url { problem })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use einsicht_tlog::SigningKey;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<RecorderConfig, ConfigError> {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        RecorderConfig::from_variables(|name| variables.get(name).map(OsString::from))
    }

    struct Files {
        dir: tempfile::TempDir,
        key: VerifierKey,
    }

    impl Files {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let key = SigningKey::from_seed("log.example", &[7; 32]).unwrap().verifier().clone();
            std::fs::write(dir.path().join("vkey"), format!("{key}\n")).unwrap();
            std::fs::write(dir.path().join("token"), "sesame-0123456789\n").unwrap();
            Self { dir, key }
        }

        fn path(&self, name: &str) -> String {
            self.dir.path().join(name).to_str().unwrap().to_owned()
        }

        fn read(&self, more: &[(&str, &str)]) -> Result<RecorderConfig, ConfigError> {
            let (vkey, token) = (self.path("vkey"), self.path("token"));
            let needed = [(VKEY_VARIABLE, vkey.as_str()), (TOKEN_FILE_VARIABLE, token.as_str())];
            read(&[&needed, more].concat())
        }
    }

    #[test]
    fn two_files_are_enough() {
        let files = Files::new();
        let config = files.read(&[(STATE_DIR_VARIABLE, "")]).unwrap();
        assert_eq!((config.url.as_str(), config.state_dir), (URL_DEFAULT, None));
        assert_eq!(config.key, files.key);
        assert_eq!(config.defaults, Defaults::default());
        assert_eq!(config.token, Token::parse("sesame-0123456789").unwrap());
    }

    #[test]
    fn every_variable_is_read() {
        let files = Files::new();
        let config = files
            .read(&[
                (URL_VARIABLE, "http://ledger.example:7420/"),
                (STATE_DIR_VARIABLE, "/var/lib/einsicht"),
                (UNIT_VARIABLE, "bürgerdienste"),
                (ROLE_VARIABLE, "sachbearbeitung"),
                (ACTOR_KIND_VARIABLE, "ai"),
                (PRODUCER_VARIABLE, "meldewesen"),
            ])
            .unwrap();
        assert_eq!(config.url, "http://ledger.example:7420/");
        assert_eq!(config.state_dir, Some(PathBuf::from("/var/lib/einsicht")));
        assert_eq!(config.defaults.unit.as_deref(), Some("bürgerdienste"));
        assert_eq!(config.defaults.role.as_deref(), Some("sachbearbeitung"));
        assert_eq!(config.defaults.actor_kind, Some(ActorKind::Ai));
        assert_eq!(config.producer.as_deref(), Some("meldewesen"));
    }

    #[test]
    fn an_error_names_the_variable_and_what_to_do() {
        let files = Files::new();
        let vkey = files.path("vkey");
        let cases: [(Result<_, _>, &[&str]); 7] = [
            (read(&[]), &[VKEY_VARIABLE, "not set", "ledger.vkey"]),
            (read(&[(VKEY_VARIABLE, "/nowhere")]), &[VKEY_VARIABLE, "/nowhere", "ledger.vkey"]),
            (read(&[(VKEY_VARIABLE, &files.path("token"))]), &[VKEY_VARIABLE, "name+id+key"]),
            (read(&[(VKEY_VARIABLE, &vkey)]), &[TOKEN_FILE_VARIABLE, "not set", "dev.token"]),
            (files.read(&[(ACTOR_KIND_VARIABLE, "robot")]), &[ACTOR_KIND_VARIABLE, "robot", "human"]),
            (files.read(&[(UNIT_VARIABLE, "a unit")]), &[UNIT_VARIABLE, "U+0020"]),
            (files.read(&[(URL_VARIABLE, "ledger:7420")]), &[URL_VARIABLE, "http://"]),
        ];
        for (result, expected) in cases {
            let error = result.unwrap_err().to_string();
            assert!(expected.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn neither_token_nor_password_is_ever_shown() {
        let files = Files::new();
        let config = files.read(&[]).unwrap();
        assert!(!format!("{config:?}").contains("sesame"));
        std::fs::write(files.path("token"), "sesame opens\nthe door").unwrap();
        let error = files.read(&[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sesame"));
        let files = Files::new();
        let error = files.read(&[(URL_VARIABLE, "http://me:sesame@ledger:7420")]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sesame"));
    }

    #[test]
    fn only_addresses_that_grpc_can_use_are_accepted() {
        for url in ["http://127.0.0.1:7420", "http://[::1]:7420/", "http://ledger"] {
            assert!(check_url(url).is_ok(), "{url}");
        }
        for url in ["https://ledger", "http://ledger/prefix", "ftp://ledger", "", "http://ledger?x=1"] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }
}
