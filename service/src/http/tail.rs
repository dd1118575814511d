//! The last bytes of an answer, for who wants only the newest entry: `Range: bytes=-1024`. RFC 9110 section 14.
//!
//! Any other range is answered with the whole, as a server may.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// That ranges are understood.
pub(super) const ACCEPT: (HeaderName, HeaderValue) =
    (header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));

/// What is left of an answer, and how it is told; the whole where nothing else was asked for.
pub(super) fn cut(asked: &HeaderMap, mut bytes: Vec<u8>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut told = HeaderMap::from_iter([ACCEPT]);
    let whole = bytes.len();
    let Some(wanted) = wanted(asked).filter(|_| whole > 0) else { return (StatusCode::OK, told, bytes) };
    let bytes = bytes.split_off(whole.saturating_sub(wanted));
    let range = format!("bytes {}-{}/{whole}", whole - bytes.len(), whole - 1);
    if let Ok(range) = HeaderValue::try_from(range) {
        told.insert(header::CONTENT_RANGE, range);
    }
    (StatusCode::PARTIAL_CONTENT, told, bytes)
}

/// How many bytes from the end are asked for, if it is these alone.
fn wanted(asked: &HeaderMap) -> Option<usize> {
    let mut ranges = asked.get_all(header::RANGE).iter();
    let (range, None) = (ranges.next()?, ranges.next()) else { return None };
    let digits = range.to_str().ok()?.strip_prefix("bytes=-")?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|wanted| is_number && *wanted > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ranges: &[&str]) -> (StatusCode, Option<String>, Vec<u8>) {
        let mut headers = HeaderMap::new();
        for range in ranges {
            headers.append(header::RANGE, HeaderValue::try_from(*range).unwrap());
        }
        let (status, told, bytes) = cut(&headers, b"0123456789".to_vec());
        assert_eq!(told[header::ACCEPT_RANGES], "bytes");
        let range = told.get(header::CONTENT_RANGE).map(|range| range.to_str().unwrap().to_owned());
        (status, range, bytes)
    }

    #[test]
    fn the_end_is_given_where_it_is_asked_for() {
        for (range, told, bytes) in [
            ("bytes=-3", "bytes 7-9/10", "789"),
            ("bytes=-10", "bytes 0-9/10", "0123456789"),
            ("bytes=-11", "bytes 0-9/10", "0123456789"),
        ] {
            let expected = (StatusCode::PARTIAL_CONTENT, Some(told.to_owned()), bytes.as_bytes().to_vec());
            assert_eq!(asked(&[range]), expected, "{range}");
        }
    }

    #[test]
    fn every_other_range_is_the_whole() {
        let whole = (StatusCode::OK, None, b"0123456789".to_vec());
        for ranges in [
            &[][..],
            &["bytes=-0"],
            &["bytes=0-3"],
            &["bytes=-3,0-1"],
            &["bytes=-+3"],
            &["bytes=- 3"],
            &["lines=-3"],
            &["bytes=-99999999999999999999999999"],
            &["bytes=-3", "bytes=-4"],
        ] {
            assert_eq!(asked(ranges), whole, "{ranges:?}");
        }
        let (status, told, bytes) =
            cut(&HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=-3"))]), vec![]);
        assert_eq!((status, told.get(header::CONTENT_RANGE), bytes), (StatusCode::OK, None, vec![]));
    }
}
