//! Which metrics a PromQL expression names. As much of the language as our files use.

use std::collections::BTreeSet;

/// Words that stand where a metric could.
const KEYWORDS: [&str; 7] = ["and", "or", "unless", "bool", "offset", "inf", "nan"];
/// Words before a list of labels.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The names of metrics in an expression.
pub fn metrics(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if matches!(first, '{' | '[' | '"') {
            let close = match first {
                '{' => '}',
                '[' => ']',
                quote => quote,
            };
            rest = after(&rest[1..], close);
        } else if first.is_ascii_alphabetic() || first == '_' || first == '$' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:$".contains(c)));
            let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
            // `sum by (code) (…)` is an aggregation, too.
            let next = behind.trim_start();
            let is_function = ["(", "by ", "without "].iter().any(|follows| next.starts_with(follows));
            rest = behind;
            if BEFORE_LABELS.contains(&word) {
                rest = after(behind, ')');
            } else if !is_function && !word.starts_with('$') && !KEYWORDS.contains(&word) {
                names.insert(word.to_owned());
            }
        } else {
            // A number takes its unit or exponent along: `5m`, `1e6`.
            let number = first.is_ascii_digit();
            let end = rest.find(|c: char| !(number && (c.is_ascii_alphanumeric() || c == '.')));
            rest = &rest[end.unwrap_or(rest.len()).max(first.len_utf8())..];
        }
    }
    names
}

fn after(text: &str, close: char) -> &str {
    let (_, behind) = text.split_once(close).unwrap_or_else(|| panic!("nothing closes before {text}"));
    behind
}

#[test]
fn metrics_are_told_from_labels_functions_and_words() {
    let named = |expression| metrics(expression).into_iter().collect::<Vec<_>>();
    assert_eq!(named("up{job=\"x\"} == 0"), ["up"]);
    assert_eq!(named("sum by (le, code) (rate(a_total{code=~\"B|C\"}[5m])) > 0.1"), ["a_total"]);
    assert_eq!(named("a unless b / c > 1e6 or vector(0)"), ["a", "b", "c"]);
    assert_eq!(named("rate(a_b_bucket{i=~\"$i\"}[$__rate_interval]) * 1000"), ["a_b_bucket"]);
    assert_eq!(named("a / on (instance) group_left (version) b"), ["a", "b"]);
}
