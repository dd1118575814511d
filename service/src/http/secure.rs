//! What an answer forbids the browser that shows it. `web/README.md` says why.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// Of the site and everything that names no other one: nothing from elsewhere, nothing to elsewhere, in no frame. Workers are
/// begun from a blob, so that they inherit it, also where a server sends no header.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; worker-src blob:; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
);

/// Of the pages of reports. They have one style within them, which a policy within them names by its hash: what stands here
/// must not forbid it, and forbids the rest.
pub(super) const REPORT_POLICY: HeaderValue = HeaderValue::from_static(
    "script-src 'none'; connect-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
);

const REST: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// An answer with all that.
pub(super) fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.extend(REST);
    response
}
