//! Why a certificate or key can't be used, and what to do.

use std::io;
use std::path::PathBuf;

use crate::signer::SecretError;

/// A certificate or key can't be used. Never shows what is in a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file system failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The key can be read by others, or not at all.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// There is no key.
    #[error("{} is not there; it must hold the private key of the certificate, in PEM", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// No certificate, or none that can be read.
    #[error(
        "{} holds no certificate that can be read ({reason}); it must hold certificates in PEM, the \
         service's own first",
        path.display()
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Not a private key.
    #[error(
        "{} holds no private key that can be used; it must hold one in PEM (PKCS#8, RSA, or SEC1), without \
         a password",
        path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is of another certificate.
    #[error(
        "{} is not the key of the certificate in {}; give the two that were made together",
        key.display(),
        certificate.display()
    )]
    Mismatch {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
    },
    /// The certificate is over.
    #[error("the certificate in {} expired on {ended}; renew it", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// When.
        ended: String,
    },
    /// The certificate is not valid yet.
    #[error(
        "the certificate in {} is valid from {begins} on; wait, or set this machine's clock right",
        path.display()
    )]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// When.
        begins: String,
    },
    /// A CA that can't be used to verify callers.
    #[error("{} can't be used to verify callers: {reason}", path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The library refuses.
    #[error("TLS can't be set up: {0}")]
    Library(#[from] rustls::Error),
}
