//! What waits, and what is due.

use einsicht_access::Month;
use einsicht_access::retention::RetentionClass;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{ListRequestsRequest, RetainRequest};
use einsicht_tlog::{Index, RecordedAt};

use super::error::{AnswerFault, VaultError};
use super::{Vault, check};
use crate::proven::ProvenEntry;

/// More months and classes than any ledger has; each may cost a proof.
const DUE_MAX: usize = 10_000;
/// More requests than stewards can look at; each costs a proof.
const PENDING_MAX: usize = 1_000;

/// A month of a retention class whose time has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// Which month.
    pub month: Month,
    /// Which class.
    pub class: RetentionClass,
    /// From which day on it goes: days since 1970-01-01.
    pub due_day: i32,
    /// Whether the configuration holds it back.
    pub held: bool,
    /// The entry that says that it was erased, if this call erased it.
    pub erased_by: Option<Box<ProvenEntry>>,
}

/// A request that waits for a second steward.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Its entry. What it is about is sealed there.
    pub entry: Box<ProvenEntry>,
    /// When it lapses, as the service says.
    pub lapses_at: RecordedAt,
}

impl Vault {
    /// Erases the months and classes that are due, or with `dry_run` tells which ones would go.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn retain(&self, dry_run: bool) -> Result<Vec<Retention>, VaultError> {
        let request = RetainRequest { dry_run };
        let answer = self
            .link
            .connection
            .vault(request, |mut vault, ask| async move { vault.retain(ask).await })
            .await?;
        let item = |position, problem| AnswerFault::Item { position, problem };
        let mut due = Vec::new();
        for (position, answered) in answer.due.into_iter().enumerate() {
            if position == DUE_MAX {
                return Err(item(position, "is more than any ledger has").into());
            }
            let month = answered.month.parse().map_err(|_| item(position, "is no month"))?;
            let class =
                answered.retention_class.parse().map_err(|_| item(position, "is no retention class"))?;
            let erased_by = match answered.erased_by {
                Some(_) if dry_run => {
                    return Err(item(position, "was erased, and should not have been").into());
                }
                Some(_) if answered.held => return Err(item(position, "is held back, and was erased").into()),
                Some(index) => {
                    let entry = self.entry(Index(index)).await?;
                    check::retained(&entry, &answered.month, &answered.retention_class)?;
                    Some(Box::new(entry))
                }
                None => None,
            };
            due.push(Retention { month, class, due_day: answered.due_day, held: answered.held, erased_by });
        }
        Ok(due)
    }

    /// The requests that wait for a second steward, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn requests(&self) -> Result<Vec<Pending>, VaultError> {
        let answer = self
            .link
            .connection
            .vault(ListRequestsRequest {}, |mut vault, ask| async move { vault.list_requests(ask).await });
        let mut pending = Vec::new();
        for (position, answered) in answer.await?.pending.into_iter().enumerate() {
            if position == PENDING_MAX {
                return Err(AnswerFault::Item { position, problem: "is more than can wait" }.into());
            }
            let entry = self.entry(Index(answered.index)).await?;
            if !matches!(entry.content(), Some(Content::DisclosureRequest(_))) {
                return Err(check::other_kind(&entry, "a request for disclosure").into());
            }
            pending.push(Pending { entry: Box::new(entry), lapses_at: RecordedAt(answered.lapses_at) });
        }
        Ok(pending)
    }
}
