//! What of the entries is sealed, and what of that was to be erased.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use einsicht_access::SealedField;
use einsicht_proto::v1::EraseRequest;
use rand::seq::IndexedRandom as _;

use super::Books;
use crate::torture::kill::steward::{Erased, Steward};
use crate::vault::{End, ErasureSaid, SealedEntries};

/// What is known of the vault.
pub(super) struct Kept {
    /// Entries read so far of which something is sealed.
    pub sealed: SealedEntries,
    /// Those of them that hide their record, and were not looked into yet.
    pub hidden: Vec<u64>,
    /// What was to be erased, by the entry that it is of; all of it if no field is named.
    asked: BTreeMap<u64, BTreeSet<SealedField>>,
    /// What was answered: that it is erased.
    answered: Vec<Erased>,
}

impl Kept {
    /// Of a new ledger.
    pub fn new(origin: &str) -> Self {
        let (asked, answered) = Default::default();
        Self { sealed: SealedEntries::new(origin), hidden: Vec::new(), asked, answered }
    }

    /// Reads the vault as bytes. What entries say was erased somebody wanted erased; and what was answered is
    /// there.
    fn check(&self, data: &Path, end: End) {
        let said = self.sealed.check(data, end);
        for (by, ErasureSaid { target, fields }) in &said {
            let asked = self.asked.get(target);
            let fits = asked.is_some_and(|asked| asked.is_empty() || asked == fields);
            assert!(
                fits,
                "entry {by} says that {fields:?} of entry {target} were erased, and asked for was {asked:?}"
            );
        }
        for Erased { target, by } in &self.answered {
            let found = said.iter().find(|(_, said)| said.target == *target);
            let found = found.map(|(by, _)| *by);
            let fits = found.is_some() && by.is_none_or(|by| Some(by) == found);
            assert!(
                fits,
                "LOST: that entry {by:?} erased values of entry {target} was answered; found: {found:?}"
            );
        }
    }
}

impl Books {
    /// How many entries read so far have something sealed.
    #[must_use]
    pub fn sealed(&self) -> u64 {
        self.kept.sealed.count()
    }

    /// Takes over what a steward has asked for and heard.
    pub fn take_erasures(&mut self, steward: &mut Steward) {
        for EraseRequest { index, fields, .. } in steward.asked.drain(..) {
            let fields = fields.iter().map(|name| SealedField::of_name(name).unwrap()).collect();
            self.kept.asked.insert(index, fields);
        }
        self.kept.answered.append(&mut steward.heard);
    }

    /// Entries of which nobody has wanted anything erased yet.
    #[must_use]
    pub fn targets(&mut self, most: usize) -> Vec<u64> {
        let Self { kept, random, .. } = self;
        let asked = |index: &u64| kept.asked.contains_key(index);
        let all: Vec<u64> = kept.sealed.accesses().filter(|index| !asked(index)).collect();
        all.sample(random, most).copied().collect()
    }

    /// Right after a kill, before anybody has brought the vault in order: what was answered as erased is gone
    /// from the file.
    pub fn expect_erased(&self, data: &Path) {
        for Erased { target, by } in &self.kept.answered {
            let Some(by) = by else { continue };
            let erased = self.kept.sealed.erased(data, *target);
            let asked = &self.kept.asked[target];
            let fits = if asked.is_empty() { !erased.is_empty() } else { erased.keys().eq(asked) };
            let by_it = erased.values().all(|entry| entry == by);
            assert!(fits && by_it, "entry {by} was answered, and of entry {target} is erased: {erased:?}");
        }
    }

    /// Reads the vault as bytes, and holds it to the entries that were read so far; then also the records that
    /// these hide are known.
    pub(super) fn check_vault(&mut self, data: &Path, end: End) {
        self.kept.check(data, end);
        for index in std::mem::take(&mut self.kept.hidden) {
            let record = self.kept.sealed.hidden(data, index);
            let item = (record.session, Some(record.sequence));
            let Some(event) = self.sent.remove(&(item.0.clone(), record.sequence)) else {
                panic!("entry {index} hides {item:?}, which stands there already or was never sent");
            };
            assert_eq!(record.event_id, event.event_id, "entry {index} hides another event");
            assert!(event.confidential_until_day.is_some(), "entry {index} hides what was not to be hidden");
            self.places.insert(item, index);
        }
    }
}
