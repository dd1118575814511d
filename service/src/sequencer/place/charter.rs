//! The charter in force: it changes where one is placed, and what is placed behind it was judged by it.

use std::sync::Arc;

use einsicht_access::judge::Commitments;
use einsicht_tlog::RecordedAt;

use super::super::commit::Commit;
use super::super::{Placed, PreparedEvent, Refused};
use super::{New, Placer, fits};
use crate::charters::Announced;

impl Placer {
    /// Places the parts of a charter one after the other, all in this commit. It is in force for what comes behind them.
    pub(super) fn place_charter(
        &mut self,
        charter: &Announced,
        now: RecordedAt,
        commit: &mut Commit,
    ) -> Result<Vec<Placed>, Refused> {
        charter.bodies.iter().try_for_each(|body| fits(body, None))?;
        let parts = charter.bodies.iter();
        let parts = parts.map(|body| self.admit(&New { body, event_id: [0; 16], sealed: None }, now, commit));
        let placed = parts.collect::<Result<Vec<_>, _>>()?;
        if let (Some(first), Some(last)) = (placed.first(), placed.last()) {
            self.charter = Some(self.charters.put_in_force(charter, first.index, last.index, now));
        }
        Ok(placed)
    }

    /// Whoever prepared them did not know of a charter that was placed meanwhile.
    pub(super) fn are_judged_by_the_charter_in_force<'e>(
        &self,
        mut events: impl Iterator<Item = &'e PreparedEvent>,
    ) -> Result<(), Refused> {
        let charter = self.charter.as_ref().map(|charter| charter.place.last);
        match events.any(|event| event.judged.charter != charter) {
            true => Err(Refused::OtherCharter),
            false => Ok(()),
        }
    }

    /// What is counted once the commit is durable.
    pub(super) fn note_deviations(&self, deviates: Commitments, commit: &mut Commit) {
        if let (false, Some(charter)) = (deviates.is_empty(), &self.charter) {
            commit.deviations.push((Arc::clone(charter), deviates));
        }
    }
}
