//! The growing end of the log: chain, tree, and what a commit adds to the derived files.

use einsicht_tlog::leaf::{ChainError, Link};
use einsicht_tlog::tile::TILE_HEIGHT;
use einsicht_tlog::{Frontier, Hash, Index, Leaf, RecordedAt, Size, TreeHead};

/// Where the log stands. Whoever reads entries moves it with [`Tip::admit`]; the live path, where chain
/// and tree are in different hands, does the same in two steps: [`Link::follow`], then [`Tree::push`].
#[derive(Debug, Clone)]
pub struct Tip {
    tree: Tree,
    link: Link,
}

/// The tree of the log, as it grows.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    frontier: Frontier,
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

impl Tree {
    /// Appends the hash of a leaf, and notes in `growth` what the derived files gain by it above the
    /// leaf hashes.
    pub fn push(&mut self, leaf_hash: Hash, growth: &mut Vec<(u8, u64, Hash)>) {
        self.frontier.push_with(leaf_hash, |subtree, root| {
            if subtree.height > 0 && subtree.height.is_multiple_of(TILE_HEIGHT) {
                growth.push((subtree.height / TILE_HEIGHT, subtree.index, root));
            }
        });
    }

    /// How many entries it has.
    #[must_use]
    pub fn size(&self) -> Size {
        self.frontier.size()
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }
}

impl Tip {
    /// The end of an empty log.
    #[must_use]
    pub fn start(origin_hash: Hash) -> Self {
        Self { tree: Tree::default(), link: Link::start(origin_hash) }
    }

    /// The end of a log whose tree and last leaf are known.
    #[must_use]
    pub fn resume(frontier: Frontier, link: Link) -> Self {
        Self { tree: Tree { frontier }, link }
    }

    /// Chain and tree, for those who go on with one of them each.
    #[must_use]
    pub fn into_parts(self) -> (Link, Tree) {
        (self.link, self.tree)
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
        self.tree.push(hash, &mut growth.upper);
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
        self.tree.size()
    }

    /// The index that the next entry gets.
    #[must_use]
    pub fn next_index(&self) -> Index {
        self.size().next_index()
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.tree.head()
    }
}
