//! Reading over TLS.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use einsicht_client::source::{Source, SourceError, SourceOptions};
use einsicht_client::tls::{TlsFailure, TlsOptions};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::authority::{Authority, Issued};

const HERE: &str = "127.0.0.1";
const CHECKPOINT: &[u8] = b"anything, nothing is verified here\n";

/// Answers every request with [`CHECKPOINT`]; ends with the test's process.
fn serve(own: &Issued, clients_of: Option<&Authority>) -> SocketAddr {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match clients_of {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(ring::default_provider());
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let certificate = CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let config = Arc::new(builder.with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A connection that fails is part of most tests.
            let _ = answer(stream.unwrap(), config.clone());
        }
    });
    address
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.extend(byte);
    }
    write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", CHECKPOINT.len())?;
    stream.write_all(CHECKPOINT)?;
    stream.conn.send_close_notify();
    stream.flush()
}

async fn checkpoint(server: SocketAddr, tls: TlsOptions) -> Result<Vec<u8>, SourceError> {
    let options = SourceOptions { tls, pause: Duration::from_millis(1), ..SourceOptions::default() };
    Source::open_with(&format!("https://{server}"), options).unwrap().checkpoint().await
}

async fn unreachable(server: SocketAddr, tls: TlsOptions) -> (Option<TlsFailure>, String) {
    let error = checkpoint(server, tls).await.unwrap_err();
    assert!(!error.is_failure(), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("https://{server}/checkpoint")), "{text}");
    match error {
        SourceError::Tls { failure, .. } => (Some(failure), text),
        // The reason may be lost with the connection that it breaks.
        SourceError::Unreachable { .. } => (None, text),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_ledger_whose_authority_is_trusted_is_read() {
    let city = Authority::new();
    let server = serve(&city.issue(HERE), None);
    assert_eq!(checkpoint(server, city.trusted()).await.unwrap(), CHECKPOINT);
}

#[tokio::test]
async fn a_certificate_that_is_not_believed_is_neither_verified_nor_false() {
    let (city, other) = (Authority::new(), Authority::named("Somebody else"));
    let cases = [
        (other.issue(HERE), "issued by an authority that is not trusted here"),
        (city.issue_expired(HERE), "expired (2020-01-01T00:00:00Z"),
        (city.issue_early(HERE), "not valid yet (2999-01-01T00:00:00Z"),
        (city.issue("other.ulm.example"), "is for other.ulm.example, and not for 127.0.0.1"),
    ];
    for (own, expected) in cases {
        let (_, text) = unreachable(serve(&own, None), city.trusted()).await;
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_reader_shows_its_certificate_where_one_is_demanded() {
    let city = Authority::new();
    let server = serve(&city.issue(HERE), Some(&city));
    let own = city.issue("city-audit-office.ulm.example");
    assert_eq!(checkpoint(server, city.trusted_by(&own)).await.unwrap(), CHECKPOINT);
}

#[tokio::test]
async fn a_demand_for_a_certificate_is_understood() {
    let city = Authority::new();
    let (failure, text) = unreachable(serve(&city.issue(HERE), Some(&city)), city.trusted()).await;
    assert!(matches!(failure, None | Some(TlsFailure::CertificateDemanded)), "{text}");
    assert!(text.contains("EINSICHT_CERT_FILE"), "{text}");
    let other = Authority::new().issue("city-audit-office.ulm.example");
    let (failure, text) = unreachable(serve(&city.issue(HERE), Some(&city)), city.trusted_by(&other)).await;
    assert!(matches!(failure, None | Some(TlsFailure::CertificateRefused(_))), "{text}");
    assert!(text.contains("does not accept our certificate"), "{text}");
}
