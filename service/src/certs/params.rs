//! What stands in the certificates.

use std::net::IpAddr;

use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, SanType, SerialNumber,
};

use super::{CertsError, Usage, Wanted};
use crate::signer;

/// Certificates are valid from this long ago: clocks differ.
const CLOCK_SKEW_MINUTES: i64 = 60;

pub(super) fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    // It signs certificates of servers and callers, and no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(super) fn leaf_params(names: &[String], wanted: &Wanted) -> Result<CertificateParams, CertsError> {
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
pub(super) fn validity(
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
