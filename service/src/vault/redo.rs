//! Does again what the log says was erased: after a crash, after a restore.

use einsicht_access::openings::State;
use einsicht_access::value::Value;
use einsicht_access::{SealedField, read_record};
use einsicht_proto::v1::{AccessRecord, Erasure, Statement};
use einsicht_tlog::Index;

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
    /// Erases again what these entries say was erased. One that can't be done is logged, and the watermark stays
    /// before it, so that it is tried at every start.
    ///
    /// # Errors
    /// Only if the process must end.
    pub fn erase_again(
        &self,
        erasures: Vec<(Index, Vec<u8>, Erasure)>,
        log: &LogReader,
    ) -> Result<(), AppendError> {
        for (by, leaf, erasure) in erasures {
            match self.redo(by, &leaf, &erasure, log) {
                Ok(()) => {}
                Err(RedoError::Vault(VaultError::Write(error))) if error.must_end() => return Err(error),
                Err(error) => {
                    tracing::error!(entry = %by, "what was erased could not be erased again: {error}");
                }
            }
        }
        Ok(())
    }

    fn redo(&self, by: Index, leaf: &[u8], erasure: &Erasure, log: &LogReader) -> Result<(), RedoError> {
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
        let fields: Vec<SealedField> =
            statement.fields.iter().filter_map(|number| SealedField::of_number(*number)).collect();
        self.erase(target, &log.leaf(target)?, &fields, by)?;
        Ok(())
    }

    /// The record that a confidential entry hides; `None` if it was erased.
    ///
    /// # Errors
    /// As [`Vault::openings`].
    pub fn hidden_record(&self, index: Index, leaf: &[u8]) -> Result<Option<AccessRecord>, VaultError> {
        let found = match self.openings(index, leaf) {
            Err(VaultError::Erased { .. }) => return Ok(None),
            found => found?,
        };
        match found.openings.state(SealedField::Confidential) {
            Some(State::Open { value, .. }) => Ok(Some(read_record(value)?)),
            _ => Ok(None),
        }
    }

    /// What an entry of the trail is about; `None` if that was erased, or is no statement.
    ///
    /// # Errors
    /// As [`Vault::openings`].
    pub fn statement(&self, index: Index, leaf: &[u8]) -> Result<Option<Statement>, VaultError> {
        let found = self.openings(index, leaf)?;
        let Some(State::Open { value, .. }) = found.openings.state(SealedField::Statement) else {
            return Ok(None);
        };
        match Value::read(SealedField::Statement, value) {
            Ok(Value::Statement(statement)) => Ok(Some(statement.into_owned())),
            _ => Ok(None),
        }
    }
}
