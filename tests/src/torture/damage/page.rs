//! The table of `docs/faults.md` that says who notices what, and whether it still does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::checks::{Noticed, Said, Start};

/// What the checks said to the flips of one kind of region.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Row {
    start: BTreeSet<Start>,
    fsck: BTreeSet<Said>,
    verify: BTreeSet<Said>,
}

/// The table, as written: what stands in the columns for each kind of region.
pub struct Page {
    rows: BTreeMap<String, [String; 3]>,
}

impl Row {
    /// Adds what the checks said to one more flip.
    pub fn add(&mut self, noticed: &Noticed) {
        self.start.insert(noticed.start);
        self.fsck.insert(noticed.fsck);
        self.verify.insert(noticed.verify);
    }

    /// As in the table: several words where it depends on the byte.
    fn cells(&self) -> [String; 3] {
        let starts = self.start.iter().map(|start| match start {
            Start::Refused => "refuses",
            Start::Told => "tells",
            Start::Mended => "rebuilds",
            Start::Passed => "passes",
        });
        let said = |said: &BTreeSet<Said>| {
            said.iter()
                .rev()
                .map(|said| match said {
                    Said::Sound => "passes",
                    Said::Wrong => "fails",
                    Said::CannotTell => "could not tell",
                })
                .collect::<Vec<_>>()
                .join(" or ")
        };
        [starts.collect::<Vec<_>>().join(" or "), said(&self.fsck), said(&self.verify)]
    }
}

impl Page {
    /// Reads the page.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, section) = text.split_once("## Damage at rest").expect("the section 'Damage at rest'");
        let section = section.split("\n## ").next().unwrap_or(section);
        let mut rows = BTreeMap::new();
        for line in section.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<_> =
                line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            if let [kind, start, fsck, verify] = cells.as_slice() {
                rows.insert(kind.trim_matches('`').to_owned(), [start.clone(), fsck.clone(), verify.clone()]);
            }
        }
        rows.remove("region");
        Self { rows }
    }

    /// Where the page and what was seen differ. A flip may do one of the things that the page has for its
    /// region, and no other; every region has its line, and, if this is `everything`, no line is left over.
    pub fn differences(&self, seen: &BTreeMap<String, Row>, everything: bool) -> Vec<String> {
        let mut differences = Vec::new();
        for (kind, row) in seen {
            let cells = row.cells();
            let fits = |written: &[String; 3]| {
                written.iter().zip(&cells).all(|(written, seen)| {
                    seen.split(" or ").all(|word| written.split(" or ").any(|known| known == word))
                })
            };
            if !self.rows.get(kind).is_some_and(fits) {
                let [start, fsck, verify] = cells;
                differences.push(format!("the page should say: | {kind} | {start} | {fsck} | {verify} |"));
            }
        }
        let gone = self.rows.keys().filter(|kind| everything && !seen.contains_key(*kind));
        differences.extend(gone.map(|kind| format!("the page has a region that there is not: {kind}")));
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(kind: &str, fsck: Said) -> BTreeMap<String, Row> {
        let mut row = Row::default();
        row.add(&Noticed { fsck, verify: Said::Sound, start: Start::Mended, differs: false, wrong: None });
        BTreeMap::from([(kind.to_owned(), row)])
    }

    #[test]
    fn a_page_that_says_something_else_than_was_seen_is_found() {
        let cells = |fsck: &str| ["rebuilds".to_owned(), fsck.to_owned(), "passes".to_owned()];
        let page = |fsck| Page { rows: BTreeMap::from([("log/offsets".to_owned(), cells(fsck))]) };
        let differences = |page: Page, kind, said| page.differences(&seen(kind, said), true).len();
        assert_eq!(differences(page("fails"), "log/offsets", Said::Wrong), 0);
        assert_eq!(differences(page("passes or fails"), "log/offsets", Said::Wrong), 0);
        assert_eq!(differences(page("fails"), "log/offsets", Said::Sound), 1);
        assert_eq!(
            differences(page("fails"), "log/hashes/0", Said::Wrong),
            2,
            "one line is missing, one left over"
        );
    }

    #[test]
    fn the_table_of_the_page_is_read() {
        let page = Page::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md"));
        assert_eq!(page.rows["segment header: magic"], ["refuses", "fails", "fails"]);
        assert!(page.rows.len() > 90, "{}", page.rows.len());
    }
}
