//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use einsicht_access::problem::Problem;
use einsicht_tlog::key::KeyError;

use super::{
    ACTOR_KIND_VARIABLE, SPOOL_BYTES_MAX_VARIABLE, SPOOL_DIR_VARIABLE, SPOOL_WHEN_FULL_VARIABLE,
    TOKEN_FILE_VARIABLE, URL_DEFAULT, URL_VARIABLE,
};
use crate::tls::{CA_FILE_VARIABLE, CERT_FILE_VARIABLE, KEY_FILE_VARIABLE, TlsError};
use crate::token::TokenError;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable that is needed is not set.
    #[error("{variable} is not set: set it to {expected}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// What belongs into it.
        expected: &'static str,
    },
    /// A variable is not UTF-8.
    #[error("{variable} is not UTF-8: set it to {expected}")]
    NotText {
        /// The variable.
        variable: &'static str,
        /// What belongs into it.
        expected: &'static str,
    },
    /// The file that a variable names cannot be read.
    #[error("{variable} names the file {}, which can't be read ({error}): set it to {expected}", path.display())]
    File {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What belongs into the variable.
        expected: &'static str,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The file that a variable names holds no verifier key.
    #[error("{variable} names the file {}, which holds no verifier key: {error}", path.display())]
    Key {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: KeyError,
    },
    /// The file that a variable names holds no token. What it holds is not shown.
    #[error("{variable} names the file {}, which holds no token: {error}", path.display())]
    Token {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: TokenError,
    },
    /// The address is not one that can be connected to. It is not shown: it may hold a password.
    #[error(
        "the address of the ledger ({URL_VARIABLE}) {problem}; it reads http://host:port, for example {URL_DEFAULT}"
    )]
    Url {
        /// What is wrong with it. Reads as the end of a sentence.
        problem: &'static str,
    },
    /// Certificates or a key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Certificates are given for a connection that has no use for them.
    #[error(
        "certificates are given, but the address of the ledger ({URL_VARIABLE}) begins with http://: nothing \
         would be encrypted. It must begin with https://"
    )]
    Unencrypted,
    /// The service would not know who records.
    #[error(
        "neither token nor certificate is given: the service must know who records. Give the file with the \
         token ({TOKEN_FILE_VARIABLE}), or a certificate and its key ({CERT_FILE_VARIABLE}, {KEY_FILE_VARIABLE})"
    )]
    NoCredential,
    /// Encryption cannot be set up.
    #[error(
        "the connection to the ledger can't be encrypted: {reason}. Are there certificates that this system trusts? \
         {CA_FILE_VARIABLE} (or SSL_CERT_FILE) names a file with others"
    )]
    Encryption {
        /// What the library says.
        reason: String,
    },
    /// A code breaks the rules of codes.
    #[error("the {field} of the recorder ({variable}) {problem}")]
    Code {
        /// The variable.
        variable: &'static str,
        /// The field.
        field: &'static str,
        /// What is wrong with it. Reads as the end of a sentence.
        problem: Problem,
    },
    /// Not a kind of actor.
    #[error("{ACTOR_KIND_VARIABLE} is '{found}'; known are human, system and ai")]
    ActorKind {
        /// What it is.
        found: String,
    },
    /// The spool is described, and has no folder.
    #[error("{variable} is set, but {SPOOL_DIR_VARIABLE} is not: set it to the folder of the spool")]
    SpoolDirMissing {
        /// The variable that is set.
        variable: &'static str,
    },
    /// Not a number of bytes.
    #[error("{SPOOL_BYTES_MAX_VARIABLE} is '{found}'; it is a number of bytes, for example 1073741824")]
    SpoolBytes {
        /// What it is.
        found: String,
    },
    /// Not a way to treat callers.
    #[error("{SPOOL_WHEN_FULL_VARIABLE} is '{found}'; known are fail and wait")]
    SpoolWhenFull {
        /// What it is.
        found: String,
    },
    /// A session would last longer than a day.
    #[error("a session lasts at most a day and more than nothing, session_age_max is {found:?}")]
    SessionAge {
        /// What was set.
        found: Duration,
    },
}
