//! Messages larger than their caller may send are stopped by their length, before they are read.
//! gRPC over HTTP/2, "Length-Prefixed-Message".

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::Body;
use axum::extract::Request;
use bytes::{Buf as _, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::{MESSAGE_BYTES_MAX, status};
use crate::auth::{Refusal, Session};

/// Compressed-flag and length.
const PREFIX_BYTES: usize = 5;

/// Sees to it that the caller's messages are no larger than it may send. Costs nothing where the limit is
/// that of all.
#[must_use]
pub fn limit_messages(request: Request, session: &Session) -> Request {
    if session.caller().request_bytes() >= MESSAGE_BYTES_MAX {
        return request;
    }
    let (frames, session) = (Frames::default(), session.clone());
    request.map(|body| Body::new(Limited { body, frames, session, refused: None }))
}

struct Limited {
    body: Body,
    frames: Frames,
    session: Session,
    /// What is told once everything before the message has been passed on.
    refused: Option<Refusal>,
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(refusal) = self.refused.take() {
            return Poll::Ready(Some(Err(status::of_refusal(&refusal).into())));
        }
        let mut polled = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &mut polled
            && let Some(data) = frame.data_mut()
        {
            let bytes_max = self.session.caller().request_bytes();
            if let Some(TooLarge { start, bytes }) = self.frames.pass(data.clone(), bytes_max) {
                data.truncate(start);
                self.refused = self.session.may_send(bytes).err();
            }
        }
        Poll::Ready(polled.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.refused.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Where in a sequence of messages the bytes are that pass.
#[derive(Default)]
struct Frames {
    prefix: [u8; PREFIX_BYTES],
    filled: usize,
    message_left: usize,
}

/// A message that is too large.
#[derive(Debug, PartialEq, Eq)]
struct TooLarge {
    /// Where it starts in the bytes that passed, or 0 if that was before them.
    start: usize,
    /// Its length.
    bytes: usize,
}

impl Frames {
    /// The first message that has more than `bytes_max`, as soon as its prefix has passed.
    fn pass(&mut self, mut data: Bytes, bytes_max: usize) -> Option<TooLarge> {
        let whole = data.len();
        while data.has_remaining() {
            let skipped = self.message_left.min(data.remaining());
            data.advance(skipped);
            self.message_left -= skipped;
            let free = self.prefix.get_mut(self.filled..).unwrap_or_default();
            let taken = free.len().min(data.remaining());
            data.copy_to_slice(free.get_mut(..taken).unwrap_or_default());
            self.filled += taken;
            if self.filled == PREFIX_BYTES {
                let [_, a, b, c, d] = self.prefix;
                self.message_left = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
                self.filled = 0;
                if self.message_left > bytes_max {
                    let start = whole - data.remaining() - taken;
                    return Some(TooLarge { start, bytes: self.message_left });
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Vec<u8> {
        let mut message = vec![0];
        message.extend(u32::try_from(bytes).unwrap().to_be_bytes());
        message.resize(PREFIX_BYTES + bytes, 7);
        message
    }

    /// Which message is too large, and how many bytes would have been passed on before it.
    fn found(stream: &[u8], piece: usize) -> Option<(usize, usize)> {
        let mut frames = Frames::default();
        stream.chunks(piece).zip(0..).find_map(|(bytes, number)| {
            let TooLarge { start, bytes } = frames.pass(Bytes::copy_from_slice(bytes), 10)?;
            Some((bytes, number * piece + start))
        })
    }

    #[test]
    fn a_message_over_the_limit_is_found_however_the_bytes_are_cut() {
        let fits = [message(10), message(0), message(0), message(3), message(10)].concat();
        let too_large = [fits.clone(), message(11), message(12)].concat();
        for piece in 1..=too_large.len() {
            assert_eq!(found(&fits, piece), None, "in pieces of {piece}");
            let (bytes, before) = found(&too_large, piece).unwrap();
            assert_eq!(bytes, 11, "in pieces of {piece}");
            let prefix = fits.len()..fits.len() + PREFIX_BYTES;
            assert!(prefix.contains(&before), "in pieces of {piece}: all before it passes, nothing after");
        }
    }

    #[test]
    fn a_length_is_enough_nothing_of_the_message_has_to_come() {
        assert_eq!(found(&[0, 0xFF, 0xFF, 0xFF, 0xFF], 5), Some((0xFFFF_FFFF, 0)));
    }
}
