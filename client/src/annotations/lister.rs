//! Which entries say something about others, as a service lists them.

use std::ops::Range;

use einsicht_proto::v1::AnnotationKind;
use einsicht_tlog::Index;

use crate::config::RecorderConfig;
use crate::connection::Connection;
use crate::error::{Failure, RecordError};

/// An entry that says something about another, as a service lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Whom it is about.
    pub about: Index,
    /// Who says it.
    pub by: Index,
    /// What, if this release knows that.
    pub kind: Option<AnnotationKind>,
}

/// Asks a service which entries say something about others.
pub struct Lister(Connection);

impl Lister {
    /// Nothing is asked yet. Of the configuration of a recorder, address, key, credentials and time limits are used.
    ///
    /// # Errors
    /// [`RecordError::Config`].
    pub fn new(config: &RecorderConfig) -> Result<Self, RecordError> {
        Ok(Self(Connection::new(config)?))
    }

    /// Which entries say something about those of a range. Nothing of that is verified.
    ///
    /// # Errors
    /// What the service, or the way to it, reported.
    pub async fn list(&self, range: Range<Index>) -> Result<Vec<Listed>, Failure> {
        let count = range.end.0.saturating_sub(range.start.0);
        // The service takes 0 for everything.
        if count == 0 {
            return Ok(Vec::new());
        }
        self.0.annotations(range.start.0, count).await.map_err(Failure)
    }
}
