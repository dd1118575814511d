//! A small authority that issues certificates, good and bad.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use einsicht_client::tls::{TlsFiles, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

/// A certificate and its key. PEM.
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("City of Ulm")
    }

    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn issue(&self, name: &str) -> Issued {
        self.issue_for(name, |_| {})
    }

    pub fn issue_expired(&self, name: &str) -> Issued {
        self.issue_for(name, |params| params.not_after = date_time_ymd(2020, 1, 1))
    }

    pub fn issue_early(&self, name: &str) -> Issued {
        self.issue_for(name, |params| params.not_before = date_time_ymd(2999, 1, 1))
    }

    fn issue_for(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// What somebody configures who trusts this authority.
    pub fn trusted(&self) -> TlsOptions {
        TlsOptions::read(&self.files()).unwrap()
    }

    /// The same, who also shows a certificate.
    pub fn trusted_by(&self, own: &Issued) -> TlsOptions {
        let certificate = Some(self.write("own.pem", &own.certificate));
        let key = Some(self.write("own.key", &own.key));
        TlsOptions::read(&TlsFiles { certificate, key, ..self.files() }).unwrap()
    }

    fn files(&self) -> TlsFiles {
        TlsFiles { authorities: Some(self.write("ca.pem", &self.pem())), ..TlsFiles::default() }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }
}
