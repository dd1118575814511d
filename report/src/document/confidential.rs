//! What is told of confidential records: how many were recorded, opened, and are still waiting. Of these three each follows
//! from the two others, and how many are waiting shows in the numbers that are missing.

use crate::cell::Cell;
use crate::cube::Tally;
use crate::figures::{Figures, Recorder};
use crate::hiding::Hiding;

/// How that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confidential {
    /// How many were recorded within the period.
    pub recorded: Cell,
    /// How many were opened within it.
    pub opened: Cell,
    /// How many missing numbers may be those of records that are not open.
    pub waiting: Cell,
}

impl Confidential {
    /// A small one of the three takes what it could be computed from with it.
    pub fn told(figures: &Figures, hiding: Hiding) -> Self {
        let events = &figures.events;
        let [recorded, opened, waiting] = [events.confidential, events.opened, figures.missing_maybe_hidden]
            .map(|count| hiding.total(count));
        let is_hidden = |cell: Cell| cell.number().is_none();
        if figures.missing_maybe_hidden > 0 && (is_hidden(opened) || is_hidden(recorded)) {
            return Self { recorded, opened, waiting: Cell::Hidden };
        }
        if is_hidden(waiting) && events.opened > 0 {
            // Both: beside one of them the other would be too large to leave a choice.
            return Self { recorded: Cell::Hidden, opened: Cell::Hidden, waiting };
        }
        Self { recorded, opened, waiting }
    }
}

/// In how many sessions of each recorder numbers are missing, and how many. Where these may be those of confidential
/// records, they are told as these are.
pub fn gaps(figures: &Figures, hiding: Hiding, recorders: &[Recorder]) -> Vec<[Cell; 2]> {
    let exact = |of: &Recorder| [of.gaps, of.missing].map(Cell::Number);
    let waiting = Confidential::told(figures, hiding).waiting;
    if waiting == Cell::Number(0) || hiding == Hiding::Nothing {
        return recorders.iter().map(exact).collect();
    }
    let missing: Vec<_> =
        recorders.iter().map(|of| Tally { records: of.missing, accesses: of.gaps }).collect();
    let all = hiding.total(missing.iter().map(|tally| tally.records).sum());
    let of_few = |of: &Recorder| match (of.missing, waiting) {
        (0, _) => exact(of),
        // Nobody is told more of them than that.
        (missing, Cell::FewerThan(_)) if all == waiting => [Cell::Hidden, hiding.total(missing)],
        _ => [Cell::Hidden; 2],
    };
    match hiding.tallies(&missing).filter(|_| waiting != Cell::Hidden) {
        Some(told) => told.into_iter().map(|[missing, gaps]| [gaps, missing]).collect(),
        None => recorders.iter().map(of_few).collect(),
    }
}
