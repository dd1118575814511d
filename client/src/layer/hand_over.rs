//! Accesses whose request is gone: a task records them, and closing the recorder waits for it.

use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::Settings;
use super::open::Recording;

/// Counts the tasks that record for requests that are gone.
pub(crate) struct HandedOver {
    count: watch::Sender<usize>,
}

/// One such task. If it is dropped before it is done, nothing was recorded, and that is said.
struct Task {
    count: watch::Sender<usize>,
    is_done: bool,
}

impl HandedOver {
    pub(crate) fn new() -> Self {
        Self { count: watch::Sender::new(0) }
    }

    /// Waits until there are none.
    pub(crate) async fn done(&self) {
        // The sender lives as long as `self`: this never fails.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    fn begin(&self) -> Task {
        self.count.send_modify(|count| *count += 1);
        Task { count: self.count.clone(), is_done: false }
    }
}

/// Lets a task finish what a request has begun to record.
pub(super) fn hand_over(settings: &Settings, recording: Recording) {
    let task = settings.recorder.handed_over().begin();
    let Some(runtime) = Handle::try_current().ok().or_else(|| settings.runtime.clone()) else { return };
    let finish = async move {
        if let Err(error) = recording.await {
            tracing::error!(%error, "an access whose caller is gone could not be recorded");
        }
        task.done();
    };
    runtime.spawn(finish.in_current_span());
}

impl Task {
    fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_done {
            tracing::error!(
                "an access that was stated was not recorded: the runtime ended first. Stop the server, then \
                 close the recorder, then let the runtime end"
            );
        }
        self.count.send_modify(|count| *count = count.saturating_sub(1));
    }
}
