//! What an answer says about the access behind it, and the answers that are given in its place.

use bytes::Bytes;
use einsicht_proto::v1::Outcome;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tonic::{Code, Status};

use crate::error::RecordError;

/// A body of an answer that can hold a sentence. The default is an empty one.
pub trait TextBody: Default {
    /// The body of this text.
    fn of_text(text: String) -> Self;
}

/// How a caller wants to be told of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Http,
    Grpc,
}

/// How a request ended, as far as the answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    /// Whether the request was refused as such, before or instead of an access.
    pub(super) is_turned_away: bool,
}

impl Form {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let is_grpc = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"));
        if is_grpc { Self::Grpc } else { Self::Http }
    }

    /// The answer in place of one whose access could not be recorded.
    pub(super) fn refusal<B: TextBody>(self, error: &RecordError) -> Response<B> {
        if is_fault_of_statement(error) {
            return self.response(
                Code::Internal,
                "the access to city data that this answer rests on could not be recorded, because it is not \
                 stated as it must be; without a record no data leaves. The log of this service says more",
            );
        }
        self.response(
            Code::Unavailable,
            "the access to city data that this answer rests on could not be recorded, and without a record no \
             data leaves; try again later",
        )
    }

    /// The answer in place of one whose handler forgot to say what it accessed.
    pub(super) fn forgotten<B: TextBody>(self, route: &str) -> Response<B> {
        let take = match self {
            Self::Http => "take an `access: AccessGuard` as an argument",
            Self::Grpc => "begin with `let access = AccessGuard::of(request.extensions())?;`",
        };
        let text = format!(
            "the handler of {route} answered without saying which city data it accessed. In the handler, \
             {take}, and before it returns write either `access.state(Access::query(\"dataset\", \
             \"purpose\").record_count(n));` or `access.nothing_accessed(\"why\");`. (Builds without debug \
             assertions let the answer leave and record an undeclared access.)"
        );
        self.response(Code::Internal, &text)
    }

    fn response<B: TextBody>(self, code: Code, text: &str) -> Response<B> {
        if self == Self::Grpc {
            return Status::new(code, text).into_http();
        }
        let mut response = Response::new(B::of_text(format!("{text}\n")));
        *response.status_mut() = match code {
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        response
    }
}

impl Ending {
    /// Of a handler that gave no answer.
    pub(super) const FAILED: Self = Self { outcome: Outcome::Failed, is_turned_away: false };

    pub(super) fn of<B>(response: &Response<B>) -> Self {
        let code = grpc_code(response.headers()).unwrap_or(Code::Ok);
        if code != Code::Ok {
            return Self::of_code(code);
        }
        let status = response.status();
        let outcome = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Denied,
            status if status.is_client_error() || status.is_server_error() => Outcome::Failed,
            _ => Outcome::Granted,
        };
        Self { outcome, is_turned_away: status.is_client_error() }
    }

    fn of_code(code: Code) -> Self {
        let outcome = match code {
            Code::Unauthenticated | Code::PermissionDenied => Outcome::Denied,
            _ => Outcome::Failed,
        };
        // The others are those that google.rpc.Code maps to 5xx.
        let is_turned_away = !matches!(
            code,
            Code::Unknown | Code::Internal | Code::DataLoss | Code::Unavailable | Code::DeadlineExceeded
        );
        Self { outcome, is_turned_away }
    }
}

/// The status of a gRPC answer without content, which stands in its headers. Others have it in trailers,
/// behind their content.
fn grpc_code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|status| Code::from_bytes(status.as_bytes()))
}

/// Whether the handler's statement is the reason, and waiting does not help.
fn is_fault_of_statement(error: &RecordError) -> bool {
    match error {
        RecordError::Invalid(_) | RecordError::TooLarge { .. } => true,
        RecordError::Refused(failure) => failure.code() == Code::InvalidArgument,
        RecordError::Partly { error, .. } => is_fault_of_statement(error),
        _ => false,
    }
}

impl TextBody for tonic::body::Body {
    fn of_text(text: String) -> Self {
        Self::new(Full::new(Bytes::from(text)))
    }
}

#[cfg(feature = "axum")]
impl TextBody for ::axum::body::Body {
    fn of_text(text: String) -> Self {
        Self::from(text)
    }
}
