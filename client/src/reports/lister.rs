//! Which reports were published, as a service lists them.

use einsicht_tlog::{Hash, Index, Size};

use super::{Found, PublishedReport};
use crate::config::RecorderConfig;
use crate::connection::Connection;
use crate::error::{Failure, RecordError};
use crate::finding::{Fault, Finding};
use crate::reader::Reader;
use crate::verify_error::VerifyError;

/// Asks a service which reports were published.
pub struct ReportLister(Connection);

/// Reports could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The service, or the way to it, said why.
    #[error("which reports were published could not be asked: {0}")]
    NotTold(Failure),
    /// What it lists is false, or could not be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl ReportLister {
    /// Nothing is asked yet. Of the configuration of a recorder, address, key, credentials and time limits are used.
    ///
    /// # Errors
    /// [`RecordError::Config`].
    pub fn new(config: &RecorderConfig) -> Result<Self, RecordError> {
        Ok(Self(Connection::new(config)?))
    }

    /// The reports that the service lists, as far as the checkpoint of `reader` covers them. Each entry is read and
    /// proven to say so. That none was left out, only those can tell who read all entries ([`Found::note`]).
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn list(&self, reader: &Reader) -> Result<Found, ListError> {
        let listed = self.0.list_reports().await.map_err(|status| ListError::NotTold(Failure(status)))?;
        let Size(size) = reader.head().size;
        let mut found = Found::default();
        for listed in listed.into_iter().filter(|listed| listed.index < size) {
            let index = Index(listed.index);
            let entry = reader.entry(index).await?;
            let body = entry.body().map_err(VerifyError::from)?;
            let report = match PublishedReport::of(index, entry.recorded_at(), &body) {
                Ok(report) => report,
                Err(fault) => {
                    found.faults.insert(index.0, fault);
                    continue;
                }
            };
            let report = report.filter(|report| {
                report.period == listed.period
                    && report.recorded_at.0 == listed.recorded_at
                    && Hash::from_slice(&listed.manifest_sha256) == Some(report.manifest_sha256)
                    && report.replaces.map(|index| index.0) == listed.replaces
            });
            let report = report.ok_or_else(|| {
                VerifyError::from(Finding {
                    fault: Fault::Annotation,
                    index: Some(index),
                    place: None,
                    expected: format!("the report of {:?} that the service lists", listed.period),
                    found: format!(
                        "an entry of kind '{}' that does not say so",
                        einsicht_access::kind_name(&body)
                    ),
                })
            })?;
            found.add(report);
        }
        Ok(found)
    }
}
