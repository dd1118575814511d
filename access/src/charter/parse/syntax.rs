//! What is wrong with a file that is no TOML.
//!
//! A parser of TOML tells where it lost its way, which is often far behind the slip: after a forgotten bracket the
//! rest of the file is a list to it. People write an entry a line; so the file is read again entry by entry, and
//! what is wrong with one is told where it is, as what was probably meant. Only files that the parser refused are
//! read like this, and what it refused is always among what is told.

mod misread;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use super::keys::ROOT;
use crate::charter::problem::{BYTE_ORDER_MARK, Problems, Reason, Slip};
use crate::limits::PROBLEMS_LISTED_MAX;

/// Notes what keeps a text from being TOML. `place` and `message` are of the first thing that the parser refused.
pub(super) fn note_slips(problems: &mut Problems<'_>, text: &str, place: &Range<usize>, message: &str) {
    if text.contains('\r') && !text.contains('\n') {
        return problems.add(&(0..0), || Reason::Syntax(Slip::LineEnds));
    }
    let mut scanner = Scanner::new(text);
    scanner.scan();
    let explains = |found: &Found| found.entry.start <= place.start;
    if !scanner.found.iter().any(explains) {
        problems.add(place, || Reason::Syntax(Slip::Other(message.to_owned())));
    }
    for Found { span, slip, .. } in scanner.found {
        problems.add(&span, || Reason::Syntax(slip));
    }
}

/// A slip, and the entry that it was made in.
struct Found {
    entry: Range<usize>,
    span: Range<usize>,
    slip: Slip,
}

/// Reads entry by entry.
struct Scanner<'a> {
    text: &'a str,
    /// Where it has come to.
    at: usize,
    /// Where the entry begins.
    entry: usize,
    found: Vec<Found>,
    /// How many lists and tables the place is in.
    depth: usize,
    /// The keys of this table, and the headings with one bracket, each with its place.
    keys: BTreeMap<&'a str, usize>,
    headings: BTreeMap<&'a str, usize>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        let (keys, headings) = (BTreeMap::new(), BTreeMap::new());
        let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Self { text, at, entry: at, found: Vec::new(), depth: 0, keys, headings }
    }

    fn scan(&mut self) {
        let mut was_no_entry = false;
        // What is listed is enough: looking further would cost, and tell nothing more.
        while self.at < self.text.len() && self.found.len() < PROBLEMS_LISTED_MAX {
            self.skip_spaces();
            self.entry = self.at;
            let known = self.found.len();
            let is_entry = match self.peek() {
                None => break,
                Some('\n' | '\r' | '#') => true,
                Some('[') => {
                    self.heading();
                    true
                }
                Some(_) => self.assignment(was_no_entry),
            };
            was_no_entry = !is_entry;
            self.quotes_of_word_processors(known);
            let end = self.at;
            self.found.iter_mut().skip(known).for_each(|found| found.entry.end = end);
            // Where an entry went on into the next one, that one is read from its beginning.
            if self.at == self.entry || !self.is_at_line_start() {
                self.skip_line();
            }
        }
    }

    /// `[charter]`, `[[purpose]]`.
    fn heading(&mut self) {
        let line = self.rest_of_line();
        let written = before_note(line);
        let name = written.trim_matches(['[', ']']).trim();
        let span = self.at..self.at + written.len();
        let is_list = ROOT.iter().any(|key| key.name == name && name != "charter");
        let is_known = is_list || name == "charter";
        self.keys.clear();
        self.at += line.len();
        let right = || if is_list { format!("[[{name}]]") } else { format!("[{name}]") };
        if DeTable::parse(written).is_err() || written.contains('=') {
            let right = is_known.then(right);
            self.slip(span, Slip::Heading { right });
        } else if is_list && !written.starts_with("[[") {
            self.slip(span, Slip::OneBracket { right: right() });
        } else if !written.starts_with("[[") {
            match self.headings.get(name) {
                Some(first) => {
                    let first_line = self.line_of(*first);
                    self.slip(span, Slip::HeadingTwice { first_line });
                }
                None => drop(self.headings.insert(name, span.start)),
            }
        }
    }

    /// `key = value`. Whether it is one, or something like it.
    fn assignment(&mut self, was_no_entry: bool) -> bool {
        let line = self.rest_of_line();
        let key = self.key();
        let span = self.at - key.len()..self.at;
        self.skip_spaces();
        if self.peek() != Some('=') {
            let whole = self.entry..self.entry + before_note(line).len();
            let (before_equals, has_equals) = match line.split_once('=') {
                Some((before, _)) => (before.trim(), true),
                None => (line, false),
            };
            let slip = match self.peek() {
                Some(':') if !key.is_empty() => Slip::Colon,
                _ if has_equals && is_word_of_letters(before_equals) => Slip::KeyLetters,
                _ if was_no_entry => return false,
                // A note of several lines is one slip.
                _ => {
                    self.slip(whole, Slip::NoEntry);
                    return false;
                }
            };
            self.slip(whole, slip);
            return true;
        }
        match self.keys.get(key) {
            Some(first) => {
                let slip = Slip::KeyTwice { key: key.to_owned(), first_line: self.line_of(*first) };
                self.slip(span, slip);
            }
            None => drop(self.keys.insert(key, span.start)),
        }
        self.at += 1;
        self.skip_spaces();
        self.value_of_entry();
        true
    }

    /// A bare key, or one in quotes; empty if there is none.
    fn key(&mut self) -> &'a str {
        let rest = self.rest();
        let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        let length = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner
                    .find([quote, '\n'])
                    .filter(|end| inner.get(*end..).is_some_and(|here| here.starts_with(quote)));
                end.map_or(0, |end| end + 2)
            }
            _ => rest.find(|letter| !is_bare(letter)).unwrap_or(rest.len()),
        };
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Where quotes of a word processor stand in an entry that is wrong, they are why.
    fn quotes_of_word_processors(&mut self, known: usize) {
        let Some(first) = self.found.get(known) else { return };
        let line_start =
            self.text.get(..first.span.start).unwrap_or_default().rfind('\n').map_or(0, |end| end + 1);
        let line = self.text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let is_closed = before_note(line).ends_with(QUOTES) || !matches!(first.slip, Slip::OpenText);
        if is_closed && let Some(place) = before_note(line).find(QUOTES) {
            self.found.truncate(known);
            let quote = line.get(place..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            self.slip(line_start + place..line_start + place + quote, Slip::Quotes);
        }
    }

    fn slip(&mut self, span: Range<usize>, slip: Slip) {
        if self.found.len() < PROBLEMS_LISTED_MAX {
            self.found.push(Found { entry: self.entry..self.at, span, slip });
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Without its end.
    fn rest_of_line(&self) -> &'a str {
        self.rest().lines().next().unwrap_or_default()
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }

    fn skip_spaces(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
            if self.peek() != Some('\u{a0}') {
                return;
            }
            self.slip(self.at..self.at + 2, Slip::Space);
            self.at += 2;
        }
    }

    fn is_at_line_start(&self) -> bool {
        self.at == 0 || self.text.as_bytes().get(self.at - 1) == Some(&b'\n')
    }

    fn line_of(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or_default().matches('\n').count() + 1
    }
}

/// Those that word processors put in place of `"`.
const QUOTES: [char; 8] = ['„', '“', '”', '‚', '‘', '’', '«', '»'];

/// A line without the note at its end, as far as one can tell without reading its texts.
fn before_note(line: &str) -> &str {
    let mut is_in_text = false;
    let note = line.char_indices().find(|(_, letter)| {
        is_in_text ^= *letter == '"';
        *letter == '#' && !is_in_text
    });
    line.get(..note.map_or(line.len(), |(place, _)| place)).unwrap_or_default().trim_end()
}

/// As names of keys are, but for the alphabet.
fn is_word_of_letters(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
}

/// Whether an entry or a heading begins here: in a list that is still open it can't.
fn begins_something(line: &str) -> bool {
    let heading = before_note(line).trim_start();
    let name = heading.trim_matches(['[', ']']);
    let is_heading = heading.starts_with('[')
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let key = line.split_once('=').map(|(key, _)| key.trim());
    is_heading || key.is_some_and(is_word_of_letters)
}

/// Whether the parser takes it as the value of a key.
fn is_value(word: &str) -> bool {
    DeTable::parse(&format!("x = {word}")).is_ok()
}

#[cfg(test)]
mod tests;
