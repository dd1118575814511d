//! The growing end of the log: chain, tree, and what a commit adds to the derived files.

use einsicht_tlog::leaf::{ChainError, Link};
use einsicht_tlog::tile::TILE_HEIGHT;
use einsicht_tlog::{Frontier, Hash, Index, Leaf, RecordedAt, Size, TreeHead};

/// Where the log stands. The live path and recovery both move it with [`Tip::admit`] only.
#[derive(Debug, Clone)]
pub struct Tip {
    frontier: Frontier,
    link: Link,
}

/// What one commit adds to the derived files.
#[derive(Debug, Default)]
pub struct Growth {
    /// Leaf hash of each entry, in order.
    pub leaf_hashes: Vec<Hash>,
    /// Roots of completed subtrees of heights 8, 16, …: level, position in the level, hash.
    pub upper: Vec<(u8, u64, Hash)>,
    /// Where the length field of each entry stands in its frame.
    pub frame_offsets: Vec<u64>,
}

impl Tip {
    /// The end of an empty log.
    #[must_use]
    pub fn start(origin_hash: Hash) -> Self {
        Self { frontier: Frontier::new(), link: Link::start(origin_hash) }
    }

    /// The end of a log whose tree and last leaf are known.
    #[must_use]
    pub fn resume(frontier: Frontier, link: Link) -> Self {
        Self { frontier, link }
    }

    /// Checks that a leaf continues chain and time, appends it to the tree, and notes in `growth`
    /// what the derived files gain. Returns the parts of the leaf.
    ///
    /// # Errors
    /// [`ChainError`]; nothing has changed then.
    pub fn admit<'a>(
        &mut self,
        leaf: &'a [u8],
        frame_offset: u64,
        growth: &mut Growth,
    ) -> Result<Leaf<'a>, ChainError> {
        let (parts, hash) = self.link.follow(leaf)?;
        growth.leaf_hashes.push(hash);
        growth.frame_offsets.push(frame_offset);
        self.frontier.push_with(hash, |subtree, root| {
            if subtree.height > 0 && subtree.height.is_multiple_of(TILE_HEIGHT) {
                growth.upper.push((subtree.height / TILE_HEIGHT, subtree.index, root));
            }
        });
        Ok(parts)
    }

    /// `previous` of the next leaf.
    #[must_use]
    pub fn previous(&self) -> Hash {
        self.link.previous
    }

    /// The time of the last entry.
    #[must_use]
    pub fn recorded_at(&self) -> RecordedAt {
        self.link.not_before
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> Size {
        self.frontier.size()
    }

    /// The index that the next entry gets.
    #[must_use]
    pub fn next_index(&self) -> Index {
        self.size().next_index()
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }
}
