//! What is loaded from the files that a configuration names.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;

use crate::config::Config;
use crate::tls::{ServerIdentity, TlsError, client_verifier, server_config};

/// Certificates of a configuration, read and checked.
#[derive(Debug)]
pub struct Material {
    /// How the internal listener speaks TLS.
    pub internal: Option<ServerConfig>,
    /// How the public listener does.
    pub public: Option<ServerConfig>,
    /// Verifies the certificates of callers.
    pub client_verifier: Option<Arc<dyn ClientCertVerifier>>,
    /// When each certificate ends.
    pub ends: Vec<End>,
}

/// When a certificate ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// `internal` or `public`.
    pub listener: &'static str,
    /// Its file.
    pub certificate: PathBuf,
    /// Seconds since 1970.
    pub not_after_s: u64,
}

impl Material {
    /// Loads it.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(config: &Config) -> Result<Self, TlsError> {
        let mut ends = Vec::new();
        let mut identity = |listener, certificate: &PathBuf, key: &PathBuf| {
            let identity = ServerIdentity::load(certificate, key)?;
            let (certificate, not_after_s) = (certificate.clone(), identity.not_after_s);
            ends.push(End { listener, certificate, not_after_s });
            Ok::<_, TlsError>(identity)
        };
        let mut verifier = None;
        let internal = match &config.tls_internal {
            None => None,
            Some(tls) => {
                verifier = tls.client_ca.as_deref().map(client_verifier).transpose()?;
                let identity = identity("internal", &tls.certificate, &tls.key)?;
                Some(server_config(&identity, verifier.clone())?)
            }
        };
        let public = match (&config.tls_public, config.listen.public) {
            (Some(tls), Some(_)) => {
                Some(server_config(&identity("public", &tls.certificate, &tls.key)?, None)?)
            }
            _ => None,
        };
        Ok(Self { internal, public, client_verifier: verifier, ends })
    }
}
