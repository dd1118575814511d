//! Listens: accepts connections, and sees to it that none of them costs more than it may.
//!
//! - [`Listener`]: the accept loop, with TLS or, on loopback, without
//! - `connection`: one connection, from its handshake to its end
//! - `progress`: whether it gets on: what it has begun, what it does not read
//! - `meter`: looks at its bytes; `answer`: looks at its answers
//! - `quota`: how many there may be, in all and from one address

mod answer;
mod connection;
mod files;
mod meter;
mod progress;
mod quota;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::auth::Gate;
use crate::paced::Paced;
use crate::tls::TlsSlot;

pub use progress::Pace;
pub use quota::{Quota, QuotaLimits};

/// How long to wait after a connection could not be accepted: out of files, usually, and asking again at
/// once would only make heat.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A bound listener.
pub struct Listener {
    /// For metrics and log lines: `internal` or `public`.
    pub name: &'static str,
    /// Where it is bound.
    pub tcp: TcpListener,
    /// Its certificate; `None`: plain text.
    pub tls: Option<TlsSlot>,
    /// How many connections it takes.
    pub quota: Quota,
    /// How long a connection may take for what.
    pub pace: Pace,
    /// What it serves.
    pub router: Router,
    /// Keeps handshakes that fail from filling the log.
    pub handshakes: Paced,
    /// Knows which generation of the policy a certificate was verified under.
    pub gate: Gate,
}

impl Listener {
    /// The address, with the port that was chosen where 0 was asked for.
    ///
    /// # Errors
    /// If the operating system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Accepts until `shutdown` is cancelled. Every connection holds `alive` until it has ended.
    pub async fn run(self, shutdown: CancellationToken, alive: mpsc::Sender<Infallible>) {
        let listener = Arc::new(self);
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                accepted = listener.tcp.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(listener = listener.name, %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let admitted = match listener.quota.take(address.ip()) {
                Ok(admitted) => admitted,
                Err(reason) => {
                    listener.count_refused(reason);
                    continue;
                }
            };
            let (listener, shutdown) = (Arc::clone(&listener), shutdown.clone());
            let alive = alive.clone();
            tokio::spawn(async move {
                connection::serve(&listener, stream, address.ip(), shutdown).await;
                drop((admitted, alive));
            });
        }
    }

    /// A connection that did not get on.
    fn count_ended(&self, reason: &'static str) {
        tracing::debug!(listener = self.name, reason, "a connection was ended");
        metrics::counter!("einsicht_connections_ended_total", "listener" => self.name, "reason" => reason)
            .increment(1);
    }

    fn count_refused(&self, reason: &'static str) {
        metrics::counter!("einsicht_connections_refused_total", "listener" => self.name, "reason" => reason)
            .increment(1);
    }
}
