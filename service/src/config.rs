//! What a city's service is configured with: the settings, typed. Where each one came from, and how a
//! file becomes this, is in the modules below.
//!
//! Every setting but the callers is one key of a table of the TOML file (`ledger.origin`), one variable
//! of the environment (`EINSICHTD_LEDGER_ORIGIN`) and one value of `--set` (`--set ledger.origin=…`); the
//! command line wins over the environment, and that over the file.

mod callers;
mod document;
mod error;
mod example;
mod key;
mod overrides;
mod read;
mod rules;
mod said;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod vault;

use std::fs;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use einsicht_access::RetentionClass;
use einsicht_tlog::{Hash, Origin};

use crate::reports;
use crate::wrapping_key::WrappingKeySource;

pub use error::{ConfigError, Place, Problem, Reason};
pub use example::example;
pub use key::{CALLER_SETTINGS, ENVIRONMENT_PREFIX, Key, Presence, SETTINGS, setting};
pub use overrides::Sources;
pub use read::{Loaded, parse};
pub use rules::{DatasetRetention, Disclosure, Hold, Retention, Rules};
pub use value::{Kind, ROLES, Shape};

/// Longest configuration file, in bytes: room for ten thousand callers.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads the configuration from all its sources. Looks at no other file than `sources.file`: whether
/// certificates and keys can be used is not checked.
///
/// # Errors
/// [`ConfigError`], with everything that was found wrong.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: sources.file.clone(), error };
    let text = read_text(&sources.file).map_err(unreadable)?;
    let file = std::path::absolute(&sources.file).map_err(unreadable)?;
    let loaded = parse(&text, file.parent().unwrap_or(Path::new("/")), sources)?;
    // Once more where links lead, as far as the folders are there already.
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match read::nested(&real(&loaded.config.ledger.data), &real(&loaded.config.keys_dir)) {
        None => Ok(loaded),
        Some(reason) => {
            let place = loaded.places.get("keys.dir").cloned();
            let problems = vec![Problem { place, key: "keys.dir".to_owned(), reason }];
            Err(ConfigError::Refused { file: loaded.file, problems, further: 0 })
        }
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("longer than {FILE_BYTES_MAX} bytes; is it the right file?")));
    }
    Ok(text)
}

/// Everything that `einsichtd serve` is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Table `ledger`.
    pub ledger: LedgerConfig,
    /// `keys.dir`: the folder of the ledger's keys. Not inside the data folder.
    pub keys_dir: PathBuf,
    /// Table `vault`.
    pub vault: VaultConfig,
    /// The tables `subjects`, `retention` and `disclosure`.
    pub rules: Rules,
    /// Table `listen`.
    pub listen: ListenConfig,
    /// Table `tls.internal`; required where `listen.internal` is not loopback.
    pub tls_internal: Option<InternalTls>,
    /// Table `tls.public`; required where `listen.public` is not loopback.
    pub tls_public: Option<PublicTls>,
    /// `public.entries`: whether everybody may read entries, or auditors and stewards only.
    pub public_entries: bool,
    /// `public.reports`: the folder of the published reports. Absent: [`reports::FOLDER`] in the data folder.
    pub public_reports: Option<PathBuf>,
    /// Table `limits`.
    pub limits: Limits,
    /// The tables `[[caller]]`, in their order.
    pub callers: Vec<Caller>,
}

impl Config {
    /// The folder of the published reports.
    #[must_use]
    pub fn reports(&self) -> PathBuf {
        self.public_reports.clone().unwrap_or_else(|| self.ledger.data.join(reports::FOLDER))
    }
}

/// Which ledger, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// `ledger.origin`: what the data folder must say that it is.
    pub origin: Origin,
    /// `ledger.data`: the data folder.
    pub data: PathBuf,
    /// `ledger.last_known_checkpoint`: a signed checkpoint that somebody else kept. A log that it does
    /// not fit is not served.
    pub last_known_checkpoint: Option<PathBuf>,
    /// `ledger.segment_bytes`: when another segment file is begun.
    pub segment_bytes: u64,
    /// `ledger.disk_reserve_bytes`: what stays free on the disk of the data folder.
    pub disk_reserve_bytes: u64,
}

/// What opens the vault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VaultConfig {
    /// `vault.wrapping_key_file`, `vault.wrapping_key_command`, or the variable. Absent: nothing can be sealed.
    pub wrapping_key: Option<WrappingKeySource>,
}

/// Where the service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenConfig {
    /// `listen.internal`: gRPC, tiles, metrics and health, for callers that are known.
    pub internal: SocketAddr,
    /// `listen.public`: the site, checkpoint, tiles and reports for everybody; nothing listens where it is absent.
    pub public: Option<SocketAddr>,
}

/// Certificates of the internal listener. PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalTls {
    /// `tls.internal.certificate`: the chain, own certificate first.
    pub certificate: PathBuf,
    /// `tls.internal.key`: its private key, readable by the service alone.
    pub key: PathBuf,
    /// `tls.internal.client_ca`: who signs the certificates of callers. Absent: tokens only.
    pub client_ca: Option<PathBuf>,
}

/// Certificate of the public listener. PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicTls {
    /// `tls.public.certificate`: the chain, own certificate first.
    pub certificate: PathBuf,
    /// `tls.public.key`: its private key, readable by the service alone.
    pub key: PathBuf,
}

/// Limits of all callers and connections. See also [`CallerLimits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `limits.connections`: most connections of one listener at a time.
    pub connections: usize,
    /// `limits.connections_per_address`: most of them from one IP address.
    pub connections_per_address: usize,
    /// The limits of callers that have none of their own: `limits.events_per_second`,
    /// `limits.requests_per_second`, `limits.request_bytes`.
    pub caller: CallerLimits,
}

/// Limits of one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerLimits {
    /// Events that it may record a second, over time; a burst of as many (at least 1,000) is free.
    pub events_per_second: NonZeroU32,
    /// Calls and HTTP requests that it may make a second; a burst of as many is free.
    pub requests_per_second: NonZeroU32,
    /// Most bytes of one message that it sends.
    pub request_bytes: usize,
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `name`: for recorders, what is logged as `producer`. A code.
    pub name: String,
    /// `role`, and for recorders `datasets`.
    pub role: Role,
    /// `token_sha256`: hashes of its tokens, so that one can be replaced while the other still works.
    pub token_hashes: Vec<Hash>,
    /// `certificates`: names in its certificates, any of which is enough.
    pub certificates: Vec<SubjectName>,
    /// Its own limits, or those of all.
    pub limits: CallerLimits,
}

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// `recorder`: record accesses to these data sets, and check its answers.
    Recorder(Datasets),
    /// `auditor`: read everything.
    Auditor,
    /// `steward`: what changes the ledger's commitments. Known by certificate only.
    Steward,
    /// `monitor`: read the metrics.
    Monitor,
}

/// The data sets that a recorder may record for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datasets {
    /// `datasets = ["*"]`.
    All,
    /// These codes.
    Only(Vec<String>),
}

/// A name in a certificate (RFC 5280 section 4.2.1.6, subject alternative name).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubjectName {
    /// `dns:recorder.ulm.example`; compared without regard to case, and in lower case here. No wildcards.
    Dns(String),
    /// `uri:spiffe://ulm.example/recorder`; compared as bytes.
    Uri(String),
}
