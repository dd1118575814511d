//! Values of entries: texts, lists, tables in one, and words.

use super::misread::misread;
use super::{Scanner, begins_something, is_value};
use crate::charter::problem::Slip;
use crate::limits::PROBLEMS_LISTED_MAX;

/// Deepest lists and tables that are read.
const DEPTH_MAX: usize = 32;

/// Where a value stands, and so, what ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Entry,
    List,
    Table,
}

/// How a value ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Where it should.
    Closed,
    /// The rest of the entry belongs to it, or to nothing.
    Open,
}

impl Scanner<'_> {
    /// The value of an entry, and what stands behind it on its line.
    pub(super) fn value_of_entry(&mut self) {
        let is_text = matches!(self.peek(), Some('"' | '\''));
        if self.value(Within::Entry) == End::Open {
            return;
        }
        self.skip_spaces();
        let rest = super::before_note(self.rest_of_line());
        let span = self.at..self.at + rest.len();
        let first = rest.chars().next();
        let slip = match first {
            None => return,
            Some(letter @ (']' | '}' | ',' | ';')) => Slip::OneTooMany { letter },
            _ if begins_something(rest) => Slip::TwoEntries,
            _ if is_text && rest.contains('"') => Slip::QuoteInText,
            _ => Slip::Rest,
        };
        self.slip(span, slip);
    }

    fn value(&mut self, within: Within) -> End {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.text_in_quotes(quote),
            Some('[' | '{') if self.depth >= DEPTH_MAX => self.too_deep(),
            Some(bracket @ ('[' | '{')) => {
                self.depth += 1;
                let end = if bracket == '[' { self.list() } else { self.table() };
                self.depth -= 1;
                end
            }
            _ => {
                self.word(within);
                End::Closed
            }
        }
    }

    fn text_in_quotes(&mut self, quote: char) -> End {
        let (start, rest) = (self.at, self.rest());
        let triple = quote.to_string().repeat(3);
        let (opening, inner) = match rest.strip_prefix(&triple) {
            Some(inner) => (triple.as_str(), inner),
            None => (&triple[..1], rest.get(1..).unwrap_or_default()),
        };
        let is_long = opening.len() == 3;
        let mut escaped = false;
        for (place, letter) in inner.char_indices() {
            let is_end = !escaped && inner.get(place..).is_some_and(|here| here.starts_with(opening));
            if is_end {
                self.at += opening.len() * 2 + place;
                return End::Closed;
            }
            if letter == '\n' && !is_long {
                break;
            }
            if escaped && !"btnfre\"\\xuU\n\r ".contains(letter) {
                let backslash = start + opening.len() + place - 1;
                self.slip(backslash..backslash + 2, Slip::Backslash);
            }
            escaped = letter == '\\' && !escaped && quote == '"';
        }
        let line = self.rest_of_line().len();
        self.at += if is_long { rest.len() } else { line };
        self.slip(start..start + line, Slip::OpenText);
        End::Open
    }

    /// Skips spaces, line ends and notes. Whether a line ended.
    fn skip_to_item(&mut self) -> bool {
        let mut ended = false;
        loop {
            self.skip_spaces();
            match self.peek() {
                Some('\n' | '\r') => {
                    self.at += 1;
                    ended = true;
                }
                Some('#') => self.at += self.rest_of_line().len(),
                _ => return ended,
            }
        }
    }

    /// Notes that a bracket was left open, unless something else is wrong with the entry already.
    fn left_open(&mut self, start: usize, slip: fn(Option<usize>) -> Slip) -> End {
        if self.found.last().is_none_or(|found| found.entry.start != self.entry) {
            let before = (self.at < self.text.len()).then(|| self.line_of(self.at));
            self.slip(start..start + 1, slip(before));
        }
        End::Open
    }

    /// What is nested like this is no charter; the rest of the line is left alone.
    fn too_deep(&mut self) -> End {
        let start = self.at;
        self.at += self.rest_of_line().len();
        self.slip(start..start + 1, Slip::NoValueAtAll);
        End::Open
    }

    fn list(&mut self) -> End {
        let start = self.at;
        let open = |before| Slip::OpenList { before };
        self.at += 1;
        // Where the item before ends, which a comma has to follow.
        let mut item_end = None;
        loop {
            let line_ended = self.skip_to_item();
            match self.peek() {
                // Enough was found.
                Some(_) if self.found.len() >= PROBLEMS_LISTED_MAX => return End::Open,
                None => return self.left_open(start, open),
                Some('[' | 'a'..='z') if line_ended && begins_something(self.rest_of_line()) => {
                    // What begins there is read from its beginning.
                    self.back_to_line_start();
                    return self.left_open(start, open);
                }
                Some(']') => {
                    self.at += 1;
                    return End::Closed;
                }
                Some('}') => return self.left_open(start, open),
                Some(',') => {
                    if item_end.take().is_none() {
                        self.slip(self.at..self.at + 1, Slip::OneTooMany { letter: ',' });
                    }
                    self.at += 1;
                }
                Some(';') => {
                    self.slip(self.at..self.at + 1, Slip::Semicolon);
                    item_end = None;
                    self.at += 1;
                }
                Some(_) => {
                    self.comma_after(item_end);
                    if self.value(Within::List) == End::Open {
                        return End::Open;
                    }
                    item_end = Some(self.at);
                }
            }
        }
    }

    fn table(&mut self) -> End {
        let start = self.at;
        let open = |before| Slip::OpenTable { before };
        self.at += 1;
        let mut item_end = None;
        loop {
            let line_ended = self.skip_to_item();
            let goes_on = item_end.is_none() && self.peek() != Some('[');
            match self.peek() {
                None | Some(']') => return self.left_open(start, open),
                Some(_) if line_ended && !goes_on && begins_something(self.rest_of_line()) => {
                    self.back_to_line_start();
                    return self.left_open(start, open);
                }
                Some('}') => {
                    self.at += 1;
                    return End::Closed;
                }
                Some(',') => {
                    item_end = None;
                    self.at += 1;
                }
                Some(';') => {
                    self.slip(self.at..self.at + 1, Slip::Semicolon);
                    item_end = None;
                    self.at += 1;
                }
                Some(_) => {
                    self.comma_after(item_end);
                    if self.pair() == End::Open {
                        return End::Open;
                    }
                    item_end = Some(self.at);
                }
            }
        }
    }

    /// `key = value` in a table in one.
    fn pair(&mut self) -> End {
        let start = self.at;
        self.key();
        self.skip_spaces();
        if self.peek() != Some('=') || start == self.at {
            let length = self.rest_of_line().len();
            let slip = if self.peek() == Some(':') { Slip::Colon } else { Slip::NoPair };
            self.slip(start..(self.at + 1).min(self.at + length), slip);
            self.at += length;
            return End::Open;
        }
        self.at += 1;
        self.skip_spaces();
        self.value(Within::Table)
    }

    fn comma_after(&mut self, item_end: Option<usize>) {
        if let Some(end) = item_end {
            // The last letter of the item, whole.
            let last =
                self.text.get(..end).and_then(|before| before.chars().last()).map_or(1, char::len_utf8);
            self.slip(end - last..end, Slip::NoComma);
        }
    }

    /// A number, a day, true or false, or what was meant to be one.
    fn word(&mut self, within: Within) {
        let word = match within {
            Within::Entry => super::before_note(self.rest_of_line()),
            Within::List | Within::Table => {
                let rest = self.rest();
                let end = rest.find([',', ']', '}', ';', '#', '\n', '\r']).unwrap_or(rest.len());
                rest.get(..end).unwrap_or_default().trim_end()
            }
        };
        let span = self.at..self.at + word.len();
        self.at += word.len();
        if word.is_empty() {
            // Something has to be read: the line goes on with what no value begins with.
            let next = self.peek().filter(|letter| !"\r\n".contains(*letter));
            self.slip(span, Slip::NoValue);
            self.at += match next {
                Some(letter) if within != Within::Entry && letter != '}' && letter != ']' => {
                    letter.len_utf8()
                }
                _ => 0,
            };
            return;
        }
        if is_value(word) {
            return;
        }
        let slip = misread(word);
        self.slip(span, slip);
    }

    fn back_to_line_start(&mut self) {
        let before = self.text.get(..self.at).unwrap_or_default();
        self.at = before.rfind('\n').map_or(0, |end| end + 1);
    }
}
