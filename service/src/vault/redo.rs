//! Does again what the log says was erased: after a crash, after a restore.

use einsicht_access::{Month, RetentionClass, SealedField};
use einsicht_proto::v1::Erasure;
use einsicht_tlog::Index;

use super::recovery::Class;
use super::{AppendError, Vault, VaultError};
use crate::storage::{LogReader, ReadError};

/// What an entry says was erased could not be erased again.
#[derive(Debug, thiserror::Error)]
pub enum RedoError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The entry that it is about.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The entry, or its statement, does not say what.
    #[error("entry {by} does not say what was erased")]
    Unclear {
        /// The entry.
        by: Index,
    },
}

/// What an entry says was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A month and class as a whole.
    Class(Month, RetentionClass),
    /// Values of one entry.
    Fields(Index, Vec<SealedField>),
    /// That went with the month and class of what it was about, or later.
    Gone,
}

impl Vault {
    /// Erases again what these entries say was erased. One that can't be done is logged, and tried at every start.
    ///
    /// # Errors
    /// Only if the process must end.
    pub fn erase_again(
        &self,
        erasures: Vec<(Index, Vec<u8>, Erasure)>,
        log: &LogReader,
    ) -> Result<(), AppendError> {
        // What goes as a whole first: nothing in it has to be erased singly.
        let (whole, single): (Vec<_>, Vec<_>) =
            erasures.into_iter().partition(|(.., erasure)| erasure.month.is_some());
        for (by, leaf, erasure) in whole.into_iter().chain(single) {
            match self.redo(by, &leaf, &erasure, log) {
                Ok(()) => {}
                Err(RedoError::Vault(VaultError::Write(error))) if error.must_end() => return Err(error),
                Err(error) => {
                    tracing::error!(entry = %by, "what was erased could not be erased again: {error}");
                }
            }
        }
        if self.inner.undone().is_empty() {
            // From here on these are the files that the watermark knows.
            let files: Vec<_> = self.inner.read().values().filter_map(Class::file).collect();
            files.iter().try_for_each(|file| self.inner.write(|| file.mend_count()))?;
        }
        Ok(())
    }

    /// Entries that say that something was erased which may not be done, in order.
    #[must_use]
    pub fn undone(&self) -> Vec<Index> {
        self.inner.undone().iter().copied().collect()
    }

    /// Erases what an entry says was erased, if it is there still.
    ///
    /// # Errors
    /// [`RedoError`]; then it stays to be done.
    pub fn redo(&self, by: Index, leaf: &[u8], erasure: &Erasure, log: &LogReader) -> Result<(), RedoError> {
        match self.said(by, leaf, erasure)? {
            Said::Class(month, class) => self.erase_class(month, class, by)?,
            Said::Fields(target, fields) => {
                self.erase(target, &log.leaf(target)?, &fields, by)?;
            }
            Said::Gone => self.done(by),
        }
        Ok(())
    }

    /// What the entry `by`, whose bytes are `leaf`, says was erased.
    ///
    /// # Errors
    /// [`RedoError`]; nobody knows what it is about then.
    pub fn said(&self, by: Index, leaf: &[u8], erasure: &Erasure) -> Result<Said, RedoError> {
        let unclear = || RedoError::Unclear { by };
        if let (Some(month), Some(class)) = (&erasure.month, &erasure.retention_class) {
            let (month, class) = month.parse().ok().zip(class.parse().ok()).ok_or_else(unclear)?;
            return Ok(Said::Class(month, class));
        }
        if erasure.seal.is_none() {
            return Err(unclear());
        }
        let statement = match self.statement(by, leaf) {
            // It goes with the class of what it is about, and that is later than that.
            Err(VaultError::Erased { .. }) => return Ok(Said::Gone),
            statement => statement?.ok_or_else(unclear)?,
        };
        let target = statement.index.map(Index).ok_or_else(unclear)?;
        let fields = statement.fields.iter().map(|number| SealedField::of_number(*number));
        Ok(Said::Fields(target, fields.collect::<Option<Vec<_>>>().ok_or_else(unclear)?))
    }
}
