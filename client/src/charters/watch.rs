//! Watching for records that deviate from a commitment: for alerts.

use std::sync::Arc;

use einsicht_access::charter::Severity;
use einsicht_proto::v1::{
    Deviation as Told, Severity as Wire, WatchDeviationsRequest, WatchDeviationsResponse,
};
use einsicht_tlog::{Index, RecordedAt, Size};
use futures::{Stream, stream};
use tonic::{Status, Streaming};

use crate::config::{ConfigError, RecorderConfig};
use crate::connection::Connection;
use crate::error::Failure;
use crate::retry::{Attempts, RetryPolicy};

/// Which deviations are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The first entry to look at.
    pub start: Index,
    /// Only those of these severities; none: of any.
    pub severities: Vec<Severity>,
    /// Only those from these commitments, by their ids; none: from any.
    pub commitments: Vec<String>,
}

/// One answer of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Every entry before this one was looked at. Keep it: a watch with it as its start goes on behind this answer.
    pub next: Index,
    /// A record that deviates; `None`: there was none up to there.
    pub deviation: Option<Deviation>,
    /// How many entries the ledger had. Once `next` is as many, all that was there was looked at: until then an answer
    /// without a deviation only tells how far the service is.
    pub size: Size,
}

/// A record that deviates from commitments. Whether that is a breach, people decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Its index.
    pub index: Index,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
    /// Its data set.
    pub dataset: String,
    /// The charter that it was judged by: its last entry.
    pub charter: Index,
    /// Ids of what it deviates from, of what was wanted; `None` for a severity that this release does not know.
    pub deviates: Vec<(String, Option<Severity>)>,
}

/// A watch ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The service said no, or could not be reached again.
    #[error("the ledger does not tell from entry {next} on: {failure}")]
    Failed {
        /// Where to go on.
        next: Index,
        /// What it reported.
        failure: Failure,
    },
    /// The answers go backwards.
    #[error("the ledger told of entry {found} where entry {expected} or a later one was to come")]
    Order {
        /// The first entry that was to be looked at.
        expected: Index,
        /// What it told of.
        found: Index,
    },
    /// More entries were looked at than there are.
    #[error(
        "the ledger says that everything before entry {next} was looked at, and that it has {size} entries"
    )]
    Size {
        /// How far it says that it looked.
        next: Index,
        /// How many entries it says that it has.
        size: Size,
    },
}

/// Tells which records deviate: those that are there, then each one as it is published. The connection is made
/// again when it breaks, as often as the retry policy allows without an answer. Of the configuration of a recorder,
/// address, credentials, time limits and policy are used.
///
/// What is told is the word of the service, not proven. To be sure, read the entry and judge it again
/// ([`PublishedCharter::check_verdict`](super::PublishedCharter::check_verdict)), or audit the ledger.
///
/// # Errors
/// [`ConfigError`]. The stream ends with the first [`WatchError`].
pub fn watch_deviations(
    config: &RecorderConfig,
    wanted: Wanted,
) -> Result<impl Stream<Item = Result<Watched, WatchError>> + Send + use<>, ConfigError> {
    config.check()?;
    let watch = Watch {
        connection: Arc::new(Connection::new(config)?),
        attempts: Attempts::new(config.retry),
        policy: config.retry,
        wanted,
        answers: None,
    };
    Ok(stream::try_unfold(watch, |mut watch| async move {
        let watched = watch.next().await?;
        Ok(Some((watched, watch)))
    }))
}

struct Watch {
    connection: Arc<Connection>,
    policy: RetryPolicy,
    attempts: Attempts,
    /// Its start is where the watch is.
    wanted: Wanted,
    answers: Option<Streaming<WatchDeviationsResponse>>,
}

impl Watch {
    async fn next(&mut self) -> Result<Watched, WatchError> {
        loop {
            let status = match self.answer().await {
                Ok(answer) => {
                    self.attempts = Attempts::new(self.policy);
                    return self.watched(answer);
                }
                Err(status) => status,
            };
            self.answers = None;
            let Some(wait) = self.attempts.after(&status) else {
                return Err(WatchError::Failed { next: self.wanted.start, failure: Failure(status) });
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn answer(&mut self) -> Result<WatchDeviationsResponse, Status> {
        if self.answers.is_none() {
            let severity = |severity: &Severity| match severity {
                Severity::Notice => Wire::Notice.into(),
                Severity::Breach => Wire::Breach.into(),
            };
            let request = WatchDeviationsRequest {
                start: self.wanted.start.0,
                severities: self.wanted.severities.iter().map(severity).collect(),
                commitments: self.wanted.commitments.clone(),
            };
            self.answers = Some(self.connection.watch_deviations(request).await?);
        }
        let Some(answers) = &mut self.answers else { return Err(ended()) };
        answers.message().await?.ok_or_else(ended)
    }

    fn watched(&mut self, answer: WatchDeviationsResponse) -> Result<Watched, WatchError> {
        let expected = self.wanted.start;
        let found = answer.deviation.as_ref().map_or(answer.next, |told| told.index.min(answer.next));
        if found < expected.0 {
            return Err(WatchError::Order { expected, found: Index(found) });
        }
        let (next, size) = (Index(answer.next), Size(answer.size));
        if next.0 > size.0 {
            return Err(WatchError::Size { next, size });
        }
        self.wanted.start = next;
        Ok(Watched { next, deviation: answer.deviation.map(deviation), size })
    }
}

/// A service that goes down ends its watches; the next one goes on.
fn ended() -> Status {
    Status::unavailable("the service ended the watch")
}

fn deviation(told: Told) -> Deviation {
    let severity = |number| match Wire::try_from(number) {
        Ok(Wire::Notice) => Some(Severity::Notice),
        Ok(Wire::Breach) => Some(Severity::Breach),
        _ => None,
    };
    let deviates = told.deviates.into_iter().map(|from| (from.commitment, severity(from.severity)));
    Deviation {
        index: Index(told.index),
        recorded_at: RecordedAt(told.recorded_at),
        dataset: told.dataset,
        charter: Index(told.charter),
        deviates: deviates.collect(),
    }
}
