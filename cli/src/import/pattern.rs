//! Lines in a fixed layout, read with a pattern: Apache's common and combined log format, or any other
//! that a pattern with named groups describes.
//!
//! Columns of the Apache formats: `host`, `ident`, `user`, `time`, `request` (and of it `method`,
//! `path`, `query`, `protocol`), `status`, `bytes`, `referer`, `agent`. A `-`, which these formats write
//! for "nothing", is an empty column.
//!
//! Source: <https://httpd.apache.org/docs/2.4/logs.html>.

use std::borrow::Cow;
use std::collections::HashMap;

use regex::Regex;

use super::line::LineError;
use super::rule::{RuleError, regex};
use super::template::Row;

/// A request line that is not one (scanners send them) gives no method, path and query.
const APACHE: &str = concat!(
    r#"^(?<host>\S+) (?<ident>\S+) (?<user>\S+) \[(?<time>[^\]]+)\] "#,
    r#""(?<request>(?<method>[A-Z]+) (?<path>[^ ?"\\]*)(?:\?(?<query>(?:[^ "\\]|\\.)*))?(?: (?<protocol>[^ "]*))?"#,
    r#"|(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<bytes>\d+|-)"#,
    r#"(?: "(?<referer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)")?\s*$"#,
);

/// The layout of the lines of a log.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    groups: HashMap<String, usize>,
}

/// The columns of one line.
#[derive(Debug)]
pub struct PatternRow<'p> {
    pattern: &'p Pattern,
    line: String,
    ranges: Vec<Option<std::ops::Range<usize>>>,
}

impl Pattern {
    /// The Apache formats, or the pattern given.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn new(pattern: Option<&str>) -> Result<Self, RuleError> {
        let regex = regex(pattern.unwrap_or(APACHE))?;
        let named = regex.capture_names().enumerate();
        let groups = named.filter_map(|(index, name)| Some((name?.to_owned(), index))).collect();
        Ok(Self { regex, groups })
    }

    /// The columns that it gives.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }

    /// Reads one line.
    ///
    /// # Errors
    /// [`LineError::Layout`].
    pub fn read(&self, line: String) -> Result<PatternRow<'_>, LineError> {
        let captures = self.regex.captures(&line).ok_or(LineError::Layout)?;
        let ranges = captures.iter().map(|group| group.map(|group| group.range())).collect();
        Ok(PatternRow { pattern: self, line, ranges })
    }
}

impl Row for PatternRow<'_> {
    fn value(&self, column: &str) -> Option<Cow<'_, str>> {
        let range = self.ranges.get(*self.pattern.groups.get(column)?)?.clone()?;
        self.line.get(range).filter(|value| *value != "-").map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(line: &str) -> Result<HashMap<String, String>, LineError> {
        let pattern = Pattern::new(None).unwrap();
        let row = pattern.read(line.to_owned())?;
        let value = |name: &str| Some((name.to_owned(), row.value(name)?.into_owned()));
        Ok(pattern.columns().filter_map(value).collect())
    }

    #[test]
    fn the_combined_format_is_read() {
        let line = r#"192.0.2.7 - frank [10/Oct/2000:13:55:36 -0700] "GET /api/besuchertrend?day=1&x=%22 HTTP/1.1" 200 2326 "http://ulm.example/\"q\"" "Mozilla/5.0 (X11; Linux)""#;
        let row = columns(line).unwrap();
        let expected = [
            ("host", "192.0.2.7"),
            ("user", "frank"),
            ("time", "10/Oct/2000:13:55:36 -0700"),
            ("request", "GET /api/besuchertrend?day=1&x=%22 HTTP/1.1"),
            ("method", "GET"),
            ("path", "/api/besuchertrend"),
            ("query", "day=1&x=%22"),
            ("protocol", "HTTP/1.1"),
            ("status", "200"),
            ("bytes", "2326"),
            ("referer", r#"http://ulm.example/\"q\""#),
            ("agent", "Mozilla/5.0 (X11; Linux)"),
        ];
        assert_eq!(row, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn the_common_format_lacks_referer_and_agent() {
        let row = columns(r#"::1 - - [10/Oct/2000:13:55:36 +0000] "HEAD / HTTP/1.0" 304 -"#).unwrap();
        assert_eq!(
            (row.get("host").map(String::as_str), row.get("path").map(String::as_str)),
            (Some("::1"), Some("/"))
        );
        assert!(["user", "bytes", "referer", "agent"].iter().all(|name| !row.contains_key(*name)));
    }

    #[test]
    fn a_request_that_is_none_has_no_path() {
        for request in ["", "-", r"\x16\x03\x01", r#"GET \"x"#, "get /lower"] {
            let line = format!(r#"h - - [t] "{request}" 400 0 "-" "-""#);
            let row = columns(&line).unwrap();
            assert!(!row.contains_key("path") && row.contains_key("status"), "{request}");
        }
    }

    #[test]
    fn other_lines_do_not_fit() {
        for line in ["", "h - - [t] \"GET / HTTP/1.1\" 200", "h - - [t] \"GET / HTTP/1.1 200 5", "free text"]
        {
            assert_eq!(columns(line), Err(LineError::Layout), "{line}");
        }
    }

    #[test]
    fn another_layout_is_read_with_its_own_pattern() {
        let pattern = Pattern::new(Some(r"^(?<day>\S+);(?<code>\d*)$")).unwrap();
        let row = pattern.read("2026-11-22;".to_owned()).unwrap();
        assert_eq!(
            (row.value("day").as_deref(), row.value("code").as_deref()),
            (Some("2026-11-22"), Some(""))
        );
        assert_eq!(row.value("host"), None);
    }
}
