//! Opening confidential records whose day has come: an entry shows salt and record, and proves that they were there
//! from the start.

use bytes::Bytes;
use einsicht_access::SealedField;
use einsicht_access::openings::State;
use einsicht_proto::v1::Opening;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;

use super::target::Kept;
use super::trail::Written;
use super::{Custody, CustodyError};

impl Custody {
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
