//! What the service tells whoever started it: systemd, or nobody. `sd_notify(3)`.

use sd_notify::NotifyState;

/// Everything stands.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The configuration is read again. [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no monotonic clock to tell systemd"),
    }
}

/// The service goes down.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Does nothing where nobody wants to know.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told how the service is");
    }
}
