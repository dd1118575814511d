//! The derived files: offsets, hashes by level, watermark. Never trusted further than checked.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use einsicht_tlog::hash::Hash;
use einsicht_tlog::merkle::Subtree;
use einsicht_tlog::tile::{HashRange, LEVEL_MAX, TileKind, root_of_row};
use einsicht_tlog::{Frontier, Index, Size, TreeHead};

use super::file::{DataFile, Folder, read_exact_at, read_small, replace};
use super::layout::{HASHES, LOG, OFFSETS, WATERMARK, hashes_path};
use super::overhang::Overhang;
use super::tip::Growth;

/// First word and version of the watermark; another version means: rebuild.
const WATERMARK_HEADER: &str = "einsicht-derived 1";
const OFFSET_BYTES: u64 = 8;
const HASH_BYTES: u64 = Hash::BYTES as u64;

/// The open derived files. Reads may run beside the one writer.
#[derive(Clone)]
pub(super) struct Derived {
    offsets: Arc<dyn DataFile>,
    levels: Vec<Arc<dyn DataFile>>,
    sync_failed: Arc<AtomicBool>,
    /// What of the files is in memory, where the disk had no room for it.
    overhangs: Arc<[Arc<Overhang>]>,
}

impl Derived {
    /// Opens the files, and creates the missing ones empty.
    pub fn open(folder: &dyn Folder) -> io::Result<Self> {
        folder.create_folder(HASHES)?;
        let offsets = folder.open(OFFSETS, true)?;
        let levels =
            (0..=LEVEL_MAX).map(|level| folder.open(&hashes_path(level), true)).collect::<io::Result<_>>()?;
        // The name of the offsets is in the watermark's folder, and synced with it.
        folder.sync_folder(HASHES)?;
        Ok(Self { offsets, levels, sync_failed: Arc::default(), overhangs: Arc::default() })
    }

    /// Opens the files for reading only what is there; `None` if one is missing.
    pub fn open_existing(folder: &dyn Folder) -> io::Result<Option<Self>> {
        let open = |path: &str| match folder.open(path, false) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let Some(offsets) = open(OFFSETS)? else { return Ok(None) };
        let levels =
            (0..=LEVEL_MAX).map(|level| open(&hashes_path(level))).collect::<io::Result<Option<_>>>()?;
        Ok(levels.map(|levels| Self {
            offsets,
            levels,
            sync_failed: Arc::default(),
            overhangs: Arc::default(),
        }))
    }

    /// The same files, but what is written goes to memory until [`Derived::write_down`].
    pub fn in_memory(&self) -> Self {
        let files = std::iter::once(&self.offsets).chain(&self.levels);
        let overhangs: Arc<[_]> = files.map(|file| Arc::new(Overhang::new(Arc::clone(file)))).collect();
        let mut files = overhangs.iter().map(|file| Arc::clone(file) as Arc<dyn DataFile>);
        let offsets = files.next().unwrap_or_else(|| Arc::clone(&self.offsets));
        Self {
            offsets,
            levels: files.collect(),
            sync_failed: Arc::clone(&self.sync_failed),
            overhangs: Arc::clone(&overhangs),
        }
    }

    /// Whether what is written goes to memory.
    pub fn is_in_memory(&self) -> bool {
        !self.overhangs.is_empty()
    }

    /// Brings to the disk what is in memory, without syncing it. From then on the disk is written to.
    pub fn write_down(&self) -> io::Result<()> {
        self.overhangs.iter().try_for_each(|file| file.write_down())
    }

    /// Writes what the commit at `frame_position` adds, without syncing.
    pub fn write(&self, first: Index, frame_position: u64, growth: &Growth) -> io::Result<()> {
        let positions = growth.frame_offsets.iter().map(|offset| (frame_position + offset).to_be_bytes());
        self.offsets.write_all_at(&concat(positions), first.0 * OFFSET_BYTES)?;
        let leaves = concat(growth.leaf_hashes.iter().map(|hash| hash.0));
        self.level(0)?.write_all_at(&leaves, first.0 * HASH_BYTES)?;
        for (level, index, hash) in &growth.upper {
            self.level(*level)?.write_all_at(hash.as_bytes(), index * HASH_BYTES)?;
        }
        Ok(())
    }

    /// Whether what the commit adds stands in the files already.
    pub fn agrees(&self, first: Index, frame_position: u64, growth: &Growth) -> io::Result<bool> {
        let count = growth.leaf_hashes.len();
        let positions = self.positions(first, count)?;
        let expected = growth.frame_offsets.iter().map(|offset| frame_position + offset);
        let leaves = concat(growth.leaf_hashes.iter().map(|hash| hash.0));
        let mut agrees = positions.into_iter().eq(expected) && self.hashes(0, first.0, count)? == leaves;
        for (level, index, hash) in &growth.upper {
            agrees &= self.hashes(*level, *index, 1)? == hash.as_bytes();
        }
        Ok(agrees)
    }

    /// Cuts off what goes beyond `size`.
    pub fn truncate(&self, size: Size) -> io::Result<()> {
        self.offsets.set_len(size.0 * OFFSET_BYTES)?;
        for (level, file) in (0..).zip(&self.levels) {
            file.set_len(TileKind::Hashes(level).count_in(size) * HASH_BYTES)?;
        }
        Ok(())
    }

    /// Whether the files are long enough for `size`.
    pub fn reach(&self, size: Size) -> io::Result<bool> {
        let mut reach = self.offsets.byte_len()? >= size.0.saturating_mul(OFFSET_BYTES);
        for (level, file) in (0..).zip(&self.levels) {
            reach &= file.byte_len()? >= TileKind::Hashes(level).count_in(size).saturating_mul(HASH_BYTES);
        }
        Ok(reach)
    }

    /// Makes everything written so far durable. Where that failed once, what was lost then is known to
    /// nobody, and no later sync brings it back: it fails from then on.
    pub fn sync(&self) -> io::Result<()> {
        if self.sync_failed.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier sync of the derived files failed"));
        }
        let synced =
            self.offsets.sync_data().and_then(|()| self.levels.iter().try_for_each(|file| file.sync_data()));
        self.sync_failed.store(synced.is_err(), Ordering::Release);
        synced
    }

    /// Positions of the length fields of entries.
    pub fn positions(&self, first: Index, count: usize) -> io::Result<Vec<u64>> {
        let bytes = read_exact_at(&*self.offsets, first.0 * OFFSET_BYTES, count * size_of::<u64>())?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|chunk| u64::from_be_bytes(*chunk)).collect())
    }

    /// Adjacent hashes of a level, 32 bytes each.
    pub fn hashes(&self, level: u8, start: u64, count: usize) -> io::Result<Vec<u8>> {
        read_exact_at(&**self.level(level)?, start * HASH_BYTES, count * Hash::BYTES)
    }

    /// Root of a perfect subtree.
    pub fn subtree_root(&self, subtree: Subtree) -> io::Result<Hash> {
        let range = HashRange::of_subtree(subtree);
        let row = self.hashes(range.level, range.start, usize::from(range.count))?;
        root_of_row(&row).ok_or_else(|| io::Error::other("a row of hashes is not a power of two"))
    }

    /// The frontier of the first `size` entries, as these files have it.
    pub fn frontier(&self, size: Size) -> io::Result<Frontier> {
        let roots =
            Frontier::subtrees(size).map(|subtree| self.subtree_root(subtree)).collect::<io::Result<_>>()?;
        Frontier::from_roots(size, roots).map_err(io::Error::other)
    }

    fn level(&self, level: u8) -> io::Result<&Arc<dyn DataFile>> {
        self.levels.get(usize::from(level)).ok_or_else(|| io::Error::other("no such level"))
    }
}

/// Puts values of one length behind each other.
fn concat<const N: usize>(values: impl ExactSizeIterator<Item = [u8; N]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() * N);
    values.for_each(|value| bytes.extend_from_slice(&value));
    bytes
}

/// States that the derived files are durable up to `head`. The caller has synced them.
pub(super) fn write_watermark(folder: &dyn Folder, head: &TreeHead) -> io::Result<()> {
    let text = format!("{WATERMARK_HEADER}\n{}\n{}\n", head.size, head.root);
    replace(folder, WATERMARK, text.as_bytes())
}

/// Withdraws the watermark, durably, before what it speaks of is written anew; says whether there was
/// one.
pub(super) fn remove_watermark(folder: &dyn Folder) -> io::Result<bool> {
    match folder.remove(WATERMARK) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.and_then(|()| folder.sync_folder(LOG)).map(|()| true),
    }
}

/// Up to where the derived files are durable; `None` if that can't be told.
pub(super) fn read_watermark(folder: &dyn Folder) -> io::Result<Option<TreeHead>> {
    let Some(bytes) = read_small(folder, WATERMARK)? else { return Ok(None) };
    let parse = || {
        let rest = std::str::from_utf8(&bytes).ok()?.strip_prefix(WATERMARK_HEADER)?.strip_prefix('\n')?;
        let (size, root) = rest.strip_suffix('\n')?.split_once('\n')?;
        Some(TreeHead { size: Size(size.parse().ok()?), root: Hash::from_base64(root)? })
    };
    Ok(parse())
}
