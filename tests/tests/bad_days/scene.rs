//! A service on which a bad day comes, somebody who must not notice, and what must hold afterwards.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_proto::v1::{GetCheckpointRequest, ListEntriesRequest, RecordRequest};
use einsicht_tests::city::{Caller, City, HOST, Known, Running};
use einsicht_tests::process::Ended;
use einsicht_tests::service::{Bearer, Recorder, Service, fsck, token};
use einsicht_tests::verify::Whole;
use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::bystander::Bystander;
use crate::{MIB, h2};

/// Longest from SIGTERM to the end: calls under way get 20 seconds, the writer and the rest are quick.
const GOING_DOWN_MAX: Duration = Duration::from_secs(27);
/// Longest until the service ends a connection whose other side breaks the rules.
const ENDED_WITHIN: Duration = Duration::from_secs(15);
/// Longest until it answers somebody who reads.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// A connection, whatever is below it.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// A service, and a bystander.
pub struct Scene {
    place: Place,
    bystander: Bystander,
}

/// Where it happens.
enum Place {
    /// `einsichtd dev`.
    Dev(Box<(Service, TempDir)>),
    /// `einsichtd serve`, over TLS, with somebody who records and somebody who reads.
    City(Box<(City, Running, Known, Known)>),
}

impl Scene {
    /// In development: no TLS.
    pub async fn in_dev() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(folder.path(), &[]).await;
        let bystander = Bystander::begin(service.recorder());
        Self { place: Place::Dev(Box::new((service, folder))), bystander }
    }

    /// In a city.
    pub async fn in_a_city() -> Self {
        let mut city = City::new().await;
        let counter = city.add(Caller::recorder("visitor-counter", &["*"]));
        let auditor = city.add(Caller::new("audit-office", "auditor"));
        let service = city.serve().await;
        let bystander = Bystander::begin(service.recorder(&counter));
        Self { place: Place::City(Box::new((city, service, counter, auditor))), bystander }
    }

    /// Whether it speaks TLS only.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.place, Place::City(_))
    }

    /// A client that may record, on a connection of its own.
    pub fn recorder(&self) -> Recorder {
        match &self.place {
            Place::Dev(dev) => dev.0.recorder_apart(),
            Place::City(city) => city.1.recorder(&city.2),
        }
    }

    /// Records.
    pub async fn record(&self, request: RecordRequest) -> Result<(), tonic::Status> {
        self.recorder().record(request).await.map(drop)
    }

    /// `authorization` of somebody who may call this path.
    pub fn authorization(&self, path: &str) -> String {
        match &self.place {
            Place::Dev(dev) => format!("Bearer {}", token(dev.0.data())),
            Place::City(city) if path.contains("Recorder") => city.2.authorization().unwrap(),
            Place::City(city) => city.3.authorization().unwrap(),
        }
    }

    /// The head of a gRPC call that is let in.
    pub fn call(&self, path: &str) -> Vec<u8> {
        h2::call(path, &[("authorization", &self.authorization(path))])
    }

    /// A request over HTTP/1.1 that is let in.
    pub fn http(&self, method: Method, path: &str) -> RequestBuilder {
        let request = match &self.place {
            Place::Dev(dev) => dev.0.http(method, path),
            Place::City(city) => city.1.http(None).request(method, format!("{}{path}", city.1.internal)),
        };
        request.header("authorization", self.authorization(path))
    }

    /// Where it listens, for callers and for everybody.
    fn addresses(&self) -> Vec<SocketAddr> {
        let urls = match &self.place {
            Place::Dev(dev) => vec![dev.0.url()],
            Place::City(city) => vec![city.1.internal.as_str(), city.1.public.as_str()],
        };
        urls.into_iter().map(|url| url.split("//").nth(1).unwrap().parse().unwrap()).collect()
    }

    /// Everything that is published, verified.
    pub async fn published(&self) -> Whole {
        let (mut ledger, verifier) = match &self.place {
            Place::Dev(dev) => {
                let nobody = Bearer::new(None);
                (LedgerClient::with_interceptor(dev.0.connection(), nobody), dev.0.verifier())
            }
            Place::City(city) => (city.1.ledger(&city.3), city.0.verifier()),
        };
        let answer = ledger.get_checkpoint(GetCheckpointRequest {}).await.unwrap();
        let head = verifier.open(&answer.into_inner().checkpoint);
        let all = ListEntriesRequest { start: 0, limit: head.size.0 };
        let entries = ledger.list_entries(all).await.unwrap().into_inner();
        let leaves = entries.map(|entry| entry.unwrap().leaf).collect().await;
        let whole = Whole::of(verifier.origin(), leaves);
        assert_eq!(whole.head(), head);
        whole
    }

    /// A connection for callers, on which the service takes requests.
    pub async fn connect(&self) -> Box<dyn Wire> {
        self.begin(TcpStream::connect(self.addresses()[0]).await.unwrap()).await
    }

    /// The same; when it is dropped, it is reset (RST), and nothing of it is ended in order.
    pub async fn connect_to_reset(&self) -> Box<dyn Wire> {
        let stream = TcpStream::connect(self.addresses()[0]).await.unwrap();
        stream.set_zero_linger().unwrap();
        self.begin(stream).await
    }

    async fn begin(&self, stream: TcpStream) -> Box<dyn Wire> {
        let Place::City(city) = &self.place else { return Box::new(stream) };
        let authority = CertificateDer::from_pem_slice(city.0.authority.pem().as_bytes()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(HOST).unwrap();
        Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap())
    }

    /// A connection without TLS, to one of the listeners after the other, from the address 127.0.0.`from`:
    /// what is bounded for one address is not for many.
    pub async fn connect_from(&self, number: usize, from: u8) -> TcpStream {
        let addresses = self.addresses();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
        socket.connect(addresses[number % addresses.len()]).await.unwrap()
    }

    /// What must hold after a bad day: the bystander was served all the time, the service was never
    /// larger than this, it goes down, and the ledger is whole.
    pub async fn held(self, memory_max_bytes: u64) {
        let served = self.bystander.was_served().await;
        let memory_bytes = match &self.place {
            Place::Dev(dev) => dev.0.memory_peak_bytes(),
            Place::City(city) => city.1.memory_peak_bytes(),
        };
        eprintln!("bystander: {served:?}; memory: at most {:?} MiB", memory_bytes.map(|bytes| bytes / MIB));
        match memory_bytes {
            Some(bytes) => assert!(bytes <= memory_max_bytes, "the service took {} MiB", bytes / MIB),
            None => eprintln!("NOT CHECKED: memory; this system has no /proc/PID/status"),
        }
        self.place.goes_down().await;
    }

    /// What must hold when SIGTERM comes while it is as bad as it gets: the bystander is only cut off then.
    pub async fn goes_down(self) {
        let Self { place, bystander } = self;
        bystander.was_served().await;
        place.goes_down().await;
    }
}

impl Place {
    /// SIGTERM: the service ends in order and in time, and the ledger is whole.
    async fn goes_down(self) {
        let begun = Instant::now();
        let (ended, checked): (Ended, Ended) = match self {
            Self::Dev(dev) => {
                let (service, folder) = *dev;
                (service.terminate().await, fsck(folder.path()).await)
            }
            Self::City(city) => {
                let (city, service, ..) = *city;
                (service.terminate().await, fsck(&city.data()).await)
            }
        };
        assert!(begun.elapsed() <= GOING_DOWN_MAX, "going down took {:?}", begun.elapsed());
        ended.expect(0, &["everything that was accepted is durable"]);
        checked.expect(0, &[]);
    }
}

/// Sends bytes. The service may end the connection before it has read them all.
pub async fn send(stream: &mut Box<dyn Wire>, bytes: &[u8]) {
    let sent = timeout(ENDED_WITHIN, stream.write_all(bytes)).await;
    drop(sent.expect("the service neither reads nor ends the connection"));
    let _ = timeout(ENDED_WITHIN, stream.flush()).await;
}

/// Reads until the service has said so many bytes, and returns them.
pub async fn said(stream: &mut Box<dyn Wire>, bytes: usize) -> Vec<u8> {
    let mut said = vec![0; bytes];
    match timeout(ANSWERED_WITHIN, stream.read_exact(&mut said)).await {
        Ok(Ok(_)) => said,
        other => panic!("{bytes} bytes were expected: {other:?}"),
    }
}

/// Waits until the service ends the connection, and returns what it said until then.
pub async fn ended(mut stream: Box<dyn Wire>) -> Vec<u8> {
    let mut said = Vec::new();
    match timeout(ENDED_WITHIN, stream.read_to_end(&mut said)).await {
        Ok(_) => said,
        Err(_) => panic!("the connection was not ended; it said {:?}", String::from_utf8_lossy(&said)),
    }
}
