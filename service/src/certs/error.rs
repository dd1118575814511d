//! Why certificates can't be made.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::signer::SecretError;

/// Certificates can't be made.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// A key can't be read or written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The file system failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Others can look into the folder of keys.
    #[error("{} can be read by others (mode {mode:04o}); run: chmod 700 {}", path.display(), path.display())]
    OpenFolder {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The authority was not made by this program, or its files do not belong together.
    #[error(
        "{} is not the certificate of an authority that `einsichtd certs` made with {}: {reason}; take another \
         folder", certificate.display(), key.display()
    )]
    Authority {
        /// The certificate of the authority.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
        /// What does not fit.
        reason: &'static str,
    },
    /// Not a certificate of one of our keys.
    #[error("{} is not {expected}; move it away, and it is made anew", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// An existing certificate does not name everybody whom it should.
    #[error(
        "{} does not name {missing}; add --renew to make it anew for the same key, with this name too",
        path.display()
    )]
    NotNamed {
        /// The certificate.
        path: PathBuf,
        /// The name that is missing.
        missing: String,
    },
    /// Certificates end with their authority.
    #[error("the authority {} ended at {until}; take another folder, and hand on its ca.pem", path.display())]
    Ended {
        /// The certificate of the authority.
        path: PathBuf,
        /// Its last moment.
        until: Timestamp,
    },
    /// Not a DNS name or an IP address that a certificate can hold.
    #[error("'{name}' is not a name for a certificate: {error}")]
    Name {
        /// What was given.
        name: String,
        /// The reason.
        #[source]
        error: rcgen::Error,
    },
    /// A certificate could not be built.
    #[error("a certificate can't be made: {0}")]
    Build(#[from] rcgen::Error),
    /// Out of the range of times.
    #[error("no certificate can be valid for so long: {0}")]
    Time(#[from] jiff::Error),
}
