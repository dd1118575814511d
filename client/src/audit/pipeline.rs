//! Verifies the chunks of a source on all cores, and joins them in order.
//!
//! ```text
//! source ──► check (any core) ──► join (in order, short) ──► roots of commits, late verdicts (any core) ──► in order
//! ```
//!
//! No core waits for another one, except for the source. What is reported is the first fault in the order of
//! the log, whichever core was first to find one. In memory are at most [`in_flight`] chunks before the
//! join, as many hashes of chunks behind it (behind a charter, the chunks themselves), and what the source has read
//! ahead.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use einsicht_tlog::Size;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::sync::oneshot;

use super::inspect::Inspector;
use super::judging::Newest;
use super::run;
use super::state::{Joined, State, Verified};
use crate::source::{Source, SourceError};
use crate::{Trust, VerifyError};

/// More than so many cores are not kept busy: each chunk takes memory.
const CORES_MAX: usize = 32;

/// Verifies the entries from where `state` stands up to `total`, and lets `inspector` look into them. Each item
/// says up to which size they are verified; after an error nothing that follows means anything.
pub(super) fn verify<'s, I: Inspector>(
    source: &Source,
    state: &'s mut State,
    total: Size,
    trust: &'s Trust,
    inspector: Arc<I>,
) -> impl Stream<Item = Result<Verified<I::Notes>, VerifyError>> + Unpin + Send + use<'s, I> {
    let newest = Newest::default();
    newest.set(state.rulings.charters.in_force());
    let known = newest.clone();
    let check = move |chunk: Result<_, SourceError>| {
        let (inspector, known) = (inspector.clone(), known.clone());
        async move {
            let chunk = chunk?;
            Ok::<_, SourceError>(on_any_core(move || run::check(&chunk, known.now(), &*inspector)).await)
        }
    };
    let chunks = source.entries(state.size().next_index(), total);
    let chunks = chunks.try_filter(|chunk| std::future::ready(chunk.count() > 0));
    let checked = chunks.map(check).buffered(in_flight());
    let joined = checked.map(move |checked| {
        checked.map(|checked| {
            let joined = state.join(checked, trust);
            newest.set(state.rulings.charters.in_force());
            joined
        })
    });
    let finish = |joined: Result<Joined<I::Notes>, SourceError>| async move {
        let joined = joined?;
        on_any_core(move || joined.finish()).await
    };
    joined.map(finish).buffered(in_flight()).boxed()
}

/// How many chunks are under way at a time: one on each core, and one that waits for it.
fn in_flight() -> usize {
    2 * rayon::current_num_threads().min(CORES_MAX)
}

/// Runs `work` on the pool of cores. A panic comes out where the result is waited for.
fn on_any_core<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        // Nobody waits any more: that is how an audit is given up.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    });
    async move {
        match receiver.await {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => resume_unwind(panic),
            // The pool lives as long as the process, and `work` is run or panics.
            Err(_) => std::future::pending().await,
        }
    }
}
