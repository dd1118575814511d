//! The vault of a data folder, read as bytes and held against the entries of its log: no entry without its
//! openings, no openings without their entry, and of them is erased what an entry says, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use einsicht_access::openings::State;
use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::value::Value;
use einsicht_access::vault::record::{
    OVERWRITTEN_BYTES, RECORD_HEADER_BYTES, RecordHeader, file_header, read_overwritten, read_slot,
};
use einsicht_access::vault::{KeyName, VaultKey, WrappingKey};
use einsicht_access::{Month, Openings, RetentionClass, SealedField, read_body, read_record};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};
use einsicht_tlog::{Hash, Leaf, Origin};

use crate::folder;

/// Whether anything may lie behind the last openings that have an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing: a service has started.
    Settled,
    /// Whatever a write has left that was cut off.
    Open,
}

/// The entries of a ledger of which something is sealed.
pub struct SealedEntries {
    origin: Origin,
    entries: BTreeMap<u64, SealedEntry>,
}

/// An entry of which something is sealed.
struct SealedEntry {
    leaf_hash: Hash,
    month: Month,
    body: EntryBody,
}

/// What an entry says was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureSaid {
    /// The entry whose values they were.
    pub target: u64,
    /// The values.
    pub fields: BTreeSet<SealedField>,
}

/// A file of openings.
struct OpeningsFile {
    month: Month,
    class: RetentionClass,
    key: VaultKey,
    bytes: Vec<u8>,
    records: Vec<Record>,
    /// Where the last record ends that can be read one after the other.
    end: usize,
}

#[derive(Clone)]
struct Record {
    header: RecordHeader,
    slot: Range<usize>,
}

impl SealedEntries {
    /// Of a new ledger.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self { origin: Origin::parse(origin).unwrap(), entries: BTreeMap::new() }
    }

    /// Notes an entry, if anything of it is sealed.
    pub fn note(&mut self, index: u64, leaf: &[u8], leaf_hash: Hash) {
        let leaf = Leaf::parse(leaf).unwrap();
        let body = read_body(leaf.body).unwrap();
        if nonce_of(&body).is_some() {
            let month = Month::of_unix_s(leaf.recorded_at.0);
            self.entries.insert(index, SealedEntry { leaf_hash, month, body });
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Those that are accesses whose records are not hidden as a whole.
    pub fn accesses(&self) -> impl Iterator<Item = u64> {
        let is_access = |entry: &SealedEntry| match &entry.body.content {
            Some(Content::Access(record)) => record.confidential_seal.is_none(),
            _ => false,
        };
        self.entries.iter().filter(move |(_, entry)| is_access(entry)).map(|(index, _)| *index)
    }

    /// Reads every byte of the vault in a data folder with its keys as `dev` keeps them: each of these entries has
    /// openings that make its seals, nothing else has any, and what is erased is what entries say. Returns what
    /// they say, by their indexes.
    #[must_use]
    pub fn check(&self, data: &Path, end: End) -> BTreeMap<u64, ErasureSaid> {
        let mut found = BTreeMap::new();
        for file in self.files(data) {
            file.expect_end(end, |record| self.has(&file, record));
            for record in file.records.iter().filter(|record| self.has(&file, record)) {
                let index = record.header.index.0;
                let openings = self.open(&file, record);
                openings
                    .verify(&self.entries[&index].body)
                    .unwrap_or_else(|error| panic!("entry {index}: {error}"));
                assert!(found.insert(index, openings).is_none(), "two openings of entry {index}");
            }
        }
        let without = self.entries.keys().find(|index| !found.contains_key(*index));
        assert_eq!(without, None, "AN ENTRY WITHOUT ITS OPENINGS, of {}", self.entries.len());
        let said = self.said(&found);
        expect_erased(&found, &said);
        said
    }

    /// Which values of an entry are gone from the file, whatever lies behind the last openings in it, and by which
    /// entry each.
    #[must_use]
    pub fn erased(&self, data: &Path, index: u64) -> BTreeMap<SealedField, u64> {
        let openings = self.openings(data, index);
        openings
            .iter()
            .filter_map(|opening| match opening.state {
                State::Erased { by } => Some((opening.field, by)),
                State::Open { .. } => None,
            })
            .collect()
    }

    /// The record that a confidential entry hides.
    #[must_use]
    pub fn hidden(&self, data: &Path, index: u64) -> AccessRecord {
        match self.openings(data, index).state(SealedField::Confidential) {
            Some(State::Open { value, .. }) => read_record(value).unwrap(),
            _ => panic!("entry {index} hides nothing that can be read"),
        }
    }

    fn openings(&self, data: &Path, index: u64) -> Openings {
        for file in self.files(data) {
            if let Some(record) = file.records.iter().find(|record| record.header.index.0 == index) {
                return self.open(&file, record);
            }
        }
        panic!("there are no openings of entry {index}")
    }

    fn files(&self, data: &Path) -> Vec<OpeningsFile> {
        let (vault, mut files) = (data.join("vault"), Vec::new());
        let paths = if vault.exists() { folder::files(&vault) } else { Vec::new() };
        for path in paths {
            if path.file_name().is_some_and(|name| name == "openings") {
                files.push(OpeningsFile::read(data, &path, &self.origin));
            }
        }
        files
    }

    /// Whether a record is that of an entry.
    fn has(&self, file: &OpeningsFile, record: &Record) -> bool {
        let entry = self.entries.get(&record.header.index.0);
        entry.is_some_and(|entry| entry.leaf_hash == record.header.leaf_hash && entry.month == file.month)
    }

    fn open(&self, file: &OpeningsFile, record: &Record) -> Openings {
        let index = record.header.index.0;
        let place = format!("{}/{}: the openings of entry {index}", file.month, file.class);
        let sealed =
            read_slot(&file.bytes[record.slot.clone()]).unwrap_or_else(|| panic!("{place} do not check"));
        let nonce = nonce_of(&self.entries[&index].body).unwrap();
        let plain = file.key.decrypt(self.origin.as_str(), &nonce, &sealed);
        Openings::parse(&plain.unwrap_or_else(|error| panic!("{place}: {error}"))).unwrap()
    }

    /// What the erasures among the entries say, by their own openings.
    fn said(&self, found: &BTreeMap<u64, Openings>) -> BTreeMap<u64, ErasureSaid> {
        let is_erasure = |entry: &SealedEntry| matches!(entry.body.content, Some(Content::Erasure(_)));
        let erasures = self.entries.iter().filter(|(_, entry)| is_erasure(entry));
        let said = erasures.map(|(by, _)| {
            let Some(State::Open { value, .. }) = found[by].state(SealedField::Statement) else {
                panic!("entry {by} does not say what was erased")
            };
            let Ok(Value::Statement(statement)) = Value::read(SealedField::Statement, value) else {
                panic!("entry {by} has no statement")
            };
            let fields = statement.fields.iter().map(|number| SealedField::of_number(*number).unwrap());
            (*by, ErasureSaid { target: statement.index.unwrap(), fields: fields.collect() })
        });
        said.collect()
    }
}

/// Everything that is said to be erased is, by the entry that says so; and nothing else.
fn expect_erased(found: &BTreeMap<u64, Openings>, said: &BTreeMap<u64, ErasureSaid>) {
    let mut expected = BTreeMap::new();
    for (by, ErasureSaid { target, fields }) in said {
        for field in fields {
            let earlier = expected.insert((*target, *field), *by);
            assert_eq!(earlier, None, "{field} of entry {target} was erased twice");
        }
    }
    for (index, openings) in found {
        for opening in openings.iter() {
            let by = match opening.state {
                State::Erased { by } => Some(by),
                State::Open { .. } => None,
            };
            let expected = expected.remove(&(*index, opening.field));
            assert_eq!(
                by, expected,
                "{} of entry {index}: by which entry it is erased, and by which it was to be",
                opening.field
            );
        }
    }
    assert!(expected.is_empty(), "erased, and never sealed: {expected:?}");
}

impl OpeningsFile {
    /// Reads records as long as they follow each other; only zeros may lie between them.
    fn read(data: &Path, path: &Path, origin: &Origin) -> Self {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let class_folder = path.parent().unwrap();
        let class: RetentionClass = name(class_folder).parse().unwrap();
        let month: Month = name(class_folder.parent().unwrap()).parse().unwrap();
        let bytes = fs::read(path).unwrap();
        let header = file_header(origin.hash(), month, class);
        let key = vault_key(data, origin, month, class);
        let mut file = Self { month, class, key, bytes, records: Vec::new(), end: 0 };
        // A kill may have come before it was written.
        let start = header.len() + OVERWRITTEN_BYTES;
        let count = file.bytes.get(header.len()..start);
        if !file.bytes.starts_with(&header) || count.and_then(read_overwritten).is_none() {
            return file;
        }
        file.end = start;
        let mut at = file.end;
        while let Some(rest) = file.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if rest[0] == 0 {
                at += 1;
                continue;
            }
            let Some(header) = RecordHeader::parse(rest) else { break };
            let slot = at + RECORD_HEADER_BYTES..at + usize::try_from(header.record_bytes()).unwrap();
            if slot.end > file.bytes.len() {
                break;
            }
            at = slot.end;
            file.end = at;
            file.records.push(Record { header, slot });
        }
        file
    }

    /// Records ascend, and those that no entry has lie behind all others, if there may be any.
    fn expect_end(&self, end: End, has_entry: impl Fn(&Record) -> bool) {
        let place = format!("vault/{}/{}/openings", self.month, self.class);
        let indexes: Vec<u64> = self.records.iter().map(|record| record.header.index.0).collect();
        let with_entry = self.records.iter().take_while(|record| has_entry(record)).count();
        assert!(
            indexes[..with_entry].is_sorted_by(|one, next| one < next),
            "{place}: the records do not ascend"
        );
        let behind = &indexes[with_entry..];
        match end {
            End::Settled => {
                assert!(behind.is_empty(), "{place}: OPENINGS WITHOUT AN ENTRY: {behind:?}");
                let rest = &self.bytes[self.end..];
                assert!(rest.iter().all(|byte| *byte == 0), "{place}, byte {}: this is no record", self.end);
                assert!(self.end > 0 || self.bytes.is_empty(), "{place} does not begin as such a file does");
            }
            End::Open => {
                let mixed = self.records[with_entry..].iter().find(|record| has_entry(record));
                assert!(
                    mixed.is_none(),
                    "{place}: openings of an entry lie behind others that have none: {behind:?}"
                );
            }
        }
    }
}

/// A file is begun when its key is there already.
fn vault_key(data: &Path, origin: &Origin, month: Month, class: RetentionClass) -> VaultKey {
    let keys = data.join("keys");
    let wrapping = WrappingKey::parse(&fs::read_to_string(keys.join("wrapping.key")).unwrap()).unwrap();
    let name = KeyName::Vault(month, class);
    let wrapped = fs::read(keys.join(name.path())).unwrap_or_else(|error| panic!("{}: {error}", name.path()));
    let key = wrapping.unwrap(origin.as_str(), name, &wrapped);
    VaultKey::new(*key.unwrap_or_else(|error| panic!("{}: {error}", name.path())))
}
