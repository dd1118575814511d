//! Gathers the figures of a report from a ledger, in the same pass that verifies it.

use std::sync::Arc;

use anyhow::ensure;
use einsicht_access::{Language, Period, Zone};
use einsicht_client::audit::{AuditReport, Inspector, Seen, inspect};
use einsicht_client::charters::PublishedCharter;
use einsicht_client::reader::Reader;
use einsicht_client::reports::{Found, Gathering, Noted};
use einsicht_client::source::Source;
use einsicht_client::trust::SignedHead;
use einsicht_client::{Trust, VerifyError};
use einsicht_report::{Chunk, Entry, Figures, Gather, GatherError, Scope};

use crate::language::pick;
use crate::output::progress::Progress;

/// How often a period is cut: as the newest charter says, and where another one was in force at its end, as that says.
const ZONES_MAX: usize = 2;

/// What was gathered from a ledger that is verified.
pub struct Gathered {
    /// What a report is made from.
    pub figures: Figures,
    /// What was verified.
    pub audit: AuditReport,
    /// The reports that the ledger names, also behind those figures.
    pub published: Found,
}

/// What a report is wanted of.
pub struct Wanted<'a> {
    pub source: &'a Source,
    pub trust: &'a Trust,
    /// The checkpoint that it is made for.
    pub at: &'a SignedHead,
    /// Whether progress is unwanted.
    pub is_quiet: bool,
    /// The language that progress is told in.
    pub language: Language,
}

/// No figures were gathered.
#[derive(Debug, thiserror::Error)]
pub enum GatheringError {
    /// The ledger is not verified: nothing that was gathered counts.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// It is, and there are no figures all the same.
    #[error(transparent)]
    Gather(#[from] GatherError),
}

impl Wanted<'_> {
    /// The figures of a period, cut in the time zone of the charter in force at its end.
    ///
    /// # Errors
    /// [`GatheringError`].
    pub async fn of_period(&self, period: Period) -> Result<Gathered, GatheringError> {
        let mut zone = self.likely_zone().await;
        let mut left = ZONES_MAX;
        loop {
            left -= 1;
            let scope = Scope::new(period, zone, self.at.head.size);
            match self.of_scope(scope).await {
                Err(GatheringError::Gather(GatherError::OtherZone { needed, .. })) if left > 0 => {
                    zone = needed
                }
                gathered => return gathered,
            }
        }
    }

    /// The figures of a scope.
    ///
    /// # Errors
    /// [`GatheringError`].
    pub async fn of_scope(&self, scope: Scope) -> Result<Gathered, GatheringError> {
        let mut gather = Gather::new(scope.clone());
        let (mut gathered, mut published) = (Ok(()), Gathering::default());
        let doing = pick(self.language, "prüft und zählt", "verifying and counting");
        let mut progress = Progress::counting(doing, self.is_quiet);
        let take = |notes: Notes| {
            if gathered.is_ok() {
                gathered = gather.take(notes.chunk);
            }
            published.take(notes.published);
        };
        let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
        let look = Arc::new(Look(scope));
        let audit = inspect(self.source, self.trust, self.at, look, take, show).await?;
        drop(progress);
        // Only now does it mean anything.
        let published = published.finish();
        gathered?;
        Ok(Gathered { figures: gather.finish()?, audit, published })
    }

    /// The zone of the newest charter, which is nearly always right. Where it is not, gathering says so.
    async fn likely_zone(&self) -> Zone {
        let zone = async {
            let reader = Reader::open(self.source.clone(), self.trust.clone()).await.ok()?;
            let charter = PublishedCharter::in_force(&reader).await.ok()??;
            Zone::named(charter.charter.time_zone()?).ok()
        };
        zone.await.unwrap_or_else(Zone::utc)
    }
}

/// Refuses what an audit could not tell: a report must not be made from it.
///
/// # Errors
/// Something could not be told.
pub fn check_told(audit: &AuditReport, language: Language) -> anyhow::Result<()> {
    let unchecked = audit.confidential.unchecked.saturating_add(audit.verdicts.unjudged);
    let untold = pick(
        language,
        format!(
            "von {unchecked} Einträgen kann niemand sagen, ob sie zeigen, was versiegelt war, oder richtig beurteilt wurden: \
             das Protokoll hat mehr vertrauliche Datensätze, als verglichen werden"
        ),
        format!(
            "of {unchecked} entries nobody can tell whether they are what was sealed, or were judged rightly: the ledger has \
             more confidential records than are compared"
        ),
    );
    ensure!(unchecked == 0, untold);
    Ok(())
}

/// Counts entries on any core.
struct Look(Scope);

#[derive(Default)]
struct Notes {
    chunk: Chunk,
    published: Noted,
}

impl Inspector for Look {
    type Notes = Notes;

    #[inline]
    fn look(&self, seen: Seen<'_>, notes: &mut Notes) {
        notes.published.look(&seen);
        let Seen { index, recorded_at, body, .. } = seen;
        // What came later is no part of the report.
        if self.0.size().contains(index) {
            notes.chunk.look(&self.0, &Entry { index, recorded_at, body });
        }
    }
}
