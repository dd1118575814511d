//! A certificate for the ledger that is measured over TLS.

use std::path::Path;

use anyhow::Context as _;
use einsicht_service::signer::write_secret;
use einsicht_service::tls::{ServerIdentity, TlsSlot, server_config};

/// What a server needs, and who is to be believed by those who connect.
pub struct Certified {
    /// How the server speaks TLS.
    pub tls: TlsSlot,
    /// The certificate that clients trust, PEM.
    pub authority: String,
}

/// Makes a certificate for `127.0.0.1` that is its own authority (ECDSA P-256, as `einsichtd certs`
/// makes them). Its files are left in `folder`.
///
/// # Errors
/// Those of the file system and of the library.
pub fn certify(folder: &Path) -> anyhow::Result<Certified> {
    let key = rcgen::KeyPair::generate().context("a key")?;
    let parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    let authority = parameters.self_signed(&key).context("a certificate")?.pem();
    let (certificate_path, key_path) = (folder.join("server.pem"), folder.join("server.key"));
    std::fs::write(&certificate_path, &authority)?;
    write_secret(&key_path, key.serialize_pem().as_bytes())?;
    let identity = ServerIdentity::load(&certificate_path, &key_path)?;
    Ok(Certified { tls: TlsSlot::new(server_config(&identity, None)?), authority })
}
