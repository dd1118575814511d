//! Why a key can't be had.

use std::io;

use einsicht_access::vault::UnwrapError;
use einsicht_access::{Month, RetentionClass};

use crate::signer::SecretError;

/// A key can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file system failed.
    #[error("{path}, in the folder of keys: {error}")]
    Io {
        /// The file.
        path: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// A key does not open.
    #[error("{path}, in the folder of keys: {error}; restore the file from your backup of the keys")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        error: UnwrapError,
    },
    /// No key opens.
    #[error(
        "{path}, in the folder of keys, does not open with this wrapping key, nor does any other key there. Start \
         with the wrapping key that they were wrapped with"
    )]
    WrongWrappingKey {
        /// The first of the files.
        path: String,
    },
    /// There are openings, and not their key.
    #[error(
        "{written} was written under a key that should be {path}, in the folder of keys, and is not there; \
         restore it from your backup of the keys. A new key is never made for old openings"
    )]
    Lost {
        /// Where the key should be.
        path: String,
        /// What was written under it.
        written: String,
    },
    /// What was sealed there can't be read, so nothing can be added.
    #[error(
        "{file} could not be read when the service started, so nothing can be sealed for {month}/{class}. See the log \
         of the service; repair the disk, or put the file back from a backup, and start again"
    )]
    Closed {
        /// The file, in the data folder.
        file: String,
        /// The month.
        month: Month,
        /// The class.
        class: RetentionClass,
    },
    /// It was destroyed, and what is sealed with it can't be kept any more.
    #[error("the sealed values of {month}/{class} were erased as a whole; nothing is added to them any more")]
    Erased {
        /// The month.
        month: Month,
        /// The class.
        class: RetentionClass,
    },
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] SecretError),
}
