//! Up to which entry the vault is in order: its index is on the disk, and everything is erased that the log
//! says was erased, but for what is listed. What lies behind is looked at when the ledger is opened.
//!
//! It knows, too, how often something was overwritten in each file, and which months and classes were erased. So a file
//! that somebody put back from a copy is noticed, and everything is erased again.

use std::fmt;
use std::io;

use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index, Size, TreeHead};

use super::layout::WATERMARK;
use crate::storage::file::{Folder, read_small, replace};

/// First word and version; another version means: look at everything.
const HEADER: &str = "einsicht-vault 2";

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watermark {
    /// Size and root of the log then: something that was published.
    pub head: TreeHead,
    /// Entries before it that say that something was erased, where that is not done.
    pub undone: Vec<Index>,
    /// Every month and class there was.
    pub classes: Vec<Known>,
}

/// What was known of a month and class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub month: Month,
    pub class: RetentionClass,
    pub state: State,
}

/// What there was of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A file, in which something was overwritten this often.
    Overwritten(u64),
    /// Nothing: it was erased as a whole.
    Erased,
}

impl Watermark {
    /// What the file says; `None` if there is none that can be read.
    pub fn read(folder: &dyn Folder) -> io::Result<Option<Self>> {
        Ok(read_small(folder, WATERMARK)?.as_deref().and_then(Self::parse))
    }

    /// Replaces it, durably.
    pub fn write(&self, folder: &dyn Folder) -> io::Result<()> {
        replace(folder, WATERMARK, self.text().as_bytes())
    }

    fn text(&self) -> String {
        let undone: String = self.undone.iter().map(|index| format!("{index}\n")).collect();
        let classes: String = self.classes.iter().map(|known| format!("{known}\n")).collect();
        let (undone_count, class_count) = (self.undone.len(), self.classes.len());
        let TreeHead { size, root } = self.head;
        format!("{HEADER}\n{size}\n{root}\n{undone_count}\n{undone}{class_count}\n{classes}")
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != HEADER {
            return None;
        }
        let size = Size(lines.next()?.parse().ok()?);
        let root = Hash::from_base64(lines.next()?)?;
        let undone_count = lines.next()?.parse().ok()?;
        let undone: Option<_> =
            lines.by_ref().take(undone_count).map(|line| line.parse().ok().map(Index)).collect();
        // Compared below: a list that was cut off is none.
        lines.next()?;
        let classes = lines.map(Known::parse).collect::<Option<_>>()?;
        let watermark = Self { head: TreeHead { size, root }, undone: undone?, classes };
        // One spelling only: whatever else stands there, it was not written by this.
        (watermark.text() == text).then_some(watermark)
    }
}

impl Known {
    fn parse(line: &str) -> Option<Self> {
        let (place, state) = line.split_once(' ')?;
        let (month, class) = place.split_once('/')?;
        let state = match state {
            "erased" => State::Erased,
            times => State::Overwritten(times.parse().ok()?),
        };
        Some(Self { month: month.parse().ok()?, class: class.parse().ok()?, state })
    }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { month, class, state } = self;
        match state {
            State::Overwritten(times) => write!(formatter, "{month}/{class} {times}"),
            State::Erased => write!(formatter, "{month}/{class} erased"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_only_as_a_whole() {
        let head = TreeHead { size: Size(42), root: Hash([7; 32]) };
        let known = |month: &str, class: &str, state| Known {
            month: month.parse().unwrap(),
            class: class.parse().unwrap(),
            state,
        };
        let classes = [
            known("2026-10", "P12M", State::Erased),
            known("2026-11", "next-year-end", State::Overwritten(0)),
            known("2026-11", "P12M", State::Overwritten(17)),
        ];
        for undone in [vec![], vec![Index(3), Index(40)]] {
            for count in 0..=classes.len() {
                let classes = classes[..count].to_vec();
                let watermark = Watermark { head, undone: undone.clone(), classes };
                let text = watermark.text();
                assert_eq!(Watermark::parse(text.as_bytes()), Some(watermark));
                for cut in 0..text.len() {
                    assert_eq!(Watermark::parse(&text.as_bytes()[..cut]), None, "{cut}");
                }
            }
        }
    }
}
