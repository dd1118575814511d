//! What all commands share: which ledger, which keys, where things are remembered.

mod calls;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use einsicht_access::Language;
use einsicht_client::Trust;
use einsicht_client::config::{Token, URL_DEFAULT};
use einsicht_client::reader::Reader;
use einsicht_client::source::{Source, SourceOptions};
use einsicht_client::tls::{TlsFiles, TlsOptions};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, VerifierKey};

use crate::language::pick;
use crate::output::{Emphasis, complain, complain_styled};

/// Name of the file with the verifier key in a data folder.
const VKEY: &str = "ledger.vkey";

/// What all commands share.
#[derive(Debug, Args)]
#[command(next_help_heading = "Ledger")]
pub struct Options {
    /// The ledger: its address or, for reading, its data folder [default: http://127.0.0.1:7420]
    #[arg(long, global = true, env = "EINSICHT_URL", value_name = "URL|DIR", hide_env_values = true)]
    pub url: Option<String>,
    /// File with the key that the ledger signs with; get it from its operator, not from the ledger
    #[arg(long, global = true, env = "EINSICHT_VKEY", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub vkey: Option<PathBuf>,
    /// File with your token; needed to record, and for what is sealed
    #[arg(long, global = true, env = "EINSICHT_TOKEN_FILE", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub token_file: Option<PathBuf>,
    /// File with the certificates of the authorities to trust for https (PEM), instead of the system's
    #[arg(long, global = true, env = "EINSICHT_CA_FILE", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,
    /// File with your certificate (PEM), for a ledger that knows you by it; instead of a token
    #[arg(long, global = true, env = "EINSICHT_CERT_FILE", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub cert_file: Option<PathBuf>,
    /// File with the key of your certificate (PEM)
    #[arg(long, global = true, env = "EINSICHT_KEY_FILE", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub key_file: Option<PathBuf>,
    /// Folder that remembers what was verified [default: ~/.local/state/einsicht]
    #[arg(long, global = true, env = "EINSICHT_STATE_DIR", value_parser = path(), value_name = "DIR", hide_env_values = true)]
    pub state_dir: Option<PathBuf>,
    /// No progress and no notes, only results and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Whether the token stands on the command line. Set after parsing.
    #[arg(skip)]
    pub token_is_typed: bool,
    /// The same for the certificate.
    #[arg(skip)]
    pub certificate_is_typed: bool,
    /// The language that errors are told in; English if it is not set. Set after parsing.
    #[arg(skip)]
    pub language: Option<Language>,
}

impl Options {
    /// Whether progress and notes are unwanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Tells something that is worth knowing and no result.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            complain(text);
        }
    }

    fn pick<T>(&self, german: T, english: T) -> T {
        pick(self.language.unwrap_or(Language::English), german, english)
    }

    /// Where the ledger is: what the command was given, or what the options say.
    pub fn place<'a>(&'a self, given: Option<&'a str>) -> &'a str {
        given.or(nonempty(self.url.as_deref())).unwrap_or(URL_DEFAULT)
    }

    /// The key that the ledger at `place` must sign with.
    ///
    /// # Errors
    /// None was given, or it can't be used.
    pub fn key(&self, place: Option<&str>) -> anyhow::Result<VerifierKey> {
        let Some(path) = self.vkey.as_deref().filter(|path| !path.as_os_str().is_empty()) else {
            return Err(self.no_key(place));
        };
        let shown = path.display();
        if !path.exists() && path.to_str().is_some_and(|text| VerifierKey::parse(text).is_ok()) {
            bail!(self.pick(
                "--vkey nimmt den Pfad einer Datei, nicht den Schlüssel selbst: bitte den Schlüssel in eine Datei schreiben",
                "--vkey takes the path of a file, not the key itself: write the key into a file first",
            ));
        }
        let text = read_small(path).with_context(|| {
            self.pick(
                format!("der Prüfschlüssel {shown} ist nicht lesbar"),
                format!("the verifier key {shown} can't be read"),
            )
        })?;
        let key = VerifierKey::parse(&text);
        key.with_context(|| {
            self.pick(
                format!("die Datei {shown} enthält keinen Prüfschlüssel"),
                format!("the file {shown} does not hold a verifier key"),
            )
        })
    }

    /// What is believed of the ledger, as this user remembers it.
    ///
    /// # Errors
    /// No key, or what is remembered can't be used.
    pub fn trust(&self, place: &str) -> anyhow::Result<Trust> {
        let key = self.key(Some(place))?;
        match self.state_dir() {
            Some(dir) => Ok(Trust::stored(key, &dir)?),
            None => {
                self.note(self.pick(
                    "Hinweis: es gibt keinen persönlichen Ordner, also wird für das nächste Mal nichts gemerkt (--state-dir)",
                    "note: there is no home folder, so nothing is remembered for the next time (--state-dir)",
                ));
                Ok(Trust::in_memory(key))
            }
        }
    }

    /// The ledger, to be read. `given` is what the command was given.
    ///
    /// # Errors
    /// The place is no ledger, or the token can't be read.
    pub fn source(&self, given: Option<&str>) -> anyhow::Result<Source> {
        let token = self.token_file_for(given).map(|path| self.read_token(path)).transpose()?;
        let place = self.place(given);
        if !place.contains("://") && !Path::new(place).exists() {
            bail!(self.pick(
                format!(
                    "es gibt keinen Ordner {place}, und eine Adresse ist es auch nicht: Adressen beginnen mit http:// oder https:// \
                     (war http://{place} gemeint?)"
                ),
                format!(
                    "there is no folder {place}, and it is no address either: addresses begin with http:// or https:// (did you \
                     mean http://{place}?)"
                ),
            ));
        }
        let tls = match place.starts_with("https:") {
            true => self.tls(given)?,
            false => TlsOptions::default(),
        };
        Ok(Source::open_with(place, SourceOptions { token, tls, ..SourceOptions::default() })?)
    }

    /// The token to read the ledger with. One in the environment belongs to the ledger in the environment,
    /// and is shown to no other.
    fn token_file_for(&self, given: Option<&str>) -> Option<&Path> {
        nonempty_path(self.token_file.as_deref()).filter(|_| given.is_none() || self.token_is_typed)
    }

    fn read_token(&self, path: &Path) -> anyhow::Result<Token> {
        let shown = path.display();
        let text = read_small(path).with_context(|| {
            self.pick(
                format!("die Token-Datei {shown} ist nicht lesbar"),
                format!("the token file {shown} can't be read"),
            )
        })?;
        Token::parse(&text).with_context(|| {
            self.pick(
                format!("die Datei {shown} enthält kein Token"),
                format!("the file {shown} does not hold a token"),
            )
        })
    }

    /// How to encrypt. A certificate in the environment is shown to no other ledger than the one there.
    fn tls(&self, given: Option<&str>) -> anyhow::Result<TlsOptions> {
        let file = |path: &Option<PathBuf>| nonempty_path(path.as_deref()).map(Path::to_owned);
        let mut files = TlsFiles { authorities: file(&self.ca_file), ..TlsFiles::default() };
        if given.is_none() || self.certificate_is_typed {
            files.certificate = file(&self.cert_file);
            files.key = file(&self.key_file);
        }
        TlsOptions::read(&files).context(self.pick(
            "--ca-file, --cert-file oder --key-file ist nicht zu verwenden",
            "--ca-file, --cert-file or --key-file can't be used",
        ))
    }

    /// The options that a further command needs to mean the same: those that the environment does not say already.
    pub fn typed(&self) -> Vec<OsString> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.clone().into_os_string());
        let options = [
            ("--url", "EINSICHT_URL", self.url.as_ref().map(OsString::from), false),
            ("--vkey", "EINSICHT_VKEY", path(&self.vkey), false),
            ("--token-file", "EINSICHT_TOKEN_FILE", path(&self.token_file), self.token_is_typed),
            ("--ca-file", "EINSICHT_CA_FILE", path(&self.ca_file), false),
            ("--cert-file", "EINSICHT_CERT_FILE", path(&self.cert_file), self.certificate_is_typed),
            ("--key-file", "EINSICHT_KEY_FILE", path(&self.key_file), self.certificate_is_typed),
            ("--state-dir", "EINSICHT_STATE_DIR", path(&self.state_dir), false),
        ];
        let needed = options.into_iter().filter_map(|(name, variable, value, is_typed)| {
            let value = value.filter(|value| !value.is_empty())?;
            let is_said = std::env::var_os(variable).as_ref() == Some(&value);
            (is_typed || !is_said).then(|| [OsString::from(name), value])
        });
        needed.flatten().collect()
    }

    /// Whether the place is a service that would be shown who asks.
    pub fn may_call(&self, given: Option<&str>) -> bool {
        let certificate =
            nonempty_path(self.cert_file.as_deref()).filter(|_| given.is_none() || self.certificate_is_typed);
        self.place(given).contains("://") && (self.token_file_for(given).is_some() || certificate.is_some())
    }

    /// Why nothing is believed without a key, and where to get one. Never takes it from the ledger itself:
    /// whoever forged the ledger would have put a key of their own there.
    fn no_key(&self, place: Option<&str>) -> anyhow::Error {
        let beside = place.map(|place| Path::new(place).join(VKEY)).filter(|path| path.is_file());
        let advice = match beside.as_deref().map(Path::display) {
            Some(path) => self.pick(
                format!(
                    "In diesem Ordner liegt einer, aber wer den Ordner gefälscht hat, hätte den eigenen hineingelegt. Wenn Sie \
                     wissen, dass der Ordner echt ist: --vkey {path}"
                ),
                format!(
                    "This folder holds one, but whoever forged the folder would have put a key of their own there. If you know \
                     that the folder is genuine: --vkey {path}"
                ),
            ),
            None => self.pick(
                "Er kommt von anderswo als vom Protokoll, zum Beispiel von der Website der Stadt oder auf Papier. `einsichtd dev` \
                 schreibt ihn in ledger.vkey in seinem Datenordner"
                    .to_owned(),
                "Get it from somewhere else than the ledger, for example from the city's web site or on paper. `einsichtd dev` \
                 writes it to ledger.vkey in its data folder"
                    .to_owned(),
            ),
        };
        anyhow!(self.pick(
            format!(
                "kein Prüfschlüssel angegeben: ohne ihn kann niemand das echte Protokoll von einem gefälschten unterscheiden. Bitte \
                 die Datei mit dem Schlüssel angeben: --vkey FILE (oder EINSICHT_VKEY). {advice}"
            ),
            format!(
                "no verifier key given: without it nobody can tell the real ledger from a forged one. Give the file with the \
                 key: --vkey FILE (or EINSICHT_VKEY). {advice}"
            ),
        ))
    }

    /// A reader of the ledger under its newest checkpoint, which is verified.
    ///
    /// # Errors
    /// The ledger can't be reached, or its checkpoint is not believed.
    pub async fn reader(&self, given: Option<&str>) -> anyhow::Result<Reader> {
        let trust = self.trust(self.place(given))?;
        Ok(Reader::open(self.source(given)?, trust).await?)
    }

    /// The folder that remembers what was verified; `None` if there is no place for it.
    pub fn state_dir(&self) -> Option<PathBuf> {
        if let Some(dir) = nonempty_path(self.state_dir.as_deref()) {
            return Some(dir.to_owned());
        }
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")))?;
        Some(state.join("einsicht"))
    }
}

/// Says so if the entries of the ledger are made up: whoever shows a ledger must show that too.
///
/// # Errors
/// Entry 0 could not be read, or is not what was signed.
pub async fn tell_if_simulated(reader: &Reader) -> anyhow::Result<()> {
    tell_if_simulated_in(Language::English, reader).await
}

/// The same in a language.
///
/// # Errors
/// Entry 0 could not be read, or is not what was signed.
pub async fn tell_if_simulated_in(language: Language, reader: &Reader) -> anyhow::Result<()> {
    let first = reader.entry(Index(0)).await?;
    if let Some(Content::Genesis(genesis)) = first.body()?.content
        && genesis.simulated
    {
        complain_styled(
            Emphasis::Look,
            pick(language, "SIMULIERT", "SIMULATED"),
            pick(
                language,
                ": die Einträge dieses Protokolls sind erfunden, sie zeigen nichts, was geschehen ist",
                ": the entries of this ledger are made up, they show nothing that happened",
            ),
        );
    }
    Ok(())
}

/// Unlike the usual parser takes an empty path: a variable that is set to nothing counts as not set.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

fn nonempty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn nonempty_path(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| !path.as_os_str().is_empty())
}

/// Reads a file that can't be large: one that is was meant for something else.
fn read_small(path: &Path) -> anyhow::Result<String> {
    use std::io::Read as _;
    const BYTES_MAX: u64 = 64 * 1024;
    let mut text = String::new();
    std::fs::File::open(path)?.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
