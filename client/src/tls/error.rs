//! What can be wrong with the files of certificates and keys.

use std::io;
use std::path::{Path, PathBuf};

/// Certificates or a key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be used.
    #[error("{variable} names the file {}, but {problem}", path.display())]
    File {
        /// The variable that names the file, if it came from the environment.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        problem: TlsProblem,
    },
    /// One of two that belong together.
    #[error("{given} is given and {missing} is not: a certificate is shown with its key, or not at all")]
    Alone {
        /// What is there.
        given: &'static str,
        /// What is not.
        missing: &'static str,
    },
}

/// What is wrong with certificates or a key. Reads as the end of a sentence. Shows nothing of a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// The system does not let us read it.
    #[error("it can't be read: {0}")]
    Io(#[from] io::Error),
    /// A secret that is none.
    #[error("others can read it (mode {mode:04o}), and it holds a secret key; run: chmod 600 {}", path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Neither certificates nor a key can be read from it.
    #[error("it is not PEM, or was damaged: expected are blocks from -----BEGIN … to -----END …")]
    Pem,
    /// No certificate.
    #[error("it holds no certificate: expected are blocks that begin with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A certificate that can't be used.
    #[error("certificate {} in it can't be used: {reason}", position + 1)]
    Certificate {
        /// Which, from 0.
        position: usize,
        /// Why.
        reason: String,
    },
    /// No key.
    #[error(
        "it holds no private key: expected is a block that begins with -----BEGIN PRIVATE KEY----- (not \
         ENCRYPTED: nobody is there to type the password)"
    )]
    NoKey,
    /// A key that can't be used.
    #[error(
        "the private key in it is damaged or of an unknown kind: known are ECDSA (P-256, P-384), Ed25519 and RSA"
    )]
    Key,
    /// The key of something else.
    #[error("the private key in it does not belong to the first certificate")]
    OtherKey,
}

impl TlsError {
    pub(super) fn of(variable: &'static str, path: &Path, problem: TlsProblem) -> Self {
        Self::File { variable, path: path.to_owned(), problem }
    }
}
