//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use super::Listener;
use super::answer::{Answer, InFlight};
use super::meter::Metered;
use super::progress::{Pace, Progress, Verdict};
use crate::auth::{Peer, PeerCertificate};

/// Longest that a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Longest until the head of an HTTP/1.1 request is there; also how long such a connection may be idle.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// Calls at once on one connection.
const STREAMS_MAX: u32 = 200;
/// Most bytes of all headers of a request.
const HEADERS_BYTES_MAX: u32 = 16 * 1024;
/// Most bytes of an HTTP/1.1 head, and of an answer that waits to be written.
const HTTP1_BUFFER_BYTES: usize = 64 * 1024;
/// Most bytes of one answer that wait in a stream of HTTP/2.
const STREAM_BUFFER_BYTES: usize = 256 * 1024;
/// How often it is looked at a connection once the service goes down.
const LOOK_INTERVAL_GOING_DOWN: Duration = Duration::from_millis(200);
/// How many such looks a connection without a request is left, so that the last answer gets out.
const LOOKS_GOING_DOWN: u32 = 5;

/// Serves one connection until it ends, or until the service goes down and its calls have ended.
pub(super) async fn serve(
    listener: &Listener,
    stream: TcpStream,
    address: IpAddr,
    shutdown: CancellationToken,
) {
    // Answers are small and somebody waits for each of them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let Some(tls) = &listener.tls else {
        return converse(listener, stream, Peer { address, certificate: None }, shutdown).await;
    };
    let generation = listener.gate.generation();
    let handshake = timeout(HANDSHAKE_MAX, TlsAcceptor::from(tls.current()).accept(stream));
    let stream = tokio::select! {
        () = shutdown.cancelled() => return,
        shaken = handshake => match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return not_begun(listener, address, &error.to_string()),
            Err(_) => return not_begun(listener, address, "it did not end in time"),
        },
    };
    let peer = Peer { address, certificate: certificate(&stream, generation) };
    converse(listener, stream, peer, shutdown).await;
}

fn certificate(stream: &TlsStream<TcpStream>, generation: u64) -> Option<PeerCertificate> {
    PeerCertificate::read(stream.get_ref().1.peer_certificates()?, generation)
}

/// A handshake that failed: a certificate of another CA, one that has expired, or no TLS at all.
fn not_begun(listener: &Listener, address: IpAddr, error: &str) {
    listener.count_refused("tls_handshake");
    // Of those who read in public nothing is logged that says who they are.
    if listener.name == "public" {
        return tracing::debug!(listener = listener.name, error, "TLS handshake failed");
    }
    if let Some(left_out_before) = listener.handshakes.line() {
        tracing::info!(listener = listener.name, %address, error, left_out_before, "TLS handshake failed");
    }
}

async fn converse<I>(listener: &Listener, io: I, peer: Peer, shutdown: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let progress = Arc::new(Progress::new());
    let io = TokioIo::new(Metered::new(io, Arc::clone(&progress)));
    let service = Conversation {
        router: listener.router.clone(),
        peer: Arc::new(peer),
        progress: Arc::clone(&progress),
    };
    let builder = builder(&listener.pace);
    let mut connection = pin!(builder.serve_connection(io, service));
    let (mut going_down, mut looks_left) = (false, LOOKS_GOING_DOWN);
    let mut shown_out: Option<Instant> = None;
    loop {
        let pause = if going_down { LOOK_INTERVAL_GOING_DOWN } else { listener.pace.look_interval };
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(listener = listener.name, error, "a connection ended in disorder");
                }
                return;
            }
            () = shutdown.cancelled(), if !going_down => {
                going_down = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(pause) => {
                // Half a request is none: hyper would wait for the rest of it.
                looks_left -= u32::from(going_down && progress.active() == 0);
                if looks_left == 0 {
                    return;
                }
                match progress.verdict(&listener.pace) {
                    None => {}
                    // The other side is told, and may finish.
                    Some(Verdict::Enough) => match shown_out {
                        Some(since) if since.elapsed() > listener.pace.read_within => {
                            return listener.count_ended("does_not_leave");
                        }
                        Some(_) => {}
                        None => {
                            shown_out = Some(Instant::now());
                            connection.as_mut().graceful_shutdown();
                        }
                    },
                    Some(Verdict::DidNotBegin) => return listener.count_ended("did_not_begin"),
                    Some(Verdict::DoesNotRead) => return listener.count_ended("does_not_read"),
                }
            }
        }
    }
}

/// Every bound is stated here but those that hyper and h2 set well themselves: at most 100 headers
/// (HTTP/1.1), at most 20 streams reset before they were taken up and 1,024 reset for errors (HTTP/2,
/// "rapid reset"), and a window of 1 MiB for what a connection may send ahead.
fn builder(pace: &Pace) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HTTP1_BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(pace.ping_interval)
        .keep_alive_timeout(pace.ping_within)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADERS_BYTES_MAX)
        .max_send_buf_size(STREAM_BUFFER_BYTES);
    builder
}

/// What the requests of one connection have in common.
struct Conversation {
    router: Router,
    peer: Arc<Peer>,
    progress: Arc<Progress>,
}

impl hyper::service::Service<Request<Incoming>> for Conversation {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Answer>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let in_flight = InFlight::begin(&self.progress);
        request.extensions_mut().insert(Arc::clone(&self.peer));
        // A router is always ready.
        let response = self.router.clone().call(request.map(Body::new));
        response.map(|response| response.map(|response| response.map(|body| in_flight.answer(body)))).boxed()
    }
}
