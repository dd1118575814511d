//! `einsichtd health`: asks the service on this machine how it is. For containers and systemd.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::sources::SourceArgs;
use crate::config::Config;
use crate::tls;

/// Longest that the answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read: one sentence.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Asks the service on this machine whether it records.
///
/// Exit codes: 0 it does, 1 it answers that it does not (the reason is on stdout), 2 could not tell.
#[derive(Debug, Args)]
pub struct HealthArgs {
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &HealthArgs) -> anyhow::Result<ExitCode> {
    let config = args.sources.load()?.config;
    let address = local(config.listen.internal);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, ask(&config, address))
            .await
            .map_err(|_| anyhow!("no answer within {} s", PATIENCE.as_secs()))?
    });
    let (status, sentence) =
        asked.with_context(|| format!("could not tell how the service at {address} is"))?;
    super::say(sentence.trim_end());
    match status {
        StatusCode::OK => Ok(ExitCode::SUCCESS),
        StatusCode::SERVICE_UNAVAILABLE => Ok(ExitCode::from(1)),
        status => Err(anyhow!("{address} answers {status}; is another service there?")),
    }
}

/// The address to ask from this machine: a service that listens on all of them is asked on loopback.
fn local(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

async fn ask(config: &Config, address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    ensure!(address.port() != 0, "listen.internal has port 0, so the port that was chosen is not known");
    let stream = TcpStream::connect(address).await.context("it does not answer; does it run?")?;
    let Some(tls) = &config.tls_internal else { return converse(stream, address).await };
    // It is on this machine and may have any name: it has to show the certificate that is configured.
    let connector = TlsConnector::from(Arc::new(tls::pinned(&tls.certificate)?));
    let stream = connector.connect(ServerName::from(address.ip()), stream).await.with_context(|| {
        format!(
            "it does not show the certificate in {}; if that was renewed, reload the service (SIGHUP)",
            tls.certificate.display()
        )
    })?;
    converse(stream, address).await
}

async fn converse<I>(stream: I, address: SocketAddr) -> anyhow::Result<(StatusCode, String)>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get("/healthz").header(header::HOST, address.to_string());
    let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| anyhow!(error))?;
    Ok((head.status, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_asked_on_loopback() {
        for (configured, asked) in [
            ("0.0.0.0:7420", "127.0.0.1:7420"),
            ("[::]:7420", "[::1]:7420"),
            ("10.0.0.5:7420", "10.0.0.5:7420"),
        ] {
            assert_eq!(local(configured.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
