//! Why no encrypted connection came about, in words of whoever has to do something about it.

use std::error::Error;
use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::{CA_FILE_VARIABLE, CERT_FILE_VARIABLE, KEY_FILE_VARIABLE};

/// Why no encrypted connection came about. It says nothing about the ledger: with nobody to talk to,
/// nothing was verified, and nothing found false.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFailure {
    /// Nobody that is trusted vouches for the server.
    #[error(
        "the server's certificate was issued by an authority that is not trusted here; {CA_FILE_VARIABLE} \
         names a file with the certificates of those that are, instead of the system's"
    )]
    UnknownAuthority,
    /// The server's certificate is over.
    #[error("the server's certificate expired{}: its operator has to renew it", at(*not_after))]
    Expired {
        /// When; seconds since 1970.
        not_after: Option<u64>,
    },
    /// The server's certificate has not begun.
    #[error("the server's certificate is not valid yet{}: is the clock of this machine right?", at(*not_before))]
    NotYetValid {
        /// When it begins; seconds since 1970.
        not_before: Option<u64>,
    },
    /// It is the certificate of somebody else.
    #[error("the server's certificate is {}: is the address right?", other_name(expected, presented))]
    OtherName {
        /// Whom we wanted to talk to.
        expected: String,
        /// For whom it is.
        presented: Vec<String>,
    },
    /// The server's certificate breaks another rule.
    #[error("the server's certificate is not accepted: {0}")]
    Certificate(String),
    /// We showed no certificate to a server that wants one.
    #[error(
        "the server demands a certificate of whoever connects; {CERT_FILE_VARIABLE} and \
         {KEY_FILE_VARIABLE} name the files with yours and its key"
    )]
    CertificateDemanded,
    /// The server does not want our certificate.
    #[error(
        "the server does not accept our certificate ({0}): has it expired, or been withdrawn, or is it from \
         another authority than the server trusts?"
    )]
    CertificateRefused(String),
    /// What answers there speaks something else.
    #[error("what answers there does not speak TLS: does the address begin with http:// instead?")]
    NoTls,
    /// Something else.
    #[error("no encrypted connection came about: {0}")]
    Other(String),
}

impl TlsFailure {
    /// Finds it among the causes of an error.
    pub(crate) fn in_error(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of(error));
        }
        // An io::Error does not name what it wraps as its source, but the source of that.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(failure) = wrapped.and_then(|wrapped| Self::in_error(wrapped)) {
            return Some(failure);
        }
        match error.source() {
            Some(source) => Self::in_error(source),
            None => Self::of_text(&error.to_string()),
        }
    }

    /// Whether trying again in a moment is pointless.
    #[must_use]
    pub fn lasts(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    fn of(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => Self::of_certificate(error),
            rustls::Error::AlertReceived(alert) => Self::of_alert(*alert),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NoTls,
            error => Self::Other(error.to_string()),
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            // The second: an authority of the same name with another key, as after setting it up anew.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownAuthority,
            CertificateError::Expired => Self::Expired { not_after: None },
            CertificateError::ExpiredContext { not_after, .. } => {
                Self::Expired { not_after: Some(not_after.as_secs()) }
            }
            CertificateError::NotValidYet => Self::NotYetValid { not_before: None },
            CertificateError::NotValidYetContext { not_before, .. } => {
                Self::NotYetValid { not_before: Some(not_before.as_secs()) }
            }
            CertificateError::NotValidForNameContext { expected, presented } => Self::OtherName {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().map(|name| readable(name)).collect(),
            },
            error => Self::Certificate(error.to_string()),
        }
    }

    fn of_alert(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::CertificateRequired => Self::CertificateDemanded,
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            // The certificate's signature is not that of the authority that it names.
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied => Self::CertificateRefused(format!("{alert:?}")),
            alert => Self::Other(format!("the server ended it ({alert:?})")),
        }
    }

    /// Once a connection stands, HTTP/2 passes on only the text of what breaks it: in TLS 1.3, a server
    /// that does not accept the client's certificate says so only then.
    fn of_text(text: &str) -> Option<Self> {
        let (_, alert) = text.split_once("received fatal alert: ")?;
        let known = (0..=u8::MAX).map(AlertDescription::from).find(|known| format!("{known:?}") == alert);
        Some(known.map_or_else(|| Self::Other(text.to_owned()), Self::of_alert))
    }
}

/// What may be the reason if a server breaks off right after an encrypted connection came about. It says why, in
/// an alert, but not always is that read before the connection is found broken. Begins a sentence.
pub(crate) fn broken_off(shows_certificate: bool) -> &'static str {
    if shows_certificate {
        "A server that does not accept our certificate breaks off like this: has it expired, or been withdrawn, or \
         is it from another authority than the server trusts? The server's log says so"
    } else {
        "A server that demands a certificate breaks off like this: EINSICHT_CERT_FILE and EINSICHT_KEY_FILE name \
         the files with yours and its key"
    }
}

/// " on 2026-11-01T12:00:00Z"; nothing if it is not known.
fn at(seconds: Option<u64>) -> String {
    let time = seconds.and_then(|seconds| i64::try_from(seconds).ok()).map(Timestamp::from_second);
    time.and_then(Result::ok).map(|time| format!(" ({time}; here it is {})", now())).unwrap_or_default()
}

fn now() -> String {
    let now = i64::try_from(UnixTime::now().as_secs()).map(Timestamp::from_second);
    now.ok().and_then(Result::ok).map(|time| time.to_string()).unwrap_or_default()
}

/// `DnsName("ledger.example")`, as the library writes it, without what is only for programmers.
fn readable(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner.trim_end_matches(')'));
    inner.trim_matches('"').to_owned()
}

fn other_name(expected: &str, presented: &[String]) -> String {
    match presented {
        [] => format!("for nobody, and not for {expected}"),
        names => format!("for {}, and not for {expected}", names.join(", ")),
    }
}
