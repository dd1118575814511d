//! Older ledgers that this one continues. Their logs have ended: nobody can write into them that something was erased,
//! so the service erases nothing there. It says what should be gone, each day until somebody has seen to it.

use std::sync::Arc;

use super::{Custody, CustodyError, blocking};
use crate::vault::{VaultError, left};

impl Custody {
    /// Tells what is left of older ledgers although its time is over; returns how many months and classes there are.
    pub(super) async fn tell_of_predecessors(&self) -> Result<usize, CustodyError> {
        let today = self.today()?;
        let mut overdue = 0;
        for (predecessor, generation) in self.parts().predecessors.iter().zip(1_u32..) {
            let folder = Arc::clone(predecessor);
            let left = blocking(move || Ok(left(&*folder).map_err(VaultError::from)?)).await?;
            for (month, class) in
                left.into_iter().filter(|(month, class)| class.due(*month).first_day() <= today)
            {
                overdue += 1;
                metrics::counter!("einsicht_daily_failures_total").increment(1);
                tracing::error!(
                    %month, %class, generation,
                    "the time of what is sealed in an older ledger (predecessor) is over, and no service erases it: \
                     delete its key and its openings by hand, as docs/operations.md says"
                );
            }
        }
        Ok(overdue)
    }
}
