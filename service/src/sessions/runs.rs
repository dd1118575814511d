//! Which numbers of a session were recorded, and where: runs of consecutive numbers that got
//! consecutive indexes, in blocks of 256 numbers.
//!
//! A block in the store, one item a run:
//!
//! ```text
//! uint8 first number in the block ‖ uint8 length − 1 ‖ uint64 index of the first, big-endian
//! ```

use std::collections::BTreeMap;

use einsicht_tlog::Index;

use super::HORIZON_NUMBERS;

/// Numbers of a block.
pub const BLOCK_NUMBERS: u64 = 256;
const RUN_BYTES: usize = 10;

/// The runs of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runs {
    blocks: BTreeMap<u64, Block>,
    count: usize,
}

/// The runs of one block, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block(Vec<Run>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Number within the block.
    first: u8,
    /// How many follow the first.
    more: u8,
    index: u64,
}

impl Runs {
    /// Notes that `sequence` was recorded as entry `index`.
    pub fn insert(&mut self, sequence: u64, index: Index) {
        let (block, number) = split(sequence);
        self.count += usize::from(self.blocks.entry(block).or_default().insert(number, index.0));
    }

    /// The entry of a number.
    #[must_use]
    pub fn find(&self, sequence: u64) -> Option<Index> {
        let (block, number) = split(sequence);
        self.blocks.get(&block)?.find(number).map(Index)
    }

    /// The highest number recorded.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        let (block, runs) = self.blocks.last_key_value()?;
        runs.0.last().map(|run| block * BLOCK_NUMBERS + u64::from(run.first) + u64::from(run.more))
    }

    /// Drops the blocks that lie wholly beyond the horizon, and returns their numbers.
    pub fn forget_below_horizon(&mut self) -> Vec<u64> {
        let lowest = (self.highest().unwrap_or(0) + 1).saturating_sub(HORIZON_NUMBERS) / BLOCK_NUMBERS;
        let kept = self.blocks.split_off(&lowest);
        let forgotten = std::mem::replace(&mut self.blocks, kept);
        self.count -= forgotten.values().map(|block| block.0.len()).sum::<usize>();
        forgotten.into_keys().collect()
    }

    /// How many runs there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Numbers of the blocks that have runs.
    pub fn block_numbers(&self) -> impl Iterator<Item = u64> {
        self.blocks.keys().copied()
    }

    /// One block, if it has runs.
    #[must_use]
    pub fn block(&self, block: u64) -> Option<&Block> {
        self.blocks.get(&block)
    }

    /// Puts a block in its place.
    pub fn set_block(&mut self, number: u64, block: Block) {
        self.count += block.0.len();
        let replaced = self.blocks.insert(number, block);
        self.count -= replaced.map_or(0, |block| block.0.len());
    }
}

impl Block {
    /// The bytes that the store keeps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = |run: &Run| [&[run.first, run.more][..], &run.index.to_be_bytes()].concat();
        self.0.iter().flat_map(bytes).collect()
    }

    /// Reads what the store kept; `None` if it is damaged.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (items, []) = bytes.as_chunks::<RUN_BYTES>() else { return None };
        let runs: Vec<Run> = items
            .iter()
            .map(|&[first, more, index @ ..]| Run { first, more, index: u64::from_be_bytes(index) })
            .collect();
        let inside = runs.iter().all(|run| run.first.checked_add(run.more).is_some());
        let in_order = runs.is_sorted_by(|a, b| u16::from(a.first) + u16::from(a.more) < u16::from(b.first));
        (inside && in_order && !runs.is_empty()).then_some(Self(runs))
    }

    fn find(&self, number: u8) -> Option<u64> {
        let before = self.0.partition_point(|run| run.first <= number);
        let run = self.0.get(before.checked_sub(1)?)?;
        let step = number - run.first;
        (step <= run.more).then(|| run.index + u64::from(step))
    }

    /// Returns whether that took another run.
    fn insert(&mut self, number: u8, index: u64) -> bool {
        let position = self.0.partition_point(|run| run.first <= number);
        if let Some(run) = position.checked_sub(1).and_then(|before| self.0.get_mut(before)) {
            let step = number - run.first;
            if step <= run.more {
                return false;
            }
            if step == run.more + 1 && index == run.index + u64::from(step) {
                run.more = step;
                return false;
            }
        }
        self.0.insert(position, Run { first: number, more: 0, index });
        true
    }
}

fn split(sequence: u64) -> (u64, u8) {
    let [.., number] = sequence.to_be_bytes();
    (sequence / BLOCK_NUMBERS, number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn runs_say_what_a_map_says(steps in proptest::collection::vec((0_u64..800, 0_u64..3), 1..200)) {
            let (mut runs, mut map) = (Runs::default(), HashMap::new());
            let mut index = 0;
            for (start, length) in steps {
                for sequence in start..=start + length {
                    if let std::collections::hash_map::Entry::Vacant(entry) = map.entry(sequence) {
                        entry.insert(Index(index));
                        runs.insert(sequence, Index(index));
                    }
                    index += 1;
                }
            }
            prop_assert_eq!(runs.highest(), map.keys().max().copied());
            prop_assert_eq!(runs.count(), runs.blocks.values().map(|block| block.0.len()).sum::<usize>());
            for sequence in 0..1024 {
                prop_assert_eq!(runs.find(sequence), map.get(&sequence).copied());
            }
            for block in 0..4 {
                if let Some(found) = runs.block(block) {
                    prop_assert_eq!(Block::parse(&found.to_bytes()), Some(found.clone()));
                }
            }
        }

        #[test]
        fn damaged_blocks_are_refused_or_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some(block) = Block::parse(&bytes) {
                prop_assert_eq!(block.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn numbers_in_order_take_one_run_a_block() {
        let mut runs = Runs::default();
        (0..256).for_each(|number| runs.insert(number, Index(number + 7)));
        assert_eq!(runs.block(0).unwrap().to_bytes(), [0, 255, 0, 0, 0, 0, 0, 0, 0, 7]);
    }
}
