//! Opening confidential records whose day has come: an entry shows salt and record, and proves that they were there
//! from the start.

use std::collections::BTreeSet;

use bytes::Bytes;
use einsicht_access::openings::State;
use einsicht_access::{Month, SealedField};
use einsicht_proto::v1::Opening;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;

use super::target::Kept;
use super::trail::Written;
use super::undone::month_of;
use super::{Custody, CustodyError, blocking};
use crate::vault::{KeyringError, VaultError};

/// Confidential records that are looked up at a time.
const OPENED_AT_ONCE: usize = 100;

/// What became of the records whose day has come.
#[derive(Debug, Default)]
pub(super) struct Openings {
    /// So many were opened.
    pub opened: usize,
    /// So many could not be.
    pub failed: usize,
    /// Months of those that could not be opened yet, and can be later: they must not go before.
    pub waiting: BTreeSet<Month>,
}

impl Custody {
    /// Opens every confidential record whose day has come. One that can't be opened is logged.
    ///
    /// # Errors
    /// [`CustodyError`] if nobody knows which records these are.
    pub(super) async fn open_due(&self, today: i32) -> Result<Openings, CustodyError> {
        let (mut openings, mut after) = (Openings::default(), None);
        // Without a wrapping key nothing can be opened.
        while self.keyring().is_ok() {
            let due = self.parts().annotations.due(today, after, OPENED_AT_ONCE)?;
            let Some(last) = due.last() else { break };
            after = Some(*last);
            for index in due {
                match self.open_record(index).await {
                    Ok(_) => openings.opened += 1,
                    // A steward was faster, or it was erased unseen.
                    Err(CustodyError::OpenedBefore { .. } | CustodyError::ErasedBefore { .. }) => {}
                    Err(error) => {
                        metrics::counter!("einsicht_daily_failures_total").increment(1);
                        tracing::error!(%index, %error, "a confidential record could not be opened on its day");
                        openings.failed += 1;
                        if !is_unreadable(&error) {
                            openings.waiting.insert(self.month_of(index).await?);
                        }
                    }
                }
            }
        }
        Ok(openings)
    }

    async fn month_of(&self, index: Index) -> Result<Month, CustodyError> {
        let reader = self.parts().reader.clone();
        blocking(move || month_of(&reader.leaf(index)?)).await
    }

    /// Makes a confidential record public, and returns the receipt of the entry that does so.
    ///
    /// # Errors
    /// [`CustodyError`]; then nothing was shown.
    pub async fn open_record(&self, index: Index) -> Result<Bytes, CustodyError> {
        let _alone = self.inner.desk.write().await;
        self.published(index)?;
        let annotations = &self.parts().annotations;
        let Some(until_day) = annotations.closed_until_day(index)? else {
            return Err(match annotations.settled_by(index)? {
                Some(by) if self.is_confidential(index).await? => CustodyError::OpenedBefore { index, by },
                _ => CustodyError::NotConfidential { index },
            });
        };
        if self.today()? < until_day {
            return Err(CustodyError::NotYet { index, until_day });
        }
        let target = self.target(index).await?;
        if let (Some(by), Kept::Some { .. }) = (target.unclear, &target.kept) {
            return Err(CustodyError::MayBeErased { index, by });
        }
        let opening = match target.state(SealedField::Confidential) {
            Some(State::Open { salt, value }) => Opening {
                index: index.0,
                salt: Bytes::copy_from_slice(salt.as_bytes()),
                record: Bytes::copy_from_slice(value),
            },
            Some(State::Erased { by }) => return Err(CustodyError::ErasedBefore { index, by: Index(by) }),
            None => return Err(CustodyError::NotConfidential { index }),
        };
        let Written { index: entry, published } = self.write(Content::Opening(opening)).await?;
        metrics::counter!("einsicht_records_opened_total").increment(1);
        tracing::info!(index = %entry, "a confidential record was opened");
        self.receipt(entry, &published).await
    }

    async fn is_confidential(&self, index: Index) -> Result<bool, CustodyError> {
        let entry = self.entry(index).await?;
        Ok(matches!(entry.content, Some(Content::Access(record)) if record.confidential_seal.is_some()))
    }
}

/// Whether a record is not to be had: then nothing is gained by keeping what is left of it beyond its time.
fn is_unreadable(error: &CustodyError) -> bool {
    matches!(
        error,
        CustodyError::Unfit { .. }
            | CustodyError::MayBeErased { .. }
            | CustodyError::Vault(
                VaultError::Missing { .. }
                    | VaultError::NoKey { .. }
                    | VaultError::Damaged { .. }
                    | VaultError::Unreadable { .. }
                    | VaultError::Key(KeyringError::Damaged { .. })
            )
    )
}
