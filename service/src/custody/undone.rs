//! What entries say was erased, and what could not be erased then: for want of room on the disk, say. It is tried again
//! by the daily run, when somebody asks for the same once more, and at each start.

use einsicht_access::read_body;
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf};

use super::erase::not_done;
use super::{Custody, CustodyError, blocking};
use crate::vault::{RedoError, VaultError};

impl Custody {
    /// Whether there is any.
    pub(super) fn has_undone(&self) -> bool {
        !self.parts().vault.undone().is_empty()
    }

    /// Tries all of it again, and returns how many entries there are with which it could not be done.
    ///
    /// # Errors
    /// If the work ended in the middle.
    pub(super) async fn erase_undone(&self) -> Result<usize, CustodyError> {
        let _alone = self.inner.desk.write().await;
        let mut failed = 0;
        for by in self.parts().vault.undone() {
            match self.redo(by).await {
                Ok(()) => tracing::info!(index = %by, "what an entry says was erased is erased now"),
                Err(CustodyError::Disorder) => return Err(CustodyError::Disorder),
                Err(error) => {
                    metrics::counter!("einsicht_daily_failures_total").increment(1);
                    tracing::error!(index = %by, %error, "what an entry says was erased can't be erased yet");
                    failed += 1;
                }
            }
        }
        Ok(failed)
    }

    /// Tries again what is to be erased of one entry. The caller holds the desk alone.
    ///
    /// # Errors
    /// [`CustodyError::NotDone`]: there is an entry that says it already, and another one would not help.
    pub(super) async fn erase_undone_of(&self, target: Index) -> Result<(), CustodyError> {
        for by in self.parts().vault.undone() {
            if self.is_about(by, target).await? {
                self.redo(by).await?;
            }
        }
        Ok(())
    }

    async fn redo(&self, by: Index) -> Result<(), CustodyError> {
        let (vault, reader) = (self.parts().vault.clone(), self.parts().reader.clone());
        blocking(move || {
            let leaf = reader.leaf(by)?;
            let erasure = erasure(&leaf)?.ok_or(CustodyError::Disorder)?;
            vault.redo(by, &leaf, &erasure, &reader).map_err(|error| match error {
                RedoError::Vault(error) => not_done(by, error),
                RedoError::Log(error) => error.into(),
                RedoError::Unclear { by } => CustodyError::Unclear { by },
            })
        })
        .await
    }

    /// Whether an entry says that something of `target` was erased. Of one whose statement can't be read, nobody knows.
    async fn is_about(&self, by: Index, target: Index) -> Result<bool, CustodyError> {
        let (vault, reader) = (self.parts().vault.clone(), self.parts().reader.clone());
        blocking(move || {
            let leaf = reader.leaf(by)?;
            if erasure(&leaf)?.is_none_or(|erasure| erasure.seal.is_none()) {
                return Ok(false);
            }
            match vault.statement(by, &leaf) {
                Ok(statement) => Ok(statement.is_some_and(|statement| statement.index == Some(target.0))),
                Err(VaultError::Io(error)) => Err(VaultError::Io(error).into()),
                Err(_) => Ok(false),
            }
        })
        .await
    }
}

fn erasure(leaf: &[u8]) -> Result<Option<Erasure>, CustodyError> {
    match read_body(Leaf::parse(leaf)?.body)?.content {
        Some(Content::Erasure(erasure)) => Ok(Some(erasure)),
        _ => Ok(None),
    }
}
