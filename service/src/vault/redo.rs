//! Does again what the log says was erased: after a crash, after a restore.

use einsicht_access::SealedField;
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
        let unclear = RedoError::Unclear { by };
        if let (Some(month), Some(class)) = (&erasure.month, &erasure.retention_class) {
            let month_and_class = month.parse().ok().zip(class.parse().ok());
            let (month, class) = month_and_class.ok_or(unclear)?;
            return Ok(self.erase_class(month, class, by)?);
        }
        if erasure.seal.is_none() {
            return Err(unclear);
        }
        let statement = match self.statement(by, leaf) {
            // It goes with the class of what it is about, and that is later than that.
            Err(VaultError::Erased { .. }) => {
                self.done(by);
                return Ok(());
            }
            statement => statement?.ok_or(unclear)?,
        };
        let Some(target) = statement.index.map(Index) else { return Err(RedoError::Unclear { by }) };
        let fields = statement.fields.iter().map(|number| SealedField::of_number(*number));
        let fields = fields.collect::<Option<Vec<_>>>().ok_or(RedoError::Unclear { by })?;
        self.erase(target, &log.leaf(target)?, &fields, by)?;
        Ok(())
    }
}
