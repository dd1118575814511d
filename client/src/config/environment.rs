//! A recorder's configuration in environment variables.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use einsicht_proto::v1::ActorKind;
use einsicht_tlog::VerifierKey;

use super::{ConfigError, Defaults, OnUnavailable, RecorderConfig, SpoolConfig, URL_DEFAULT, WhenFull};
use crate::tls::{CA_FILE_VARIABLE, CERT_FILE_VARIABLE, KEY_FILE_VARIABLE, TlsFiles, TlsOptions};
use crate::token::Token;

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

/// Environment: folder of the spool.
pub const SPOOL_DIR_VARIABLE: &str = "EINSICHT_SPOOL_DIR";
/// Environment: most bytes that the spool takes on disk.
pub const SPOOL_BYTES_MAX_VARIABLE: &str = "EINSICHT_SPOOL_BYTES_MAX";
/// Environment: what a caller gets when the spool is full (fail or wait).
pub const SPOOL_WHEN_FULL_VARIABLE: &str = "EINSICHT_SPOOL_WHEN_FULL";

/// More than any token or verifier key has.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads the configuration from the variables that `lookup` finds.
pub(super) fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<RecorderConfig, ConfigError> {
    let variables = Variables(|name: &str| lookup(name).filter(|value| !value.is_empty()));
    let key = variables.key()?;
    let tls = variables.tls()?;
    let has_certificate = tls.has_certificate();
    let config = RecorderConfig {
        url: variables.text(URL_VARIABLE, "http://host:port")?.unwrap_or_else(|| URL_DEFAULT.to_owned()),
        state_dir: (variables.0)(STATE_DIR_VARIABLE).map(PathBuf::from),
        defaults: Defaults {
            unit: variables.text(UNIT_VARIABLE, "a code")?,
            role: variables.text(ROLE_VARIABLE, "a code")?,
            actor_kind: variables.actor_kind()?,
        },
        producer: variables.text(PRODUCER_VARIABLE, "a code")?,
        on_unavailable: variables.on_unavailable()?,
        token: variables.token(has_certificate)?,
        tls,
        ..RecorderConfig::without_token(key)
    };
    config.check()?;
    Ok(config)
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

    fn tls(&self) -> Result<TlsOptions, ConfigError> {
        let path = |variable| (self.0)(variable).map(PathBuf::from);
        let files = TlsFiles {
            authorities: path(CA_FILE_VARIABLE),
            certificate: path(CERT_FILE_VARIABLE),
            key: path(KEY_FILE_VARIABLE),
        };
        Ok(TlsOptions::read(&files)?)
    }

    /// The token; none is needed if the service knows us by our certificate.
    fn token(&self, has_certificate: bool) -> Result<Option<Token>, ConfigError> {
        const EXPECTED: &str = "the path of the file with the token of this recorder; 'einsichtd dev' writes \
             one to keys/dev.token in its data folder (or give a certificate: EINSICHT_CERT_FILE)";
        if has_certificate && (self.0)(TOKEN_FILE_VARIABLE).is_none() {
            return Ok(None);
        }
        let (path, text) = self.file(TOKEN_FILE_VARIABLE, EXPECTED)?;
        let token = Token::parse(&text);
        token.map(Some).map_err(|error| ConfigError::Token { variable: TOKEN_FILE_VARIABLE, path, error })
    }

    fn file(&self, variable: &'static str, expected: &'static str) -> Result<(PathBuf, String), ConfigError> {
        let path =
            (self.0)(variable).map(PathBuf::from).ok_or(ConfigError::Missing { variable, expected })?;
        match read_text(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(ConfigError::File { variable, path, expected, error }),
        }
    }

    fn on_unavailable(&self) -> Result<OnUnavailable, ConfigError> {
        let dir = (self.0)(SPOOL_DIR_VARIABLE).map(PathBuf::from);
        let bytes_max = self.text(SPOOL_BYTES_MAX_VARIABLE, "a number of bytes")?;
        let when_full = self.text(SPOOL_WHEN_FULL_VARIABLE, "fail or wait")?;
        let Some(dir) = dir else {
            let given = [(SPOOL_BYTES_MAX_VARIABLE, &bytes_max), (SPOOL_WHEN_FULL_VARIABLE, &when_full)];
            return match given.into_iter().find(|(_, value)| value.is_some()) {
                Some((variable, _)) => Err(ConfigError::SpoolDirMissing { variable }),
                None => Ok(OnUnavailable::Refuse),
            };
        };
        let mut spool = SpoolConfig::new(&dir);
        if let Some(found) = bytes_max {
            spool.bytes_max = found.parse().map_err(|_| ConfigError::SpoolBytes { found })?;
        }
        spool.when_full = match when_full.as_deref() {
            None | Some("fail") => WhenFull::Fail,
            Some("wait") => WhenFull::Wait,
            Some(found) => return Err(ConfigError::SpoolWhenFull { found: found.to_owned() }),
        };
        Ok(OnUnavailable::Spool(spool))
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use einsicht_tlog::SigningKey;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<RecorderConfig, ConfigError> {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        super::read(|name| variables.get(name).map(OsString::from))
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
        assert_eq!(config.token, Some(Token::parse("sesame-0123456789").unwrap()));
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
    fn a_folder_is_enough_for_a_spool() {
        let files = Files::new();
        assert_eq!(files.read(&[]).unwrap().on_unavailable, OnUnavailable::Refuse);
        let dir = Path::new("/var/spool/einsicht");
        let config = files.read(&[(SPOOL_DIR_VARIABLE, "/var/spool/einsicht")]).unwrap();
        assert_eq!(config.on_unavailable, OnUnavailable::Spool(SpoolConfig::new(dir)));
        let config = files
            .read(&[
                (SPOOL_DIR_VARIABLE, "/var/spool/einsicht"),
                (SPOOL_BYTES_MAX_VARIABLE, "5000000"),
                (SPOOL_WHEN_FULL_VARIABLE, "wait"),
            ])
            .unwrap();
        let spool = SpoolConfig { bytes_max: 5_000_000, when_full: WhenFull::Wait, ..SpoolConfig::new(dir) };
        assert_eq!(config.on_unavailable, OnUnavailable::Spool(spool));
    }

    #[test]
    fn an_error_names_the_variable_and_what_to_do() {
        let files = Files::new();
        let vkey = files.path("vkey");
        let spool = (SPOOL_DIR_VARIABLE, "spool");
        let cases: [(Result<_, _>, &[&str]); 10] = [
            (read(&[]), &[VKEY_VARIABLE, "not set", "ledger.vkey"]),
            (read(&[(VKEY_VARIABLE, "/nowhere")]), &[VKEY_VARIABLE, "/nowhere", "ledger.vkey"]),
            (read(&[(VKEY_VARIABLE, &files.path("token"))]), &[VKEY_VARIABLE, "name+id+key"]),
            (read(&[(VKEY_VARIABLE, &vkey)]), &[TOKEN_FILE_VARIABLE, "not set", "dev.token"]),
            (files.read(&[(ACTOR_KIND_VARIABLE, "robot")]), &[ACTOR_KIND_VARIABLE, "robot", "human"]),
            (files.read(&[(UNIT_VARIABLE, "a unit")]), &[UNIT_VARIABLE, "U+0020"]),
            (
                files.read(&[(SPOOL_WHEN_FULL_VARIABLE, "wait")]),
                &[SPOOL_WHEN_FULL_VARIABLE, SPOOL_DIR_VARIABLE],
            ),
            (files.read(&[spool, (SPOOL_WHEN_FULL_VARIABLE, "drop")]), &["drop", "fail and wait"]),
            (files.read(&[spool, (SPOOL_BYTES_MAX_VARIABLE, "1G")]), &[SPOOL_BYTES_MAX_VARIABLE, "1G"]),
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
}
