//! What was tried, and how much that has to be.

use super::{LOSSES, PowerArgs};
use crate::torture::ledger::check::Checked;

/// Of each ledger at least: moments, and ledgers found with a full tile.
const MOMENTS_MIN: u64 = 100;
const TILED_MIN: u64 = 100;
/// Among so many losses some are followed by another one.
const NESTED_SURE: u64 = 3_000;

/// What was tried.
#[derive(Default)]
pub(super) struct Counts {
    /// Operations before which the power went.
    pub moments: u64,
    pub losses: u64,
    pub nested: u64,
    pub checked: Checked,
}

impl Counts {
    /// A trial that has tried next to nothing has shown nothing.
    pub fn assert_enough(&self, args: &PowerArgs) {
        let Self { moments, losses, nested, checked } = *self;
        let least = |each: u64| each * args.rounds / u64::from(args.one_of);
        let is_enough = moments >= least(MOMENTS_MIN)
            && losses >= moments * (LOSSES as u64 + 5)
            && (losses < NESTED_SURE || nested > 0)
            && checked.tiled >= least(TILED_MIN)
            && checked.acknowledgements >= 10 * moments
            && checked.checkpoints >= moments
            && checked.resent >= moments
            && checked.sealed >= 5 * moments;
        assert!(
            is_enough,
            "too little was tried: {moments} moments, {losses} losses, {nested} nested, {checked:?}"
        );
    }
}
