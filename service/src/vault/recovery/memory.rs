//! What an earlier process wrote down about the vault.

use std::io;

use einsicht_tlog::Size;

use super::super::damage::{Damage, Problem};
use super::super::damaged;
use super::super::layout::{DAMAGED, WATERMARK, index_path, openings_path, place_of};
use super::super::scan::Piece;
use super::super::watermark::Watermark;
use super::Recovery;
use crate::storage::file::Folder;

/// What was written down. What of it can't be read is told, and taken for nothing: then everything is looked at.
pub(in crate::vault) struct Memory {
    pub watermark: Option<Watermark>,
    /// Damage that was known.
    pub damages: Vec<Damage>,
    /// What can't be read of all this.
    pub lost: Vec<Damage>,
}

impl Memory {
    pub fn read(folder: &dyn Folder) -> Self {
        let mut lost = Vec::new();
        let mut tell = |file: &str, error: &io::Error| {
            tracing::error!(file, %error, "this can't be read: the whole vault is looked at");
            lost.push(Damage { file: file.to_owned(), offset: 0, what: Problem::Unreadable });
        };
        let watermark = Watermark::read(folder).unwrap_or_else(|error| {
            tell(WATERMARK, &error);
            None
        });
        let damages = damaged::read(folder).unwrap_or_else(|error| {
            tell(DAMAGED, &error);
            Vec::new()
        });
        Self { watermark, damages, lost }
    }
}

impl Recovery<'_> {
    /// What could not be looked at by an earlier start, or is not known any more, has to be looked at as a whole.
    pub(super) fn remember(&mut self, memory: &Memory) {
        self.found.damages.extend(memory.lost.iter().cloned());
        if memory.lost.iter().any(|damage| damage.file == DAMAGED) {
            (self.from, self.openings_from, self.erasures_from) = (Size(0), Size(0), Size(0));
        }
        let unread = memory.damages.iter().filter(|damage| damage.what == Problem::Unreadable);
        for (month, class) in unread.clone().filter_map(|damage| place_of(&damage.file)) {
            self.unsure.insert(month);
            let index = class.map(|class| index_path(month, class));
            self.suspects.extend(index.filter(|path| unread.clone().any(|damage| damage.file == *path)));
        }
        let missing = memory.damages.iter().filter(|damage| matches!(damage.what, Problem::Missing(_)));
        self.lossy.extend(missing.filter_map(|damage| place_of(&damage.file)).map(|(month, _)| month));
    }

    /// Openings of entries that the log does not have are kept where an older log may have been put in its place: only a
    /// watermark tells, and this one can't be read. What was kept by an earlier start is kept.
    pub(super) fn keep_orphans(&mut self, memory: &Memory) {
        let is_unsure = memory.lost.iter().any(|damage| damage.file == WATERMARK);
        for one in &mut self.scanned {
            let file = openings_path(one.month, one.class);
            let told = |orphan: &Piece| Damage {
                file: file.clone(),
                offset: orphan.offset,
                what: Problem::NoRecord,
            };
            let is_kept = |orphan: &Piece| is_unsure || memory.damages.contains(&told(orphan));
            let (kept, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut one.orphans).into_iter().partition(is_kept);
            one.orphans = others;
            one.covered_end = kept.iter().map(|orphan| orphan.end).fold(one.covered_end, u64::max);
            self.found.damages.extend(kept.iter().map(told));
        }
    }
}
