//! `einsichtd dev` on a port of this machine, and the ways to talk to it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use einsicht_proto::v1::charter_client::CharterClient;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_proto::v1::recorder_client::RecorderClient;
use einsicht_proto::v1::vault_client::VaultClient;
use einsicht_proto::v1::{GetCheckpointRequest, RecordRequest, RecordResponse};
use einsicht_tlog::TreeHead;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::sleep;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::process::{Ended, PATIENCE, Process, command, run, text};
use crate::verify::Verifier;

/// Most bytes of one answer: those with 1,000 proofs are larger than a client's default.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A recorder's client that sends a token along.
pub type Recorder = RecorderClient<InterceptedService<Channel, Bearer>>;

/// A client of charters that sends a token along.
pub type Charters = CharterClient<InterceptedService<Channel, Bearer>>;

/// A client of what is sealed that sends a token along.
pub type Steward = VaultClient<InterceptedService<Channel, Bearer>>;

/// A running service. Killed when dropped.
pub struct Service {
    process: Process,
    data: PathBuf,
    url: String,
    channel: Channel,
    http: reqwest::Client,
}

/// A service on its way up. Killed when dropped.
pub struct Starting {
    process: Process,
    data: PathBuf,
}

/// Sends `authorization` along, or nothing.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

/// What came back over HTTP.
#[derive(Debug)]
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its content.
    pub bytes: Bytes,
}

impl Service {
    /// Starts `einsichtd dev` on the folder `data` and a free port, and waits until it is ready.
    pub async fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with(data, arguments, &[]).await
    }

    /// The same with variables of the environment.
    pub async fn start_with(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command("einsichtd", &dev(data));
        Starting::spawn(command.args(arguments).envs(variables.iter().copied()), data).ready().await
    }

    /// The same where it can be read, and perhaps does not record.
    pub async fn start_reading(data: &Path, arguments: &[&str]) -> Self {
        let starting = Starting::spawn(command("einsichtd", &dev(data)).args(arguments), data);
        starting.readable().await.unwrap_or_else(|ended| panic!("the service ended: {ended:#?}"))
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What it printed so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.stderr()
    }

    /// The most memory that it had so far; see [`Process::memory_peak_bytes`].
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        self.process.memory_peak_bytes()
    }

    /// The connection that the clients share.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A connection apart.
    #[must_use]
    pub fn connection(&self) -> Channel {
        connection(&self.url)
    }

    /// A client that may record.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        self.recorder_as(Some(&format!("Bearer {}", token(&self.data))))
    }

    /// A client with this `authorization`.
    #[must_use]
    pub fn recorder_as(&self, authorization: Option<&str>) -> Recorder {
        recorder(self.channel(), authorization)
    }

    /// A client that may record, over a connection of its own.
    #[must_use]
    pub fn recorder_apart(&self) -> Recorder {
        recorder(self.connection(), Some(&format!("Bearer {}", token(&self.data))))
    }

    /// A client that may disclose and erase, over a connection of its own.
    #[must_use]
    pub fn steward_apart(&self) -> Steward {
        let bearer = Bearer::new(Some(&format!("Bearer {}", token(&self.data))));
        VaultClient::with_interceptor(self.connection(), bearer)
    }

    /// A client that publishes charters and asks what they say.
    #[must_use]
    pub fn charter(&self) -> Charters {
        let bearer = Bearer::new(Some(&format!("Bearer {}", token(&self.data))));
        CharterClient::with_interceptor(self.channel(), bearer)
    }

    /// A client that reads.
    #[must_use]
    pub fn ledger(&self) -> LedgerClient<Channel> {
        LedgerClient::new(self.channel())
    }

    /// Records a request.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn record(&self, request: RecordRequest) -> Result<RecordResponse, Status> {
        self.recorder().record(request).await.map(tonic::Response::into_inner)
    }

    /// Knows the ledger's key, from `DIR/ledger.vkey`.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::of(&self.data)
    }

    /// The newest checkpoint, verified.
    pub async fn head(&self) -> TreeHead {
        let answer = self.ledger().get_checkpoint(GetCheckpointRequest {}).await.unwrap();
        self.verifier().open(&answer.into_inner().checkpoint)
    }

    /// GET of a path below its address.
    pub async fn get(&self, path: &str) -> Page {
        self.send(self.http.get(format!("{}{path}", self.url))).await
    }

    /// A request over HTTP, to be changed before it is sent. `path` begins with a slash.
    pub fn http(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request over HTTP.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        Page::of(request.send().await.unwrap()).await
    }

    /// Sends SIGTERM without waiting.
    pub fn begin_to_terminate(&self) {
        self.process.terminate();
    }

    /// Sends a signal by its name, such as `INT`, and waits for the end.
    pub async fn signal(self, name: &str) -> Ended {
        self.process.signal(name);
        self.process.ended().await
    }

    /// Sends SIGTERM and waits for the end.
    pub async fn terminate(self) -> Ended {
        self.signal("TERM").await
    }

    /// Waits for the end.
    pub async fn ended(self) -> Ended {
        self.process.ended().await
    }

    /// Sends SIGKILL without waiting.
    pub fn begin_to_die(&mut self) {
        self.process.kill();
    }

    /// Sends SIGKILL and waits for the end: nothing is finished, nothing is flushed.
    pub async fn kill9(mut self) -> Ended {
        self.process.kill();
        self.process.ended().await
    }
}

impl Starting {
    /// Spawns the command of a service on the folder `data`; see [`dev`].
    pub fn spawn(command: &mut Command, data: &Path) -> Self {
        Self { process: Process::spawn(command), data: data.to_owned() }
    }

    /// The same for a command that starts others: they get its signals, too.
    pub fn spawn_group(command: &mut Command, data: &Path) -> Self {
        Self { process: Process::spawn_group(command), data: data.to_owned() }
    }

    /// Waits until it is ready.
    pub async fn ready(self) -> Service {
        match self.outcome().await {
            Ok(service) => service,
            Err(ended) => panic!("the service ended instead of starting: {ended:#?}"),
        }
    }

    /// Waits until it is ready, or has ended.
    ///
    /// # Errors
    /// What is left of it.
    pub async fn outcome(self) -> Result<Service, Ended> {
        let service = self.readable().await?;
        assert_eq!(service.get("/healthz").await.status, StatusCode::OK);
        Ok(service)
    }

    /// Waits until it can be read, whether or not it records, or has ended.
    ///
    /// # Errors
    /// What is left of it.
    pub async fn readable(mut self) -> Result<Service, Ended> {
        let begun = Instant::now();
        let url = loop {
            if let Some(url) = address(&self.process.stdout()) {
                break url;
            }
            if !self.process.is_running() {
                return Err(self.process.ended().await);
            }
            assert!(begun.elapsed() < PATIENCE, "the service did not start: {}", self.process.stderr());
            sleep(Duration::from_millis(2)).await;
        };
        let channel = connection(&url);
        Ok(Service { process: self.process, data: self.data, url, channel, http: http_client() })
    }

    /// Sends SIGKILL and waits for the end.
    pub async fn kill9(mut self) -> Ended {
        self.process.kill();
        self.process.ended().await
    }
}

impl Bearer {
    /// With this `authorization`.
    #[must_use]
    pub fn new(authorization: Option<&str>) -> Self {
        Self(authorization.map(|value| value.parse().unwrap()))
    }
}

impl Page {
    /// Reads an answer to its end.
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, bytes: response.bytes().await.unwrap() }
    }

    /// A header's value; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Its content as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

/// Starts `einsichtd dev` on a folder on which it must not start, and returns how it ended.
pub async fn refused(data: &Path, arguments: &[&str]) -> Ended {
    let mut process = Process::spawn(command("einsichtd", &dev(data)).args(arguments));
    while process.is_running() {
        assert!(address(&process.stdout()).is_none(), "the service started: {}", process.stderr());
        sleep(Duration::from_millis(2)).await;
    }
    process.ended().await
}

/// Runs `einsichtd fsck`.
pub async fn fsck(data: &Path) -> Ended {
    run("einsichtd", &["fsck", text(data)]).await
}

/// The token that `dev` made in a data folder.
#[must_use]
pub fn token(data: &Path) -> String {
    std::fs::read_to_string(data.join("keys/dev.token")).unwrap().trim().to_owned()
}

/// Arguments of a service on the folder `data` and a free port.
#[must_use]
pub fn dev(data: &Path) -> [&str; 5] {
    ["dev", "--data", text(data), "--listen", "127.0.0.1:0"]
}

fn connection(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned()).unwrap().timeout(PATIENCE).connect_lazy()
}

fn recorder(channel: Channel, authorization: Option<&str>) -> Recorder {
    RecorderClient::with_interceptor(channel, Bearer::new(authorization))
        .max_decoding_message_size(ANSWER_BYTES_MAX)
}

/// The address in what the service prints for people.
fn address(stdout: &str) -> Option<String> {
    // Whole lines only: the last one may still be under way.
    let (lines, _) = stdout.rsplit_once('\n')?;
    let url = lines.lines().find_map(|line| line.trim().strip_prefix("open "))?;
    Some(url.trim().trim_end_matches('/').to_owned())
}

/// A client of this machine only. Nothing here is encrypted, but the library asks for a provider.
fn http_client() -> reqwest::Client {
    // Fails if there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}
