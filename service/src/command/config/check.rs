//! Checks a configuration, and the files and folders that it names. Changes nothing.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use einsicht_tlog::VerifierKey;
use einsicht_tlog::key::KEY_BYTES;

use crate::command::sources::SourceArgs;
use crate::command::{say, told};
use crate::config::{Config, ConfigError, LedgerConfig, Loaded};
use crate::ledger::{LedgerError, read_genesis};
use crate::preflight::{self, PreflightError};
use crate::signer::{self, KEY_FILE, SecretError};
use crate::storage::file::{Folder, RealFolder};
use crate::tls::{self, ServerIdentity, TlsError};
use crate::vault::{Keyring, KeyringError};
use crate::wrapping_key::WrappingKeyError;

pub(super) fn run(args: &SourceArgs) -> anyhow::Result<ExitCode> {
    match args.load() {
        Ok(loaded) => Ok(report(&loaded, &check(&loaded.config))),
        // What the file says is an answer; that it could not be read is none.
        Err(ConfigError::Refused { file, problems, further }) => {
            problems.iter().for_each(|problem| say(&format!("FAILED  {}", problem.sentence(&file))));
            if further > 0 {
                say(&format!("FAILED  {}: and {further} more", file.display()));
            }
            Ok(ExitCode::from(1))
        }
        Err(error) => Err(error.into()),
    }
}

/// What was found.
#[derive(Debug, Default)]
struct Findings {
    /// The service would not start, or not as it should.
    wrong: Vec<String>,
    /// Could not be looked at.
    untold: Vec<String>,
    /// Worth knowing.
    notes: Vec<String>,
}

/// What is known of the signing key.
enum Key {
    Absent,
    /// The public half.
    Public([u8; KEY_BYTES]),
}

fn check(config: &Config) -> Findings {
    let mut findings = Findings::default();
    let key = findings.key(&config.keys_dir);
    findings.ledger(config, key);
    findings.wrapping_key(config);
    findings.certificates(config);
    if config.callers.is_empty() {
        findings.notes.push("there is no [[caller]]: nobody can record".to_owned());
    }
    findings
}

impl Findings {
    /// The signing key: `None` if it could not be told whether there is one.
    fn key(&mut self, folder: &Path) -> Option<Key> {
        match preflight::check_keys(folder) {
            Ok(()) => {}
            Err(PreflightError::NoKeys { .. }) => return Some(Key::Absent),
            Err(error) => self.preflight("keys.dir", error),
        }
        match signer::load(folder) {
            Ok(Some(key)) => Some(Key::Public(key.verifying_key().to_bytes())),
            Ok(None) => Some(Key::Absent),
            Err(error) => {
                self.secret("keys.dir", error);
                None
            }
        }
    }

    fn ledger(&mut self, config: &Config, key: Option<Key>) {
        let LedgerConfig { data, origin, last_known_checkpoint, .. } = &config.ledger;
        let (shown, key_path) = (data.display(), config.keys_dir.join(KEY_FILE));
        let key_path = key_path.display();
        match (preflight::check_ledger(data, origin), key) {
            (Err(PreflightError::NoLedger { .. }), Some(Key::Public(_))) => self.wrong.push(format!(
                "ledger.data: {shown} holds no ledger, but there is a signing key, {key_path}; correct one of \
                 both, mount the disk, or restore the ledger"
            )),
            (Err(PreflightError::NoLedger { .. }), _) => self
                .notes
                .push(format!("ledger.data: {shown} holds no ledger yet; `einsichtd init` begins it")),
            (Err(error), _) => self.preflight("ledger.data", error),
            (Ok(()), Some(Key::Absent)) => self.wrong.push(format!(
                "keys.dir: there is a ledger in {shown}, but no signing key at {key_path}; restore it from your \
                 backup"
            )),
            (Ok(()), Some(Key::Public(key))) if !self.is_key_of(data, &key) => self.wrong.push(format!(
                "keys.dir: {key_path} is the key of another ledger than the one in {shown}; correct one of both"
            )),
            (Ok(()), Some(Key::Public(key))) => {
                let verifier = VerifierKey::new(origin.as_str(), &key);
                if let (Some(path), Ok(verifier)) = (last_known_checkpoint, verifier)
                    && let Err(error) = preflight::read_checkpoint(path, origin.as_str(), &[verifier])
                {
                    self.preflight("ledger.last_known_checkpoint", error);
                }
            }
            (Ok(()), None) => {}
        }
    }

    /// Whether entry 0 names the key. What can't be read of it was told before.
    fn is_key_of(&self, data: &Path, key: &[u8; KEY_BYTES]) -> bool {
        let genesis = read_genesis(&RealFolder::new(data)).ok().flatten();
        genesis.is_none_or(|genesis| genesis.public_keys.iter().any(|known| **known == *key))
    }

    fn wrapping_key(&mut self, config: &Config) {
        let Some(source) = &config.vault.wrapping_key else {
            let note = "there is no wrapping key ([vault]): events with personal values are refused";
            return self.notes.push(note.to_owned());
        };
        let folder = |path: &Path| -> Arc<dyn Folder> { Arc::new(RealFolder::new(path)) };
        match source.read() {
            Ok(key) => {
                // Tries it on the keys that are there.
                let (keys, data) = (folder(&config.keys_dir), folder(&config.ledger.data));
                match Keyring::open(keys, data, key, config.ledger.origin.clone()) {
                    Ok(_) => {}
                    Err(KeyringError::Io { path, error }) => {
                        self.unreadable("keys.dir", &config.keys_dir.join(path), &error);
                    }
                    Err(error) => self.wrong.push(format!("vault: {error}")),
                }
            }
            Err(WrappingKeyError::Secret(error)) => self.secret("vault", error),
            Err(error) => self.wrong.push(format!("vault: {error}")),
        }
    }

    fn certificates(&mut self, config: &Config) {
        if let Some(tls) = &config.tls_internal {
            self.identity("tls.internal", &tls.certificate, &tls.key);
            if let Some(path) = &tls.client_ca
                && let Err(error) = tls::client_verifier(path)
            {
                self.unusable("tls.internal.client_ca", error);
            }
        }
        if let Some(tls) = &config.tls_public {
            self.identity("tls.public", &tls.certificate, &tls.key);
            if config.listen.public.is_none() {
                self.notes.push("tls.public is not used: there is no listen.public".to_owned());
            }
        }
    }

    /// Certificate and key, each for itself and then together.
    fn identity(&mut self, table: &str, certificate: &Path, key: &Path) {
        let before = self.wrong.len() + self.untold.len();
        self.readable(&format!("{table}.certificate"), certificate);
        self.private(&format!("{table}.key"), key);
        if before == self.wrong.len() + self.untold.len()
            && let Err(error) = ServerIdentity::load(certificate, key)
        {
            self.unusable(table, error);
        }
    }

    fn unusable(&mut self, setting: &str, error: TlsError) {
        match error {
            TlsError::Io { path, error } => self.unreadable(setting, &path, &error),
            TlsError::Key(error) => self.secret(setting, error),
            wrong => self.wrong.push(format!("{setting}: {wrong}")),
        }
    }

    fn readable(&mut self, key: &str, path: &Path) {
        if let Err(error) = fs::read(path) {
            self.unreadable(key, path, &error);
        }
    }

    fn private(&mut self, key: &str, path: &Path) {
        match signer::read_secret(path) {
            Ok(Some(_)) => {}
            Ok(None) => self.wrong.push(format!("{key}: {} is not there", path.display())),
            Err(error) => self.secret(key, error),
        }
    }

    fn preflight(&mut self, key: &str, error: PreflightError) {
        match error {
            PreflightError::Io { path, error } => self.unreadable(key, &path, &error),
            PreflightError::Ledger(LedgerError::Io { path, error }) => self.unreadable(key, &path, &error),
            wrong => self.wrong.push(format!("{key}: {}", told(&wrong.into()))),
        }
    }

    fn secret(&mut self, key: &str, error: SecretError) {
        match error {
            SecretError::Io { path, error } => self.unreadable(key, &path, &error),
            wrong => self.wrong.push(format!("{key}: {wrong}")),
        }
    }

    fn unreadable(&mut self, key: &str, path: &Path, error: &io::Error) {
        let sentence = format!("{key}: {}: {error}", path.display());
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidData => {
                self.wrong.push(sentence);
            }
            io::ErrorKind::PermissionDenied => {
                self.untold.push(format!("{sentence}; run this check as the user of the service"));
            }
            _ => self.untold.push(sentence),
        }
    }
}

fn report(loaded: &Loaded, findings: &Findings) -> ExitCode {
    let Findings { wrong, untold, notes } = findings;
    for (word, sentences) in [("note   ", notes), ("UNTOLD ", untold), ("FAILED ", wrong)] {
        sentences.iter().for_each(|sentence| say(&format!("{word} {sentence}")));
    }
    let file = loaded.file.display();
    let (word, code) = match (wrong.is_empty(), untold.is_empty()) {
        (false, _) => ("FAILED ", 1),
        (true, false) => ("UNTOLD ", 2),
        (true, true) => ("sound  ", 0),
    };
    say(&format!("{word} {file}: {}", summary(&loaded.config)));
    ExitCode::from(code)
}

fn summary(config: &Config) -> String {
    let tls = |has: bool| if has { " with TLS" } else { " without TLS" };
    let internal = format!("internal {}{}", config.listen.internal, tls(config.tls_internal.is_some()));
    let public = config.listen.public.map_or("no public listener".to_owned(), |address| {
        format!("public {address}{}", tls(config.tls_public.is_some()))
    });
    let callers = match config.callers.len() {
        1 => "1 caller".to_owned(),
        count => format!("{count} callers"),
    };
    format!("ledger '{}', {internal}, {public}, {callers}", config.ledger.origin)
}
