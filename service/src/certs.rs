//! A private certification authority and certificates for trying out: server, recorder, auditor, steward.
//!
//! One folder holds everything: `ca.pem` and `ca.key`, and for each certificate NAME.pem and NAME.key.
//! Keys are ECDSA P-256, PKCS#8, PEM, and readable by their owner only. Nothing is ever overwritten: what
//! is missing is added under the same authority, and a renewed certificate keeps its key.
//!
//! Who holds `ca.key` can make callers. In production it lies elsewhere, or another authority is used.

mod read;

use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use einsicht_tlog::hash::to_hex;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};

use self::read::Facts;
use crate::signer::{self, SecretError};

/// Name of the authority's files, without their ending.
pub const AUTHORITY: &str = "ca";
/// The common name of an authority of ours begins with this; random digits follow.
const AUTHORITY_NAME: &str = "Einsicht trial authority ";
/// How long the authority is valid.
const AUTHORITY_DAYS: i64 = 3653;
/// Certificates are valid from this long ago: clocks differ.
const CLOCK_SKEW_MINUTES: i64 = 60;

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

/// Certificates can't be made.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// A key can't be read or written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The file system failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Others can look into the folder of keys.
    #[error("{} can be read by others (mode {mode:04o}); run: chmod 700 {}", path.display(), path.display())]
    OpenFolder {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The authority was not made by this program, or its files do not belong together.
    #[error(
        "{} is not the certificate of an authority that `einsichtd certs` made with {}: {reason}; take another \
         folder", certificate.display(), key.display()
    )]
    Authority {
        /// The certificate of the authority.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
        /// What does not fit.
        reason: &'static str,
    },
    /// Not a certificate of one of our keys.
    #[error("{} is not {expected}; move it away, and it is made anew", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// An existing certificate does not name everybody whom it should.
    #[error(
        "{} does not name {missing}; add --renew to make it anew for the same key, with this name too",
        path.display()
    )]
    NotNamed {
        /// The certificate.
        path: PathBuf,
        /// The name that is missing.
        missing: String,
    },
    /// Certificates end with their authority.
    #[error("the authority {} ended at {until}; take another folder, and hand on its ca.pem", path.display())]
    Ended {
        /// The certificate of the authority.
        path: PathBuf,
        /// Its last moment.
        until: Timestamp,
    },
    /// Not a DNS name or an IP address that a certificate can hold.
    #[error("'{name}' is not a name for a certificate: {error}")]
    Name {
        /// What was given.
        name: String,
        /// The reason.
        #[source]
        error: rcgen::Error,
    },
    /// A certificate could not be built.
    #[error("a certificate can't be made: {0}")]
    Build(#[from] rcgen::Error),
    /// Out of the range of times.
    #[error("no certificate can be valid for so long: {0}")]
    Time(#[from] jiff::Error),
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

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    // It signs certificates of servers and callers, and no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params(names: &[String], wanted: &Wanted) -> Result<CertificateParams, CertsError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(wanted.names.first().unwrap_or(&wanted.file));
    params.subject_alt_names = names.iter().map(|name| alternative_name(name)).collect::<Result<_, _>>()?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match wanted.usage {
        Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn alternative_name(name: &str) -> Result<SanType, CertsError> {
    match name.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => {
            let dns = name.try_into().map_err(|error| CertsError::Name { name: name.to_owned(), error })?;
            Ok(SanType::DnsName(dns))
        }
    }
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// States when a certificate is valid, and gives it a number that no other one has.
fn validity(
    mut params: CertificateParams,
    now: Timestamp,
    until: Timestamp,
) -> Result<CertificateParams, CertsError> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since_epoch = |time: Timestamp| time.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs();
    params.not_before = epoch + since_epoch(now - CLOCK_SKEW_MINUTES.minutes());
    params.not_after = epoch + since_epoch(until);
    let mut serial = [0; 16];
    signer::random(&mut serial)?;
    // A positive number (RFC 5280 section 4.1.2.2) that is not zero.
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn key_or_new(path: &Path) -> Result<KeyPair, CertsError> {
    if let Some(pem) = signer::read_secret(path)? {
        let expected = "a private key in PKCS#8 PEM";
        return KeyPair::from_pem(&pem)
            .map_err(|_| CertsError::Malformed { path: path.to_owned(), expected });
    }
    let key = KeyPair::generate()?;
    signer::write_secret(path, zeroize::Zeroizing::new(key.serialize_pem()).as_bytes())?;
    Ok(key)
}

fn read_certificate(path: &Path) -> Result<Option<Facts>, CertsError> {
    let io = |error| CertsError::Io { path: path.to_owned(), error };
    let pem = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        pem => pem.map_err(io)?,
    };
    let expected = "a certificate in PEM";
    read::facts(&pem).map(Some).ok_or(CertsError::Malformed { path: path.to_owned(), expected })
}

/// Makes the folder, if there is none, and refuses one that others can look into.
fn create_private(folder: &Path) -> Result<(), CertsError> {
    use std::os::unix::fs::PermissionsExt as _;
    let io = |error| CertsError::Io { path: folder.to_owned(), error };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    let mode = fs::metadata(folder).map_err(io)?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    // A folder that somebody made for this, as volumes of containers are: it is empty, so nobody minds.
    if fs::read_dir(folder).map_err(io)?.next().is_none() {
        return fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(io);
    }
    Err(CertsError::OpenFolder { path: folder.to_owned(), mode })
}

/// Writes a certificate where none is.
fn write_new(path: &Path, pem: &[u8]) -> Result<(), CertsError> {
    write(path, pem, |temporary| {
        fs::hard_link(temporary, path)?;
        fs::remove_file(temporary)
    })
}

/// Puts a certificate in the place of another one, at once: a service may be reading.
fn replace(path: &Path, pem: &[u8]) -> Result<(), CertsError> {
    write(path, pem, |temporary| fs::rename(temporary, path))
}

fn write(path: &Path, pem: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), CertsError> {
    let temporary = path.with_extension("pem.new");
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o644).open(&temporary)?;
        file.write_all(pem)?;
        file.sync_all()?;
        place(&temporary)?;
        path.parent().map_or(Ok(()), |parent| fs::File::open(parent)?.sync_all())
    };
    write().map_err(|error| CertsError::Io { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests;
