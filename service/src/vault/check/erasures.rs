//! What entries say was erased, held against what is there: nothing is gone without an entry that says so, and nothing
//! that an entry says is gone came back, as it would with a file from an older copy.

use std::collections::{BTreeMap, BTreeSet};

use einsicht_access::openings::State;
use einsicht_access::value::Value;
use einsicht_access::{Month, Openings, RetentionClass, SealedField};
use einsicht_proto::v1::{Erasure, Statement};
use einsicht_tlog::Index;

/// A month and class.
type Key = (Month, RetentionClass);

/// What was said, and what is there, of the entries so far. Single values are known only where openings were opened.
#[derive(Default)]
pub(super) struct Erasures {
    /// Entries that say that something was erased.
    said: BTreeSet<Index>,
    /// What they say was erased as a whole.
    whole: BTreeMap<Key, Index>,
    /// What they say was erased of one entry, by their opened statements.
    single: BTreeMap<Index, (Index, BTreeSet<SealedField>)>,
    /// What is not there any more, and the entry that should say so.
    tombstones: BTreeMap<(Index, SealedField), Index>,
    /// Entries of which everything was destroyed, and the entry that should say that something of it was erased.
    destroyed: BTreeMap<Index, Index>,
    /// Entries whose openings were opened.
    opened: Bits,
}

/// One bit for each entry.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Erasures {
    /// An entry that says that something was erased.
    pub fn note(&mut self, by: Index, erasure: &Erasure) {
        self.said.insert(by);
        let month = erasure.month.as_ref().and_then(|month| month.parse().ok());
        let class = erasure.retention_class.as_ref().and_then(|class| class.parse().ok());
        self.whole.extend(month.zip(class).map(|key| (key, by)));
    }

    /// What is there of an entry. Its statement counts if it was noted before.
    ///
    /// # Errors
    /// A sentence, if the entry says that something was erased, and not what.
    pub fn opened(&mut self, index: Index, openings: &Openings) -> Result<(), String> {
        self.opened.set(index);
        for opening in openings.iter() {
            match opening.state {
                State::Erased { by } => {
                    self.tombstones.insert((index, opening.field), Index(by));
                }
                State::Open { value, .. }
                    if opening.field == SealedField::Statement && self.said.contains(&index) =>
                {
                    let meant =
                        meant(value).ok_or_else(|| format!("entry {index} does not say what was erased"))?;
                    self.single.insert(index, meant);
                }
                State::Open { .. } => {}
            }
        }
        Ok(())
    }

    /// What was stored of an entry was destroyed: it could not be read when something of it was erased. What its other
    /// values were, nobody can tell any more.
    pub fn destroyed(&mut self, index: Index, by: Index) {
        self.destroyed.insert(index, by);
    }

    /// The entry that says that a month and class was erased as a whole.
    pub fn whole(&self, key: &Key) -> Option<Index> {
        self.whole.get(key).copied()
    }

    /// Tells what is gone although no entry says so, and what is there although one says that it was erased.
    pub fn compare(&self, faults: &mut dyn FnMut(String)) {
        for ((index, field), by) in &self.tombstones {
            if !self.said.contains(by) {
                faults(format!("{field} of entry {index} is erased, but entry {by} is no erasure"));
            } else if let Some((target, fields)) = self.single.get(by)
                && !(target == index && fields.contains(field))
            {
                faults(format!(
                    "{field} of entry {index} is erased, but entry {by} says that of something else"
                ));
            }
        }
        for (index, by) in &self.destroyed {
            let of_another = self.single.get(by).is_some_and(|(target, _)| target != index);
            if !self.said.contains(by) {
                faults(format!("all values of entry {index} were destroyed, but entry {by} is no erasure"));
            } else if of_another {
                faults(format!(
                    "all values of entry {index} were destroyed, but entry {by} says that of something else"
                ));
            }
        }
        for (by, (target, fields)) in &self.single {
            // With its month, or can't be read, which is told elsewhere.
            if !self.opened.has(*target) {
                continue;
            }
            // By another entry that says the same is as good.
            for field in fields.iter().filter(|field| !self.tombstones.contains_key(&(*target, **field))) {
                faults(format!(
                    "{field} of entry {target} was erased according to entry {by}, and is there; the next start erases \
                     it again, unless it came back with a file of an older copy: then it has to be erased once more"
                ));
            }
        }
    }
}

/// The entry and the fields that a statement is about.
fn meant(value: &[u8]) -> Option<(Index, BTreeSet<SealedField>)> {
    let Ok(Value::Statement(statement)) = Value::read(SealedField::Statement, value) else { return None };
    let Statement { index, fields, .. } = &*statement;
    let fields = fields.iter().map(|number| SealedField::of_number(*number)).collect::<Option<_>>()?;
    Some((Index((*index)?), fields))
}

impl Bits {
    fn set(&mut self, index: Index) {
        let Ok(word) = usize::try_from(index.0 / 64) else { return };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (index.0 % 64);
        }
    }

    fn has(&self, index: Index) -> bool {
        let word = usize::try_from(index.0 / 64).ok().and_then(|word| self.0.get(word));
        word.is_some_and(|word| word & 1 << (index.0 % 64) != 0)
    }
}
