//! One file as an answer: its type, and a tag by which a browser need not fetch again what it has. RFC 9110 section 13.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::web::content_type;

/// It may be kept, and is asked for each time: a reader must not verify with the code of yesterday.
const ASK_AGAIN: (HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");
/// Hexadecimal digits of a hash that make a tag.
const TAG_DIGITS: usize = 16;

/// That the browser has the file with this SHA-256 (in hexadecimal digits), if it says so.
pub(super) fn unchanged(asked: &HeaderMap, sha256: &str) -> Option<Response> {
    has(asked, &tag(sha256)).then(|| tagged(StatusCode::NOT_MODIFIED.into_response(), sha256))
}

/// The file. `path` tells its type, `sha256` one file from another.
pub(super) fn whole(path: &str, sha256: &str, body: Body) -> Response {
    tagged(([(header::CONTENT_TYPE, content_type(path))], body).into_response(), sha256)
}

/// Weak (RFC 9110 section 8.8.1): compressed, it is the same file in other bytes.
fn tag(sha256: &str) -> String {
    format!("W/\"{}\"", sha256.get(..TAG_DIGITS).unwrap_or(sha256))
}

fn tagged(mut response: Response, sha256: &str) -> Response {
    let (name, value) = ASK_AGAIN;
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    if let Ok(tag) = HeaderValue::try_from(tag(sha256)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether the browser says that it has what this tag names.
fn has(asked: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let tags = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn asked(tags: &[&str]) -> Response {
        let mut headers = HeaderMap::new();
        for tag in tags {
            headers.append(header::IF_NONE_MATCH, HeaderValue::try_from(*tag).unwrap());
        }
        unchanged(&headers, SHA256).unwrap_or_else(|| whole("en/index.html", SHA256, Body::from("text")))
    }

    #[test]
    fn who_has_it_does_not_get_it_again() {
        let tag = "W/\"0001020304050607\"";
        for tags in [&[][..], &["\"\""], &["W/\"0001\""], &["0001020304050607"]] {
            let response = asked(tags);
            assert_eq!(response.status(), StatusCode::OK, "{tags:?}");
            assert_eq!(response.headers()[header::ETAG], tag);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        }
        let strong = tag.trim_start_matches("W/");
        for tags in [&[tag][..], &[strong], &["*"], &["\"a\"", tag], &["\"a\" ,W/\"0001020304050607\""]] {
            let response = asked(tags);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{tags:?}");
            assert_eq!(response.headers()[header::ETAG], tag);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
            assert!(!response.headers().contains_key(header::CONTENT_TYPE));
        }
    }
}
