//! The published reports: their list, and their files. `web/README.md`, What a server must give.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use einsicht_tlog::Index;

use super::budget::Budget;
use super::secure::REPORT_POLICY;
use super::{NO_STORE, PLAIN_TEXT, RETRY_SOON, file, to_folder};
use crate::annotations::{Annotations, NotKnown};
use crate::paced::Paced;
use crate::reports::{Shelf, ShelfError, Shelved};
use crate::sequencer::Sequencer;

/// How long what lies in the folder is taken to be what lay there: strangers ask, and each look reads every manifest.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What the pages of reports share.
#[derive(Clone)]
pub(super) struct Reports {
    inner: Arc<Inner>,
    budget: Budget,
}

struct Inner {
    shelf: Shelf,
    annotations: Annotations,
    sequencer: Sequencer,
    /// What was found when it was looked last.
    seen: Mutex<Option<(Instant, Arc<[Shelved]>)>>,
    faults: Paced,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("there is no such report, or it has no such file")]
    NotThere,
    #[error(transparent)]
    NotKnown(#[from] NotKnown),
    #[error("too many answers wait to be read; try again in a second")]
    TooMuch,
    #[error("this file of the report can't be given out; the operator's log says why")]
    Shelf(#[from] ShelfError),
    #[error("reading ended in disorder")]
    Disorder,
}

/// Their routes.
pub(super) fn routes(shelf: Shelf, annotations: Annotations, sequencer: Sequencer, budget: Budget) -> Router {
    let (seen, faults) = (Mutex::default(), Paced::default());
    let inner = Arc::new(Inner { shelf, annotations, sequencer, seen, faults });
    Router::new()
        .route("/reports/index.json", get(index))
        .route("/reports/{name}", get(folder))
        .route(
            "/reports/{name}/",
            get(|state, headers, Path(name)| page(state, headers, Path((name, String::new())))),
        )
        .route("/reports/{name}/{*path}", get(page))
        .with_state(Reports { inner, budget })
}

async fn index(State(reports): State<Reports>) -> Response {
    let listed = reports.list().await.and_then(|listed| match listed.is_empty() {
        true => Err(Unanswered::NotThere),
        false => Shelf::index_json(&listed).map_err(|_| Unanswered::Disorder),
    });
    match listed {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json"), NO_STORE], json).into_response(),
        Err(error) => reports.unanswered(&error),
    }
}

/// Only where there is such a report: what strangers make up must lead nowhere.
async fn folder(State(reports): State<Reports>, Path(name): Path<String>) -> Response {
    match reports.report(&name).await {
        Ok(report) => to_folder(&report.name),
        Err(error) => reports.unanswered(&error),
    }
}

async fn page(
    State(reports): State<Reports>,
    headers: HeaderMap,
    Path((name, path)): Path<(String, String)>,
) -> Response {
    match reports.file(&headers, &name, path).await {
        Ok(mut response) => {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, REPORT_POLICY);
            response
        }
        Err(error) => reports.unanswered(&error),
    }
}

impl Reports {
    async fn file(&self, asked: &HeaderMap, name: &str, mut path: String) -> Result<Response, Unanswered> {
        if path.is_empty() || path.ends_with('/') {
            path.push_str("index.html");
        }
        let report = self.report(name).await?;
        let sha256 = report.sha256_of(&path).ok_or(Unanswered::NotThere)?.to_owned();
        if let Some(unchanged) = file::unchanged(asked, &sha256) {
            return Ok(unchanged);
        }
        let (inner, budget, wanted) = (Arc::clone(&self.inner), self.budget.clone(), path.clone());
        let body = self.blocking(move || {
            let room = budget.reserve(inner.shelf.byte_len(&report, &wanted)?).ok_or(Unanswered::TooMuch)?;
            let bytes = inner.shelf.read(&report, &wanted)?.ok_or(Unanswered::NotThere)?;
            Ok(room.body(bytes))
        });
        Ok(file::whole(&path, &sha256, body.await?))
    }

    async fn report(&self, name: &str) -> Result<Shelved, Unanswered> {
        let listed = self.list().await?;
        listed.iter().find(|report| report.name == name).cloned().ok_or(Unanswered::NotThere)
    }

    async fn list(&self) -> Result<Arc<[Shelved]>, Unanswered> {
        if let Some(seen) = self.inner.seen() {
            return Ok(seen);
        }
        let inner = Arc::clone(&self.inner);
        self.blocking(move || inner.look()).await
    }

    /// Runs what may wait for a disk on a thread that may, when it is its turn.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Unanswered> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let _turn = self.budget.turn().await.ok_or(Unanswered::Disorder)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Unanswered::Disorder)?
    }

    fn unanswered(&self, error: &Unanswered) -> Response {
        let status = match error {
            Unanswered::NotThere => StatusCode::NOT_FOUND,
            Unanswered::NotKnown(_) | Unanswered::TooMuch => StatusCode::SERVICE_UNAVAILABLE,
            Unanswered::Shelf(_) | Unanswered::Disorder => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if let Unanswered::Shelf(error) = error
            && let Some(left_out) = self.inner.faults.line()
        {
            tracing::error!(%error, left_out, "a report can't be given out");
        }
        let mut response = (status, [PLAIN_TEXT, NO_STORE], format!("{error}\n")).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let (name, value) = RETRY_SOON;
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl Inner {
    fn seen(&self) -> Option<Arc<[Shelved]>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().filter(|(when, _)| when.elapsed() < LOOK_INTERVAL).map(|(_, seen)| Arc::clone(seen))
    }

    fn look(&self) -> Result<Arc<[Shelved]>, Unanswered> {
        let end = self.sequencer.published().borrow().head.size.next_index();
        let places = self.annotations.reports(end)?;
        let named: HashMap<[u8; 32], Index> =
            places.iter().map(|place| (place.sha256, place.index)).collect();
        let listed: Arc<[Shelved]> = self.shelf.list(|hash| named.get(hash.as_bytes()).copied())?.into();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((Instant::now(), Arc::clone(&listed)));
        Ok(listed)
    }
}
