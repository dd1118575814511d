//! What a loss of power leaves of what was not synced.

use super::Choice;

/// What is left of one change.
pub(super) enum Left {
    /// So many of its parts, from the first on: none, some, or all.
    First(usize),
    /// The sectors of a write that the disk had got to, and perhaps the length that the file would have.
    Sectors { kept: Sectors, with_length: bool },
    /// The length that the file would have, and nothing of what was written: zeros, or what was there.
    Length,
}

/// A set of sectors, drawn from a seed.
pub(super) struct Sectors(u64);

impl Sectors {
    pub fn contains(&self, sector: usize) -> bool {
        mix(self.0 ^ mix(sector as u64)).is_multiple_of(2)
    }
}

/// Decides what a loss of power leaves.
pub(super) struct Dice {
    choice: Choice,
    state: u64,
    /// Of 16 changes, how many are kept: some losses take nearly everything, some nearly nothing.
    kept_of_16: u64,
    /// What becomes of all changes of the file that is looked at, if they share their fate.
    whole_file: Option<bool>,
    /// The one file that loses what it held.
    lost_file: Option<usize>,
    /// Whether that one is looked at.
    is_lost_file: bool,
}

impl Dice {
    /// `changed` are the numbers of the files with something unsynced.
    pub fn new(choice: Choice, changed: &[usize]) -> Self {
        let state = if let Choice::Random(seed) = choice { seed } else { 0 };
        let lost_file = match choice {
            Choice::OneLost(nth) if !changed.is_empty() => Some(changed[nth % changed.len()]),
            _ => None,
        };
        let mut dice =
            Self { choice, state, kept_of_16: 0, whole_file: None, lost_file, is_lost_file: false };
        dice.kept_of_16 = 1 + dice.next() % 15;
        dice
    }

    /// Whether a change of names has happened.
    pub fn keeps_name(&mut self) -> bool {
        match self.choice {
            Choice::AllLost => false,
            Choice::AllKept | Choice::Lengths | Choice::Newest | Choice::OneLost(_) => true,
            Choice::Random(_) => self.next() % 16 < self.kept_of_16,
        }
    }

    /// Looks at the next file: one may be written back, and another not.
    pub fn next_file(&mut self, number: usize) {
        self.is_lost_file = self.lost_file == Some(number);
        self.whole_file = match self.next() % 4 {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        };
    }

    /// What is left of a change of contents with so many parts.
    pub fn left(&mut self, parts: usize, is_newest: bool) -> Left {
        match self.choice {
            Choice::AllLost => Left::First(0),
            Choice::Lengths => Left::Length,
            Choice::OneLost(_) if self.is_lost_file => Left::Length,
            Choice::AllKept | Choice::OneLost(_) => Left::First(parts),
            Choice::Newest => Left::First(if is_newest { parts } else { 0 }),
            Choice::Random(_) => self.draw(parts),
        }
    }

    fn draw(&mut self, parts: usize) -> Left {
        if let Some(is_kept) = self.whole_file {
            return Left::First(if is_kept { parts } else { 0 });
        }
        match self.next() % 16 {
            0 | 1 => Left::First(usize::try_from(self.next() % (parts as u64 + 1)).unwrap()),
            2 | 3 => Left::Sectors { kept: Sectors(self.next()), with_length: self.next().is_multiple_of(2) },
            4 => Left::Length,
            _ if self.next() % 16 < self.kept_of_16 => Left::First(parts),
            _ => Left::First(0),
        }
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
