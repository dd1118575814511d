//! Reads values out of tables of TOML, and notes everything that is not as it must be.

mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::Key;
use super::suggest::nearest;
use super::told::{A_TABLE, NONE, items_told, type_and_value};
use crate::charter::problem::{Problems, Reason, shown, shown_name};
use crate::charter::{Register, Titles};
use crate::limits::check_code;
use crate::sentence::{Bilingual, Language};

/// Longest title, source or question, in bytes.
const TITLE_BYTES_MAX: usize = 1024;
/// Most items of a list.
pub(super) const ITEMS_MAX: usize = 1000;

/// A value, and where it stands.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// A table, and what it is called in errors.
pub(super) struct Table<'t> {
    pub values: &'t DeTable<'t>,
    pub span: Range<usize>,
    pub owner: Bilingual,
}

/// Codes by register, each with the offset at which it is declared.
pub(super) type Vocabulary = BTreeMap<Register, BTreeMap<String, usize>>;

pub(super) struct Reader<'a> {
    pub problems: Problems<'a>,
    pub vocabulary: Vocabulary,
    /// Codes by register and title, for who writes the title.
    pub codes_by_title: BTreeMap<(Register, String), String>,
}

impl<'t> Table<'t> {
    pub fn value(&self, key: &str) -> Option<&'t Value<'t>> {
        self.values.get(key)
    }
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { problems: Problems::new(text), vocabulary: Vocabulary::new(), codes_by_title: BTreeMap::new() }
    }
}

impl Reader<'_> {
    /// Checks that a table has the keys that it must have, and no others.
    pub fn check_keys(&mut self, table: &Table<'_>, keys: &'static [Key]) {
        for name in table.values.keys() {
            if keys.iter().any(|key| key.name == name.get_ref()) {
                continue;
            }
            let names = || keys.iter().map(|key| key.name);
            self.problems.add(&name.span(), || Reason::UnknownKey {
                owner: table.owner.clone(),
                key: shown_name(name.get_ref()),
                suggestion: nearest(name.get_ref(), names()).map(str::to_owned),
                known: names().collect::<Vec<_>>().join(", "),
            });
        }
        for key in keys.iter().filter(|key| key.required && !table.values.contains_key(key.name)) {
            let Some(help) = key.help.clone() else { continue };
            let owner = table.owner.clone();
            self.problems.add(&table.span, || Reason::Missing { owner, key: key.name, help });
        }
    }

    /// The tables `[[name]]`, without their keys having been checked.
    pub fn tables<'t>(&mut self, root: &Table<'t>, name: &'static str) -> Vec<Table<'t>> {
        let Some(value) = root.value(name) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            let expected = Bilingual::told(|language| {
                language.pick(
                    format!("Einträge [[{name}]], mit zwei Klammern auf jeder Seite"),
                    format!("tables [[{name}]], with two brackets on either side"),
                )
            });
            self.unexpected(&value.span(), name, expected, value);
            return Vec::new();
        };
        if items.is_empty() {
            let expected = Bilingual::fixed(
                "mindestens ein Eintrag (eine leere Liste besagt nichts)",
                "at least one table (an empty list says nothing)",
            );
            self.refuse(&value.span(), name, expected, NONE);
        }
        let mut tables = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let number = position + 1;
            let owner = Bilingual::told(|language| {
                language.pick(format!("{name} Nr. {number}"), format!("{name} {number}"))
            });
            tables.extend(self.table(name, owner, item));
        }
        tables
    }

    pub fn table<'t>(&mut self, key: &str, owner: Bilingual, value: &'t Value<'t>) -> Option<Table<'t>> {
        match value.get_ref() {
            DeValue::Table(values) => Some(Table { values, span: value.span(), owner }),
            _ => {
                self.unexpected(&value.span(), key, A_TABLE, value);
                None
            }
        }
    }

    /// A line of text, under a key.
    pub fn text(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        self.text_of(key, table.value(key)?, TITLE_BYTES_MAX)
    }

    /// `title` and `title_en`, or whatever they are called.
    pub fn titles(&mut self, table: &Table<'_>, german: &str, english: &str) -> Option<Titles> {
        let english = self.text(table, english);
        Some(Titles { german: self.text(table, german)?, english })
    }

    /// A code of a register.
    pub fn code_of(&mut self, register: Register, key: &str, value: &Value<'_>) -> Option<String> {
        if let DeValue::String(title) = value.get_ref()
            && check_code(title).is_err()
            && let Some(id) = self.codes_by_title.get(&(register, title.to_string()))
        {
            let (table, title, id) = (register.table(), shown(title), id.clone());
            self.problems.add(&value.span(), || Reason::NotATitle { table, title, id });
            return None;
        }
        let code = self.code(key, value)?;
        let known = self.vocabulary.get(&register);
        if known.is_some_and(|known| known.contains_key(&code)) {
            return Some(code);
        }
        self.problems.add(&value.span(), || {
            let codes = known.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
            let suggestion = nearest(&code, codes).map(str::to_owned);
            Reason::Undeclared { table: register.table(), code: shown(&code), suggestion }
        });
        None
    }

    /// A list with at least one item and none twice.
    pub fn list<T: Ord>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        mut read: impl FnMut(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let span = value.span();
        let DeValue::Array(items) = value.get_ref() else {
            let expected = Bilingual::fixed(
                "eine Liste in eckigen Klammern, wie [\"…\"]",
                "a list in brackets, as in [\"…\"]",
            );
            self.unexpected(&span, key, expected, value);
            return None;
        };
        if !(1..=ITEMS_MAX).contains(&items.len()) {
            let expected = Bilingual::told(|language| {
                language.pick(
                    format!("eine Liste mit 1 bis {ITEMS_MAX} Werten (eine leere besagt nichts)"),
                    format!("1 to {ITEMS_MAX} items (an empty list says nothing)"),
                )
            });
            self.refuse(&span, key, expected, items_told(items.len()));
            return None;
        }
        let read: Vec<(T, &Value<'_>)> =
            items.iter().filter_map(|item| Some((read(self, item)?, item))).collect();
        // In order, those that are there twice stand side by side; the first of them is the first in the list.
        let mut sorted: Vec<&(T, &Value<'_>)> = read.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        for same in sorted.chunk_by(|(one, _), (other, _)| one == other) {
            let [(_, first), again @ ..] = same else { continue };
            for (_, item) in again {
                let name = type_and_value(item).told_in(Language::English).to_owned();
                let help = Bilingual::fixed("eines davon löschen", "remove one");
                self.problems.add_twice(&item.span(), &name, first.span().start, help);
            }
        }
        (read.len() == items.len()).then(|| read.into_iter().map(|(value, _)| value).collect())
    }

    pub fn codes(&mut self, register: Register, table: &Table<'_>, key: &str) -> Option<Vec<String>> {
        self.list(key, table.value(key)?, |reader, item| reader.code_of(register, key, item))
    }

    pub fn unexpected(&mut self, span: &Range<usize>, key: &str, expected: Bilingual, found: &Value<'_>) {
        self.refuse(span, key, expected, type_and_value(found));
    }

    pub fn refuse(&mut self, span: &Range<usize>, key: &str, expected: Bilingual, found: Bilingual) {
        self.problems.add(span, || Reason::Unexpected {
            key: shown_name(key),
            expected,
            found,
            suggestion: None,
        });
    }
}
