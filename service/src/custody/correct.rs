//! Corrections (GDPR Article 16): an entry beside the record, which stays as it is.

use bytes::Bytes;
use einsicht_access::{kind_name, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Correction, EntryBody};
use einsicht_tlog::{Index, Leaf};

use super::trail::Written;
use super::{Custody, CustodyError, GROUND_BYTES_MAX, REASON_BYTES_MAX, blocking, check_given};

impl Custody {
    /// Writes a correction, and returns its receipt. Needs no vault: what it says stands in the clear.
    ///
    /// # Errors
    /// [`CustodyError`]; then nothing was written.
    pub async fn correct(
        &self,
        index: Index,
        correction: String,
        ground: String,
    ) -> Result<Bytes, CustodyError> {
        check_given("correction", &correction, REASON_BYTES_MAX)?;
        check_given("ground", &ground, GROUND_BYTES_MAX)?;
        let entry = self.entry(index).await?;
        if !matches!(entry.content, Some(Content::Access(_))) {
            return Err(CustodyError::NoAccess { index, kind: kind_name(&entry) });
        }
        let correction = Correction { index: index.0, correction, ground };
        let Written { index, published } = self.write(Content::Correction(correction)).await?;
        self.receipt(index, &published).await
    }

    /// What a published entry says.
    pub(super) async fn entry(&self, index: Index) -> Result<EntryBody, CustodyError> {
        self.published(index)?;
        let reader = self.parts().reader.clone();
        blocking(move || {
            let leaf = reader.leaf(index)?;
            Ok(read_body(Leaf::parse(&leaf)?.body)?)
        })
        .await
    }
}
