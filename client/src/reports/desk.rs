//! Publishing reports, for stewards.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_proto::v1::PublishReportRequest;
use einsicht_tlog::hash::sha256;
use einsicht_tlog::{Index, Size};

use super::PublishedReport;
use crate::Trust;
use crate::config::RecorderConfig;
use crate::link::Link;
use crate::proven::ProvenEntry;
use crate::vault::{AnswerFault, VaultError, proven};

/// Where reports are published. Clones share connection and what was verified.
#[derive(Clone)]
pub struct ReportDesk {
    link: Arc<Link>,
}

/// A report is published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Its entry, proven.
    pub entry: ProvenEntry,
    /// What it says.
    pub report: PublishedReport,
    /// Whether it was published before, so that nothing was written.
    pub already_published: bool,
}

impl ReportDesk {
    /// Connects, and verifies the newest checkpoint. Of the configuration of a recorder, address, key, credentials,
    /// time limits and state folder are used.
    ///
    /// # Errors
    /// [`VaultError::Connect`].
    pub async fn connect(config: RecorderConfig) -> Result<Self, VaultError> {
        Ok(Self { link: Arc::new(Link::connect(&config).await?) })
    }

    /// What is believed of the ledger.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        self.link.checkpoints.trust()
    }

    /// Publishes the report with this manifest, which is about `period` and says that it corrects `corrects`. It can't
    /// be taken back, only corrected by another one. That the ledger names it, and says the same of it, is proven. One
    /// that was published before is not written again, so that asking twice does no harm.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn publish(
        &self,
        manifest: impl Into<Bytes>,
        period: &str,
        corrects: Option<Index>,
    ) -> Result<Publication, VaultError> {
        let manifest = manifest.into();
        let expected = sha256(&manifest);
        let known = Size(self.link.checkpoints.known_size());
        let request = PublishReportRequest { manifest };
        let answer = self
            .link
            .connection
            .reports(request, |mut reports, ask| async move { reports.publish_report(ask).await });
        let answer = answer.await?;
        let entry = proven(&self.link, "the receipt", &answer.receipt).await?;
        let index = entry.index();
        if known.contains(index) && !answer.already_published {
            return Err(AnswerFault::NotNew { index, known }.into());
        }
        let report = PublishedReport::of(index, entry.recorded_at(), entry.body());
        let Ok(Some(report)) = report else {
            let found = einsicht_access::kind_name(entry.body());
            return Err(AnswerFault::OtherKind { index, expected: "a report", found }.into());
        };
        let says_other = |what| VaultError::from(AnswerFault::SaysOther { index, what });
        if report.manifest_sha256 != expected {
            return Err(says_other("manifest"));
        }
        if report.period != period {
            return Err(says_other("period"));
        }
        if report.replaces != corrects {
            return Err(says_other("correction"));
        }
        Ok(Publication { entry, report, already_published: answer.already_published })
    }
}

impl std::fmt::Debug for ReportDesk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (origin, newest) = (self.trust().origin(), self.trust().newest());
        formatter
            .debug_struct("ReportDesk")
            .field("ledger", &origin)
            .field("newest", &newest)
            .finish_non_exhaustive()
    }
}
