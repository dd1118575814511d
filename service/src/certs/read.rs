//! What a certificate that we made says.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

use super::Usage;

/// The part of a certificate that matters here.
pub(super) struct Facts {
    /// Empty if there is none, or more than it in the subject.
    pub common_name: String,
    pub usage: Option<Usage>,
    /// DNS names and IP addresses, as text.
    pub names: Vec<String>,
    pub until: Timestamp,
    /// The bits of the subject's public key.
    pub public_key: Vec<u8>,
}

/// Reads the first certificate of a PEM file. Checks no signature. `None` if it is not one.
pub(super) fn facts(pem: &[u8]) -> Option<Facts> {
    let der = CertificateDer::from_pem_slice(pem).ok()?;
    let certificate = Certificate::from_der(&der).ok()?;
    let certificate = certificate.tbs_certificate();
    let names = certificate.get_extension::<SubjectAltName>().ok()?;
    let names = names.iter().flat_map(|(_, names)| &names.0).filter_map(text).collect();
    let usages = certificate.get_extension::<ExtendedKeyUsage>().ok()?;
    let usages = usages.map(|(_, usages)| usages.0).unwrap_or_default();
    let usage = match usages.as_slice() {
        [ID_KP_SERVER_AUTH] => Some(Usage::Server),
        [ID_KP_CLIENT_AUTH] => Some(Usage::Client),
        _ => None,
    };
    let subject = certificate.subject();
    let common_name = match subject.common_name().ok()? {
        Some(name) if subject.len() == 1 => name.value().into_owned(),
        _ => String::new(),
    };
    let until = certificate.validity().not_after.to_unix_duration();
    Some(Facts {
        common_name,
        usage,
        names,
        until: Timestamp::from_second(until.as_secs().try_into().ok()?).ok()?,
        public_key: certificate.subject_public_key_info().subject_public_key.as_bytes()?.to_vec(),
    })
}

fn text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => match *bytes.as_bytes() {
            [a, b, c, d] => Some(IpAddr::from([a, b, c, d]).to_string()),
            ref bytes => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
        },
        _ => None,
    }
}
