//! Certificates for tests: of an authority of the test's own, with any name and any time.

use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

use super::HOST;

/// Signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub chain: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// A new one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// Its own certificate.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// For servers on this machine.
    #[must_use]
    pub fn server(&self) -> Certificate {
        self.server_until(2999)
    }

    /// The same, valid until the beginning of a year.
    #[must_use]
    pub fn server_until(&self, year: i32) -> Certificate {
        let mut params = CertificateParams::new([HOST, "localhost", "127.0.0.1"].map(String::from)).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_after = date_time_ymd(year, 1, 1);
        self.sign(params)
    }

    /// The same, valid until a moment.
    #[must_use]
    pub fn server_ending(&self, at: SystemTime) -> Certificate {
        let mut params = server();
        params.not_after = at.into();
        self.sign(params)
    }

    /// For a caller, with a DNS name.
    #[must_use]
    pub fn client(&self, host: &str) -> Certificate {
        self.client_until(host, 2999)
    }

    /// The same, valid until the beginning of a year.
    #[must_use]
    pub fn client_until(&self, host: &str, year: i32) -> Certificate {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    /// For a caller, with a URI.
    #[must_use]
    pub fn client_uri(&self, uri: &str) -> Certificate {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    fn sign(&self, mut params: CertificateParams) -> Certificate {
        params.not_before = date_time_ymd(2000, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certificate { chain: certificate.pem(), key: key.serialize_pem() }
    }
}

fn server() -> CertificateParams {
    let mut params = CertificateParams::new([HOST, "localhost", "127.0.0.1"].map(String::from)).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}
