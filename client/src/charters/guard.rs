//! Asking what the charter in force says of an access before data is touched.
//!
//! The ledger is a witness, not a gate: a verdict never keeps an access from being recorded. Whoever wants a gate asks
//! first. The answer is the word of the service, not proven; what is recorded is judged by the same code, and auditors
//! judge it again.

use std::fmt;

use einsicht_proto::v1::{AccessEvent, EvaluateRequest, EvaluateResponse};
use einsicht_tlog::Index;

use crate::Access;
use crate::attempt::{AttemptError, Setback, persist};
use crate::error::{Failure, RecordError};
use crate::recorder::Recorder;
use crate::request::{split, validate_all};

/// What the charter in force says of accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluations {
    /// The charter: its last entry. `None`: none is in force, and nothing is verifiable.
    pub charter: Option<Index>,
    /// One for each access, in their order; empty ones where no charter is in force.
    pub evaluations: Vec<Evaluation>,
}

/// What a charter says of one access. Commitments that are not listed are kept, or are questions to people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evaluation {
    /// Ids of the commitments that it does not fit.
    pub deviates: Vec<String>,
    /// Ids of those that it does not say enough for.
    pub not_verifiable: Vec<String>,
    /// Why, for each of them. Empty if many accesses were asked about whose reasons were too long for one answer: ask
    /// about this one alone.
    pub because: Vec<Because>,
}

/// Why an access does not fit a commitment, or why nobody can tell. Names no value that is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// Id of the commitment.
    pub commitment: String,
    /// In German.
    pub german: String,
    /// In English.
    pub english: String,
}

/// Why it is not known what the charter says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The accesses break the rules of what can be recorded. Nothing was sent.
    #[error(transparent)]
    Invalid(RecordError),
    /// The service said no, or could not be reached.
    #[error("the ledger did not say what its charter says: {0}")]
    Failed(Failure),
    /// The answer is not one to what was asked.
    #[error("the ledger was asked about {expected} accesses and answered about {found}")]
    Count {
        /// How many accesses were asked about.
        expected: usize,
        /// How many answers came.
        found: usize,
    },
    /// Another charter came into force between two requests.
    #[error("another charter came into force meanwhile; ask again")]
    Changed,
}

/// Why an access should not go ahead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotPermitted {
    /// It does not fit a commitment, or does not say enough to tell. What is missing is never a pass: look at
    /// [`Evaluation::deviates`] to let such an access go ahead all the same.
    #[error("the charter does not permit this access: {0}")]
    ByCharter(Evaluation),
    /// No charter is in force.
    #[error("no charter is in force, so nobody can tell whether this access is permitted")]
    NoCharter,
    /// What the charter says is not known.
    #[error("whether the charter permits this access is not known: {0}")]
    NotKnown(#[from] EvaluateError),
}

impl Evaluation {
    /// Whether every commitment is kept, as far as it can be computed.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.deviates.is_empty() && self.not_verifiable.is_empty()
    }
}

impl fmt::Display for Evaluation {
    /// The reasons in English.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_kept() {
            return formatter.write_str("every commitment is kept");
        }
        if self.because.is_empty() {
            let (deviates, unclear) = (self.deviates.join(", "), self.not_verifiable.join(", "));
            return write!(formatter, "does not fit: {deviates}; can't be verified: {unclear}");
        }
        let reasons: Vec<_> = self.because.iter().map(|because| because.english.as_str()).collect();
        formatter.write_str(&reasons.join(" "))
    }
}

impl Access {
    /// Asks the ledger whether the charter in force permits this access, and gives it back if so: every commitment
    /// is kept, and none is left open. To stop before data is touched; nothing is recorded yet. What is sent is what
    /// would be sent to be recorded, personal values included.
    ///
    /// ```no_run
    /// use einsicht_client::{Access, Recorder};
    ///
    /// # async fn count_visitors() -> Result<(), Box<dyn std::error::Error>> {
    /// let ledger = Recorder::from_env().await?;
    /// let access = Access::query("parkhaeuser", "verkehrsplanung").role("planung");
    /// let access = access.permitted_by_charter(&ledger).await?;
    /// // Only now is data touched …
    /// ledger.record(access).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotPermitted`]; that nobody could tell is never a pass.
    pub async fn permitted_by_charter(self, ledger: &Recorder) -> Result<Self, NotPermitted> {
        let Evaluations { charter, evaluations } = ledger.evaluate([&self]).await?;
        if charter.is_none() {
            return Err(NotPermitted::NoCharter);
        }
        match evaluations.into_iter().find(|evaluation| !evaluation.is_kept()) {
            Some(evaluation) => Err(NotPermitted::ByCharter(evaluation)),
            None => Ok(self),
        }
    }
}

impl Recorder {
    /// Asks what the charter in force says of accesses, in requests of up to 1,000. Nothing is recorded, and no
    /// numbers are used. The answer is not proven.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub async fn evaluate<'a>(
        &self,
        accesses: impl IntoIterator<Item = &'a Access>,
    ) -> Result<Evaluations, EvaluateError> {
        let events = self.complete(accesses.into_iter().cloned(), validate_all);
        let events = events.map_err(EvaluateError::Invalid)?;
        let mut all: Option<Evaluations> = None;
        for batch in split(events) {
            let next = self.evaluate_batch(batch).await?;
            match &mut all {
                None => all = Some(next),
                Some(all) if all.charter == next.charter => all.evaluations.extend(next.evaluations),
                Some(_) => return Err(EvaluateError::Changed),
            }
        }
        Ok(all.unwrap_or(Evaluations { charter: None, evaluations: Vec::new() }))
    }

    async fn evaluate_batch(&self, events: Vec<AccessEvent>) -> Result<Evaluations, EvaluateError> {
        let link = &self.inner.link;
        let expected = events.len();
        let request = EvaluateRequest { events };
        let ask = || async {
            let asked = request.clone();
            let answer = link
                .connection
                .charter(asked, |mut charter, ask| async move { charter.evaluate(ask).await })
                .await;
            answer.map_err(AttemptError::Failed)
        };
        let answer: EvaluateResponse = persist(link.retry, ask).await.map_err(failed)?;
        let found = answer.evaluations.len();
        if found != expected {
            return Err(EvaluateError::Count { expected, found });
        }
        let evaluations = answer.evaluations.into_iter().map(|evaluation| Evaluation {
            deviates: evaluation.deviates,
            not_verifiable: evaluation.not_verifiable,
            because: evaluation.because.into_iter().map(because).collect(),
        });
        Ok(Evaluations { charter: answer.charter.map(Index), evaluations: evaluations.collect() })
    }
}

fn because(because: einsicht_proto::v1::Because) -> Because {
    let einsicht_proto::v1::Because { commitment, german, english } = because;
    Because { commitment, german, english }
}

fn failed(setback: Setback) -> EvaluateError {
    match setback.error {
        AttemptError::Failed(status) | AttemptError::Unproven(status) => {
            EvaluateError::Failed(Failure(status))
        }
        AttemptError::False(error) => EvaluateError::Invalid(RecordError::Verification(error)),
        AttemptError::Trust(error) => EvaluateError::Invalid(RecordError::Trust(error)),
    }
}
