//! Up to which entry the vault is in order: its index is on the disk, and everything is erased that the log
//! says was erased, but for what is listed. What lies behind is looked at when the ledger is opened.

use std::io;

use einsicht_tlog::{Hash, Index, Size, TreeHead};

use super::layout::WATERMARK;
use crate::storage::file::{Folder, read_small, replace};

/// First word and version; another version means: look at everything.
const HEADER: &str = "einsicht-vault 1";

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watermark {
    /// Size and root of the log then: something that was published.
    pub head: TreeHead,
    /// Entries before it that say that something was erased, where that is not done.
    pub undone: Vec<Index>,
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
        format!("{HEADER}\n{}\n{}\n{}\n{undone}", self.head.size, self.head.root, self.undone.len())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != HEADER {
            return None;
        }
        let size = Size(lines.next()?.parse().ok()?);
        let root = Hash::from_base64(lines.next()?)?;
        // Compared below: a list that was cut off is none.
        lines.next()?;
        let undone = lines.map(|line| line.parse().ok().map(Index)).collect::<Option<_>>()?;
        let watermark = Self { head: TreeHead { size, root }, undone };
        // One spelling only: whatever else stands there, it was not written by this.
        (watermark.text() == text).then_some(watermark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_only_as_a_whole() {
        let head = TreeHead { size: Size(42), root: Hash([7; 32]) };
        for undone in [vec![], vec![Index(3), Index(40)]] {
            let watermark = Watermark { head, undone };
            let text = watermark.text();
            assert_eq!(Watermark::parse(text.as_bytes()), Some(watermark));
            for cut in 0..text.len() {
                assert_eq!(Watermark::parse(&text.as_bytes()[..cut]), None, "{cut}");
            }
        }
    }
}
