//! What is wrong with a charter, told to the person who writes it: all of it at once, each with its place.

mod sentence;
mod slip;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

pub use self::slip::Slip;
use crate::limits::PROBLEMS_LISTED_MAX;
use crate::sentence::{Bilingual, Language};

/// What some editors put before a text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';
/// Characters of a value that an error shows.
const SHOWN_CHARS_MAX: usize = 80;
/// Characters of a line that an error shows.
const EXCERPT_CHARS_MAX: usize = 120;

/// A charter can't be used. Shown like the errors of a compiler: place, problem, the line and what of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.told(Language::English))]
pub struct CharterError {
    /// The name of the file.
    pub name: String,
    /// What is wrong, in the order of the file: the first 100.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub reason: Reason,
    /// The line, or the part of it that matters; empty where there is nothing to show.
    pub excerpt: String,
    /// Which of its characters are meant.
    pub marked: Range<usize>,
}

/// What is wrong. Its [`sentence`](Self::sentence) tells it in either language; shown on its own it is in English.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the sentences say")]
pub enum Reason {
    /// More than [`CHARTER_BYTES_MAX`](super::CHARTER_BYTES_MAX).
    TooLong { bytes: usize },
    /// Not text.
    NotUtf8 { offset: usize },
    /// Text, but not as a plain file has it.
    NoPlainText(Format),
    /// Not TOML.
    Syntax(Slip),
    /// TOML of a later version than charters have.
    LaterToml { found: Bilingual, help: Bilingual },
    /// A key that nothing has.
    UnknownKey { owner: Bilingual, key: String, suggestion: Option<String>, known: String },
    /// A key that must be there.
    Missing { owner: Bilingual, key: &'static str, help: Bilingual },
    /// A value of another type, or outside what can stand there.
    Unexpected { key: String, expected: Bilingual, found: Bilingual, suggestion: Option<String> },
    /// A code or a text that breaks the rules for these; what to write there if it has to be written.
    BadText { key: String, problem: crate::problem::Problem, help: Option<Bilingual> },
    /// A code that no table declares.
    Undeclared { table: &'static str, code: String, suggestion: Option<String> },
    /// What something is called, where its code should stand.
    NotATitle { table: &'static str, title: String, id: String },
    /// An id, or an item of a list, that is there already.
    Twice { name: String, first_line: usize, help: Bilingual },
    /// A field that no rule can look at.
    UnknownField { name: String, suggestion: Option<String>, known: String },
    /// A condition that does not fit its field.
    Misfit { field: &'static str, found: Bilingual, fitting: Bilingual },
    /// A commitment without exactly one of `must`, `must_not`, `question`.
    NotOneDemand { owner: Bilingual, found: Vec<&'static str> },
    /// A question with something that belongs to rules.
    OfRulesOnly { owner: Bilingual, key: &'static str },
    /// More than [`COMMITMENTS_MAX`](super::COMMITMENTS_MAX).
    TooManyCommitments,
    /// A rule whose answer is always the same.
    Pointless { owner: Bilingual, fault: Bilingual, why: Bilingual, help: Bilingual },
}

/// What a file is that is no plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text in units of two bytes.
    Utf16,
    /// The document of a word processor.
    Document,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence(Language::English))
    }
}

/// Problems while they are found: the first ones of the file are kept, whatever the order of finding.
pub(super) struct Problems<'a> {
    text: &'a str,
    /// By offset, then by order of finding.
    listed: BTreeMap<(usize, usize), (Range<usize>, Reason)>,
    count: usize,
}

impl<'a> Problems<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, listed: BTreeMap::new(), count: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Notes what is wrong with `span`. `reason` is only asked where it will be listed.
    pub fn add(&mut self, span: &Range<usize>, reason: impl FnOnce() -> Reason) {
        self.count += 1;
        let is_full = self.listed.len() >= PROBLEMS_LISTED_MAX;
        if is_full && self.listed.last_key_value().is_some_and(|((last, _), _)| *last <= span.start) {
            return;
        }
        self.listed.insert((span.start, self.count), (span.clone(), reason()));
        if is_full {
            self.listed.pop_last();
        }
    }

    /// Notes that what is at `span` is there already, since the offset `first`.
    pub fn add_twice(&mut self, span: &Range<usize>, name: &str, first: usize, help: Bilingual) {
        // The line is looked for in the whole text: only where it will be told.
        let text = self.text;
        self.add(span, || Reason::Twice {
            name: name.to_owned(),
            first_line: line_and_column(text, first).0,
            help,
        });
    }

    pub fn into_error(self, name: &str) -> CharterError {
        let more = self.count - self.listed.len();
        let problem = |(span, reason)| Problem::new(self.text, span, reason);
        CharterError {
            name: name.to_owned(),
            problems: self.listed.into_values().map(problem).collect(),
            more,
        }
    }
}

impl Problem {
    fn new(text: &str, span: Range<usize>, reason: Reason) -> Self {
        let (line, column) = line_and_column(text, span.start);
        let shown = text.lines().nth(line - 1).unwrap_or_default().trim_start_matches(BYTE_ORDER_MARK);
        let length =
            text.get(span).map_or(1, |marked| marked.lines().next().unwrap_or_default().chars().count());
        // Of a long line, the part around the place.
        let skipped =
            if shown.chars().count() > EXCERPT_CHARS_MAX { (column - 1).saturating_sub(40) } else { 0 };
        let excerpt: String = shown.chars().skip(skipped).take(EXCERPT_CHARS_MAX).map(harmless).collect();
        let start = (column - 1 - skipped).min(excerpt.chars().count());
        let end = (start + length.max(1)).min(excerpt.chars().count().max(start + 1));
        Self { line, column, reason, excerpt, marked: start..end }
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    // A byte order mark is in no column that an editor shows.
    let before = before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.bytes().filter(|byte| *byte == b'\n').count() + 1, column)
}

/// A terminal does what control characters say; a tab would move the marks away from what they mark.
fn harmless(character: char) -> char {
    match character {
        '\t' => ' ',
        control if control.is_control() => '\u{fffd}',
        character => character,
    }
}

/// A value for an error: in quotes, escaped, short.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => format!("{text:?}"),
        Some((end, _)) => {
            format!("{:?}… ({} characters)", text.get(..end).unwrap_or_default(), text.chars().count())
        }
    }
}

/// As [`shown`], for what somebody should write.
fn in_quotes(text: &str) -> String {
    shown(text)
}

/// As [`shown`], without quotes of its own.
pub(super) fn shown_name(name: &str) -> String {
    shown(name).trim_matches('"').to_owned()
}

impl Problem {
    /// Place, problem, the line and what of it is meant; without the name of the file, which begins the line.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let told = format!("{}:{}: {}", self.line, self.column, self.reason.sentence(language));
        if self.excerpt.is_empty() {
            return told;
        }
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let (indent, marks) = (" ".repeat(self.marked.start), "^".repeat(self.marked.len()));
        format!("{told}\n{margin} |\n{number} | {}\n{margin} | {indent}{marks}", self.excerpt)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.told(Language::English))
    }
}

impl CharterError {
    /// All of it, in that language. Shown on its own it is in English.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let name = shown_name(&self.name);
        let problems = self.problems.iter().map(|problem| format!("{name}:{}", problem.told(language)));
        let mut told: Vec<String> = problems.collect();
        if self.more > 0 {
            let more = self.more;
            told.push(
                language.pick(format!("{name}: und {more} weitere"), format!("{name}: and {more} more")),
            );
        }
        let sum = match self.problems.len() + self.more {
            1 => language.pick("1 Fehler", "1 problem").to_owned(),
            count => language.pick(format!("{count} Fehler"), format!("{count} problems")),
        };
        let told = told.join("\n");
        language.pick(
            format!("die Charta ist so nicht zu verwenden, sie hat {sum}\n{told}"),
            format!("the charter can't be used, it has {sum}\n{told}"),
        )
    }
}
