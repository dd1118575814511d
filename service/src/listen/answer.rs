//! Answers on their way, looked at: whether the other side takes them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::progress::Progress;

/// An answer whose progress is noted, until it is dropped.
///
/// While a piece of it waits for the other side, nobody asks for more: hyper asks once there is room
/// again. It never says that a piece was the last (`is_end_stream`) unless there was none: else the last
/// piece, which may be all of it, would lie in a buffer where nobody looks.
pub(super) struct Answer {
    body: Body,
    request: InFlight,
    has_pieces: bool,
    handed_out: bool,
}

/// A request whose answer is not complete.
pub(super) struct InFlight {
    progress: Arc<Progress>,
    name: u64,
}

impl InFlight {
    pub(super) fn begin(progress: &Arc<Progress>) -> Self {
        Self { progress: Arc::clone(progress), name: progress.begin() }
    }

    pub(super) fn answer(self, body: Body) -> Answer {
        let has_pieces = !body.is_end_stream();
        Answer { body, request: self, has_pieces, handed_out: false }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.progress.end();
    }
}

impl Answer {
    fn taken(&mut self) {
        if std::mem::take(&mut self.handed_out) {
            self.request.progress.taken(self.request.name);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.taken();
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.taken();
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
            self.handed_out = true;
            self.request.progress.hand_out(self.request.name);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        !self.has_pieces
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
