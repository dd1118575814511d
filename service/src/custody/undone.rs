//! What entries say was erased, and what could not be erased then: for want of room on the disk, say. It is tried again
//! by the daily run, when somebody asks for the same once more, and at each start. Until then nobody sees it.

use einsicht_access::{Month, Openings, RetentionClass, SealedField, read_body};
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Leaf};

use super::erase::not_done;
use super::{Custody, CustodyError, blocking};
use crate::storage::LogReader;
use crate::vault::{KeyringError, RedoError, Said, Vault, VaultError};

/// What entries say was erased of another one, and is there still.
#[derive(Default)]
pub(super) struct Undone {
    /// The values, and the entry that says so.
    fields: Vec<(Index, Vec<SealedField>)>,
    /// An entry of which nobody can read what it says. It may be about this one.
    pub unclear: Option<Index>,
}

impl Undone {
    /// What is undone of `target`, which is kept as `class` says, if that is known.
    pub fn of(
        target: Index,
        class: Option<RetentionClass>,
        vault: &Vault,
        log: &LogReader,
    ) -> Result<Self, CustodyError> {
        let mut undone = Self::default();
        // What is erased was recorded before.
        for by in vault.undone().into_iter().filter(|by| *by > target) {
            match said(by, vault, log)? {
                Some(Said::Fields(index, fields)) if index == target => undone.fields.push((by, fields)),
                // A statement is kept as long as what it is about.
                None if class.is_none()
                    || statement_class(by, vault, log)?.is_none_or(|of| Some(of) == class) =>
                {
                    undone.unclear = Some(by);
                }
                _ => {}
            }
        }
        Ok(undone)
    }

    /// Takes it out of what was read.
    pub fn take_from(&self, openings: &mut Openings) {
        for (by, fields) in &self.fields {
            openings.erase(fields, by.0);
        }
    }
}

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
            Ok(match said(by, &vault, &reader)? {
                Some(Said::Fields(index, _)) => index == target,
                Some(Said::Class(month, class)) => {
                    let leaf = reader.leaf(target)?;
                    month_of(&leaf)? == month && vault.class_of(target, &leaf).is_ok_and(|of| of == class)
                }
                Some(Said::Gone) | None => false,
            })
        })
        .await
    }
}

/// What an entry says was erased; `None` if that can't be read any more, or not before somebody has repaired something.
fn said(by: Index, vault: &Vault, log: &LogReader) -> Result<Option<Said>, CustodyError> {
    let leaf = log.leaf(by)?;
    let Some(erasure) = erasure(&leaf)? else { return Ok(None) };
    match vault.said(by, &leaf, &erasure) {
        Ok(said) => Ok(Some(said)),
        Err(RedoError::Log(error)) => Err(error.into()),
        Err(
            RedoError::Unclear { .. }
            | RedoError::Vault(
                VaultError::Missing { .. }
                | VaultError::NoKey { .. }
                | VaultError::Damaged { .. }
                | VaultError::Unreadable { .. }
                | VaultError::Key(KeyringError::Damaged { .. }),
            ),
        ) => Ok(None),
        Err(RedoError::Vault(error)) => Err(error.into()),
    }
}

/// How long the statement of an entry is kept; `None` if nobody can tell where it lies.
fn statement_class(
    by: Index,
    vault: &Vault,
    log: &LogReader,
) -> Result<Option<RetentionClass>, CustodyError> {
    Ok(vault.class_of(by, &log.leaf(by)?).ok())
}

/// The month of an entry.
pub(super) fn month_of(leaf: &[u8]) -> Result<Month, CustodyError> {
    Ok(Month::of_unix_s(Leaf::parse(leaf)?.recorded_at.0))
}

fn erasure(leaf: &[u8]) -> Result<Option<Erasure>, CustodyError> {
    match read_body(Leaf::parse(leaf)?.body)?.content {
        Some(Content::Erasure(erasure)) => Ok(Some(erasure)),
        _ => Ok(None),
    }
}
