//! Reads certificates and keys, and checks all that can be known before somebody connects.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::TlsError;
use crate::signer;

/// What a listener shows of itself: a certificate that is valid now, and its key.
#[derive(Debug)]
pub struct ServerIdentity {
    key: Arc<CertifiedKey>,
    /// Seconds since 1970 at which the certificate ends.
    pub not_after_s: u64,
}

impl ServerIdentity {
    /// Reads and checks certificate and key. PEM files; the chain's own certificate first.
    ///
    /// # Errors
    /// [`TlsError`]: unreadable, readable by others, not belonging together, expired.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let unreadable = |reason: String| TlsError::Certificate { path: certificate.to_owned(), reason };
        let own = chain.first().ok_or_else(|| unreadable("there is none".to_owned()))?;
        let parsed = Certificate::from_der(own).map_err(|error| unreadable(error.to_string()))?;
        let validity = parsed.tbs_certificate().validity();
        let (begins, ends) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if now > ends {
            return Err(TlsError::Expired { path: certificate.to_owned(), ended: date(ends) });
        }
        if now < begins {
            return Err(TlsError::NotYetValid { path: certificate.to_owned(), begins: date(begins) });
        }
        let pem = signer::read_secret(key)?.ok_or_else(|| TlsError::NoKey { path: key.to_owned() })?;
        let not_a_key = || TlsError::NotAKey { path: key.to_owned() };
        let private = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| not_a_key())?;
        let private = provider().key_provider.load_private_key(private).map_err(|_| not_a_key())?;
        let certified = CertifiedKey::new(chain, private);
        certified
            .keys_match()
            .map_err(|_| TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() })?;
        Ok(Self { key: Arc::new(certified), not_after_s: ends.as_secs() })
    }
}

/// Verifies the certificates of callers: signed by one of the CAs in a PEM file, for the use of clients,
/// valid now. Callers without a certificate pass; they need a token.
///
/// # Errors
/// [`TlsError`].
pub fn client_verifier(ca: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let unusable = |reason: String| TlsError::ClientCa { path: ca.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .allow_unauthenticated()
        .build()
        .map_err(|error| unusable(error.to_string()))
}

/// How a listener speaks TLS 1.2 and 1.3. Sessions are not carried over from an earlier one, so that
/// nobody who was verified by a CA that was taken away resumes.
///
/// # Errors
/// [`TlsError::Library`].
pub fn server_config(
    identity: &ServerIdentity,
    client_verifier: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match client_verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let resolver = rustls::sign::SingleCertAndKey::from(Arc::clone(&identity.key));
    let mut config = builder.with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// All certificates in a PEM file; at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = fs::read(path).map_err(|error| TlsError::Io { path: path.to_owned(), error })?;
    let unreadable = |reason: String| TlsError::Certificate { path: path.to_owned(), reason };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(error.to_string()))?;
    if chain.is_empty() { Err(unreadable("there is none".to_owned())) } else { Ok(chain) }
}

/// A moment as people read it, UTC.
fn date(since_1970: Duration) -> String {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use tempfile::TempDir;

    use super::*;

    /// A folder with `server.pem` and `server.key`; the certificate is valid in these years.
    fn identity(years: (i32, i32)) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["ledger.ulm.example".into()]).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("server.pem"), certificate.pem()).unwrap();
        write_key(folder.path(), &key.serialize_pem());
        folder
    }

    fn write_key(folder: &Path, pem: &str) {
        let path = folder.join("server.key");
        fs::write(&path, pem).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(folder: &Path) -> Result<ServerIdentity, TlsError> {
        ServerIdentity::load(&folder.join("server.pem"), &folder.join("server.key"))
    }

    fn refused(folder: &Path, parts: &[&str]) {
        let error = load(folder).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }

    #[test]
    fn a_certificate_with_its_key_is_taken_and_its_end_is_known() {
        let folder = identity((2020, 2999));
        assert_eq!(load(folder.path()).unwrap().not_after_s, 32_472_144_000);
        server_config(&load(folder.path()).unwrap(), None).unwrap();
        client_verifier(&folder.path().join("server.pem")).unwrap();
    }

    #[test]
    fn one_that_has_expired_or_is_not_valid_yet_is_refused_with_the_date() {
        refused(identity((2001, 2011)).path(), &["server.pem", "expired on 2011-01-01T00:00:00Z", "renew"]);
        refused(identity((2990, 2999)).path(), &["server.pem", "valid from 2990-01-01T00:00:00Z"]);
    }

    #[test]
    fn the_key_of_another_certificate_is_refused() {
        let folder = identity((2020, 2999));
        write_key(folder.path(), &KeyPair::generate().unwrap().serialize_pem());
        refused(folder.path(), &["server.key is not the key of the certificate in", "server.pem"]);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_what_to_do() {
        let folder = identity((2020, 2999));
        let key = folder.path().join("server.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        refused(folder.path(), &["server.key", "read by others", "chmod 600"]);
    }

    #[test]
    fn what_is_missing_or_is_something_else_is_named_and_not_shown() {
        let folder = identity((2020, 2999));
        write_key(folder.path(), "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
        refused(folder.path(), &["server.key holds no private key"]);
        assert!(!load(folder.path()).unwrap_err().to_string().contains("c2VjcmV0"));
        fs::remove_file(folder.path().join("server.key")).unwrap();
        refused(folder.path(), &["server.key is not there"]);
        fs::write(folder.path().join("server.pem"), "no certificate").unwrap();
        refused(folder.path(), &["server.pem holds no certificate"]);
        fs::remove_file(folder.path().join("server.pem")).unwrap();
        refused(folder.path(), &["server.pem", "No such file"]);
    }
}
