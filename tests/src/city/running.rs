//! A city's service that runs.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use einsicht_proto::v1::charter_client::CharterClient;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_proto::v1::recorder_client::RecorderClient;
use einsicht_proto::v1::reports_client::ReportsClient;
use einsicht_proto::v1::vault_client::VaultClient;
use reqwest::Method;
use tokio::time::sleep;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Identity};

use super::{Authority, Certificate, City, HOST, Known};
use crate::process::{Ended, PATIENCE, Process};
use crate::service::{ANSWER_BYTES_MAX, Bearer, Charters, Page, Recorder};

/// A ledger's client that sends a token along.
pub type Ledger = LedgerClient<InterceptedService<Channel, Bearer>>;

/// A client of what is sealed that sends a token along.
pub type Vault = VaultClient<InterceptedService<Channel, Bearer>>;

/// A client of reports that sends a token along.
pub type Reports = ReportsClient<InterceptedService<Channel, Bearer>>;

/// `einsichtd serve` that runs. Killed when dropped.
pub struct Running {
    process: Process,
    authority: String,
    config: PathBuf,
    /// Where it listens for callers, without a slash at the end.
    pub internal: String,
    /// Where it listens for everybody.
    pub public: String,
}

/// What a client shows of itself.
#[derive(Clone, Default)]
pub struct Shown {
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// Its `authorization`.
    pub authorization: Option<String>,
}

impl Running {
    pub(super) async fn start(city: &City, arguments: &[&str]) -> Self {
        let mut process = city.spawn("serve", arguments);
        let begun = Instant::now();
        let (internal, public) = loop {
            let stdout = process.stdout();
            if let (Some(internal), Some(public)) = (url(&stdout, "internal"), url(&stdout, "public")) {
                break (internal, public);
            }
            assert!(
                process.is_running(),
                "the service ended instead of starting: {:#?}",
                process.ended().await
            );
            assert!(begun.elapsed() < PATIENCE, "the service did not start: {}", process.stderr());
            sleep(Duration::from_millis(2)).await;
        };
        Self { process, authority: city.authority.pem(), config: city.config(), internal, public }
    }

    /// The same, for clients that trust another authority.
    #[must_use]
    pub fn trusting(mut self, authority: &Authority) -> Self {
        self.authority = authority.pem();
        self
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.stderr()
    }

    /// Waits until it has logged `part` more than `before` times.
    pub async fn logs_more(&self, part: &str, before: usize) {
        let begun = Instant::now();
        while self.log().matches(part).count() <= before {
            assert!(begun.elapsed() < PATIENCE, "{part:?} is not logged: {}", self.log());
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> &PathBuf {
        &self.config
    }

    /// Sends SIGHUP, and waits until the log says what became of it: whether it was taken over.
    pub async fn reload(&self) -> bool {
        let outcomes = |log: &str| {
            let count = |said: &str| log.matches(said).count();
            (count("the configuration was reloaded"), count("the new configuration is refused"))
        };
        let before = outcomes(&self.log());
        self.process.signal("HUP");
        let begun = Instant::now();
        loop {
            let (taken, refused) = outcomes(&self.log());
            if taken > before.0 || refused > before.1 {
                return taken > before.0;
            }
            assert!(begun.elapsed() < PATIENCE, "nothing was reloaded: {}", self.log());
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// A new connection to the internal listener; made when it is first used.
    #[must_use]
    pub fn channel(&self, certificate: Option<&Certificate>) -> Channel {
        self.channel_to(&self.internal, certificate)
    }

    /// The same to one of the listeners, by its address.
    #[must_use]
    pub fn channel_to(&self, url: &str, certificate: Option<&Certificate>) -> Channel {
        let mut tls = ClientTlsConfig::new()
            .domain_name(HOST)
            .ca_certificate(tonic::transport::Certificate::from_pem(&self.authority));
        if let Some(Certificate { chain, key }) = certificate {
            tls = tls.identity(Identity::from_pem(chain, key));
        }
        let endpoint = Endpoint::from_shared(url.to_owned()).unwrap().timeout(PATIENCE);
        endpoint.tls_config(tls).unwrap().connect_lazy()
    }

    /// A recorder's client with the caller's token; stewards show their certificate.
    #[must_use]
    pub fn recorder(&self, known: &Known) -> Recorder {
        self.recorder_as(&Shown::by_default(known))
    }

    /// A recorder's client.
    #[must_use]
    pub fn recorder_as(&self, shown: &Shown) -> Recorder {
        let channel = self.channel(shown.certificate.as_ref());
        RecorderClient::with_interceptor(channel, Bearer::new(shown.authorization.as_deref()))
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// A reader's client with the caller's token; stewards show their certificate.
    #[must_use]
    pub fn ledger(&self, known: &Known) -> Ledger {
        self.ledger_as(&Shown::by_default(known))
    }

    /// A reader's client.
    #[must_use]
    pub fn ledger_as(&self, shown: &Shown) -> Ledger {
        let channel = self.channel(shown.certificate.as_ref());
        LedgerClient::with_interceptor(channel, Bearer::new(shown.authorization.as_deref()))
    }

    /// A client of what is sealed, with the caller's token; stewards show their certificate.
    #[must_use]
    pub fn vault(&self, known: &Known) -> Vault {
        let shown = Shown::by_default(known);
        let channel = self.channel(shown.certificate.as_ref());
        VaultClient::with_interceptor(channel, Bearer::new(shown.authorization.as_deref()))
    }

    /// A client of charters, with the caller's token; stewards show their certificate.
    #[must_use]
    pub fn charter(&self, known: &Known) -> Charters {
        let shown = Shown::by_default(known);
        let channel = self.channel(shown.certificate.as_ref());
        CharterClient::with_interceptor(channel, Bearer::new(shown.authorization.as_deref()))
    }

    /// A client of reports, with the caller's token; stewards show their certificate.
    #[must_use]
    pub fn reports(&self, known: &Known) -> Reports {
        let shown = Shown::by_default(known);
        let channel = self.channel(shown.certificate.as_ref());
        ReportsClient::with_interceptor(channel, Bearer::new(shown.authorization.as_deref()))
    }

    /// GET of a path of the internal listener.
    pub async fn get(&self, path: &str, shown: &Shown) -> Page {
        self.fetch(&self.internal, path, shown).await
    }

    /// GET of a path of the public listener.
    pub async fn get_public(&self, path: &str, authorization: Option<&str>) -> Page {
        let shown = Shown { certificate: None, authorization: authorization.map(ToOwned::to_owned) };
        self.fetch(&self.public, path, &shown).await
    }

    async fn fetch(&self, url: &str, path: &str, shown: &Shown) -> Page {
        let mut request = self.http(shown.certificate.as_ref()).request(Method::GET, format!("{url}{path}"));
        if let Some(authorization) = &shown.authorization {
            request = request.header("authorization", authorization);
        }
        Page::of(request.send().await.unwrap()).await
    }

    /// A client over HTTP that trusts the city's authority.
    #[must_use]
    pub fn http(&self, certificate: Option<&Certificate>) -> reqwest::Client {
        // Fails if there is one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(self.authority.as_bytes()).unwrap();
        let mut builder = reqwest::Client::builder().no_proxy().timeout(PATIENCE).tls_certs_only([authority]);
        if let Some(Certificate { chain, key }) = certificate {
            let identity = reqwest::Identity::from_pem(format!("{chain}{key}").as_bytes()).unwrap();
            builder = builder.identity(identity);
        }
        builder.build().unwrap()
    }

    /// The most memory that it had so far; see [`Process::memory_peak_bytes`].
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        self.process.memory_peak_bytes()
    }

    /// Sends SIGTERM without waiting.
    pub fn begin_to_terminate(&self) {
        self.process.terminate();
    }

    /// Sends SIGTERM and waits for the end.
    pub async fn terminate(self) -> Ended {
        self.process.terminate();
        self.process.ended().await
    }

    /// Sends SIGKILL and waits for the end.
    pub async fn kill9(mut self) -> Ended {
        self.process.kill();
        self.process.ended().await
    }

    /// Waits for the end.
    pub async fn ended(self) -> Ended {
        self.process.ended().await
    }
}

impl Shown {
    /// Nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// A caller's token.
    #[must_use]
    pub fn token(known: &Known) -> Self {
        Self { certificate: None, authorization: known.authorization() }
    }

    /// A caller's certificate.
    #[must_use]
    pub fn certificate(known: &Known) -> Self {
        Self::of(known.certificate.clone())
    }

    /// A certificate.
    #[must_use]
    pub fn of(certificate: Certificate) -> Self {
        Self { certificate: Some(certificate), authorization: None }
    }

    fn by_default(known: &Known) -> Self {
        if known.token.is_some() { Self::token(known) } else { Self::certificate(known) }
    }
}

/// The address of a listener in what the service prints.
fn url(stdout: &str, listener: &str) -> Option<String> {
    // Whole lines only: the last one may still be under way.
    let (lines, _) = stdout.rsplit_once('\n')?;
    lines.lines().find_map(|line| line.strip_prefix(listener)).map(|url| url.trim().to_owned())
}
