//! Opening confidential records whose day has come: an entry shows salt and record, and proves that they were there
//! from the start.

use std::collections::BTreeSet;

use bytes::Bytes;
use einsicht_access::openings::State;
use einsicht_access::{Month, RetentionClass, SealedField};
use einsicht_proto::v1::Opening;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;

use super::target::{Kept, Target};
use super::trail::Written;
use super::undone::month_of;
use super::{Custody, CustodyError, Due, blocking};
use crate::vault::VaultError;

/// Confidential records that are looked up at a time.
const OPENED_AT_ONCE: usize = 100;

/// For so many days a month stays beyond its time that has records which were to be public and can't be read: a month is
/// what people need to see the alert and find a backup. What is damaged for good must not be kept for good.
const REPAIR_DAYS: i32 = 30;

/// A month, and the retention class in it; `None` if nobody can tell which.
type Place = (Month, Option<RetentionClass>);

/// What became of the records whose day has come.
#[derive(Debug, Default)]
pub(super) struct Openings {
    /// So many were opened.
    pub opened: usize,
    /// So many could not be.
    pub failed: usize,
    /// Where those are that can be opened once a key, a file or the disk is back.
    waiting: BTreeSet<Place>,
    /// Where those are that are damaged or missing: only a backup has them, if any.
    lost: BTreeSet<Place>,
}

impl Openings {
    /// Whether what is due has to stay `today`, because something in it was to be public first.
    ///
    /// # Errors
    /// [`CustodyError::NotOpened`] if it has to.
    pub fn let_go(&self, due: &Due, today: i32) -> Result<(), CustodyError> {
        let Due { month, class, due_day, .. } = *due;
        let has = |places: &BTreeSet<Place>| {
            [None, Some(class)].into_iter().any(|class| places.contains(&(month, class)))
        };
        if has(&self.waiting) {
            return Err(CustodyError::NotOpened { month, until_day: None });
        }
        let until_day = due_day.saturating_add(REPAIR_DAYS);
        if has(&self.lost) && today < until_day {
            return Err(CustodyError::NotOpened { month, until_day: Some(until_day) });
        }
        Ok(())
    }

    fn fail(&mut self, index: Index, place: Place, error: &CustodyError) {
        metrics::counter!("einsicht_daily_failures_total").increment(1);
        // Without a wrapping key it is the same for all.
        if self.failed == 0 || !matches!(error, CustodyError::Off) {
            tracing::error!(%index, %error, "a confidential record could not be opened on its day");
        }
        self.failed += 1;
        let places = if is_lost(error) { &mut self.lost } else { &mut self.waiting };
        places.insert(place);
    }
}

impl Custody {
    /// Opens every confidential record whose day has come. One that can't be opened is logged.
    ///
    /// # Errors
    /// [`CustodyError`] if nobody knows which records these are.
    pub(super) async fn open_due(&self, today: i32) -> Result<Openings, CustodyError> {
        let (mut openings, mut after) = (Openings::default(), None);
        loop {
            let due = self.parts().annotations.due(today, after, OPENED_AT_ONCE)?;
            let Some(last) = due.last() else { break };
            after = Some(*last);
            for index in due {
                match self.open_if_there(index).await {
                    Ok(()) => openings.opened += 1,
                    // A steward was faster, or it was erased unseen.
                    Err(CustodyError::OpenedBefore { .. } | CustodyError::ErasedBefore { .. }) => {}
                    Err(error) => {
                        let place = self.place_of(index).await?;
                        if !self.is_given_up(place, &error).await? {
                            openings.fail(index, place, &error);
                        }
                    }
                }
            }
        }
        Ok(openings)
    }

    /// Without a wrapping key it can be told only whether something is there.
    async fn open_if_there(&self, index: Index) -> Result<(), CustodyError> {
        if self.keyring().is_ok() {
            return self.open_record(index).await.map(|_| ());
        }
        match self.look_up(index, false).await {
            Ok(Target { kept: Kept::Nothing { by }, .. }) => Err(CustodyError::ErasedBefore { index, by }),
            Ok(_) | Err(CustodyError::Vault(VaultError::NoKey { .. })) => Err(CustodyError::Off),
            Err(error) => Err(error),
        }
    }

    /// Whether a record is missing, and everything of its month went: nothing waits for it any more. That it is missing the
    /// vault tells.
    async fn is_given_up(&self, place: Place, error: &CustodyError) -> Result<bool, CustodyError> {
        let is_missing = matches!(error, CustodyError::Vault(VaultError::Missing { .. }));
        Ok(is_missing && self.kept().await?.iter().all(|(month, _)| *month != place.0))
    }

    async fn place_of(&self, index: Index) -> Result<Place, CustodyError> {
        let (reader, vault) = (self.parts().reader.clone(), self.parts().vault.clone());
        blocking(move || {
            let leaf = reader.leaf(index)?;
            Ok((month_of(&leaf)?, vault.class_of(index, &leaf).ok()))
        })
        .await
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

/// Whether a record is there no more, as far as anybody can tell who waits: only a backup may have it.
fn is_lost(error: &CustodyError) -> bool {
    match error {
        CustodyError::Unfit { .. } | CustodyError::MayBeErased { .. } => true,
        CustodyError::Vault(error) => !error.may_pass(),
        _ => false,
    }
}
