//! Records by everything that a report tells them apart by, at once: each table of a report is a sum over this.
//!
//! One look-up for each record, and as many places as there are combinations, however many records there are.

use std::collections::{BTreeMap, HashMap};

use einsicht_access::LoggedAccess;

/// How many records, and how many accesses these stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries of the log.
    pub records: u64,
    /// The sum of their `access_count`.
    pub accesses: u64,
}

impl Tally {
    /// Counts a record.
    pub fn count(&mut self, accesses: u64) {
        self.add(Self { records: 1, accesses });
    }

    /// Counts what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.accesses = self.accesses.saturating_add(other.accesses);
    }
}

/// What a table tells records apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The service that recorded.
    Recorder,
    /// The data set that the record names as its own.
    Dataset,
    /// The declared purpose.
    Purpose,
    /// The legal basis.
    LegalBasis,
    /// The organisational unit.
    Unit,
    /// The recipient.
    Recipient,
    /// What was done.
    Operation,
    /// Human, system, AI.
    ActorKind,
    /// Granted, denied, failed.
    Outcome,
}

impl Dimension {
    /// Those whose value is a code, in the order of a key.
    const CODES: [Self; 6] =
        [Self::Recorder, Self::Dataset, Self::Purpose, Self::LegalBasis, Self::Unit, Self::Recipient];
    /// Those whose value is a number of an enumeration, likewise, behind the codes.
    const CHOICES: [Self; 3] = [Self::Operation, Self::ActorKind, Self::Outcome];
}

/// The value of a record in a dimension, in the order of tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A number of an enumeration.
    Choice(i32),
    /// A code, its bytes as logged.
    Code(Vec<u8>),
    /// The record does not say.
    NotStated,
}

/// Records by all dimensions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cube {
    places: HashMap<Box<[u8]>, Tally>,
    /// A key while it is looked up: known ones cost no memory of their own.
    key: Vec<u8>,
}

impl Cube {
    /// Counts a record.
    pub fn count(&mut self, access: &LoggedAccess<'_>, recorder: &[u8]) {
        self.key.clear();
        let codes = [
            Some(recorder).filter(|recorder| !recorder.is_empty()),
            access.dataset(),
            access.purpose(),
            access.legal_basis(),
            access.unit(),
            access.recipient(),
        ];
        for code in codes {
            append(&mut self.key, code.unwrap_or_default());
        }
        for choice in [access.operation(), access.actor_kind(), access.outcome()] {
            self.key.extend_from_slice(&choice.to_be_bytes());
        }
        match self.places.get_mut(&*self.key) {
            Some(tally) => tally.count(access.access_count()),
            None => {
                let tally = Tally { records: 1, accesses: access.access_count() };
                self.places.insert((&*self.key).into(), tally);
            }
        }
    }

    /// Counts what was counted elsewhere.
    pub fn merge(&mut self, other: Self) {
        for (key, tally) in other.places {
            self.places.entry(key).or_default().add(tally);
        }
    }

    /// All records.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.places.values().for_each(|tally| total.add(*tally));
        total
    }

    /// Records by one dimension.
    pub fn by(&self, dimension: Dimension) -> BTreeMap<Value, Tally> {
        let mut by: BTreeMap<Value, Tally> = BTreeMap::new();
        for (key, tally) in &self.places {
            by.entry(value_of(key, dimension)).or_default().add(*tally);
        }
        by
    }

    /// Records by two dimensions.
    pub fn by_two(&self, one: Dimension, other: Dimension) -> BTreeMap<(Value, Value), Tally> {
        let mut by: BTreeMap<_, Tally> = BTreeMap::new();
        for (key, tally) in &self.places {
            by.entry((value_of(key, one), value_of(key, other))).or_default().add(*tally);
        }
        by
    }
}

/// `uint32 length ‖ code`.
fn append(key: &mut Vec<u8>, code: &[u8]) {
    // A body has less than 64 KiB.
    key.extend_from_slice(&u32::try_from(code.len()).unwrap_or(u32::MAX).to_be_bytes());
    key.extend_from_slice(code);
}

fn value_of(key: &[u8], wanted: Dimension) -> Value {
    let mut rest = key;
    for dimension in Dimension::CODES {
        let Some((length, behind)) = rest.split_first_chunk::<4>() else { return Value::NotStated };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((code, behind)) = behind.split_at_checked(length) else { return Value::NotStated };
        if dimension == wanted {
            return if code.is_empty() { Value::NotStated } else { Value::Code(code.to_vec()) };
        }
        rest = behind;
    }
    let at = Dimension::CHOICES.iter().position(|dimension| *dimension == wanted);
    let bytes = at.and_then(|at| rest.get(4 * at..)?.first_chunk::<4>());
    match bytes.map(|bytes| i32::from_be_bytes(*bytes)) {
        None | Some(0) => Value::NotStated,
        Some(number) => Value::Choice(number),
    }
}
