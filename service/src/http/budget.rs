//! How much may be in memory for whoever reads slowly. What is over it has to ask again: the alternative
//! is a service that anybody can fill up by asking for tiles and not reading them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are read at the same time.
const TURNS: usize = 64;
/// What one permit stands for.
const UNIT_BYTES: usize = 1024;

/// Bytes of answers that may wait at a time. Clones share it.
#[derive(Clone)]
pub(super) struct Budget {
    waiting: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// Room for an answer, before it is read from disk.
pub(super) struct Reserved {
    permit: OwnedSemaphorePermit,
}

/// An answer that counts until it is read, or nobody wants it any more.
struct Counted {
    body: Full<Bytes>,
    _counted: OwnedSemaphorePermit,
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        let waiting = Arc::new(Semaphore::new(bytes_max / UNIT_BYTES));
        Self { waiting, turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// Waits for a turn to read. `None` if there are no turns any more, which does not happen.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// Room for an answer of so many bytes; `None` if too many wait already.
    pub(super) fn reserve(&self, bytes: usize) -> Option<Reserved> {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).ok()?;
        let permit = Arc::clone(&self.waiting).try_acquire_many_owned(units).ok()?;
        Some(Reserved { permit })
    }

    /// An answer with these bytes; `None` if too many wait already.
    pub(super) fn body(&self, bytes: Vec<u8>) -> Option<Body> {
        self.reserve(bytes.len()).map(|room| room.body(bytes))
    }
}

impl Reserved {
    /// The answer, of as many bytes as there is room for.
    pub(super) fn body(self, bytes: Vec<u8>) -> Body {
        Body::new(Counted { body: Full::from(bytes), _counted: self.permit })
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_not_read_counts_until_it_is_read_or_dropped() {
        let budget = Budget::new(10 * UNIT_BYTES);
        let read = budget.body(vec![1; 6 * UNIT_BYTES]).unwrap();
        assert!(budget.body(vec![1; 5 * UNIT_BYTES]).is_none());
        let dropped = budget.body(vec![1; 4 * UNIT_BYTES]).unwrap();
        assert!(budget.body(vec![1]).is_none());
        drop(dropped);
        assert_eq!(read.collect().await.unwrap().to_bytes().len(), 6 * UNIT_BYTES);
        let room = budget.reserve(10 * UNIT_BYTES).unwrap();
        assert!(budget.reserve(1).is_none());
        drop(room.body(vec![1; 10 * UNIT_BYTES]));
        assert!(budget.body(vec![1; 10 * UNIT_BYTES]).is_some());
    }
}
