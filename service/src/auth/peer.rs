//! Who is at the other end of a connection, as far as TLS has proved it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::callers::canonical;
use crate::config::SubjectName;

/// The other end of a connection. Made once per connection, in the extensions of its requests.
#[derive(Debug)]
pub struct Peer {
    /// Where it is.
    pub address: IpAddr,
    /// The certificate that it has proved to hold the key of.
    pub certificate: Option<PeerCertificate>,
}

/// A certificate that somebody holds the key of, signed by a CA that is trusted.
#[derive(Debug)]
pub struct PeerCertificate {
    chain: Vec<CertificateDer<'static>>,
    names: Vec<SubjectName>,
    not_after_s: u64,
    /// The generation of the policy whose CA was last found to have signed it.
    trusted_by: AtomicU64,
}

impl PeerCertificate {
    /// Reads the names and the end of a certificate; its signature was verified in the handshake, under
    /// the policy of `generation`. The first of `chain` is the peer's own. `None` if it can't be read.
    #[must_use]
    pub fn read(chain: &[CertificateDer<'_>], generation: u64) -> Option<Self> {
        let own = Certificate::from_der(chain.first()?).ok()?;
        let own = own.tbs_certificate();
        let names = own.get_extension::<SubjectAltName>().ok()?.map_or_else(Vec::new, |(_, names)| {
            names.0.iter().filter_map(subject_name).map(|name| canonical(&name)).collect()
        });
        Some(Self {
            chain: chain.iter().map(|der| der.clone().into_owned()).collect(),
            names,
            not_after_s: own.validity().not_after.to_unix_duration().as_secs(),
            trusted_by: AtomicU64::new(generation),
        })
    }

    /// Its names: host names in lower case.
    #[must_use]
    pub fn names(&self) -> &[SubjectName] {
        &self.names
    }

    /// Whether it has expired since the connection was made.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.as_secs() > self.not_after_s
    }

    /// Whether the CA of the policy of `generation` has signed it. Verified anew, once, after each
    /// reload.
    pub(super) fn is_trusted(&self, verifier: Option<&dyn ClientCertVerifier>, generation: u64) -> bool {
        if self.trusted_by.load(Ordering::Acquire) == generation {
            return true;
        }
        let (Some(verifier), Some((own, others))) = (verifier, self.chain.split_first()) else {
            return false;
        };
        let trusted = verifier.verify_client_cert(own, others, UnixTime::now()).is_ok();
        if trusted {
            self.trusted_by.store(generation, Ordering::Release);
        }
        trusted
    }
}

fn subject_name(name: &GeneralName) -> Option<SubjectName> {
    match name {
        GeneralName::DnsName(host) => Some(SubjectName::Dns(host.as_str().to_owned())),
        GeneralName::UniformResourceIdentifier(uri) => Some(SubjectName::Uri(uri.as_str().to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    #[test]
    fn host_names_and_uris_are_read_and_the_common_name_is_not_a_name() {
        let mut params = CertificateParams::new(vec!["Counter.Ulm.Example".into()]).unwrap();
        params.subject_alt_names.push(SanType::URI("spiffe://ulm.example/c".try_into().unwrap()));
        params.subject_alt_names.push(SanType::Rfc822Name("post@ulm.example".try_into().unwrap()));
        params.distinguished_name.push(DnType::CommonName, "steward.ulm.example");
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let read = PeerCertificate::read(&[made.der().clone()], 1).unwrap();
        let names = [
            SubjectName::Dns("counter.ulm.example".into()),
            SubjectName::Uri("spiffe://ulm.example/c".into()),
        ];
        assert_eq!(read.names(), names);
        assert!(!read.has_expired());
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_names() {
        assert!(PeerCertificate::read(&[CertificateDer::from(vec![0x30, 0x00])], 1).is_none());
        assert!(PeerCertificate::read(&[], 1).is_none());
    }

    #[test]
    fn a_certificate_of_a_ca_that_was_taken_away_is_no_longer_trusted() {
        let made = CertificateParams::new(vec!["a.example".into()]).unwrap();
        let made = made.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let read = PeerCertificate::read(&[made.der().clone()], 1).unwrap();
        assert!(read.is_trusted(None, 1), "verified in the handshake");
        assert!(!read.is_trusted(None, 2));
    }
}
