//! A service on which a bad day comes, somebody who must not notice, and what must hold afterwards.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use einsicht_tests::service::{Service, fsck};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::MIB;
use crate::bystander::Bystander;

/// Longest from SIGTERM to the end: calls under way get 20 seconds, the writer and the rest are quick.
const GOING_DOWN_MAX: Duration = Duration::from_secs(27);
/// Longest until the service ends a connection whose other side breaks the rules.
const ENDED_WITHIN: Duration = Duration::from_secs(15);

/// A service, and a bystander.
pub struct Scene {
    service: Service,
    bystander: Bystander,
    folder: TempDir,
}

impl Scene {
    /// Starts both.
    pub async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(folder.path(), &[]).await;
        let bystander = Bystander::begin(service.recorder());
        Self { service, bystander, folder }
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// A connection of its own.
    pub async fn connect(&self) -> TcpStream {
        self.connect_from(1).await
    }

    /// The same from the address 127.0.0.`from`: what is bounded for one address is not for many.
    pub async fn connect_from(&self, from: u8) -> TcpStream {
        let address: SocketAddr = self.service.url().trim_start_matches("http://").parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        if from != 1 {
            socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
        }
        socket.connect(address).await.unwrap()
    }

    /// What must hold after a bad day: the bystander was served all the time, the service was never
    /// larger than this, it goes down, and the ledger is whole.
    pub async fn held(self, memory_max_bytes: u64) {
        let Self { service, bystander, folder } = self;
        let served = bystander.was_served().await;
        let memory_bytes = service.memory_peak_bytes();
        eprintln!("bystander: {served:?}; memory: at most {:?} MiB", memory_bytes.map(|bytes| bytes / MIB));
        match memory_bytes {
            Some(bytes) => assert!(bytes <= memory_max_bytes, "the service took {} MiB", bytes / MIB),
            None => eprintln!("NOT CHECKED: memory; this system has no /proc/PID/status"),
        }
        goes_down(service, &folder).await;
    }
}

/// SIGTERM: the service ends in order and in time, and the ledger is whole.
pub async fn goes_down(service: Service, folder: &TempDir) {
    let begun = Instant::now();
    service.terminate().await.expect(0, &["everything that was accepted is durable"]);
    assert!(begun.elapsed() <= GOING_DOWN_MAX, "going down took {:?}", begun.elapsed());
    fsck(folder.path()).await.expect(0, &[]);
}

/// Sends bytes. The service may end the connection before it has read them all.
pub async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let sent = timeout(ENDED_WITHIN, stream.write_all(bytes)).await;
    drop(sent.expect("the service neither reads nor ends the connection"));
}

/// Waits until the service ends the connection, and returns what it said until then.
pub async fn ended(mut stream: TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    match timeout(ENDED_WITHIN, stream.read_to_end(&mut said)).await {
        Ok(_) => said,
        Err(_) => panic!("the connection was not ended; it said {:?}", String::from_utf8_lossy(&said)),
    }
}
