//! A private certification authority and certificates for trying out: server, recorder, auditor, steward.
//!
//! One folder holds everything: `ca.pem` and `ca.key`, and for each certificate NAME.pem and NAME.key.
//! Keys are ECDSA P-256, PKCS#8, PEM, and readable by their owner only. Nothing is ever overwritten: what
//! is missing is added under the same authority, and a renewed certificate keeps its key.
//!
//! Who holds `ca.key` can make callers. In production it lies elsewhere, or another authority is used.

mod error;
mod files;
mod params;
mod read;

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_tlog::hash::to_hex;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{Issuer, KeyPair};

use self::files::{create_private, key_or_new, read_certificate, replace, write_new};
use self::params::{authority_params, leaf_params, validity};
use self::read::Facts;
use crate::signer;

pub use error::CertsError;

/// Name of the authority's files, without their ending.
pub const AUTHORITY: &str = "ca";
/// The common name of an authority of ours begins with this; random digits follow.
const AUTHORITY_NAME: &str = "Einsicht trial authority ";
/// How long the authority is valid.
const AUTHORITY_DAYS: i64 = 3653;

/// A certificate that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name of its files, without their ending.
    pub file: String,
    /// What it is for.
    pub usage: Usage,
    /// Whom it names: DNS names or IP addresses.
    pub names: Vec<String>,
}

/// What a certificate is for (extended key usage).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// A server shows it.
    Server,
    /// A caller shows it.
    Client,
}

/// What was done for one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was made.
    Made,
    /// It was made anew, for the same key.
    Renewed,
    /// It was there.
    Kept,
}

/// A certificate that is now in the folder.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate, PEM. Its key lies beside it.
    pub certificate: PathBuf,
    /// What was done for it.
    pub done: Done,
    /// Whom it names.
    pub names: Vec<String>,
    /// The last moment at which it is valid.
    pub until: Timestamp,
}

/// A private certification authority, and the folder of what it issued.
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    until: Timestamp,
    now: Timestamp,
    was_made: bool,
}

impl Authority {
    /// Takes the authority of `folder`; makes both where there is none.
    ///
    /// # Errors
    /// [`CertsError`], among them an authority that something else made, and one that has ended at `now`.
    pub fn open_or_create(folder: &Path, now: Timestamp) -> Result<Self, CertsError> {
        create_private(folder)?;
        let (certificate, key) = paths(folder, AUTHORITY);
        let key_pair = key_or_new(&key)?;
        let foreign =
            |reason| CertsError::Authority { certificate: certificate.clone(), key: key.clone(), reason };
        let (name, until, was_made) = match read_certificate(&certificate)? {
            Some(facts) if facts.public_key != key_pair.public_key_raw() => {
                return Err(foreign("certificate and key do not belong together"));
            }
            // Its name is written into everything that it signs: it must be spelled as we spell it.
            Some(Facts { common_name, .. }) if !common_name.starts_with(AUTHORITY_NAME) => {
                return Err(foreign("it has another name"));
            }
            Some(Facts { until, .. }) if until <= now => {
                return Err(CertsError::Ended { path: certificate, until });
            }
            Some(Facts { common_name, until, .. }) => (common_name, until, false),
            None => {
                let mut random = [0; 4];
                signer::random(&mut random)?;
                let name = format!("{AUTHORITY_NAME}{}", to_hex(&random));
                let until = now + (24 * AUTHORITY_DAYS).hours();
                let made = validity(authority_params(&name), now, until)?.self_signed(&key_pair)?;
                write_new(&certificate, made.pem().as_bytes())?;
                (name, until, true)
            }
        };
        let issuer = Issuer::new(authority_params(&name), key_pair);
        Ok(Self { folder: folder.to_owned(), issuer, until, now, was_made })
    }

    /// What was done for the authority itself.
    #[must_use]
    pub fn issued(&self) -> Issued {
        let done = if self.was_made { Done::Made } else { Done::Kept };
        let (certificate, _) = paths(&self.folder, AUTHORITY);
        Issued { certificate, done, names: Vec::new(), until: self.until }
    }

    /// The certificates in the folder, the authority's aside, as they would be wanted again. Files that are
    /// no certificates are passed over.
    ///
    /// # Errors
    /// [`CertsError::Io`].
    pub fn issued_before(&self) -> Result<Vec<Wanted>, CertsError> {
        let io = |error| CertsError::Io { path: self.folder.clone(), error };
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(io)? {
            let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
            let Some(file) = name.strip_suffix(".pem").filter(|file| *file != AUTHORITY) else { continue };
            let pem = fs::read(self.folder.join(&name)).map_err(io)?;
            if let Some(Facts { names, usage: Some(usage), .. }) = read::facts(&pem) {
                found.push(Wanted { file: file.to_owned(), usage, names });
            }
        }
        found.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(found)
    }

    /// Makes sure that a certificate is there, valid for `days` but no longer than the authority. One that
    /// is there is kept, or made anew for the same key if `renew` says so; it then names whom it named too.
    ///
    /// # Errors
    /// [`CertsError`].
    pub fn issue(&self, wanted: &Wanted, days: u32, renew: bool) -> Result<Issued, CertsError> {
        let (certificate, key) = paths(&self.folder, &wanted.file);
        let found = read_certificate(&certificate)?;
        let key_pair = key_or_new(&key)?;
        let mut names = wanted.names.clone();
        if let Some(found) = &found {
            if found.public_key != key_pair.public_key_raw() {
                return Err(CertsError::Malformed { path: certificate, expected: "of the key beside it" });
            }
            if !renew {
                if let Some(missing) = names.iter().find(|name| !found.names.contains(name)) {
                    return Err(CertsError::NotNamed { path: certificate, missing: missing.clone() });
                }
                return Ok(Issued {
                    certificate,
                    done: Done::Kept,
                    names: found.names.clone(),
                    until: found.until,
                });
            }
            names.extend(found.names.iter().filter(|name| !wanted.names.contains(name)).cloned());
        }
        let until = self.until.min(self.now + (24 * i64::from(days)).hours());
        let params = validity(leaf_params(&names, wanted)?, self.now, until)?;
        let pem = params.signed_by(&key_pair, &self.issuer)?.pem();
        let done = if found.is_some() {
            replace(&certificate, pem.as_bytes())?;
            Done::Renewed
        } else {
            write_new(&certificate, pem.as_bytes())?;
            Done::Made
        };
        Ok(Issued { certificate, done, names, until })
    }
}

/// Where certificate and key called `name` lie.
#[must_use]
pub fn paths(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")))
}

#[cfg(test)]
mod tests;
