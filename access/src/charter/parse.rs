//! From the text of a charter to a charter, or to everything that is wrong with it.

mod activity;
pub(crate) mod keys;
mod reader;
mod rule;
mod suggest;
mod syntax;
mod told;
mod toml_version;

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use self::keys::{ACTIVITY, CHARTER, COMMITMENT, DATASET, DECLARED, ROOT};
use self::reader::{Reader, Table};
use self::toml_version::check_toml_version;
use super::problem::{Format, Problems, Reason, shown};
use super::reach::{Places, check_reach};
use super::{
    CHARTER_BYTES_MAX, Charter, CharterError, Commitment, Dataset, Declared, Index, Personal, Register,
};
use crate::limits::{COUNT_MAX, check_code};
use crate::sentence::Bilingual;

/// Longest time that data is kept, in days: a hundred years and a bit.
const DAYS_MAX: u64 = 36_600;
/// Longest name of a time zone, in bytes.
const TIME_ZONE_BYTES_MAX: usize = 64;

impl Charter {
    /// Parses a charter that somebody may have published: everything is checked that makes it one. `name` is that
    /// of its file, for errors.
    ///
    /// Not checked: whether there is such a time zone, for what the machine knows of those changes; and whether
    /// the rules say what the city meant, for which there is [`Charter::check`].
    ///
    /// # Errors
    /// [`CharterError`] with all problems in the order of the file, each with line and column.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, CharterError> {
        Self::read(name, bytes, |_, _, _| {})
    }

    /// Parses a charter that somebody writes: the same, and rules whose answer is always the same are refused. For
    /// files, and before one is published; not for what stands in a ledger, which stays a charter if later versions
    /// find more to refuse here.
    ///
    /// # Errors
    /// As [`Charter::parse`].
    pub fn check(name: &str, bytes: &[u8]) -> Result<Self, CharterError> {
        Self::read(name, bytes, |charter, places, problems| {
            check_reach(charter, places, problems);
        })
    }

    /// `advise` looks at what is a charter, and may find something wrong with it.
    pub(super) fn read(
        name: &str,
        bytes: &[u8],
        advise: impl FnOnce(&Self, &[Places], &mut Problems<'_>),
    ) -> Result<Self, CharterError> {
        let whole_file = |reason| {
            let mut problems = Problems::new("");
            problems.add(&(0..0), || reason);
            Err(problems.into_error(name))
        };
        if bytes.len() > CHARTER_BYTES_MAX {
            return whole_file(Reason::TooLong { bytes: bytes.len() });
        }
        if let Some(format) = format_of(bytes) {
            return whole_file(Reason::NoPlainText(format));
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(not_utf8(name, bytes, error.valid_up_to())),
        };
        let mut reader = Reader::new(text);
        let (root, errors) = DeTable::parse_recoverable(text);
        if let Some(first) = errors.first() {
            // What the parser refused behind its first error is often the echo of that, and what is wrong with the
            // meaning of such a file would be guessing.
            syntax::note_slips(&mut reader.problems, text, &first.span().unwrap_or(0..0), first.message());
            return Err(reader.problems.into_error(name));
        }
        check_toml_version(text, &mut reader.problems);
        let values = root.get_ref();
        let root = Table { values, span: 0..0, owner: Bilingual::fixed("eine Charta", "a charter") };
        let parsed = reader.charter(&root);
        if let Some((charter, places)) = &parsed
            && reader.problems.is_empty()
        {
            advise(charter, places, &mut reader.problems);
        }
        match parsed {
            Some((charter, _)) if reader.problems.is_empty() => Ok(charter),
            _ => Err(reader.problems.into_error(name)),
        }
    }
}

/// What a file is that is known not to be plain text.
fn format_of(bytes: &[u8]) -> Option<Format> {
    let begins_with = |start: &[u8]| bytes.starts_with(start);
    if begins_with(b"\xff\xfe") || begins_with(b"\xfe\xff") {
        return Some(Format::Utf16);
    }
    // Documents in an archive, of old word processors, and rich text.
    let is_document = [&b"PK\x03\x04"[..], b"\xd0\xcf\x11\xe0", b"{\\rtf"].into_iter().any(begins_with);
    is_document.then_some(Format::Document)
}

/// The text up to the first byte that is none says where it is.
fn not_utf8(name: &str, bytes: &[u8], offset: usize) -> CharterError {
    let text = String::from_utf8_lossy(bytes.get(..offset).unwrap_or_default());
    let mut problems = Problems::new(&text);
    problems.add(&(offset..offset), || Reason::NotUtf8 { offset });
    problems.into_error(name)
}

/// A table with an id, of a register.
struct Entry<'t> {
    table: Table<'t>,
    /// `None` if it is no code, or there already.
    id: Option<String>,
}

impl Reader<'_> {
    /// `None` only if something was noted as wrong.
    fn charter(&mut self, root: &Table<'_>) -> Option<(Charter, Vec<Places>)> {
        self.check_keys(root, ROOT);
        // Codes first: they may be used before they are declared.
        let plain = Register::PLAIN.map(|register| self.entries(root, register.table(), Some(register)));
        let datasets = self.entries(root, "dataset", Some(Register::Dataset));
        let activities = self.entries(root, "activity", Some(Register::Activity));
        let commitments = self.entries(root, "commitment", None);
        let declared = plain.map(|entries| {
            let declared = entries.into_iter().filter_map(|entry| self.declared(entry));
            declared.collect::<Vec<_>>()
        });
        let datasets: Vec<_> = datasets.into_iter().filter_map(|entry| self.dataset(entry)).collect();
        let activities: Vec<_> = activities.into_iter().filter_map(|entry| self.activity(entry)).collect();
        let (commitments, places) = self.commitments(commitments);
        let head = root
            .value("charter")
            .and_then(|value| self.table("charter", Bilingual::alike("[charter]"), value))?;
        self.check_keys(&head, CHARTER);
        let titles = self.titles(&head, "title", "title_en");
        let adopted = head.value("adopted").and_then(|value| self.day("adopted", value));
        let wording_checked =
            head.value("wording_checked").and_then(|value| self.flag("wording_checked", value));
        let charter = Charter {
            time_zone: self.time_zone(&head),
            titles: titles?,
            adopted,
            wording_checked: wording_checked.unwrap_or(false),
            declared_index: declared.each_ref().map(|all| all.iter().map(|one| one.id.as_str()).collect()),
            declared,
            dataset_index: datasets.iter().map(|dataset| dataset.id.as_str()).collect::<Index>(),
            datasets,
            activity_index: activities.iter().map(|activity| activity.id.as_str()).collect::<Index>(),
            activities,
            commitments,
        };
        Some((charter, places))
    }

    /// The tables of a register, and their codes. Commitments are in none: nothing refers to them.
    fn entries<'t>(
        &mut self,
        root: &Table<'t>,
        name: &'static str,
        register: Option<Register>,
    ) -> Vec<Entry<'t>> {
        let keys = match register {
            None => COMMITMENT,
            Some(Register::Dataset) => DATASET,
            Some(Register::Activity) => ACTIVITY,
            Some(_) => DECLARED,
        };
        let mut known = std::collections::BTreeMap::new();
        let mut entries = Vec::new();
        for mut table in self.tables(root, name) {
            let id = table.value("id");
            if let Some(DeValue::String(text)) = id.map(|id| id.get_ref())
                && check_code(text).is_ok()
            {
                table.owner = Bilingual::alike(format!("{name} '{text}'"));
                if let (Some(register), Some(DeValue::String(title))) =
                    (register, table.value("title").map(|title| title.get_ref()))
                {
                    self.codes_by_title.insert((register, title.to_string()), text.to_string());
                }
            }
            self.check_keys(&table, keys);
            let id = id.and_then(|value| Some((self.code("id", value)?, value)));
            let id = id.and_then(|(id, value)| match known.get(&id) {
                None => {
                    known.insert(id.clone(), value.span().start);
                    Some(id)
                }
                Some(first) => {
                    let help = Bilingual::fixed(
                        "zwei Dinge brauchen zwei Kurznamen, und eines nur einen Eintrag",
                        "two things need two ids, and one thing one table",
                    );
                    self.problems.add_twice(&value.span(), &format!("{name} {}", shown(&id)), *first, help);
                    None
                }
            });
            entries.push(Entry { table, id });
        }
        if let Some(register) = register {
            self.vocabulary.insert(register, known);
        }
        entries
    }

    fn declared(&mut self, Entry { table, id }: Entry<'_>) -> Option<Declared> {
        let titles = self.titles(&table, "title", "title_en");
        Some(Declared { id: id?, titles: titles? })
    }

    fn dataset(&mut self, Entry { table, id }: Entry<'_>) -> Option<Dataset> {
        let table = &table;
        let titles = self.titles(table, "title", "title_en");
        let personal =
            table.value("personal").and_then(|value| self.choice("personal", value, &Personal::NAMES));
        let purposes = self.codes(Register::Purpose, table, "purposes");
        let operations = table.value("operations").and_then(|value| {
            self.list("operations", value, |reader, item| reader.enumerated("operation", "operations", item))
        });
        let ceiling = table.value("record_ceiling");
        let keep_days = table.value("keep_days").and_then(|value| self.count("keep_days", value, DAYS_MAX));
        Some(Dataset {
            roles: self.codes(Register::Role, table, "roles"),
            recipients: self.codes(Register::Recipient, table, "recipients"),
            legal_bases: self.codes(Register::LegalBasis, table, "legal_bases"),
            units: self.codes(Register::Unit, table, "units"),
            operations,
            storage_locations: self.codes(Register::StorageLocation, table, "storage_locations"),
            record_ceiling: ceiling.and_then(|value| self.count("record_ceiling", value, COUNT_MAX)),
            keep_days: keep_days.and_then(|days| u32::try_from(days).ok()),
            retention_class: self.retention_class(table),
            sensor: table.value("sensor").and_then(|value| self.flag("sensor", value)).unwrap_or(false),
            id: id?,
            titles: titles?,
            personal: personal?,
            purposes: purposes?,
        })
    }

    fn retention_class(&mut self, table: &Table<'_>) -> Option<crate::RetentionClass> {
        let value = table.value("retention_class")?;
        let text = self.text_of("retention_class", value, TIME_ZONE_BYTES_MAX)?;
        let class = text.parse().ok();
        if class.is_none() {
            let expected = Bilingual::fixed(
                "next-year-end, oder eine Zahl von Monaten wie P12M, höchstens P1200M",
                "next-year-end, or a number of months as in P12M, at most P1200M",
            );
            self.unexpected(&value.span(), "retention_class", expected, value);
        }
        class
    }

    fn commitments(&mut self, entries: Vec<Entry<'_>>) -> (Vec<Commitment>, Vec<Places>) {
        if let Some(one_more) = entries.get(super::COMMITMENTS_MAX) {
            self.problems.add(&one_more.table.span, || Reason::TooManyCommitments);
        }
        entries.into_iter().filter_map(|entry| self.commitment(entry)).unzip()
    }

    /// The name of a zone as `Europe/Berlin`. Only its form is checked.
    fn time_zone(&mut self, head: &Table<'_>) -> Option<String> {
        let value = head.value("time_zone")?;
        let name = self.text_of("time_zone", value, TIME_ZONE_BYTES_MAX)?;
        let is_name = name.split('/').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        });
        if !is_name {
            let expected = Bilingual::fixed("ein Name wie Europe/Berlin", "a name as Europe/Berlin");
            self.unexpected(&value.span(), "time_zone", expected, value);
        }
        is_name.then_some(name)
    }

    /// The number of a name of an enumeration, of the event's field `field`.
    fn enumerated(&mut self, field: &str, key: &str, value: &reader::Value<'_>) -> Option<i32> {
        let names = crate::field::find(field).map(crate::field::Field::choices).unwrap_or_default();
        let names: Vec<(&str, i32)> = names.iter().map(String::as_str).zip(1..).collect();
        self.choice(key, value, &names)
    }
}

/// Where something stands in the text.
pub(super) type Span = Range<usize>;
