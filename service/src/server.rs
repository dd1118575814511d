//! What is served through which listener, and going down in order.

mod pages;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use futures::future::join_all;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::auth::{Door, Gate};
use crate::http::Site;
use crate::listen::{Listener, Pace, Quota};
use crate::paced::Paced;
use crate::rpc::Shared;
use crate::tls::TlsSlot;

/// Longest that calls under way may take once the service goes down.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// Longest that nothing is asked on a public connection, and that it lasts. Callers keep theirs.
const PUBLIC_IDLE_MAX: Duration = Duration::from_secs(120);
const PUBLIC_AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// A server whose listeners are bound, and that is not yet serving.
pub struct Server {
    listeners: Vec<Listener>,
    shutdown: CancellationToken,
}

/// One listener to be.
pub struct Entrance {
    /// Who comes through it.
    pub door: Door,
    /// Bound before anything else happens, so that a start that can't serve leaves no trace.
    pub tcp: std::net::TcpListener,
    /// Its certificate; `None`: plain text, on loopback only.
    pub tls: Option<TlsSlot>,
    /// How many connections it takes.
    pub quota: Quota,
}

impl Server {
    /// Puts everything together.
    ///
    /// # Errors
    /// If a listener can't be used.
    pub async fn new(
        entrances: Vec<Entrance>,
        shared: &Shared,
        site: &Site,
        gate: &Gate,
    ) -> std::io::Result<Self> {
        let mut listeners = Vec::new();
        for Entrance { door, tcp, tls, quota } in entrances {
            tcp.set_nonblocking(true)?;
            let router = router(door, shared, site.clone(), gate.clone()).await?;
            listeners.push(Listener {
                name: door.name(),
                tcp: TcpListener::from_std(tcp)?,
                tls,
                quota,
                pace: pace(door),
                router,
                handshakes: Paced::default(),
                gate: gate.clone(),
            });
        }
        Ok(Self { listeners, shutdown: shared.shutdown.clone() })
    }

    /// The addresses in the order of the entrances, with the ports that were chosen where 0 was asked
    /// for.
    ///
    /// # Errors
    /// If the operating system does not tell.
    pub fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(Listener::address).collect()
    }

    /// Serves until the shutdown token is cancelled; then takes no new connection, ends streams,
    /// finishes the calls under way, and returns. Whoever holds the writer then lets it finish.
    pub async fn serve(self) {
        let Self { listeners, shutdown } = self;
        let (alive, mut all_ended) = mpsc::channel(1);
        join_all(listeners.into_iter().map(|listener| listener.run(shutdown.clone(), alive.clone()))).await;
        drop(alive);
        if tokio::time::timeout(SHUTDOWN_GRACE, all_ended.recv()).await.is_err() {
            tracing::warn!(seconds = SHUTDOWN_GRACE.as_secs(), "calls under way did not end in time");
        }
    }
}

fn pace(door: Door) -> Pace {
    match door {
        Door::Internal => Pace::default(),
        Door::Public => {
            Pace { idle_max: Some(PUBLIC_IDLE_MAX), age_max: Some(PUBLIC_AGE_MAX), ..Pace::default() }
        }
    }
}

async fn router(door: Door, shared: &Shared, site: Site, gate: Gate) -> std::io::Result<Router> {
    match door {
        Door::Internal => pages::internal(shared, site, gate).await,
        Door::Public => Ok(pages::public(site, gate)),
    }
}
