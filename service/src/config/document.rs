//! Reads the file: TOML into values by key, each with its line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, Reason, shown};
use super::key::{CALLER, CALLER_SETTINGS, Key, SETTINGS};
use super::said::{Problems, Said, is_in_table};
use super::suggest::nearest_key;
use super::value::{Kind, Raw, Shape, Value, type_name};

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub settings: Said,
    pub callers: Vec<CallerTable>,
}

/// One `[[caller]]`.
#[derive(Debug)]
pub(super) struct CallerTable {
    /// Which one, for people.
    pub label: String,
    pub place: Place,
    pub said: Said,
}

/// Reads a file; `None` if it is not TOML.
pub(super) fn read(text: &str, problems: &mut Problems) -> Option<Document> {
    let lines = Lines::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What else was wrong in such a file would be guessing.
        for error in errors {
            let place = error.span().map(|span| lines.place(&span));
            problems.add(place, "", Reason::Syntax(error.message().to_owned()));
        }
        return None;
    }
    let mut document = Document::default();
    let mut reader = Reader { lines: &lines, keys: SETTINGS, owner: String::new(), problems };
    for (name, value) in root.get_ref() {
        if name.get_ref() == CALLER {
            document.callers = reader.callers(value);
        } else {
            reader.entry("", name, value, &mut document.settings);
        }
    }
    Some(document)
}

struct Reader<'a> {
    lines: &'a Lines<'a>,
    keys: &'static [Key],
    /// Begins the key in a problem: whose table it is.
    owner: String,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn callers(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<CallerTable> {
        let DeValue::Array(tables) = value.get_ref() else {
            let found = type_name(value.get_ref()).to_owned();
            let reason = Reason::Unexpected {
                expected: "tables [[caller]]".to_owned(),
                found,
                advice: "write two brackets on either side, once for each caller".to_owned(),
            };
            self.refuse(&value.span(), CALLER.to_owned(), reason);
            return Vec::new();
        };
        tables.iter().enumerate().filter_map(|(i, table)| self.caller(i + 1, table)).collect()
    }

    fn caller(&mut self, number: usize, value: &Spanned<DeValue<'_>>) -> Option<CallerTable> {
        let place = self.lines.place(&value.span());
        let DeValue::Table(table) = value.get_ref() else {
            let found = type_name(value.get_ref()).to_owned();
            let reason = Reason::Unexpected { expected: "a table".to_owned(), found, advice: String::new() };
            self.refuse(&value.span(), format!("{CALLER} {number}"), reason);
            return None;
        };
        let name = table.get("name").map(Spanned::get_ref);
        let name = name.and_then(DeValue::as_str).filter(|name| Shape::Code.read(Raw::Word(name)).is_ok());
        let label = name.map_or(format!("{CALLER} {number}"), |name| format!("{CALLER} {}", shown(name)));
        let mut said = Said::default();
        let owner = format!("{label}: ");
        let mut reader =
            Reader { lines: self.lines, keys: CALLER_SETTINGS, owner, problems: &mut *self.problems };
        for (name, value) in table {
            reader.entry("", name, value, &mut said);
        }
        Some(CallerTable { label, place, said })
    }

    fn entry(
        &mut self,
        table: &str,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        said: &mut Said,
    ) {
        let path =
            if table.is_empty() { name.get_ref().to_string() } else { format!("{table}.{}", name.get_ref()) };
        let keys = self.keys;
        if let Some(key) = keys.iter().find(|key| key.name == path) {
            match self.value(key, value) {
                Some(values) => said.put(key, values, self.lines.place(&name.span())),
                None => said.refuse(key),
            }
            return;
        }
        if !keys.iter().any(|key| is_in_table(key.name, &path)) {
            return self.unknown(&path, &name.span(), said);
        }
        let DeValue::Table(inner) = value.get_ref() else {
            let found = type_name(value.get_ref()).to_owned();
            let expected = format!("a table [{path}]");
            let reason = Reason::Unexpected { expected, found, advice: String::new() };
            return self.refuse(&name.span(), path, reason);
        };
        for (name, value) in inner {
            self.entry(&path, name, value, said);
        }
    }

    fn value(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<Vec<Value>> {
        let (shape, items) = match (key.kind, value.get_ref()) {
            (Kind::One(shape), _) => (shape, std::slice::from_ref(value)),
            (Kind::Many(shape), DeValue::Array(items)) => (shape, &items[..]),
            (Kind::Many(shape), other) => {
                let reason = Reason::Unexpected {
                    expected: format!("a list, each item {shape}"),
                    found: type_name(other).to_owned(),
                    advice: "put it into brackets: [\"…\"]".to_owned(),
                };
                self.refuse(&value.span(), key.name.to_owned(), reason);
                return None;
            }
        };
        let mut values = Vec::new();
        for item in items {
            match shape.read(Raw::Toml(item.get_ref())) {
                Ok(value) => values.push(value),
                Err(reason) => self.refuse(&item.span(), key.name.to_owned(), reason),
            }
        }
        (values.len() == items.len()).then_some(values)
    }

    fn unknown(&mut self, path: &str, span: &Range<usize>, said: &mut Said) {
        if self.problems.is_full() {
            // It is only counted: what was meant is not worth finding out.
            return self.refuse(span, String::new(), Reason::Unknown { advice: String::new() });
        }
        let keys = self.keys.iter();
        let tables = self.keys.iter().map(|key| key.table_and_name().0).filter(|table| !table.is_empty());
        let candidates = keys.map(|key| key.name).chain(tables);
        let meant = match path.contains('.') || !self.owner.is_empty() {
            false => nearest_key(path, candidates.chain([CALLER])),
            true => nearest_key(path, candidates),
        };
        let advice = meant.map_or(String::new(), |meant| format!("did you mean '{meant}'?"));
        if let Some(meant) = meant {
            said.refuse_meant(self.keys, meant);
        }
        self.refuse(span, format!("'{}'", shown_name(path)), Reason::Unknown { advice });
    }

    fn refuse(&mut self, span: &Range<usize>, key: String, reason: Reason) {
        self.problems.add(Some(self.lines.place(span)), format!("{}{key}", self.owner), reason);
    }
}

fn shown_name(name: &str) -> String {
    shown(name).trim_matches('"').to_owned()
}

/// Finds lines and columns, also in a long line that somebody made to keep us busy.
struct Lines<'a> {
    text: &'a [u8],
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// Characters before each block of [`Lines::BLOCK_BYTES`].
    characters: Vec<usize>,
}

impl<'a> Lines<'a> {
    const BLOCK_BYTES: usize = 256;

    fn new(text: &'a str) -> Self {
        let text = text.as_bytes();
        let starts = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(i, _)| i + 1);
        let starts = std::iter::once(0).chain(starts).collect();
        let mut before = 0;
        let characters = text.chunks(Self::BLOCK_BYTES).map(|block| {
            let here = before;
            before += count_characters(block);
            here
        });
        let characters = characters.collect();
        Self { text, starts, characters }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let start = line.checked_sub(1).and_then(|i| self.starts.get(i)).copied().unwrap_or(0);
        let column = self.characters_before(span.start).saturating_sub(self.characters_before(start)) + 1;
        Place::File { line, column }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / Self::BLOCK_BYTES;
        let rest = self.text.get(block * Self::BLOCK_BYTES..offset).map_or(0, count_characters);
        self.characters.get(block).copied().unwrap_or(0) + rest
    }
}

/// Characters that begin in these bytes of UTF-8.
fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}
