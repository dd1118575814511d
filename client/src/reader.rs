//! Verified reading: single entries, lists, receipts. Every entry that comes out of here was proven
//! to stand in its place under a signed checkpoint; the rest of the ledger is not read.
//!
//! Not checked, because that takes reading everything ([`crate::audit`]): the chain, that time does
//! not run backwards, and the entries that nobody asked for.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::{ProofPlan, verify_inclusion};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::tile::{TILE_WIDTH, Tile, TileKind};
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, TreeHead};
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::Trust;
use crate::finding::{Fault, Finding};
use crate::newest::newest;
use crate::source::Source;
use crate::trust::TrustError;
use crate::verify_error::VerifyError;

mod entry;
mod tiles;

pub use entry::Entry;
use tiles::VerifiedTiles;

/// Bundles that are fetched ahead when a list is read.
const BUNDLES_AHEAD: usize = 8;
/// Bundles kept for the next entry nearby.
const BUNDLES_MAX: usize = 16;
/// How often opening starts over because others verified a newer checkpoint meanwhile.
const ATTEMPTS_MAX: usize = 5;

/// Reads a ledger under one verified checkpoint. Clones share what they fetched.
#[derive(Clone)]
pub struct Reader {
    inner: Arc<Inner>,
}

struct Inner {
    source: Source,
    trust: Trust,
    head: TreeHead,
    checkpoint: Vec<u8>,
    tiles: VerifiedTiles,
    bundles: Mutex<VecDeque<Arc<Bundle>>>,
}

struct Bundle {
    index: u64,
    entries: Vec<Entry>,
}

/// In which order entries are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By index.
    OldestFirst,
    /// By falling index.
    NewestFirst,
}

impl Reader {
    /// Takes the newest checkpoint of the ledger, and verifies that it is signed and that it extends
    /// the one verified before; it is believed afterwards.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn open(source: Source, trust: Trust) -> Result<Self, VerifyError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let target = newest(&source, &trust).await?;
            let head = target.head();
            let tiles = VerifiedTiles::open(source.clone(), head).await?;
            if let Some(needed) = &target.needed {
                let beginning = tiles.root_at(needed.old.size).await?;
                match trust.link_recomputed(needed, beginning) {
                    Err(TrustError::Overtaken { .. }) if attempts < ATTEMPTS_MAX => continue,
                    linked => linked?,
                };
            }
            let checkpoint = target.signed.note;
            let inner = Inner { source, trust, head, checkpoint, tiles, bundles: Mutex::default() };
            return Ok(Self { inner: Arc::new(inner) });
        }
    }

    /// Size and root under which everything is verified.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.inner.head
    }

    /// The signed checkpoint that states them, verbatim.
    #[must_use]
    pub fn checkpoint(&self) -> &[u8] {
        &self.inner.checkpoint
    }

    /// One entry.
    ///
    /// # Errors
    /// [`VerifyError`]; [`VerifyError::NoEntry`] if the checkpoint does not cover it.
    pub async fn entry(&self, index: Index) -> Result<Entry, VerifyError> {
        let size = self.inner.head.size;
        let absent = || VerifyError::NoEntry { index: index.0, size: size.0 };
        if !size.contains(index) {
            return Err(absent());
        }
        let bundle = self.bundle(index.0 / u64::from(TILE_WIDTH)).await?;
        bundle.entries.iter().find(|entry| entry.index == index).cloned().ok_or_else(absent)
    }

    /// The entries of a range, as far as the checkpoint covers them; fetched ahead. Ends after the
    /// first error.
    #[must_use]
    pub fn entries(
        &self,
        range: Range<Index>,
        order: Order,
    ) -> BoxStream<'static, Result<Entry, VerifyError>> {
        let end = range.end.0.min(self.inner.head.size.0);
        let range = range.start.0.min(end)..end;
        let width = u64::from(TILE_WIDTH);
        let (first, last) = (range.start / width, range.end.div_ceil(width));
        let count = last - first;
        let reader = self.clone();
        let fetches = stream::iter(0..count).map(move |position| {
            let index = if order == Order::OldestFirst { first + position } else { last - 1 - position };
            let reader = reader.clone();
            async move { reader.bundle(index).await }
        });
        let entries = fetches.buffered(BUNDLES_AHEAD).map_ok(move |bundle| {
            let wanted = bundle.entries.iter().filter(|entry| range.contains(&entry.index.0));
            let mut wanted: Vec<_> = wanted.cloned().map(Ok).collect();
            if order == Order::NewestFirst {
                wanted.reverse();
            }
            stream::iter(wanted)
        });
        let until_error = |failed: &mut bool, entry: Result<Entry, VerifyError>| {
            let before = std::mem::replace(failed, entry.is_err());
            std::future::ready((!before).then_some(entry))
        };
        entries.try_flatten().scan(false, until_error).boxed()
    }

    /// The first entry recorded at `time` or later; the size of the ledger if there is none.
    ///
    /// Takes for granted that time does not run backwards, which an audit verifies.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn first_index_at_or_after(&self, time: RecordedAt) -> Result<Index, VerifyError> {
        let (mut low, mut high) = (0, self.inner.head.size.0);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(Index(middle)).await?.recorded_at < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(Index(low))
    }

    /// The receipt of an entry: leaf, inclusion proof and checkpoint in one file.
    ///
    /// # Errors
    /// [`VerifyError`]; [`VerifyError::NoEntry`] if the checkpoint does not cover it.
    pub async fn receipt(&self, index: Index) -> Result<Receipt, VerifyError> {
        let Inner { head, tiles, .. } = &*self.inner;
        let entry = self.entry(index).await?;
        let no_entry = |_| VerifyError::NoEntry { index: index.0, size: head.size.0 };
        let plan = ProofPlan::inclusion(index, head.size).map_err(no_entry)?;
        let fetches: Vec<_> = plan
            .subtrees()
            .map(|subtree| async move { tiles.subtree_root(subtree).await.map(|root| (subtree, root)) })
            .collect();
        let roots: HashMap<_, _> = stream::iter(fetches).buffered(BUNDLES_AHEAD).try_collect().await?;
        let proof = plan.build(|subtree| {
            let missing = || VerifyError::NoEntry { index: index.0, size: head.size.0 };
            roots.get(&subtree).copied().ok_or_else(missing)
        })?;
        verify_inclusion(&leaf_hash(&entry.leaf), index, head, &proof).map_err(|error| {
            self.finding(Fault::Tile, index, "a proof that leads to the root", error.to_string())
        })?;
        Ok(Receipt {
            leaf: Some(entry.leaf.to_vec()),
            index,
            proof,
            checkpoint: self.inner.checkpoint.clone(),
        })
    }

    /// What is believed of the ledger.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.inner.trust
    }

    async fn bundle(&self, index: u64) -> Result<Arc<Bundle>, VerifyError> {
        let known = self.bundles().iter().find(|bundle| bundle.index == index).cloned();
        if let Some(bundle) = known {
            return Ok(bundle);
        }
        let Inner { source, tiles, head, .. } = &*self.inner;
        let start = Index(index.saturating_mul(u64::from(TILE_WIDTH)));
        let no_entry = VerifyError::NoEntry { index: start.0, size: head.size.0 };
        let tile = Tile::of_log(TileKind::Entries, index, head.size).ok_or(no_entry)?;
        let fetch = async { source.bundle(tile).await.map_err(VerifyError::from) };
        let (chunk, hashes) = futures::try_join!(fetch, tiles.tile((0, index)))?;
        let (hashes, _) = hashes.as_chunks::<{ Hash::BYTES }>();
        let leaves = chunk.leaves()?;
        if leaves.len() != usize::from(tile.width()) || hashes.len() < leaves.len() {
            let expected = format!("{} entries", tile.width());
            let found = format!("{} entries, {} hashes", leaves.len(), hashes.len());
            return Err(self.finding(Fault::Bundle, start, &expected, found).into());
        }
        let entries = leaves.into_iter().zip(hashes).zip(start.0..);
        let entries = entries
            .map(|((leaf, hash), index)| self.verified(Index(index), leaf, &Hash(*hash)))
            .collect::<Result<_, Finding>>()?;
        let bundle = Arc::new(Bundle { index, entries });
        let mut bundles = self.bundles();
        bundles.push_front(bundle.clone());
        bundles.truncate(BUNDLES_MAX);
        Ok(bundle)
    }

    fn verified(&self, index: Index, leaf: Bytes, hash: &Hash) -> Result<Entry, Finding> {
        let found = leaf_hash(&leaf);
        if found != *hash {
            let expected = format!("leaf hash {}", hash.to_hex());
            return Err(self.finding(
                Fault::LeafHash,
                index,
                &expected,
                format!("leaf hash {}", found.to_hex()),
            ));
        }
        let parsed = Leaf::parse(&leaf).map_err(|error| {
            self.finding(Fault::Leaf, index, "a leaf of a known version", error.to_string())
        })?;
        Ok(Entry { index, recorded_at: parsed.recorded_at, leaf })
    }

    fn finding(&self, fault: Fault, index: Index, expected: &str, found: String) -> Finding {
        let place = Some(self.inner.source.place().to_owned());
        Finding { fault, index: Some(index), place, expected: expected.to_owned(), found }
    }

    fn bundles(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Bundle>>> {
        // A cache: each change to it is complete.
        self.inner.bundles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
