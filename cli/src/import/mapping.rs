//! The mapping file of an import: which columns of a log become which fields of an event.
//!
//! ```toml
//! name = "web-access"                  # see identity.rs
//!
//! [input]                              # how the file is laid out; all optional
//! delimiter = ";"                      # csv
//! columns = ["day", "code"]            # csv without a header
//! ragged = true                        # csv whose records may have fewer or more columns
//! pattern = '^(?<day>\S+) (?<code>.*)' # combined: another layout of lines than Apache's
//!
//! [[skip]]                             # records that are no accesses to data
//! from = "{path}"
//! matches = '\.(css|js)$'              # or: equals = ["/", "/favicon.ico"], unless = '^/api/'
//!
//! [event]                              # a field of the event each; `einsicht record --help` lists them
//! dataset = "besuchertrend"            # a text, maybe with columns in braces: "{path}"
//! record_count = 1
//! categories = ["ort", "{kind}"]       # a list for fields that hold lists
//! occurred_at = { from = "{date} {time}", time = "%Y-%m-%d %H:%M:%S", zone = "Europe/Berlin" }
//! outcome = { from = "{code}", values = { "404" = "failed" },
//!             patterns = [{ pattern = "^[23]", value = "granted" }], otherwise = "denied" }
//! unit = { from = "{path}", extract = '^/api/([^/]+)', code = true }
//! ```
//!
//! Of a table, `from` is put together, then `extract` takes a part out (its first group), then one of
//! `time`, `code`, `values` with `patterns` converts it. An empty text leaves the field out; `otherwise`
//! stands in for an empty text and for one that no value fits.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use einsicht_access::field::{self, Field, Kind};
use einsicht_access::limits::check_code;
use einsicht_proto::v1::AccessEvent;
use regex::Regex;
use serde::Deserialize;

use super::line::LineError;
use super::rule::{Misfit, Rule, RuleTable, regex};
use super::template::{Row, Template};

/// Fields that every event needs, and that nobody but the mapping can give.
const REQUIRED: [&str; 4] = ["dataset", "operation", "purpose", "occurred_at"];

/// A mapping file, read and checked.
#[derive(Debug)]
pub struct Mapping {
    /// Names the import; see [`super::identity`].
    pub name: String,
    /// How the file is laid out.
    pub input: Layout,
    skip: Vec<Skip>,
    fields: Vec<(&'static Field, Vec<Rule>)>,
}

/// How the file is laid out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What parts the columns of a CSV file.
    pub delimiter: Option<char>,
    /// The columns of a CSV file that does not name them itself.
    pub columns: Option<Vec<String>>,
    /// Whether a CSV record may have more or fewer columns than are named.
    #[serde(default)]
    pub ragged: bool,
    /// The layout of lines, with named groups.
    pub pattern: Option<String>,
}

/// What becomes of a record.
#[derive(Debug, PartialEq)]
pub enum Mapped {
    /// An event, without id.
    Event(Box<AccessEvent>),
    /// Nothing: the mapping says that it is no access to data.
    Skipped,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    input: Layout,
    #[serde(default)]
    skip: Vec<SkipTable>,
    event: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkipTable {
    from: String,
    #[serde(default)]
    equals: Vec<String>,
    matches: Option<String>,
    unless: Option<String>,
}

#[derive(Debug)]
struct Skip {
    from: Template,
    equals: Vec<String>,
    matches: Option<Regex>,
    unless: Option<Regex>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the mapping {} can't be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("the mapping {} can't be used", path.display()))
    }

    /// Reads the text of a mapping file.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text)?;
        check_code(&file.name).map_err(|problem| anyhow::anyhow!("'name' {problem}"))?;
        let skip = file
            .skip
            .into_iter()
            .zip(1..)
            .map(|(table, number)| Skip::new(table).with_context(|| format!("skip rule {number}")));
        let skip = skip.collect::<Result<_, _>>()?;
        let fields = file
            .event
            .into_iter()
            .map(|(name, value)| field_rules(&name, value).with_context(|| format!("[event] {name}")));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        for required in REQUIRED {
            let given = fields.iter().any(|(field, _)| field.name == required);
            ensure!(given, "[event] has no {required}, which every event needs");
        }
        Ok(Self { name: file.name, input: file.input, skip, fields })
    }

    /// The columns that it uses.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let rules = self.fields.iter().flat_map(|(_, rules)| rules);
        let skips = self.skip.iter().flat_map(|skip| skip.from.columns());
        rules.flat_map(Rule::columns).chain(skips)
    }

    /// Makes an event of a record, or nothing.
    ///
    /// # Errors
    /// [`LineError`], naming the field that the record does not fill as it should.
    pub fn map(&self, row: &impl Row) -> Result<Mapped, LineError> {
        if self.skip.iter().any(|skip| skip.applies_to(row)) {
            return Ok(Mapped::Skipped);
        }
        let mut event = Box::new(AccessEvent::default());
        for (field, rules) in &self.fields {
            for rule in rules {
                let text = rule.apply(row).map_err(|misfit| misfit_in(field, misfit))?;
                if text.is_empty() {
                    continue;
                }
                field.set(&mut event, &text).map_err(|error| LineError::Value(error.to_string()))?;
            }
        }
        Ok(Mapped::Event(event))
    }
}

impl Skip {
    fn new(table: SkipTable) -> anyhow::Result<Self> {
        let decides = !table.equals.is_empty() || table.matches.is_some() || table.unless.is_some();
        ensure!(decides, "needs 'equals', 'matches' or 'unless' to decide by");
        Ok(Self {
            from: Template::parse(&table.from)?,
            equals: table.equals,
            matches: table.matches.as_deref().map(regex).transpose()?,
            unless: table.unless.as_deref().map(regex).transpose()?,
        })
    }

    fn applies_to(&self, row: &impl Row) -> bool {
        let text = self.from.fill(row);
        self.equals.iter().any(|value| *value == text)
            || self.matches.as_ref().is_some_and(|pattern| pattern.is_match(&text))
            || self.unless.as_ref().is_some_and(|pattern| !pattern.is_match(&text))
    }
}

fn field_rules(name: &str, value: toml::Value) -> anyhow::Result<(&'static Field, Vec<Rule>)> {
    let field = field::find(name)?;
    ensure!(
        field.name != "event_id",
        "is made by the import, so that a file that is imported twice adds nothing"
    );
    let is_day = field.kind() == Kind::Day;
    let rules = match value {
        toml::Value::Array(values) if field.kind().is_list() => {
            values.into_iter().map(|value| rule(value, is_day)).collect::<Result<Vec<_>, _>>()?
        }
        toml::Value::Array(_) => bail!("takes one value, not a list"),
        value => vec![rule(value, is_day)?],
    };
    for text in rules.iter().filter_map(Rule::as_constant) {
        field.set(&mut AccessEvent::default(), &text)?;
    }
    for text in rules.iter().flat_map(Rule::choices).filter(|text| !text.is_empty()) {
        field.set(&mut AccessEvent::default(), text)?;
    }
    Ok((field, rules))
}

fn rule(value: toml::Value, is_day: bool) -> anyhow::Result<Rule> {
    Ok(match value {
        toml::Value::String(text) => Rule::text(&text)?,
        toml::Value::Integer(number) => Rule::constant(number.to_string()),
        toml::Value::Boolean(flag) => Rule::constant(flag.to_string()),
        toml::Value::Datetime(time) => Rule::constant(time.to_string()),
        toml::Value::Table(table) => Rule::table(table.try_into::<RuleTable>()?, is_day)?,
        toml::Value::Float(_) => bail!("takes no fraction"),
        toml::Value::Array(_) => bail!("takes no list of lists"),
    })
}

fn misfit_in(field: &Field, misfit: Misfit) -> LineError {
    let name = field.name;
    LineError::Value(match misfit {
        Misfit::NoValue => format!("{name}: the mapping has no value for what stands there"),
        Misfit::NotATime => format!("{name}: what stands there is not a time in the mapping's format"),
        Misfit::NotADay => format!("{name}: what stands there is not a day in the mapping's format"),
    })
}

#[cfg(test)]
mod tests;
