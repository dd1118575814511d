//! Publishes transparency reports: the hash of a report's manifest becomes an entry.
//!
//! What a report says is not the service's business: whoever recomputes it sees whether it is true. The service checks
//! that the manifest is about this ledger, as it was, and that of one period no two reports stand side by side.

mod manifest;
mod shelf;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::body_bytes;
use einsicht_access::period::Period;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Report};
use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Hash, Index, Origin, Size};
use tokio::sync::Mutex;

use self::manifest::Manifest;
use crate::annotations::{Annotations, NotKnown, ReportPlace};
use crate::sequencer::{Published, Refused, Sequencer, Work};
use crate::storage::{LogReader, ReadError};

pub use manifest::{MANIFEST_BYTES_MAX, ManifestError};
pub use shelf::{Shelf, ShelfError, Shelved};

/// The folder of published reports in a data folder, where no other one is configured.
pub const FOLDER: &str = "reports";

/// Publishes reports, one at a time. Cheap to clone.
#[derive(Clone)]
pub struct Reports {
    origin: Origin,
    sequencer: Sequencer,
    reader: LogReader,
    annotations: Annotations,
    /// Which reports there are can only be told while nobody publishes another one.
    desk: Arc<Mutex<()>>,
}

/// A report is published.
#[derive(Debug)]
pub struct PublishedReport {
    /// Its entry.
    pub index: Index,
    /// C2SP tlog-proof of it, with the leaf.
    pub receipt: Bytes,
    /// Whether it was published before.
    pub already: bool,
}

/// A report was not published.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is no manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It is about another ledger.
    #[error("this report is about the ledger {found:?}, and this one is {expected}; nothing was written")]
    OtherLedger {
        /// This one.
        expected: Origin,
        /// What the manifest names.
        found: String,
    },
    /// It is about more entries than there are.
    #[error(
        "this report is about {claimed} entries, and the ledger has {published}: it is about another ledger, or this \
         one was put back; nothing was written"
    )]
    Ahead {
        /// What the manifest states.
        claimed: Size,
        /// How many are published.
        published: Size,
    },
    /// It is about other entries.
    #[error(
        "this report states the root {found} for {size} entries, and that of this ledger is {expected}; make the \
         report anew from this ledger. Nothing was written"
    )]
    OtherRoot {
        /// Of how many entries.
        size: Size,
        /// The root that they have.
        expected: Hash,
        /// The root that the manifest states.
        found: Hash,
    },
    /// It names as corrected what is no report of its period.
    #[error(
        "this report says that it corrects entry {index}, which is no report of {period}; `einsicht report list` \
         tells which ones are. Nothing was written"
    )]
    CorrectsNone {
        /// What it names.
        index: Index,
        /// Its period.
        period: Period,
    },
    /// There is a report of its period, which it does not correct.
    #[error(
        "entry {newest} is the newest report of {period}, and this one does not say that it corrects that; make it \
         anew with --corrects {newest}. Nothing was written"
    )]
    StandsBeside {
        /// The newest report of the period.
        newest: Index,
        /// The period.
        period: Period,
    },
    /// It could not be recorded.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Which reports there are is not known yet.
    #[error(transparent)]
    NotKnown(#[from] NotKnown),
    /// The log could not be read; after writing: the receipt could not be made.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The work ended in the middle.
    #[error("publishing ended in disorder; `einsicht report list` tells whether the report was published")]
    Disorder,
}

impl Reports {
    /// Works with these, all of the ledger `origin`.
    #[must_use]
    pub fn new(origin: Origin, sequencer: Sequencer, reader: LogReader, annotations: Annotations) -> Self {
        Self { origin, sequencer, reader, annotations, desk: Arc::default() }
    }

    /// Publishes the report with this manifest, unless it is already. Goes on to its end if the caller waits no longer.
    ///
    /// # Errors
    /// [`ReportError`].
    pub async fn publish(&self, manifest: Bytes) -> Result<PublishedReport, ReportError> {
        let reports = self.clone();
        let published = tokio::spawn(async move { reports.publish_alone(&manifest).await });
        published.await.unwrap_or(Err(ReportError::Disorder))
    }

    async fn publish_alone(&self, bytes: &[u8]) -> Result<PublishedReport, ReportError> {
        let manifest = Manifest::parse(bytes)?;
        let hash = *sha256(bytes).as_bytes();
        let _alone = self.desk.lock().await;
        let published = Arc::clone(&self.sequencer.published().borrow());
        let reports = self.annotations.reports(published.head.size.next_index())?;
        if let Some(same) = reports.iter().find(|report| report.sha256 == hash) {
            return self.answer(same.index, published, true).await;
        }
        self.check_ledger(&manifest, &published).await?;
        check_place(&manifest, &reports)?;
        let Manifest { period, corrects, .. } = manifest;
        let report = Report {
            period: period.to_string(),
            manifest_sha256: Bytes::copy_from_slice(&hash),
            replaces: corrects.map(|index| index.0),
        };
        let body = body_bytes(&EntryBody { content: Some(Content::Report(report)) });
        let acknowledged = self.sequencer.submit(Work::Own { body, sealed: None }, None).await?;
        let placed = acknowledged.entries.first().ok_or(ReportError::Disorder)?;
        tracing::info!(entry = %placed.index, %period, "a report was published");
        self.answer(placed.index, acknowledged.published, false).await
    }

    /// Whether a manifest is about this ledger, as it is or was.
    async fn check_ledger(&self, manifest: &Manifest, published: &Published) -> Result<(), ReportError> {
        let Manifest { origin, size, root: found, .. } = manifest;
        if origin != self.origin.as_str() {
            let (expected, found) = (self.origin.clone(), origin.chars().take(ORIGIN_CHARS_SHOWN).collect());
            return Err(ReportError::OtherLedger { expected, found });
        }
        let (size, found) = (*size, *found);
        if size > published.head.size {
            return Err(ReportError::Ahead { claimed: size, published: published.head.size });
        }
        let reader = self.reader.clone();
        let expected = blocking(move || Ok(reader.head(size)?.root)).await?;
        if expected == found { Ok(()) } else { Err(ReportError::OtherRoot { size, expected, found }) }
    }

    async fn answer(
        &self,
        index: Index,
        under: Arc<Published>,
        already: bool,
    ) -> Result<PublishedReport, ReportError> {
        let reader = self.reader.clone();
        let receipt = blocking(move || Ok(under.receipt(index, &reader)?)).await?;
        Ok(PublishedReport { index, receipt, already })
    }
}

/// Characters of a foreign ledger's name that are shown.
const ORIGIN_CHARS_SHOWN: usize = 100;

/// Of each period one report stands: the first, or the last of those that correct one another.
fn check_place(manifest: &Manifest, reports: &[ReportPlace]) -> Result<(), ReportError> {
    let period = manifest.period;
    let of_period = || reports.iter().filter(|report| report.period == period);
    if let Some(index) = manifest.corrects
        && !of_period().any(|report| report.index == index)
    {
        return Err(ReportError::CorrectsNone { index, period });
    }
    match of_period().next_back() {
        Some(newest) if manifest.corrects != Some(newest.index) => {
            Err(ReportError::StandsBeside { newest: newest.index, period })
        }
        _ => Ok(()),
    }
}

/// Runs what may wait for a disk on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReportError> + Send + 'static,
) -> Result<T, ReportError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ReportError::Disorder)?
}
