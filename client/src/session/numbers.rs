//! Numbers that were taken for a request, as long as something may become of them.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::Shared;

/// Numbers of one session, taken for one request. A session that was replaced is not ended while they
/// are held: the service would not record them any more.
pub(crate) struct Numbers {
    pub(super) shared: Arc<Shared>,
    pub(super) session: Bytes,
    pub(super) range: Range<u64>,
    pub(super) is_set_aside: bool,
}

impl Numbers {
    pub(crate) fn session(&self) -> &Bytes {
        &self.session
    }

    pub(crate) fn first(&self) -> u64 {
        self.range.start
    }

    /// Keeps the numbers for later. Closing does not wait for them any more.
    pub(crate) fn set_aside(mut self) -> Self {
        if !std::mem::replace(&mut self.is_set_aside, true) {
            self.shared.calls.send_modify(|calls| *calls = calls.saturating_sub(1));
        }
        self
    }

    /// Uses numbers that were set aside.
    pub(crate) fn take_up(mut self) -> Self {
        if std::mem::take(&mut self.is_set_aside) {
            self.shared.calls.send_modify(|calls| *calls += 1);
        }
        self
    }

    /// Gives the numbers back. Only for numbers that the ledger has certainly not recorded.
    pub(crate) fn give_back(self) {
        let mut state = self.shared.state();
        if let Some(session) = state.session(&self.session) {
            session.take_back(self.range.clone());
        }
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if let Some(session) = state.session(&self.session) {
            session.release(self.range.start);
        }
        drop(state);
        if !self.is_set_aside {
            self.shared.calls.send_modify(|calls| *calls = calls.saturating_sub(1));
        }
    }
}
