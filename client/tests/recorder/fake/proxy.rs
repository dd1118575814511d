//! The wire between recorder and ledger, which can be cut.

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};

pub struct Proxy {
    pub address: SocketAddr,
    upstream: watch::Sender<Option<SocketAddr>>,
    cut: broadcast::Sender<()>,
    listening: Mutex<tokio::task::JoinHandle<()>>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, upstream_known) = watch::channel(None);
        let (cut, _) = broadcast::channel(1);
        let listening = tokio::spawn(listen(listener, upstream_known, cut.clone()));
        Self { address, upstream, cut, listening: Mutex::new(listening) }
    }

    pub fn lead_to(&self, upstream: SocketAddr) {
        self.upstream.send_replace(Some(upstream));
    }

    /// Breaks every connection; new ones can be made.
    pub fn cut(&self) {
        // Nobody listens if there are no connections.
        let _ = self.cut.send(());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.get_mut().unwrap().abort();
        self.cut();
    }
}

async fn listen(
    listener: TcpListener,
    upstream: watch::Receiver<Option<SocketAddr>>,
    cut: broadcast::Sender<()>,
) {
    while let Ok((mut client, _)) = listener.accept().await {
        let mut upstream = upstream.clone();
        let mut is_cut = cut.subscribe();
        tokio::spawn(async move {
            let address = upstream.wait_for(Option::is_some).await.unwrap().unwrap();
            let mut server = TcpStream::connect(address).await.unwrap();
            client.set_nodelay(true).and(server.set_nodelay(true)).unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => {}
                _ = is_cut.recv() => {}
            }
        });
    }
}
