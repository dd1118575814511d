//! Holds what is there against what the watermark knew: a file that is older than that was put back from a copy, and
//! brought back what was erased since.

use einsicht_access::vault::KeyName;
use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Index, Size};

use super::super::class::Covered;
use super::super::damage::Problem;
use super::super::keyring::is_there;
use super::super::layout::{class_folder, openings_path};
use super::super::watermark::{Known, State};
use super::scanned::Scanned;
use super::{Class, Recovery};

impl Recovery<'_> {
    /// Holds every month and class against what was known of it. What came back is erased again, from the first entry
    /// of the log that says so. What is less than there was before the watermark, at that size, is looked for in the log.
    pub(super) fn compare(&mut self, known: &[Known], size: Size) {
        for one in known {
            let Known { month, class, state } = *one;
            let is_other = self.found.classes.contains_key(&(month, class));
            let scanned = self.scanned.iter_mut().find(|one| (one.month, one.class) == (month, class));
            match (scanned, state) {
                (Some(file), State::File { times, covered }) => {
                    file.known_overwritten = times;
                    file.covered_end = covered.map_or(0, |covered| covered.end);
                    if may_lack(file, covered, size) {
                        self.unsure.insert(month);
                    }
                    if file.start.overwritten.is_some_and(|found| found < times) {
                        self.came_back(month, class);
                    }
                }
                (Some(_), State::Erased) => self.came_back(month, class),
                // It was erased since, or can't be read.
                (None, _) if is_other => {}
                (None, State::File { .. }) => {
                    self.unsure.insert(month);
                    self.tell(&openings_path(month, class), 0, Problem::Gone);
                }
                (None, State::Erased) => self.came_back(month, class),
            }
        }
        // It was gone when the watermark was moved.
        let is_new =
            |one: &Scanned| !known.iter().any(|known| (known.month, known.class) == (one.month, one.class));
        let back = self.scanned.iter().filter(|one| is_new(one)).find(|one| one.has_before(self.from));
        if let Some((month, class)) = back.map(|one| (one.month, one.class)) {
            self.came_back(month, class);
        }
        // What nobody can read may be less than was known.
        if self.scanned.iter().any(|file| file.start.overwritten.is_none()) {
            self.erasures_from = Size(0);
        }
    }

    fn came_back(&mut self, month: Month, class: RetentionClass) {
        tracing::warn!(
            folder = class_folder(month, class),
            "this is older than it was, so it was put back from a copy: everything is erased again that the log says \
             was erased"
        );
        self.erasures_from = Size(0);
    }

    /// Entries that erased something as a whole of which openings or a key came back.
    pub(super) fn erased_and_there(&self) -> Vec<Index> {
        let classes = &self.found.classes;
        let is_left = |month: Month| {
            let here = classes.range((month, RetentionClass::NextYearEnd)..);
            let mut here = here.take_while(|((of, _), _)| *of == month);
            here.any(|(_, class)| !matches!(class, Class::Erased { .. }))
                || self.scanned.iter().any(|one| one.month == month)
        };
        let there = classes.iter().filter_map(|(&(month, class), known)| match known {
            Class::Erased { by: Some(by), .. } => Some((month, class, *by)),
            _ => None,
        });
        // Where nobody can look, it is tried, and told if it fails.
        let has_key = |name: KeyName| is_there(self.keys, &name.path()).unwrap_or(true);
        let came_back = |month, class| {
            is_there(self.folder, &openings_path(month, class)).unwrap_or(true)
                || has_key(KeyName::Vault(month, class))
                || (!is_left(month) && has_key(KeyName::Period(month)))
        };
        there.filter(|(month, class, _)| came_back(*month, *class)).map(|(.., by)| by).collect()
    }
}

/// Whether a file may have less than it had of entries before the watermark, at that size.
fn may_lack(file: &Scanned, covered: Option<Covered>, size: Size) -> bool {
    let Some(covered) = covered else {
        // No watermark of the version before says. An empty index says nothing, and what is no record may have been one.
        return file.indexed == 0 || !file.torn.is_empty();
    };
    let has_rows = file.rows.count_before(Index(size.0)).is_ok_and(|rows| rows >= covered.rows);
    let is_as_long = file.file.byte_len().is_ok_and(|bytes| bytes >= covered.end);
    !(has_rows && is_as_long)
}
