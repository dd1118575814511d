//! Charters of before, at hand for whoever reads old entries: to read one from the log takes long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::InForce;
use crate::annotations::CharterPlace;

/// How many are kept: those that were asked for last. Each may be megabytes.
const KEPT: usize = 4;

/// The newest first.
#[derive(Default)]
pub(super) struct Older(Mutex<Vec<Arc<InForce>>>);

impl Older {
    /// One that is kept.
    pub fn find(&self, place: &CharterPlace) -> Option<Arc<InForce>> {
        take(&mut self.lock(), place)
    }

    /// Keeps one that was read. Who reads the same at the same time gets the same.
    pub fn keep(&self, charter: InForce) -> Arc<InForce> {
        let mut kept = self.lock();
        take(&mut kept, &charter.place).unwrap_or_else(|| {
            let charter = Arc::new(charter);
            kept.truncate(KEPT - 1);
            kept.insert(0, Arc::clone(&charter));
            charter
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<InForce>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds one, and puts it before the others.
fn take(kept: &mut Vec<Arc<InForce>>, place: &CharterPlace) -> Option<Arc<InForce>> {
    let position = kept.iter().position(|charter| charter.place == *place)?;
    let charter = kept.remove(position);
    kept.insert(0, Arc::clone(&charter));
    Some(charter)
}
