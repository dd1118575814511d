//! Which records deviate: read from the log, where verdicts stand, and then from each commit as it is published.

mod looking;

use std::collections::VecDeque;
use std::sync::Arc;

use einsicht_proto::v1::{Deviation, Severity as Wire, WatchDeviationsRequest, WatchDeviationsResponse};
use futures::{Stream, stream};
use tokio::sync::watch::Receiver;
use tonic::{Code, Status};

use self::looking::{Looked, Looking};
use super::super::{Shared, status};
use crate::annotations::CharterPlace;
use crate::sequencer::Published;

pub(in crate::rpc) use self::looking::LookError;

/// Entries looked at in one piece of work.
const CHUNK_ENTRIES: u64 = 1024;
/// Where nothing deviates, it is told how far the log was looked at once in so many entries, and when its end is reached
/// for the first time.
const TOLD_EVERY: u64 = 64 * CHUNK_ENTRIES;

/// One watch: where it is, and what it looks for.
pub(super) struct Watch {
    published: Receiver<Arc<Published>>,
    looking: Arc<Looking>,
    next: u64,
    /// How far was told last.
    told: u64,
    /// Whether the end was reached before.
    has_caught_up: bool,
    found: VecDeque<Deviation>,
}

impl Watch {
    /// Looks for what is asked for.
    ///
    /// # Errors
    /// A severity that is none, a commitment that no charter has, a start behind the end of the log; that the service
    /// does not record yet, and knows no charter; that a charter can't be read.
    pub fn new(shared: &Shared, request: WatchDeviationsRequest) -> Result<Self, Status> {
        let mut severities = Vec::new();
        for (position, severity) in request.severities.iter().enumerate() {
            match Wire::try_from(*severity) {
                Ok(severity @ (Wire::Notice | Wire::Breach)) => severities.push(severity),
                _ => return Err(status::no_severity(position)),
            }
        }
        let published = shared.sequencer.published();
        let size = published.borrow().head.size;
        if request.start > size.0 {
            // It would pass over everything that is recorded up to there.
            return Err(status::not_published(Code::OutOfRange, "entry", request.start, size));
        }
        let places = shared.annotations.charters(size.next_index());
        let places = places.map_err(|error| status::not_known(&error))?;
        check_commitments(&request.commitments, &places, shared)?;
        let looking = Arc::new(Looking {
            reader: shared.reader.clone(),
            charters: shared.publishing.charters().clone(),
            annotations: shared.annotations.clone(),
            severities,
            commitments: request.commitments,
        });
        Ok(Self {
            published,
            looking,
            next: request.start,
            told: request.start,
            has_caught_up: false,
            found: VecDeque::new(),
        })
    }

    /// Tells what is found, and how far the log was looked at.
    pub fn into_stream(self) -> impl Stream<Item = Result<WatchDeviationsResponse, Status>> + Send {
        stream::try_unfold(self, |mut watch| async move {
            Ok(watch.next_answer().await?.map(|answer| (answer, watch)))
        })
    }

    /// `None` once the service goes down.
    async fn next_answer(&mut self) -> Result<Option<WatchDeviationsResponse>, Status> {
        loop {
            let size = self.published.borrow_and_update().head.size.0;
            if let Some(deviation) = self.found.pop_front() {
                let next = deviation.index + 1;
                self.told = next;
                return Ok(Some(WatchDeviationsResponse { next, deviation: Some(deviation), size }));
            }
            let is_at_end = self.next >= size;
            let reaches_end = is_at_end && !std::mem::replace(&mut self.has_caught_up, true);
            if reaches_end || self.next - self.told >= TOLD_EVERY {
                self.told = self.next;
                return Ok(Some(WatchDeviationsResponse { next: self.next, deviation: None, size }));
            }
            if is_at_end {
                if self.published.changed().await.is_err() {
                    return Ok(None);
                }
                continue;
            }
            let (looking, first, count) =
                (Arc::clone(&self.looking), self.next, (size - self.next).min(CHUNK_ENTRIES));
            let looked = tokio::task::spawn_blocking(move || looking.look(first, count)).await;
            let looked = looked.map_err(|_| Status::internal("reading the log ended in disorder"))?;
            Looked { found: self.found, next: self.next } =
                looked.map_err(|error| status::of_looking(&error))?;
        }
    }
}

/// Whoever watches a commitment that no charter has would never be told of anything, and take that for a good sign.
fn check_commitments(wanted: &[String], places: &[CharterPlace], shared: &Shared) -> Result<(), Status> {
    let mut known: Vec<String> = Vec::new();
    // The newest first: its commitments are the likeliest to be meant.
    for place in places.iter().rev() {
        if wanted.iter().all(|id| known.contains(id)) {
            break;
        }
        let charter = shared.publishing.charters().at(place, &shared.reader);
        let charter = charter.map_err(|error| status::of_charter_read(&error))?;
        for rule in charter.charter.commitments().iter().filter(|one| one.rule().is_some()) {
            if !known.contains(&rule.id) {
                known.push(rule.id.clone());
            }
        }
    }
    match wanted.iter().enumerate().find(|(_, id)| !known.contains(id)) {
        Some((position, id)) => Err(status::no_commitment(position, id, &known)),
        None => Ok(()),
    }
}
