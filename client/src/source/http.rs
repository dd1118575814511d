//! A ledger behind a URL. C2SP tlog-tiles, "Parameters" and "Merkle Tree".

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use einsicht_tlog::note::NOTE_BYTES_MAX;
use einsicht_tlog::tile::Tile;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode, Url, redirect};

use super::{FetchedTile, SourceError, SourceOptions, full_tile, tile_bytes_max, too_long};
use crate::tls::{TlsFailure, broken_off};

/// Longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A whole answer may take as many times longer than silence may last.
const SILENCES_MAX: u32 = 10;
/// Most redirects that are followed. The token is not sent to another host.
const REDIRECTS_MAX: usize = 5;

/// Reads `/checkpoint` and `/tile/…` below an address.
pub(super) struct HttpSource {
    client: Client,
    /// Without slash at the end.
    base: String,
    attempts: u32,
    pause: Duration,
    shows_certificate: bool,
}

/// How one attempt ended.
enum Attempt {
    Got(Bytes),
    /// The server says that it does not have it.
    Absent,
    /// Worth another attempt.
    Again(SourceError),
}

impl HttpSource {
    pub fn new(address: &str, options: SourceOptions) -> Result<Self, SourceError> {
        let url = parse(address)?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let refused = |reason: String| SourceError::Address { place: base.clone(), reason };
        let mut headers = HeaderMap::new();
        if let Some(token) = &options.token {
            let mut value = HeaderValue::from_bytes(token.authorization().as_bytes())
                .map_err(|_| refused("the token can't be sent in a header".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        // Fails if the programme has chosen another implementation already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("einsicht/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(redirects(options.tls.has_certificate()))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(options.timeout)
            // A server that trickles is no better than a silent one.
            .timeout(options.timeout * SILENCES_MAX);
        builder = match url.scheme() {
            // Without TLS nobody needs the system's certificates, which small containers don't have.
            "http" => builder.tls_certs_only([]),
            _ => options.tls.of_reqwest(builder).map_err(|error| refused(reason(error)))?,
        };
        let client = builder.build().map_err(|error| refused(reason(error)))?;
        let shows_certificate = options.tls.has_certificate();
        Ok(Self { client, base, attempts: options.attempts.max(1), pause: options.pause, shows_certificate })
    }

    /// The address, without slash at its end.
    pub fn address(&self) -> &str {
        &self.base
    }

    pub async fn checkpoint(&self) -> Result<Vec<u8>, SourceError> {
        let url = format!("{}/checkpoint", self.base);
        let bytes = self.get(&url, NOTE_BYTES_MAX).await?;
        bytes.map(Into::into).ok_or(SourceError::Status { url, status: 404 })
    }

    /// Fetches a tile or bundle. A partial one that is gone is replaced by the full one.
    pub async fn tile(&self, tile: Tile) -> Result<FetchedTile, SourceError> {
        let url = format!("{}/{tile}", self.base);
        if let Some(bytes) = self.get(&url, tile_bytes_max(tile)).await? {
            return Ok(FetchedTile { name: url, bytes, full: false });
        }
        if let Some(full) = full_tile(tile) {
            let full_url = format!("{}/{full}", self.base);
            if let Some(bytes) = self.get(&full_url, tile_bytes_max(full)).await? {
                return Ok(FetchedTile { name: full_url, bytes, full: true });
            }
        }
        Err(SourceError::Status { url, status: 404 })
    }

    /// Fetches something of at most `bytes_max` bytes; `None` if the server does not have it.
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Option<Bytes>, SourceError> {
        let mut pause = self.pause;
        for attempt in 1.. {
            match self.attempt(url, bytes_max, attempt).await? {
                Attempt::Got(bytes) => return Ok(Some(bytes)),
                Attempt::Absent => return Ok(None),
                Attempt::Again(error) if attempt >= self.attempts => return Err(error),
                Attempt::Again(error) => {
                    tracing::debug!(%error, attempt, "asking again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
        Ok(None)
    }

    async fn attempt(&self, url: &str, bytes_max: usize, attempts: u32) -> Result<Attempt, SourceError> {
        let again = |error: reqwest::Error| match TlsFailure::in_error(&error) {
            Some(failure) if failure.lasts() => Err(SourceError::Tls { url: url.to_owned(), failure }),
            _ => {
                let is_broken_off = error.is_request() && !error.is_connect() && !error.is_timeout();
                let mut reason = reason(error);
                if is_broken_off && url.starts_with("https:") {
                    reason = format!("{reason}. {}", broken_off(self.shows_certificate));
                }
                Ok(Attempt::Again(SourceError::Unreachable { url: url.to_owned(), attempts, reason }))
            }
        };
        let mut response = match self.client.get(url).send().await {
            Ok(response) => response,
            Err(error) => return again(error),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(Attempt::Absent),
            status => {
                let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                let error = SourceError::Status { url: url.to_owned(), status: status.as_u16() };
                return if passing { Ok(Attempt::Again(error)) } else { Err(error) };
            }
        }
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(bytes)) if body.len() + bytes.len() > bytes_max => {
                    return Err(too_long(url, bytes_max));
                }
                Ok(Some(bytes)) => body.extend_from_slice(&bytes),
                Ok(None) => return Ok(Attempt::Got(body.freeze())),
                Err(error) => return again(error),
            }
        }
    }
}

/// Redirects are followed, but a certificate is shown to no other host than the one that was asked.
fn redirects(has_certificate: bool) -> redirect::Policy {
    if !has_certificate {
        return redirect::Policy::limited(REDIRECTS_MAX);
    }
    redirect::Policy::custom(|attempt| {
        let from = attempt.previous().first().map(Url::origin);
        let is_elsewhere = from.is_none_or(|from| from != attempt.url().origin());
        if is_elsewhere || attempt.previous().len() > REDIRECTS_MAX {
            attempt.stop()
        } else {
            attempt.follow()
        }
    })
}

fn parse(address: &str) -> Result<Url, SourceError> {
    let refused = |place: &str, reason: &str| SourceError::Address {
        place: place.to_owned(),
        reason: reason.to_owned(),
    };
    // What does not parse may hold a password all the same: it is not repeated.
    let url = Url::parse(address).map_err(|error| refused("…", &error.to_string()))?;
    let shown = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(&shown, "it must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(&shown, "no user name or password belongs in it; give a token instead"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused(&shown, "it must not have '?' or '#'"));
    }
    Ok(url)
}

/// The chain of causes in one line, without the address, which stands beside it.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
