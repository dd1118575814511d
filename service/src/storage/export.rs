//! Writes a log as the plain files of C2SP tlog-tiles, for any web server.
//!
//! ```text
//! checkpoint
//! tile/<L>/<N>[.p/<W>]
//! tile/entries/<N>[.p/<W>]      where entries are public
//! ```
//!
//! Every file is written beside its place, synced and renamed; the checkpoint last, when the names of all
//! that it promises are durable. So a reader who has a checkpoint finds its tiles, and after a crash the
//! folder is what its checkpoint says, with some files more.
//!
//! The next run goes on from there: chain and tree are taken up from the exported tiles, the segments are
//! read from that entry on, and what comes out must have the signed root. That proves old and new.
//!
//! Partial tiles that were superseded by a full one stay until the run after that: readers with an older
//! checkpoint still ask for them, and the specification has readers fall back to the full tile later.
//! While a tile is not full, all its partial ones stay.

mod rows;

use std::collections::BTreeSet;
use std::io;

use einsicht_tlog::tile::{LEVEL_MAX, TILE_WIDTH, Tile, TileKind};
use einsicht_tlog::{Checkpoint, Origin, Size, TreeHead, VerifierKey};

use self::rows::{Content, Rows};
use super::copy::{CopyError, read_published};
use super::file::{Folder, read_small, replace};
use super::frames::{FrameReader, Next};
use super::listing::{Listed, list_segments};
use super::open::OpenError;
use super::replay::{Problem, apply, follows};
use super::segments::HEADER_BYTES;
use super::tip::Tip;

/// Path of the checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// How many tiles are looked back for partial ones to remove. A run that adds more tiles than this may
/// leave one behind; that is less than it adds.
const TILES_BACK: u64 = 16;

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Exporting<'e> {
    /// The ledger.
    pub origin: &'e Origin,
    /// The keys that sign its checkpoints.
    pub keys: &'e [VerifierKey],
    /// Whether the entries are written, too, and not only their hashes.
    pub entries: bool,
    /// Whether everything is compared again, not only what is new.
    pub everything: bool,
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Size and root of what is there now.
    pub head: TreeHead,
    /// How many entries were there before.
    pub had: Size,
    /// How many files were written.
    pub files: u64,
}

/// Exports a log as far as its checkpoint says, or what is new of it. Durable when it returns. Nobody
/// else may write to `target`. `progress` is told how many entries are done.
///
/// # Errors
/// [`CopyError`], in which "the copy" is what is exported. The target is then no worse than before.
pub fn export(
    source: &dyn Folder,
    target: &dyn Folder,
    what: Exporting<'_>,
    progress: &mut dyn FnMut(Size),
) -> Result<Exported, CopyError> {
    // Before the segments are looked at, so that they hold at least what it covers.
    let (note, head) = read_published(source, what.origin, what.keys)?;
    let sources = list_segments(source, what.origin.hash()).map_err(CopyError::Source)?.segments;
    let had = exported_head(target, what)?;
    if had.size > head.size {
        return Err(CopyError::KnowsMore { held: had.size, found: head.size });
    }
    let failed = |error| CopyError::Target(OpenError::io("tile", error));
    let resumed = match what.everything || had.size == Size(0) {
        true => None,
        false => Rows::resume(target, had, what.entries).map_err(failed)?,
    };
    let resumes = resumed.is_some();
    let (mut rows, tip) = resumed.unwrap_or_else(|| (Rows::new(), Tip::start(what.origin.hash())));
    if !resumes && had.size > Size(0) {
        // Nothing that was promised is written over before the log has shown that it promises the same.
        let tip = tip.clone();
        Walk { tip, had, head: had, unproven: false, progress: &mut *progress }
            .run(&sources, &mut |_, _| Ok(()))?;
    }
    let mut site = Site { target, touched: BTreeSet::new(), files: 0 };
    let mut walk = Walk { tip, had, head, unproven: resumes, progress };
    walk.run(&sources, &mut |frame, growth| {
        let entries = what.entries.then_some(frame);
        rows.add(growth, entries, &mut |content| site.put(content))
    })?;
    rows.partial().try_for_each(|content| site.put(content))?;
    site.sync().map_err(CopyError::Target)?;
    let failed = |error| CopyError::Target(OpenError::io(CHECKPOINT, error));
    if read_small(target, CHECKPOINT).map_err(failed)?.as_ref() != Some(&note) {
        replace(target, CHECKPOINT, &note).map_err(failed)?;
    }
    let Site { files, .. } = site;
    remove_superseded(target, had.size).map_err(|error| CopyError::Target(OpenError::io("tile", error)))?;
    Ok(Exported { head, had: had.size, files })
}

/// What was exported before; an empty tree if nothing was.
fn exported_head(target: &dyn Folder, what: Exporting<'_>) -> Result<TreeHead, CopyError> {
    let failed = |error| CopyError::Target(OpenError::io(CHECKPOINT, error));
    let Some(note) = read_small(target, CHECKPOINT).map_err(failed)? else {
        return Ok(Tip::start(what.origin.hash()).head());
    };
    let opened = Checkpoint::open(&note, what.origin.as_str(), what.keys);
    let reason = |error| CopyError::AnotherLedger { reason: format!("{CHECKPOINT}: {error}") };
    Ok(opened.map_err(reason)?.head)
}

/// Goes through the commits from the end of what was exported to the checkpoint.
struct Walk<'w> {
    tip: Tip,
    had: TreeHead,
    head: TreeHead,
    /// Whether the log has not yet shown that it goes on from what was taken up.
    unproven: bool,
    progress: &'w mut dyn FnMut(Size),
}

/// Gets the entries of a commit, and what they add.
type Visit<'v> = dyn FnMut(&[u8], &super::tip::Growth) -> Result<(), CopyError> + 'v;

impl Walk<'_> {
    fn run(&mut self, sources: &[Listed], visit: &mut Visit<'_>) -> Result<(), CopyError> {
        for (position, source) in sources.iter().enumerate() {
            let next = sources.get(position + 1).map(|next| next.first);
            let done = next.is_some_and(|next| next <= self.tip.next_index());
            if done || self.tip.size() == self.head.size {
                continue;
            }
            if source.first > self.tip.next_index() {
                follows(source.first, &self.tip).map_err(|error| self.does_not_go_on(error))?;
            }
            self.segment(source, visit)?;
        }
        let found = self.tip.head();
        if found.size < self.head.size {
            let (published, found) = (self.head.size, found.size);
            return Err(self.does_not_go_on(OpenError::RolledBack { published, found }));
        }
        if found.root != self.head.root {
            let (size, expected, found) = (found.size, self.head.root, found.root);
            return Err(self.does_not_go_on(OpenError::Forked { size, expected, found }));
        }
        Ok(())
    }

    fn segment(&mut self, source: &Listed, visit: &mut Visit<'_>) -> Result<(), CopyError> {
        let unreadable = |error| CopyError::Source(source.io(error));
        let mut reader = FrameReader::new(&*source.file, HEADER_BYTES).map_err(unreadable)?;
        while self.tip.size() < self.head.size {
            let next = self.tip.next_index();
            let (offset, frame) = match reader.next().map_err(unreadable)? {
                Next::End => return Ok(()),
                Next::Frame { frame, .. } if frame.header.first < next => continue,
                Next::Frame { offset, frame, .. } => (offset, frame),
                Next::Damaged { offset, error, .. } => {
                    return Err(self.does_not_go_on(source.damaged(offset, next, error.into())));
                }
            };
            let before = self.tip.size();
            let growth = apply(&mut self.tip, &frame, &mut |_, _| {})
                .map_err(|(index, problem)| self.does_not_go_on(source.damaged(offset, index, problem)))?;
            self.unproven = false;
            let after = self.tip.head();
            // Where everything is gone through again, it must lead through what was exported.
            if before < self.had.size && after.size >= self.had.size && after != self.had {
                let reason = format!("at that size it has another root than {CHECKPOINT} of the copy");
                return Err(CopyError::AnotherHistory { held: self.had.size, reason });
            }
            if after.size > self.head.size {
                let problem = Problem::WithinCommit { size: self.head.size };
                return Err(CopyError::Source(source.damaged(offset, next, problem)));
            }
            visit(frame.entries, &growth)?;
            (self.progress)(after.size);
        }
        Ok(())
    }

    /// What does not fit right where the copy ended may be whole, and of another history.
    fn does_not_go_on(&self, error: OpenError) -> CopyError {
        match error {
            error @ OpenError::Io { .. } => CopyError::Source(error),
            error if self.unproven => {
                CopyError::AnotherHistory { held: self.had.size, reason: error.to_string() }
            }
            error => CopyError::Source(error),
        }
    }
}

/// The folder that is written.
struct Site<'s> {
    target: &'s dyn Folder,
    /// Folders with names that are new.
    touched: BTreeSet<String>,
    files: u64,
}

impl Site<'_> {
    /// Sees to it that a tile is there, with this content.
    fn put(&mut self, (tile, content): Content<'_>) -> Result<(), CopyError> {
        let path = tile.to_string();
        self.write(&path, content).map_err(|error| CopyError::Target(OpenError::io(&path, error)))
    }

    fn write(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        let folder = parent(path);
        if self.touched.insert(folder.to_owned()) {
            self.target.create_folder(folder)?;
            let above = std::iter::successors(Some(folder), |path| (!path.is_empty()).then(|| parent(path)));
            self.touched.extend(above.map(str::to_owned));
        }
        // Its name may not be durable, but its content is: it was renamed after the sync.
        if read_small(self.target, path)?.as_deref() == Some(content) {
            return Ok(());
        }
        let temporary = format!("{path}.new");
        let file = self.target.open(&temporary, true)?;
        file.set_len(0)?;
        file.write_all_at(content, 0)?;
        file.sync_data()?;
        self.target.rename(&temporary, path)?;
        self.files += 1;
        Ok(())
    }

    /// Makes all names durable.
    fn sync(&self) -> Result<(), OpenError> {
        let sync = |path: &String| self.target.sync_folder(path).map_err(|error| OpenError::io(path, error));
        self.touched.iter().try_for_each(sync)
    }
}

/// Removes the partial tiles of tiles that were full at the last run already.
fn remove_superseded(target: &dyn Folder, had: Size) -> io::Result<()> {
    for kind in (0..=LEVEL_MAX).map(TileKind::Hashes).chain([TileKind::Entries]) {
        let full = kind.count_in(had) / u64::from(TILE_WIDTH);
        for index in full.saturating_sub(TILES_BACK)..full {
            let Some(tile) = Tile::of_log(kind, index, had) else { continue };
            let folder = format!("{tile}.p");
            let names = target.list(&folder)?;
            for name in &names {
                target.remove(&format!("{folder}/{name}"))?;
            }
            if !names.is_empty() {
                target.remove_folder(&folder)?;
            }
        }
    }
    Ok(())
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
