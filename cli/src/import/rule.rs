//! How one field of an event, or one decision about a record, follows from the columns of a log.

use std::borrow::Cow;
use std::collections::BTreeMap;

use einsicht_access::limits::check_code;
use regex::Regex;
use serde::Deserialize;

use super::template::{Row, Template, TemplateError};
use super::time::{FormatError, TimeFormat};

/// How the text of one field is made.
#[derive(Debug)]
pub struct Rule {
    from: Template,
    extract: Option<Regex>,
    conversion: Conversion,
    otherwise: Option<String>,
}

#[derive(Debug)]
enum Conversion {
    None,
    Code,
    Time(TimeFormat),
    Day(TimeFormat),
    Choice { values: BTreeMap<String, String>, patterns: Vec<(Regex, String)> },
}

/// A rule as it stands in the mapping, if it is more than a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTable {
    from: String,
    extract: Option<String>,
    time: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[serde(default)]
    patterns: Vec<PatternTable>,
    #[serde(default)]
    code: bool,
    otherwise: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternTable {
    pattern: String,
    value: String,
}

/// Why a rule can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not a template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Not a regular expression.
    #[error("the pattern can't be read: {0}")]
    Pattern(#[from] Box<regex::Error>),
    /// Not a time format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Settings that exclude each other.
    #[error("'time', 'code' and 'values' or 'patterns' exclude each other")]
    Conversions,
    /// A zone without a time.
    #[error("'zone' belongs to 'time', which is not there")]
    ZoneAlone,
}

/// A record fits none of the values of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// Neither of `values` nor of `patterns`, and there is no `otherwise`.
    NoValue,
    /// Not a time in the given format.
    NotATime,
    /// Not a day in the given format.
    NotADay,
}

impl Rule {
    /// A text, with columns in braces or without.
    ///
    /// # Errors
    /// [`RuleError::Template`].
    pub fn text(text: &str) -> Result<Self, RuleError> {
        Ok(Self::of(Template::parse(text)?))
    }

    /// A text that is the same for every record.
    pub fn constant(text: String) -> Self {
        Self::of(Template::fixed(text))
    }

    /// A rule with settings; `is_day` says whether its field takes a day.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn table(table: RuleTable, is_day: bool) -> Result<Self, RuleError> {
        let choices = !table.values.is_empty() || !table.patterns.is_empty();
        let conversion = match (table.time, choices, table.code) {
            (None, ..) if table.zone.is_some() => return Err(RuleError::ZoneAlone),
            (None, false, false) => Conversion::None,
            (None, false, true) => Conversion::Code,
            (Some(format), false, false) if is_day => Conversion::Day(TimeFormat::of_days(&format)?),
            (Some(format), false, false) => {
                Conversion::Time(TimeFormat::of_times(&format, table.zone.as_deref())?)
            }
            (None, true, false) => {
                let patterns = table.patterns.into_iter();
                let patterns = patterns.map(|entry| Ok((regex(&entry.pattern)?, entry.value)));
                Conversion::Choice {
                    values: table.values,
                    patterns: patterns.collect::<Result<_, RuleError>>()?,
                }
            }
            _ => return Err(RuleError::Conversions),
        };
        let extract = table.extract.as_deref().map(regex).transpose()?;
        Ok(Self { from: Template::parse(&table.from)?, extract, conversion, otherwise: table.otherwise })
    }

    fn of(from: Template) -> Self {
        Self { from, extract: None, conversion: Conversion::None, otherwise: None }
    }

    /// The columns that it needs.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.from.columns()
    }

    /// The text that it gives to every record, if it is always the same.
    pub fn as_constant(&self) -> Option<String> {
        let plain = matches!(self.conversion, Conversion::None) && self.extract.is_none();
        self.from.constant().filter(|_| plain)
    }

    /// The texts that it can choose from.
    pub fn choices(&self) -> impl Iterator<Item = &str> {
        let (values, patterns) = match &self.conversion {
            Conversion::Choice { values, patterns } => (Some(values), patterns.as_slice()),
            _ => (None, [].as_slice()),
        };
        let values = values.into_iter().flat_map(BTreeMap::values);
        let patterns = patterns.iter().map(|(_, value)| value);
        values.chain(patterns).chain(&self.otherwise).map(String::as_str)
    }

    /// The text for one record; an empty one leaves the field out.
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn apply<'a>(&'a self, row: &'a impl Row) -> Result<Cow<'a, str>, Misfit> {
        let text = extracted(self.extract.as_ref(), self.from.fill(row));
        let otherwise = self.otherwise.as_deref().map(Cow::Borrowed);
        if let Conversion::Choice { values, patterns } = &self.conversion {
            let by_value = values.get(text.as_ref());
            let by_pattern = || Some(&patterns.iter().find(|(pattern, _)| pattern.is_match(&text))?.1);
            let chosen = by_value.or_else(by_pattern).map(|value| Cow::Borrowed(value.as_str()));
            let absent = || text.is_empty().then_some(Cow::Borrowed(""));
            return chosen.or(otherwise).or_else(absent).ok_or(Misfit::NoValue);
        }
        if text.is_empty() {
            return Ok(otherwise.unwrap_or_default());
        }
        let converted = match &self.conversion {
            Conversion::None | Conversion::Choice { .. } => return Ok(text),
            Conversion::Code => return Ok(as_code(text)),
            Conversion::Time(format) => format.time(&text).ok_or(Misfit::NotATime),
            Conversion::Day(format) => format.day(&text).ok_or(Misfit::NotADay),
        };
        converted.map(Cow::Owned)
    }
}

/// Compiles a regular expression.
///
/// # Errors
/// [`RuleError::Pattern`].
pub fn regex(pattern: &str) -> Result<Regex, RuleError> {
    Regex::new(pattern).map_err(|error| RuleError::Pattern(Box::new(error)))
}

/// The first group of the pattern, or all that it matches if it has none; empty if it does not match.
fn extracted<'a>(pattern: Option<&Regex>, text: Cow<'a, str>) -> Cow<'a, str> {
    let Some(pattern) = pattern else { return text };
    let found = pattern.captures(&text).and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
    let Some(range) = found.map(|found| found.range()) else { return Cow::Borrowed("") };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(range).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(range).unwrap_or_default().to_owned()),
    }
}

/// Puts one `-` where characters stand that a code may not have, and none at the ends.
fn as_code(text: Cow<'_, str>) -> Cow<'_, str> {
    if check_code(&text).is_ok() {
        return text;
    }
    let mut code = String::with_capacity(text.len());
    for character in text.chars() {
        if check_code(character.encode_utf8(&mut [0; 4])).is_ok() {
            code.push(character);
        } else if !code.is_empty() && !code.ends_with('-') {
            code.push('-');
        }
    }
    code.truncate(code.trim_end_matches('-').len());
    Cow::Owned(code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn rule(toml: &str) -> Result<Rule, RuleError> {
        Rule::table(toml::from_str(toml).unwrap(), false)
    }

    fn apply(toml: &str, value: &str) -> Result<String, Misfit> {
        let row = HashMap::from([("c", value)]);
        rule(toml).unwrap().apply(&row).map(Cow::into_owned)
    }

    #[test]
    fn values_come_before_patterns_and_both_before_otherwise() {
        let code = r#"
            from = "{c}"
            values = { "404" = "failed" }
            patterns = [{ pattern = "^4", value = "denied" }, { pattern = "^[23]", value = "granted" }]
        "#;
        assert_eq!(apply(code, "404").as_deref(), Ok("failed"));
        assert_eq!(apply(code, "403").as_deref(), Ok("denied"));
        assert_eq!(apply(code, " 200.0").as_deref(), Ok("granted"));
        assert_eq!(apply(code, "999"), Err(Misfit::NoValue));
        assert_eq!(apply(code, "").as_deref(), Ok(""));
        let with_otherwise = format!("{code}\notherwise = \"failed\"");
        assert_eq!(apply(&with_otherwise, "999").as_deref(), Ok("failed"));
        assert_eq!(apply(&with_otherwise, "").as_deref(), Ok("failed"));
    }

    #[test]
    fn a_part_of_a_column_can_be_taken_out() {
        let path = r#"
            from = "{c}"
            extract = '^/api/([^/?]+)'
            otherwise = "portal"
        "#;
        assert_eq!(apply(path, "/api/besuchertrend/2026").as_deref(), Ok("besuchertrend"));
        assert_eq!(apply(path, "/index.html").as_deref(), Ok("portal"));
        assert_eq!(apply("from = 'x{c}'\nextract = '[0-9]+'", "12y").as_deref(), Ok("12"));
    }

    #[test]
    fn times_are_joined_from_columns_and_converted() {
        let time = "from = '2017-01-01 {c}'\ntime = '%Y-%m-%d %H:%M:%S'\nzone = 'UTC'";
        assert_eq!(apply(time, "00:00:03").as_deref(), Ok("2017-01-01T00:00:03Z"));
        assert_eq!(apply(time, "noon"), Err(Misfit::NotATime));
        let day = Rule::table(toml::from_str("from = '{c}'\ntime = '%d.%m.%Y'").unwrap(), true).unwrap();
        assert_eq!(day.apply(&HashMap::from([("c", "08.10.2020")])).as_deref(), Ok("2020-10-08"));
        assert_eq!(day.apply(&HashMap::from([("c", "8th")])), Err(Misfit::NotADay));
    }

    #[test]
    fn a_text_is_made_a_code() {
        let code = "from = '{c}'\ncode = true";
        assert_eq!(apply(code, "CREATE TABLE AS").as_deref(), Ok("CREATE-TABLE-AS"));
        assert_eq!(apply(code, "größe (m²)").as_deref(), Ok("größe-m"));
        assert_eq!(apply(code, "public.tmp").as_deref(), Ok("public.tmp"));
        assert_eq!(apply(code, " -- ").as_deref(), Ok("--"));
    }

    #[test]
    fn settings_that_make_no_sense_together_are_refused() {
        let refused = |toml: &str| rule(toml).unwrap_err();
        assert!(matches!(refused("from = 'x'\nzone = 'UTC'"), RuleError::ZoneAlone));
        assert!(matches!(refused("from = 'x'\ncode = true\ntime = 'unix'"), RuleError::Conversions));
        assert!(matches!(refused("from = 'x'\ncode = true\nvalues = { a = 'b' }"), RuleError::Conversions));
        assert!(matches!(refused("from = 'x'\nextract = '('"), RuleError::Pattern(_)));
        assert!(matches!(refused("from = '{x'"), RuleError::Template(_)));
        assert!(toml::from_str::<RuleTable>("from = 'x'\nformat = 'y'").is_err());
    }
}
