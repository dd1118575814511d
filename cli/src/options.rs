//! What all commands share: which ledger, which keys, where things are remembered.

mod calls;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use einsicht_client::Trust;
use einsicht_client::config::{Token, URL_DEFAULT};
use einsicht_client::reader::Reader;
use einsicht_client::source::{Source, SourceOptions};
use einsicht_client::tls::{TlsFiles, TlsOptions};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, VerifierKey};

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
            return Err(no_key(place));
        };
        if !path.exists() && path.to_str().is_some_and(|text| VerifierKey::parse(text).is_ok()) {
            bail!("--vkey takes the path of a file, not the key itself: write the key into a file first");
        }
        let text =
            read_small(path).with_context(|| format!("the verifier key {} can't be read", path.display()))?;
        let key = VerifierKey::parse(&text);
        key.with_context(|| format!("the file {} does not hold a verifier key", path.display()))
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
                self.note(
                    "note: there is no home folder, so nothing is remembered for the next time (--state-dir)",
                );
                Ok(Trust::in_memory(key))
            }
        }
    }

    /// The ledger, to be read. `given` is what the command was given.
    ///
    /// # Errors
    /// The place is no ledger, or the token can't be read.
    pub fn source(&self, given: Option<&str>) -> anyhow::Result<Source> {
        let token = self.token_file_for(given).map(read_token).transpose()?;
        let place = self.place(given);
        if !place.contains("://") && !Path::new(place).exists() {
            bail!(
                "there is no folder {place}, and it is no address either: addresses begin with http:// or https:// (did you mean http://{place}?)"
            );
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

    /// How to encrypt. A certificate in the environment is shown to no other ledger than the one there.
    fn tls(&self, given: Option<&str>) -> anyhow::Result<TlsOptions> {
        let file = |path: &Option<PathBuf>| nonempty_path(path.as_deref()).map(Path::to_owned);
        let mut files = TlsFiles { authorities: file(&self.ca_file), ..TlsFiles::default() };
        if given.is_none() || self.certificate_is_typed {
            files.certificate = file(&self.cert_file);
            files.key = file(&self.key_file);
        }
        TlsOptions::read(&files).context("--ca-file, --cert-file or --key-file can't be used")
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
    let first = reader.entry(Index(0)).await?;
    if let Some(Content::Genesis(genesis)) = first.body()?.content
        && genesis.simulated
    {
        complain_styled(
            Emphasis::Look,
            "SIMULATED",
            ": the entries of this ledger are made up, they show nothing that happened",
        );
    }
    Ok(())
}

/// Why nothing is believed without a key, and where to get one. Never takes it from the ledger itself:
/// whoever forged the ledger would have put a key of their own there.
fn no_key(place: Option<&str>) -> anyhow::Error {
    let beside = place.map(|place| Path::new(place).join(VKEY)).filter(|path| path.is_file());
    let advice = match beside {
        Some(path) => format!(
            "This folder holds one, but whoever forged the folder would have put a key of their own there. \
             If you know that the folder is genuine: --vkey {}",
            path.display()
        ),
        None => {
            "Get it from somewhere else than the ledger, for example from the city's web site or on paper. \
                 `einsichtd dev` writes it to ledger.vkey in its data folder"
                .to_owned()
        }
    };
    anyhow!(
        "no verifier key given: without it nobody can tell the real ledger from a forged one. Give the file \
         with the key: --vkey FILE (or EINSICHT_VKEY). {advice}"
    )
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

fn read_token(path: &Path) -> anyhow::Result<Token> {
    let text =
        read_small(path).with_context(|| format!("the token file {} can't be read", path.display()))?;
    Token::parse(&text).with_context(|| format!("the file {} does not hold a token", path.display()))
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
