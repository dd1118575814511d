//! Which charter is in force, and what holds by it.
//!
//! A charter is in force for the entries behind its last one. Whoever gives entries their place says so, at once:
//! bodies that wait behind it are judged again, by it. What others are told is what is published.

mod figures;
mod older;
#[cfg(test)]
pub mod probe;
mod publish;
mod read;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use einsicht_access::charter::{Register, parts_of};
use einsicht_access::judge::{self, Commitments};
use einsicht_access::{Charter, CharterError, RetentionClass, body_bytes};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, RecordedAt, Size};
use metrics::Counter;

use self::figures::Figures;
use self::older::Older;
use crate::annotations::CharterPlace;
use crate::config::Rules;
use crate::storage::LogReader;

pub use publish::{PublishError, PublishedCharter, Publishing};
pub use read::CharterReadError;

/// The charters of one ledger. Clones share them.
#[derive(Clone, Default)]
pub struct Charters {
    newest: Arc<RwLock<Newest>>,
    older: Arc<Older>,
    figures: Figures,
}

#[derive(Default)]
struct Newest {
    /// The one that was placed last; published or about to be.
    placed: Option<Arc<InForce>>,
    /// The one before it.
    before: Option<Arc<InForce>>,
}

/// A charter that is, was, or is about to be in force.
#[derive(Debug)]
pub struct InForce {
    /// Where it stands.
    pub place: CharterPlace,
    /// What it says.
    pub charter: Arc<Charter>,
    /// The registers that ids of data subjects come from, if it says so.
    schemes: Vec<String>,
    figures: Figures,
    /// By commitment; made when the first is counted.
    deviations: OnceLock<Vec<Counter>>,
}

/// A charter that is to be recorded.
#[derive(Debug)]
pub struct Announced {
    /// The bodies of its parts, in order.
    pub bodies: Vec<Vec<u8>>,
    charter: Arc<Charter>,
    sha256: [u8; 32],
}

/// What holds for an access that is recorded now: what the charter says, and otherwise the configuration.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What is configured.
    pub rules: Arc<Rules>,
    /// The charter in force, published or about to be.
    pub charter: Option<Arc<InForce>>,
}

impl Charters {
    /// Begins with the newest charter that a log holds, if it holds any.
    ///
    /// # Errors
    /// [`CharterReadError`] if it can't be read, or is none for this version.
    pub fn begin(&self, newest: Option<&CharterPlace>, reader: &LogReader) -> Result<(), CharterReadError> {
        let Some(place) = newest else { return Ok(()) };
        let newest = Arc::new(self.read(place, reader)?);
        tracing::info!(first = %place.first, last = %place.last, "a charter is in force");
        self.newest.write().unwrap_or_else(PoisonError::into_inner).placed = Some(newest);
        Ok(())
    }

    /// One was placed there: what is placed behind it is judged by it.
    pub fn put_in_force(
        &self,
        charter: &Announced,
        first: Index,
        last: Index,
        recorded_at: RecordedAt,
    ) -> Arc<InForce> {
        let place = CharterPlace { first, last, recorded_at, sha256: charter.sha256 };
        let charter = Arc::new(InForce::new(place, Arc::clone(&charter.charter), self.figures.clone()));
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        newest.before = newest.placed.replace(Arc::clone(&charter));
        charter
    }

    /// The charter to judge by what is to be recorded. It may not be published yet: nobody is shown it.
    #[must_use]
    pub fn to_judge_by(&self) -> Option<Arc<InForce>> {
        self.look(|newest| newest.placed.clone())
    }

    /// The charter in force, of those that are published.
    #[must_use]
    pub fn published(&self, size: Size) -> Option<Arc<InForce>> {
        let is_published = |charter: &&Arc<InForce>| size.contains(charter.place.last);
        self.look(|newest| newest.placed.iter().chain(&newest.before).find(is_published).map(Arc::clone))
    }

    /// A charter by its place, read from the log if it is not at hand.
    ///
    /// # Errors
    /// [`CharterReadError`].
    pub fn at(&self, place: &CharterPlace, reader: &LogReader) -> Result<Arc<InForce>, CharterReadError> {
        let is_it = |charter: &&Arc<InForce>| charter.place == *place;
        let at_hand =
            self.look(|newest| newest.placed.iter().chain(&newest.before).find(is_it).map(Arc::clone));
        if let Some(charter) = at_hand.or_else(|| self.older.find(place)) {
            return Ok(charter);
        }
        Ok(self.older.keep(self.read(place, reader)?))
    }

    fn read(&self, place: &CharterPlace, reader: &LogReader) -> Result<InForce, CharterReadError> {
        Ok(InForce::new(*place, read::read(place, reader)?, self.figures.clone()))
    }

    fn look<T>(&self, look: impl FnOnce(&Newest) -> T) -> T {
        look(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl InForce {
    fn new(place: CharterPlace, charter: Arc<Charter>, figures: Figures) -> Self {
        let schemes = charter.declared(Register::SubjectScheme).iter().map(|one| one.id.clone()).collect();
        Self { place, charter, schemes, figures, deviations: OnceLock::new() }
    }

    /// Counts one access that deviates from these. With none the figures are there, and say 0.
    pub fn count(&self, deviates: Commitments) {
        let counters = self.deviations.get_or_init(|| self.figures.of(&self.charter));
        let counted = counters.iter().enumerate().filter(|(position, _)| deviates.contains(*position));
        counted.for_each(|(_, counter)| counter.increment(1));
    }
}

impl Announced {
    /// A charter from the text that somebody wrote. `name` is what it is called where something is wrong with it.
    ///
    /// # Errors
    /// [`CharterError`] with everything that is wrong with it.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, CharterError> {
        let charter = Arc::new(Charter::check(name, text)?);
        let parts = parts_of(text);
        let sha256 = parts.first().and_then(|part| part.sha256[..].try_into().ok()).unwrap_or_default();
        let body = |part| body_bytes(&EntryBody { content: Some(Content::Charter(part)) });
        Ok(Self { bodies: parts.into_iter().map(body).collect(), charter, sha256 })
    }

    /// SHA-256 of its text.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl Terms {
    /// What holds where no charter is in force.
    #[must_use]
    pub fn of(rules: Rules) -> Self {
        Self { rules: Arc::new(rules), charter: None }
    }

    /// The registers that ids of data subjects come from: those of the charter, if it declares any.
    #[must_use]
    pub fn schemes(&self) -> &[String] {
        let of_charter = self.charter.as_ref().map(|charter| &charter.schemes[..]);
        of_charter.filter(|schemes| !schemes.is_empty()).unwrap_or(&self.rules.schemes)
    }

    /// The retention class of what is recorded for a data set: that of the charter, if it states one for it.
    #[must_use]
    pub fn class_of(&self, dataset: &str) -> RetentionClass {
        let of_charter =
            self.charter.as_ref().and_then(|charter| charter.charter.dataset(dataset.as_bytes()));
        let stated = of_charter.and_then(|dataset| dataset.retention_class);
        stated.unwrap_or_else(|| self.rules.retention.class_of(dataset))
    }

    /// What events are judged by.
    #[must_use]
    pub fn in_force(&self) -> Option<judge::InForce<'_>> {
        let charter = self.charter.as_ref()?;
        Some(judge::InForce { index: charter.place.last.0, charter: &charter.charter })
    }
}

#[cfg(test)]
mod tests;
