//! An address that stays while the service behind it comes and goes.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// An address that stays while the ledger behind it comes and goes.
pub struct Gate {
    /// Where it is.
    pub address: SocketAddr,
    upstream: watch::Sender<Option<String>>,
}

impl Gate {
    /// Opens one that leads nowhere yet.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, leads_to) = watch::channel(None);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let Some(upstream) = leads_to.borrow().clone() else { continue };
                tokio::spawn(async move {
                    // What fails here is a connection that breaks, which is what this is for.
                    if let Ok(mut server) = TcpStream::connect(upstream).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { address, upstream }
    }

    /// Leads new connections to the service at `url`.
    pub fn lead_to(&self, url: &str) {
        self.upstream.send_replace(url.strip_prefix("http://").map(str::to_owned));
    }
}
