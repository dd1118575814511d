//! Goes through the rows of an index in order, and reads many at a time.

use std::io;

use einsicht_tlog::Index;

use super::{ROW_BYTES, Row, Rows};
use crate::storage::file::read_exact_at;

/// Rows that are read at a time by whoever goes through them.
const WALK_ROWS: u64 = 4096;

/// Goes through rows, in order.
pub(in crate::vault) struct Walk<'r> {
    rows: &'r Rows,
    /// Position of the first row in the window.
    first: u64,
    window: Vec<Row>,
    /// Where the next row lies in the window; `None` before the first question.
    next: Option<usize>,
}

impl Walk<'_> {
    /// Whether an entry has a row. Entries ascend from one question to the next.
    pub fn has(&mut self, index: Index) -> io::Result<bool> {
        Ok(self.seek(index)?.is_some_and(|row| row.index == index))
    }

    /// The next row.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        let row = self.seek(Index(0))?;
        self.next = self.next.map(|next| next + usize::from(row.is_some()));
        Ok(row)
    }

    /// The first row whose entry is `index`, or lies behind it. Entries ascend from one question to the next.
    fn seek(&mut self, index: Index) -> io::Result<Option<Row>> {
        let mut next = match self.next {
            Some(next) => next,
            None => {
                self.first = self.rows.first_at_or_behind(index)?;
                self.window = self.rows.some(self.first)?;
                0
            }
        };
        loop {
            let rest = self.window.get(next..).unwrap_or_default();
            next += rest.iter().take_while(|row| row.index < index).count();
            self.next = Some(next);
            if next < self.window.len() || self.window.is_empty() {
                return Ok(self.window.get(next).copied());
            }
            let behind = self.first + self.window.len() as u64;
            // Where that fails, the next question tries it again.
            self.window = self.rows.some(behind)?;
            (self.first, next) = (behind, 0);
        }
    }
}

impl Rows {
    /// Goes through them, for whoever looks up many entries in order.
    pub fn walk(&self) -> Walk<'_> {
        Walk { rows: self, first: 0, window: Vec::new(), next: None }
    }

    /// Rows from a position on: some, or none at the end.
    fn some(&self, position: u64) -> io::Result<Vec<Row>> {
        let in_file = self.in_file.saturating_sub(position).min(WALK_ROWS);
        if in_file == 0 {
            let pending = usize::try_from(position.saturating_sub(self.in_file)).map_err(io::Error::other)?;
            return Ok(self.pending.get(pending..).unwrap_or_default().to_vec());
        }
        let bytes = usize::try_from(in_file * ROW_BYTES).map_err(io::Error::other)?;
        let file = self.file.as_ref().ok_or(io::ErrorKind::UnexpectedEof)?;
        let bytes = read_exact_at(&**file, position * ROW_BYTES, bytes)?;
        Ok(bytes.as_chunks::<16>().0.iter().map(Row::parse).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::file::Folder as _;
    use crate::storage::memory::MemoryFolder;

    fn row(number: u64) -> Row {
        Row { index: Index(number * 3), offset: 100 + number * 1000 }
    }

    #[test]
    fn who_walks_finds_what_who_looks_up_finds() {
        let folder = MemoryFolder::default();
        let mut rows = Rows::open(folder.open("index", true).unwrap(), Index(0)).unwrap();
        (0..10_000).for_each(|number| rows.push(row(number)));
        assert!(!rows.pending.is_empty() && rows.in_file > WALK_ROWS);
        for (from, step) in [(0, 1), (5, 2), (14_000, 7), (29_990, 1), (40_000, 1)] {
            let mut walk = rows.walk();
            for index in (from..30_010).step_by(step).map(Index) {
                assert_eq!(walk.has(index).unwrap(), rows.find(index).unwrap().is_some(), "{index}");
            }
        }
        assert!(!Rows::in_memory().walk().has(Index(0)).unwrap());
    }

    /// Otherwise what lies in between would seem to be missing.
    #[test]
    fn rows_that_could_not_be_read_are_not_passed_over() {
        let folder = MemoryFolder::default();
        let mut rows = Rows::open(folder.open("index", true).unwrap(), Index(0)).unwrap();
        (0..4 * WALK_ROWS).for_each(|number| rows.push(row(number)));
        let mut walk = rows.walk();
        assert!(walk.has(Index(3)).unwrap());
        folder.break_file("index");
        for _ in 0..3 {
            assert!(walk.has(Index(3 * WALK_ROWS + 3)).is_err());
        }
        folder.mend("index");
        assert!(walk.has(Index(3 * WALK_ROWS + 3)).unwrap());
    }
}
