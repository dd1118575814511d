//! Encrypted connections to a ledger: whose certificates are believed there, and the certificate that we
//! show ourselves. For recording and for reading.
//!
//! Files are read once. After a certificate was renewed, connect again.

mod error;
mod failure;

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

pub use self::error::{TlsError, TlsProblem};
pub use self::failure::TlsFailure;
pub(crate) use self::failure::broken_off;

/// Environment: file with the certificates of the authorities to trust, instead of the system's.
pub const CA_FILE_VARIABLE: &str = "EINSICHT_CA_FILE";
/// Environment: file with the certificate to show, and those between it and its authority.
pub const CERT_FILE_VARIABLE: &str = "EINSICHT_CERT_FILE";
/// Environment: file with the key of that certificate.
pub const KEY_FILE_VARIABLE: &str = "EINSICHT_KEY_FILE";

/// More than any of the files has: the largest are collections of all authorities of a system.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Whom to believe that it is the ledger, and how to prove who we are. The default believes the
/// authorities that the system trusts (or `SSL_CERT_FILE` names), and shows no certificate.
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// PEM.
    authorities: Option<Arc<[u8]>>,
    identity: Option<Arc<Pair>>,
}

/// A certificate and its key. PEM.
struct Pair {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

/// The files that [`TlsOptions::read`] reads. PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates of the authorities to trust, instead of the system's.
    pub authorities: Option<PathBuf>,
    /// The certificate to show, followed by those between it and its authority.
    pub certificate: Option<PathBuf>,
    /// The key of this certificate. Nobody else may be able to read it.
    pub key: Option<PathBuf>,
}

impl TlsOptions {
    /// Reads files, and checks that they can be used. Does not check whether certificates have expired.
    ///
    /// # Errors
    /// [`TlsError`] names the file, the variable that it usually stands in, and what to do.
    pub fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let mut options = Self::default();
        if let Some(path) = &files.authorities {
            let of = |problem| TlsError::of(CA_FILE_VARIABLE, path, problem);
            options = options.trust(&read(path).map_err(of)?).map_err(of)?;
        }
        match (&files.certificate, &files.key) {
            (Some(certificate), Some(key)) => options.read_pair(certificate, key),
            (None, None) => Ok(options),
            (Some(_), None) => Err(TlsError::Alone { given: CERT_FILE_VARIABLE, missing: KEY_FILE_VARIABLE }),
            (None, Some(_)) => Err(TlsError::Alone { given: KEY_FILE_VARIABLE, missing: CERT_FILE_VARIABLE }),
        }
    }

    /// Trusts these authorities (certificates in PEM) and no others.
    ///
    /// # Errors
    /// [`TlsProblem`] if there is none, or one can't be used.
    pub fn trust(mut self, authorities: &[u8]) -> Result<Self, TlsProblem> {
        let mut roots = RootCertStore::empty();
        for (position, authority) in certificates(authorities)?.into_iter().enumerate() {
            let added = roots.add(authority);
            added.map_err(|error| TlsProblem::Certificate { position, reason: error.to_string() })?;
        }
        self.authorities = Some(authorities.into());
        Ok(self)
    }

    /// Shows this certificate (followed by those between it and its authority) to whoever asks for one.
    /// Certificates and key are PEM.
    ///
    /// # Errors
    /// [`TlsProblem`] if one of them is missing, can't be used, or they do not belong together.
    pub fn present(mut self, certificates: &[u8], key: &[u8]) -> Result<Self, TlsProblem> {
        let chain = self::certificates(certificates)?;
        // What stands in the file is not repeated: it is secret.
        let parsed = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            pem::Error::NoItemsFound => TlsProblem::NoKey,
            _ => TlsProblem::Key,
        })?;
        CertifiedKey::from_der(chain, parsed, &ring::default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsProblem::OtherKey,
            rustls::Error::InvalidCertificate(error) => {
                TlsProblem::Certificate { position: 0, reason: error.to_string() }
            }
            _ => TlsProblem::Key,
        })?;
        self.identity = Some(Arc::new(Pair { certificates: certificates.to_vec(), key: key.to_vec() }));
        Ok(self)
    }

    /// Whether there is a certificate to show.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        self.identity.is_some()
    }

    /// Whether this is anything else than the default.
    pub(crate) fn is_set(&self) -> bool {
        self.authorities.is_some() || self.identity.is_some()
    }

    /// For gRPC.
    pub(crate) fn of_tonic(&self) -> ClientTlsConfig {
        let mut config = match &self.authorities {
            Some(authorities) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authorities)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let Some(pair) = &self.identity {
            config = config.identity(Identity::from_pem(&pair.certificates, &pair.key));
        }
        config
    }

    /// For HTTP.
    pub(crate) fn of_reqwest(
        &self,
        mut builder: reqwest::ClientBuilder,
    ) -> reqwest::Result<reqwest::ClientBuilder> {
        if let Some(authorities) = &self.authorities {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(authorities)?);
        }
        if let Some(pair) = &self.identity {
            let both = [&pair.key[..], b"\n", &pair.certificates].concat();
            builder = builder.identity(reqwest::Identity::from_pem(&both)?);
        }
        Ok(builder)
    }

    fn read_pair(self, certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let certificates =
            read(certificate).map_err(|problem| TlsError::of(CERT_FILE_VARIABLE, certificate, problem))?;
        let of_key = |problem| TlsError::of(KEY_FILE_VARIABLE, key, problem);
        let pem = read_secret(key).map_err(of_key)?;
        self.present(&certificates, &pem).map_err(|problem| match problem {
            TlsProblem::NoKey | TlsProblem::Key | TlsProblem::OtherKey => of_key(problem),
            _ => TlsError::of(CERT_FILE_VARIABLE, certificate, problem),
        })
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TlsOptions")
            .field("authorities", &if self.authorities.is_some() { "given" } else { "of the system" })
            .field("certificate", &if self.identity.is_some() { "given" } else { "none" })
            .finish()
    }
}

/// The certificates in a PEM text; at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|_| TlsProblem::Pem)?;
    if certificates.is_empty() { Err(TlsProblem::NoCertificate) } else { Ok(certificates) }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsProblem> {
    read_open(std::fs::File::open(path)?)
}

/// Reads what nobody else may be able to read.
fn read_secret(path: &Path) -> Result<Vec<u8>, TlsProblem> {
    let file = std::fs::File::open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata()?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(TlsProblem::ReadableByOthers { path: path.to_owned(), mode });
        }
    }
    read_open(file)
}

fn read_open(file: std::fs::File) -> Result<Vec<u8>, TlsProblem> {
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
