//! A refusal as an HTTP answer: a sentence that says what is missing.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{NO_STORE, PLAIN_TEXT, secure};
use crate::auth::{Kind, Refusal};

/// 401 asks who it is, 403 says what is missing, 429 how long to wait.
#[must_use]
pub fn refused(refusal: &Refusal) -> Response {
    let status = match refusal.kind() {
        Kind::Unknown => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::TooMuch(_) => StatusCode::TOO_MANY_REQUESTS,
    };
    let mut response = (status, [PLAIN_TEXT, NO_STORE], format!("{refusal}\n")).into_response();
    let headers = response.headers_mut();
    // Pages of other origins may read why they were refused, as they may read what is public.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    match refusal.kind() {
        Kind::Unknown => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Kind::TooMuch(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        Kind::Forbidden | Kind::TooLarge => {}
    }
    secure::secured(response)
}
