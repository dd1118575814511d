//! What is believed, stored behind the answers that it came with: one write for many checkpoints.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Trust, TrustError};
use crate::attempt::{AttemptError, aside};

/// How long what is believed may be newer than what is stored. A store takes milliseconds; somebody waits for
/// every answer, and nobody for this.
const BEHIND_MAX: Duration = Duration::from_millis(100);

/// Stores the newest checkpoint of a trust, again and again as it grows. Dropping it stores the last one.
///
/// A store that fails, or finds that another process was shown another history, is no secret: from then on
/// every answer waits for a store, and fails as long as that does.
pub(crate) struct StoredBehind {
    behind: Arc<Behind>,
}

struct Behind {
    trust: Trust,
    /// Somebody will store shortly.
    is_due: AtomicBool,
    has_failed: AtomicBool,
    /// Size that is stored; held while storing, so that an older one never comes later.
    stored: Mutex<u64>,
}

impl StoredBehind {
    /// Shares what `trust` believes. Only what is believed through [`StoredBehind::trust`] is stored by this:
    /// for everybody else who shares it, storing comes before believing, as ever.
    pub(crate) fn new(trust: &Trust) -> Self {
        let behind = Behind {
            trust: Trust { stores_behind: true, ..trust.clone() },
            is_due: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            stored: Mutex::new(0),
        };
        Self { behind: Arc::new(behind) }
    }

    /// Believes without storing; [`StoredBehind::store_soon`] has to follow.
    pub(crate) fn trust(&self) -> &Trust {
        &self.behind.trust
    }

    /// Has the newest stored within [`BEHIND_MAX`], on a thread that may wait.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(crate) fn store_soon(&self) {
        if self.behind.trust.state().is_none() || self.behind.is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let behind = Arc::clone(&self.behind);
        tokio::spawn(async move {
            tokio::time::sleep(BEHIND_MAX).await;
            if let Err(error) = store_aside(behind).await {
                tracing::warn!(?error, "what was verified could not be stored");
            }
        });
    }

    /// Stores the newest if that failed before: what can't be kept must not go unnoticed.
    pub(crate) async fn check(&self) -> Result<(), AttemptError> {
        if self.behind.has_failed.load(Ordering::Acquire) { self.store().await } else { Ok(()) }
    }

    /// Stores the newest now.
    pub(crate) async fn store(&self) -> Result<(), AttemptError> {
        if self.behind.trust.state().is_none() {
            return Ok(());
        }
        store_aside(Arc::clone(&self.behind)).await
    }
}

async fn store_aside(behind: Arc<Behind>) -> Result<(), AttemptError> {
    aside(move || Ok(behind.store()?)).await
}

impl Behind {
    fn store(&self) -> Result<(), TrustError> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        // What is believed from here on is due again.
        self.is_due.store(false, Ordering::Release);
        let newest = self.trust.newest_signed();
        let result = match newest.filter(|newest| newest.head.size.0 > *stored) {
            Some(newest) => self.trust.store(&newest).map(|()| *stored = newest.head.size.0),
            None => Ok(()),
        };
        self.has_failed.store(result.is_err(), Ordering::Release);
        result
    }
}

impl Drop for StoredBehind {
    fn drop(&mut self) {
        if self.behind.trust.state().is_some()
            && let Err(error) = self.behind.store()
        {
            tracing::warn!(%error, "what was verified last could not be stored");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::trust::tests::{History, advance, key};

    fn open(folder: &std::path::Path) -> Trust {
        Trust::stored(key().verifier().clone(), folder).unwrap()
    }

    #[tokio::test]
    async fn many_checkpoints_are_stored_by_one_write() {
        let (folder, history) = (tempfile::tempdir().unwrap(), History::new(300, 0));
        let behind = StoredBehind::new(&open(folder.path()));
        let trust = behind.trust().clone();
        (1..=50).for_each(|size| advance(&trust, &history, size));
        assert_eq!(open(folder.path()).newest(), None, "no answer waits for a disk");
        behind.store().await.unwrap();
        assert_eq!(open(folder.path()).newest(), Some(history.head(50)));
        fs::remove_dir_all(folder.path()).unwrap();
        behind.store().await.unwrap();
        assert!(!folder.path().exists(), "what is stored is not stored again");
    }

    #[tokio::test]
    async fn what_is_believed_is_stored_soon_and_at_the_end() {
        let (folder, history) = (tempfile::tempdir().unwrap(), History::new(300, 0));
        let behind = StoredBehind::new(&open(folder.path()));
        let trust = behind.trust().clone();
        for size in [5, 9] {
            advance(&trust, &history, size);
            behind.store_soon();
            while open(folder.path()).newest() != Some(history.head(size)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        advance(&trust, &history, 60);
        drop(behind);
        assert_eq!(open(folder.path()).newest(), Some(history.head(60)));
    }

    #[tokio::test]
    async fn a_store_that_failed_fails_every_answer_until_it_succeeds() {
        let (parent, history) = (tempfile::tempdir().unwrap(), History::new(300, 0));
        let folder = parent.path().join("state");
        let behind = StoredBehind::new(&open(&folder));
        let trust = behind.trust().clone();
        advance(&trust, &history, 5);
        fs::remove_dir(&folder).unwrap();
        behind.check().await.unwrap();
        assert!(matches!(behind.store().await, Err(AttemptError::Trust(TrustError::Io { .. }))));
        assert!(matches!(behind.check().await, Err(AttemptError::Trust(TrustError::Io { .. }))));
        fs::create_dir(&folder).unwrap();
        behind.check().await.unwrap();
        assert_eq!(open(&folder).newest(), Some(history.head(5)));
    }

    #[tokio::test]
    async fn another_history_that_another_process_stored_is_found_behind_the_answers_too() {
        let (folder, history, other) =
            (tempfile::tempdir().unwrap(), History::new(300, 0), History::new(3, 2));
        let (ours, theirs) = (open(folder.path()), open(folder.path()));
        let behind = StoredBehind::new(&ours);
        advance(behind.trust(), &history, 9);
        advance(&theirs, &other, 9);
        assert!(matches!(behind.store().await, Err(AttemptError::False(_))));
        assert!(matches!(behind.check().await, Err(AttemptError::False(_))));
    }
    #[tokio::test]
    async fn what_others_believe_who_share_the_trust_is_stored_before_they_do() {
        let (folder, history) = (tempfile::tempdir().unwrap(), History::new(300, 0));
        let shared = open(folder.path());
        let behind = StoredBehind::new(&shared);
        advance(behind.trust(), &history, 5);
        advance(&shared, &history, 9);
        assert_eq!(open(folder.path()).newest(), Some(history.head(9)));
        drop(behind);
        advance(&shared, &history, 20);
        assert_eq!(open(folder.path()).newest(), Some(history.head(20)));
    }
}
