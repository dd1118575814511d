//! All reports of a ledger, found by reading all of it.

use std::sync::Arc;

use einsicht_tlog::{Index, RecordedAt};

use super::{Found, REPORT_TAG};
use crate::audit::{Asked, AuditReport, Inspector, Progress, Seen, audit_with};
use crate::source::Source;
use crate::{Trust, VerifyError};

/// Entries that publish reports, noted while a ledger is audited: for an [`Inspector`].
#[derive(Debug, Default)]
pub struct Noted(Vec<(Index, RecordedAt, Box<[u8]>)>);

/// Puts together what was noted of chunks. It says something about the ledger once that is verified.
#[derive(Debug, Default)]
pub struct Gathering(Found);

impl Noted {
    /// Looks at an entry.
    #[inline]
    pub fn look(&mut self, seen: &Seen<'_>) {
        if seen.body.first() == Some(&REPORT_TAG) {
            self.0.push((seen.index, seen.recorded_at, seen.body.into()));
        }
    }
}

impl Gathering {
    /// Takes in what was noted of the next chunk.
    pub fn take(&mut self, noted: Noted) {
        for (index, recorded_at, body) in noted.0 {
            self.0.note(index, recorded_at, &body);
        }
    }

    /// The reports.
    #[must_use]
    pub fn finish(self) -> Found {
        self.0
    }
}

/// Verifies a ledger as [`audit`](crate::audit::audit()) does, reading all of it, and finds every report that it names.
///
/// # Errors
/// [`VerifyError`].
pub async fn search(
    source: &Source,
    trust: &Trust,
    progress: impl FnMut(Progress),
) -> Result<(AuditReport, Found), VerifyError> {
    let mut gathering = Gathering::default();
    let (asked, take) = (Asked { full: true, at: None }, |noted| gathering.take(noted));
    let report = audit_with(source, trust, asked, Arc::new(Search), take, progress).await?;
    Ok((report, gathering.finish()))
}

struct Search;

impl Inspector for Search {
    type Notes = Noted;

    #[inline]
    fn look(&self, seen: Seen<'_>, notes: &mut Noted) {
        notes.look(&seen);
    }
}
