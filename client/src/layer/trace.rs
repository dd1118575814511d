//! The trace that a request belongs to. W3C Trace Context, levels 1 and 2: header `traceparent`.
//!
//! ```text
//! 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//! ││ └ trace-id, 16 bytes             └ parent-id, 8   └ trace-flags, 1
//! └ version
//! ```
//!
//! `tracestate` is not read: nothing here is sent on.

use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use tracing::Span;

/// Length of what every version has, in bytes.
const LENGTH: usize = 55;

/// The trace that a request belongs to, and the caller's part of it.
///
/// It identifies a request, and by that maybe a person: it belongs into technical logs, not into anything
/// public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: [u8; 16],
    parent_id: [u8; 8],
    flags: u8,
}

/// A text is not a `traceparent`. Whoever gets one must act as if there was none (section 3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// Not the form that every version has, or more than version 00 has.
    #[error("a traceparent reads 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower case")]
    Form,
    /// Version `ff`.
    #[error("version ff of traceparent is forbidden")]
    Version,
    /// An id of zeros.
    #[error("trace-id and parent-id of a traceparent are not all zeros")]
    Zero,
}

impl TraceContext {
    /// The id of the whole trace.
    #[must_use]
    pub fn trace_id(&self) -> &[u8; 16] {
        &self.trace_id
    }

    /// The id of the caller's span.
    #[must_use]
    pub fn parent_id(&self) -> &[u8; 8] {
        &self.parent_id
    }

    /// Whether the caller may have recorded trace data.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & 0b1 != 0
    }

    /// Whether at least 7 bytes of the trace id are random (level 2).
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.flags & 0b10 != 0
    }

    /// What a request says. What is not as it must be, or there more than once, counts as not there.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let (Some(only), None) = (values.next(), values.next()) else { return None };
        only.to_str().ok()?.parse().ok()
    }
}

/// The span in which a request with a trace is handled.
pub(super) fn span(trace: &TraceContext) -> Span {
    let TraceContext { trace_id, parent_id, .. } = trace;
    tracing::info_span!("city_data_request", trace_id = %Hex(trace_id), parent_id = %Hex(parent_id))
}

impl FromStr for TraceContext {
    type Err = TraceError;

    /// Reads the value of the header `traceparent`, of version 00 or a later one, as far as it is known.
    fn from_str(text: &str) -> Result<Self, TraceError> {
        let (known, more) = text.split_at_checked(LENGTH).ok_or(TraceError::Form)?;
        let mut fields = known.split('-');
        let mut field = || fields.next().ok_or(TraceError::Form);
        let [version] = bytes(field()?)?;
        let (trace_id, parent_id) = (bytes(field()?)?, bytes(field()?)?);
        let [flags] = bytes(field()?)?;
        if version == u8::MAX {
            return Err(TraceError::Version);
        }
        // Later versions may append, behind another dash.
        let is_whole = more.is_empty() || (version > 0 && more.starts_with('-'));
        if fields.next().is_some() || !is_whole {
            return Err(TraceError::Form);
        }
        if trace_id == [0; 16] || parent_id == [0; 8] {
            return Err(TraceError::Zero);
        }
        // Of later versions, only the first flag is known to mean the same.
        let flags = if version == 0 { flags } else { flags & 0b1 };
        Ok(Self { trace_id, parent_id, flags })
    }
}

/// Exactly `N` bytes in lower case hex.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], TraceError> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return Err(TraceError::Form);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return Err(TraceError::Form),
            };
            *byte = *byte << 4 | value;
        }
    }
    Ok(bytes)
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Trace Context, section 3.2.3, "Examples of HTTP traceparent Headers".
    const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NOT_SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    const IDS: &str = "12345678901234567890123456789012-1234567890123456";

    fn parse(text: &str) -> Result<TraceContext, TraceError> {
        text.parse()
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        let sampled = parse(SAMPLED).unwrap();
        assert_eq!(Hex(sampled.trace_id()).to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(Hex(sampled.parent_id()).to_string(), "00f067aa0ba902b7");
        assert!(sampled.is_sampled() && !sampled.is_random());
        assert!(!parse(NOT_SAMPLED).unwrap().is_sampled());
        assert!(parse(&format!("00-{IDS}-03")).unwrap().is_random());
    }

    /// After the test suite of the W3C working group (`test/test.py`).
    #[test]
    fn what_breaks_a_rule_counts_as_not_there() {
        for (text, expected) in [
            (String::new(), TraceError::Form),
            (format!("ff-{IDS}-01"), TraceError::Version),
            (format!("0-{IDS}-01"), TraceError::Form),
            (format!("000-{IDS}-01"), TraceError::Form),
            (format!(".0-{IDS}-01"), TraceError::Form),
            (format!("0.-{IDS}-01"), TraceError::Form),
            (format!("00-{IDS}-1"), TraceError::Form),
            (format!("00-{IDS}-001"), TraceError::Form),
            (format!("00-{IDS}-.0"), TraceError::Form),
            (format!("00-{IDS}-01-"), TraceError::Form),
            (format!("00-{IDS}-01-what-the-future-will-be-like"), TraceError::Form),
            (format!("cc-{IDS}-01.what-the-future-will-not-be-like"), TraceError::Form),
            (format!("00-{IDS}"), TraceError::Form),
            (format!(" 00-{IDS}-01"), TraceError::Form),
            (format!("00-{IDS}-01 "), TraceError::Form),
            ("00-00000000000000000000000000000000-1234567890123456-01".to_owned(), TraceError::Zero),
            ("00-12345678901234567890123456789012-0000000000000000-01".to_owned(), TraceError::Zero),
            ("00-1234567890123456789012345678901.-1234567890123456-01".to_owned(), TraceError::Form),
            ("00-12345678901234567890123456789012-123456789012345.-01".to_owned(), TraceError::Form),
            ("00-1234567890123456789012345678901-1234567890123456-01".to_owned(), TraceError::Form),
            ("00-123456789012345678901234567890123-1234567890123456-01".to_owned(), TraceError::Form),
            ("00-12345678901234567890123456789012-123456789012345-01".to_owned(), TraceError::Form),
            ("00-12345678901234567890123456789012-12345678901234567-01".to_owned(), TraceError::Form),
            (SAMPLED.to_uppercase(), TraceError::Form),
            (SAMPLED.replace("4bf9", "4Bf9"), TraceError::Form),
            (SAMPLED.replace('-', "_"), TraceError::Form),
            (SAMPLED.replace("4bf92f", "4bf9ü"), TraceError::Form),
        ] {
            assert_eq!(parse(&text), Err(expected), "{text}");
        }
    }

    #[test]
    fn later_versions_are_read_as_far_as_they_are_known() {
        for text in [format!("cc-{IDS}-01"), format!("cc-{IDS}-03-what-the-future-will-be-like")] {
            let trace = parse(&text).unwrap();
            assert!(trace.is_sampled() && !trace.is_random(), "{text}");
        }
    }

    #[test]
    fn two_headers_are_as_good_as_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(TraceContext::of(&headers), None);
        headers.append("traceparent", HeaderValue::from_static(SAMPLED));
        assert_eq!(TraceContext::of(&headers), Some(parse(SAMPLED).unwrap()));
        headers.append("traceparent", HeaderValue::from_static(SAMPLED));
        assert_eq!(TraceContext::of(&headers), None);
    }
}
