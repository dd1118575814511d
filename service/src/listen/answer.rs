//! Answers on their way, looked at: whether the other side takes them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::progress::Progress;

/// Most bytes of a piece: those of a frame of HTTP/2.
const PIECE_BYTES_MAX: usize = 16 * 1024;

/// An answer whose progress is noted, until it is dropped.
///
/// It is handed out in small pieces. hyper asks for the next one when there is room for the one before;
/// until then the answer waits for the other side, and that is seen. What was asked for is buffered where
/// nobody looks: of an answer in one piece that would be all of it.
pub(super) struct Answer {
    body: Body,
    request: InFlight,
    /// Of the last frame, what has not been handed out.
    rest: Bytes,
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
        Answer { body, request: self, rest: Bytes::new(), handed_out: false }
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
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece_bytes = PIECE_BYTES_MAX.min(self.rest.len());
        let piece = self.rest.split_to(piece_bytes);
        self.handed_out = true;
        self.request.progress.hand_out(self.request.name);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}
