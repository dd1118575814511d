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
/// What a block takes in memory besides its runs: its place in the map of blocks, which is half empty
/// at worst, and what the allocator adds.
const BLOCK_MEMORY_BYTES: usize = 96;

/// The runs of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runs {
    blocks: BTreeMap<u64, Block>,
    memory_bytes: usize,
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
    /// Notes that `count` numbers from `first` on were recorded as as many entries from `index` on.
    /// Numbers that are known stay where they are.
    pub fn insert(&mut self, first: u64, index: Index, count: u64) {
        let mut done = 0;
        while done < count {
            let (block, number) = split(first + done);
            let more = u64::from(u8::MAX - number).min(count - done - 1);
            let run =
                Run { first: number, more: u8::try_from(more).unwrap_or(u8::MAX), index: index.0 + done };
            let block = self.blocks.entry(block).or_default();
            let before = block.memory_bytes();
            block.insert(run);
            self.memory_bytes = self.memory_bytes - before + block.memory_bytes();
            done += more + 1;
        }
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
        if self.blocks.first_key_value().is_none_or(|(first, _)| *first >= lowest) {
            return Vec::new();
        }
        let kept = self.blocks.split_off(&lowest);
        let forgotten = std::mem::replace(&mut self.blocks, kept);
        self.memory_bytes -= forgotten.values().map(Block::memory_bytes).sum::<usize>();
        forgotten.into_keys().collect()
    }

    /// About how many bytes they take in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
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
        self.memory_bytes += block.memory_bytes();
        let replaced = self.blocks.insert(number, block);
        self.memory_bytes -= replaced.as_ref().map_or(0, Block::memory_bytes);
    }
}

impl Run {
    /// Whether `next` begins with the number and the entry behind the last ones here.
    fn is_continued_by(&self, next: &Self) -> bool {
        let behind = self.first.checked_add(self.more).and_then(|last| last.checked_add(1));
        behind == Some(next.first) && self.index + u64::from(self.more) + 1 == next.index
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

    /// Nothing for a block without runs: there is none in the map then. Room for runs grows by doubling,
    /// from four on.
    fn memory_bytes(&self) -> usize {
        match self.0.len() {
            0 => 0,
            runs => BLOCK_MEMORY_BYTES + runs.next_power_of_two().max(4) * size_of::<Run>(),
        }
    }

    fn find(&self, number: u8) -> Option<u64> {
        let before = self.0.partition_point(|run| run.first <= number);
        let run = self.0.get(before.checked_sub(1)?)?;
        let step = number - run.first;
        (step <= run.more).then(|| run.index + u64::from(step))
    }

    fn insert(&mut self, run: Run) {
        match self.0.last_mut() {
            Some(last) if last.is_continued_by(&run) => last.more += 1 + run.more,
            Some(last) if last.first + last.more >= run.first => {
                let numbers = (run.first..=run.first + run.more).zip(run.index..);
                numbers.for_each(|(number, index)| self.insert_number(number, index));
            }
            _ => self.0.push(run),
        }
    }

    fn insert_number(&mut self, number: u8, index: u64) {
        let position = self.0.partition_point(|run| run.first <= number);
        if let Some(run) = position.checked_sub(1).and_then(|before| self.0.get_mut(before)) {
            let step = number - run.first;
            if step <= run.more {
                return;
            }
            if step == run.more + 1 && index == run.index + u64::from(step) {
                run.more = step;
                return;
            }
        }
        self.0.insert(position, Run { first: number, more: 0, index });
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
        fn runs_say_what_a_map_says(steps in proptest::collection::vec((0_u64..800, prop_oneof![0_u64..3, 200_u64..600]), 1..200)) {
            let (mut runs, mut map) = (Runs::default(), HashMap::new());
            let mut index = 0;
            for (start, length) in steps {
                runs.insert(start, Index(index), length + 1);
                for sequence in start..=start + length {
                    map.entry(sequence).or_insert(Index(index));
                    index += 1;
                }
            }
            prop_assert_eq!(runs.highest(), map.keys().max().copied());
            prop_assert_eq!(runs.memory_bytes(), runs.blocks.values().map(Block::memory_bytes).sum::<usize>());
            for sequence in 0..1500 {
                prop_assert_eq!(runs.find(sequence), map.get(&sequence).copied());
            }
            for block in 0..6 {
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
    fn blocks_of_one_run_are_counted_with_what_they_take_besides() {
        let mut runs = Runs::default();
        runs.insert(0, Index(0), HORIZON_NUMBERS);
        let blocks = usize::try_from(HORIZON_NUMBERS / BLOCK_NUMBERS).unwrap();
        assert!(runs.memory_bytes() >= blocks * (BLOCK_MEMORY_BYTES + size_of::<Run>()));
        runs.insert(2 * HORIZON_NUMBERS, Index(2 * HORIZON_NUMBERS), 1);
        assert_eq!(runs.forget_below_horizon().len(), blocks, "all of the old ones");
        assert_eq!(runs.memory_bytes(), BLOCK_MEMORY_BYTES + 4 * size_of::<Run>(), "that of the last number");
    }

    #[test]
    fn numbers_in_order_take_one_run_a_block() {
        let mut runs = Runs::default();
        (0..256).for_each(|number| runs.insert(number, Index(number + 7), 1));
        assert_eq!(runs.block(0).unwrap().to_bytes(), [0, 255, 0, 0, 0, 0, 0, 0, 0, 7]);
        let mut at_once = Runs::default();
        at_once.insert(0, Index(7), 256);
        assert_eq!(at_once, runs);
    }
}
