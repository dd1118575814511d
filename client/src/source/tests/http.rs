//! A ledger behind an address, and everything that can go wrong on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn tiles_of(ledger: &Ledger) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    ledger.write_tiles(folder.path(), &[ledger.size()]);
    folder
}

#[tokio::test]
async fn what_passes_by_is_asked_for_again() {
    let ledger = Ledger::of(1000, 70);
    let folder = tiles_of(&ledger);
    let server = Server::with_faults(folder.path(), |request| match (request.path, request.before) {
        ("/checkpoint", 0) => Some(Reply::new(503, "busy")),
        ("/checkpoint", 1) => Some(Reply::new(429, "too many")),
        ("/tile/entries/001", 0) => Some(Reply { stated_bytes: 900, ..Reply::new(200, "too short") }),
        ("/tile/entries/002", 0 | 1) => Some(Reply::new(500, "broken")),
        _ => None,
    });
    assert_eq!(verify(&server.source()).await.unwrap(), ledger.head_at(1000));
    let requests = server.requests();
    assert_eq!(
        (requests["/checkpoint"], requests["/tile/entries/001"], requests["/tile/entries/002"]),
        (3, 2, 3)
    );
}

#[tokio::test]
async fn what_cannot_be_had_is_neither_verified_nor_failed() {
    let ledger = Ledger::of(1000, 70);
    let folder = tiles_of(&ledger);
    let truncated = || Reply { stated_bytes: 900, ..Reply::new(200, "too short") };
    let cases: [(&str, &str, Reply, usize); 7] = [
        ("server error", "/checkpoint", Reply::new(500, ""), 3),
        ("no checkpoint", "/checkpoint", Reply::new(404, ""), 1),
        ("a redirect to nowhere", "/checkpoint", Reply::new(302, ""), 1),
        ("entries are not public", "/tile/entries/001", Reply::new(403, ""), 1),
        ("a bundle is missing", "/tile/entries/001", Reply::new(404, ""), 1),
        ("a bundle never comes whole", "/tile/entries/001", truncated(), 3),
        (
            "a partial bundle is missing, and the full one too",
            "/tile/entries/003.p/232",
            Reply::new(404, ""),
            1,
        ),
    ];
    for (name, path, reply, requests) in cases {
        let server =
            Server::with_faults(folder.path(), move |request| (request.path == path).then(|| reply.clone()));
        let error = verify(&server.source()).await.unwrap_err();
        assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "{name}: {error}");
        assert!(error.to_string().contains(path), "{name}: {error}");
        assert_eq!(server.requests()[path], requests, "{name}");
    }
}

#[tokio::test]
async fn nobody_there_is_neither_verified_nor_failed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let quick = SourceOptions { pause: Duration::from_millis(1), attempts: 2, ..SourceOptions::default() };
    let error = verify(&Source::open_with(&address, quick).unwrap()).await.unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "{error}");
    assert!(error.to_string().contains("(2 attempts)"), "{error}");
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let quick = SourceOptions { timeout: Duration::from_millis(50), attempts: 1, ..SourceOptions::default() };
    let error = Source::open_with(&address, quick).unwrap().checkpoint().await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn wrong_bytes_are_failures() {
    let ledger = Ledger::of(1000, 70);
    let folder = tiles_of(&ledger);
    let bundle = fs::read(folder.path().join("tile/entries/001")).unwrap();
    let mut flipped = bundle.clone();
    flipped[9_999] ^= 1;
    let other = fs::read(folder.path().join("tile/entries/002")).unwrap();
    let cases: [(&str, &str, Vec<u8>); 6] = [
        ("a flipped bit", "/tile/entries/001", flipped),
        ("another bundle", "/tile/entries/001", other),
        ("a shorter bundle", "/tile/entries/001", bundle[..bundle.len() - 1].to_vec()),
        ("nothing", "/tile/entries/001", Vec::new()),
        ("more than a bundle can be", "/tile/entries/001", vec![0; 256 * 65_537 + 1]),
        ("a page about something else", "/checkpoint", b"<html>Welcome</html>".to_vec()),
    ];
    for (name, path, body) in cases {
        let server = Server::with_faults(folder.path(), move |request| {
            (request.path == path).then(|| Reply::new(200, body.clone()))
        });
        let error = verify(&server.source()).await.unwrap_err();
        assert_eq!(error.conclusion(), Conclusion::Failed, "{name}: {error}");
        assert_eq!(server.requests()[path], 1, "{name}: false bytes are not asked for again");
    }
}

#[tokio::test]
async fn a_full_tile_stands_in_for_a_partial_one_that_is_gone() {
    let ledger = Ledger::of(512, 40);
    let folder = tiles_of(&ledger);
    fs::write(folder.path().join("checkpoint"), ledger.note_at(300)).unwrap();
    let server = Server::of_folder(folder.path());
    assert_eq!(verify(&server.source()).await.unwrap(), ledger.head_at(300));
    assert_eq!(server.requests()["/tile/entries/001.p/44"], 1);
    assert_eq!(server.requests()["/tile/entries/001"], 1);
}

#[tokio::test]
async fn the_token_goes_with_every_request_and_nowhere_else() {
    let ledger = Ledger::of(600, 70);
    let folder = tiles_of(&ledger);
    let without = Arc::new(AtomicUsize::new(0));
    let counter = without.clone();
    let server = Server::with_faults(folder.path(), move |request| {
        let sent = request.head.to_lowercase().contains("authorization: bearer auditor-token\r\n");
        counter.fetch_add(usize::from(!sent), Ordering::SeqCst);
        (!sent && request.path.starts_with("/tile/entries")).then(|| Reply::new(401, ""))
    });
    let token = Some(crate::config::Token::parse("auditor-token\n").unwrap());
    let source =
        Source::open_with(server.address(), SourceOptions { token, ..SourceOptions::default() }).unwrap();
    assert_eq!(verify(&source).await.unwrap(), ledger.head_at(600));
    assert_eq!(without.load(Ordering::SeqCst), 0);
    let error = verify(&server.source()).await.unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::CouldNotTell);
    assert!(error.to_string().contains("token"), "{error}");
}

#[test]
fn an_address_with_tls_can_be_opened() {
    // Where a system has no certificates this says so; nothing is asked over the network.
    match Source::open("https://ulm.example/ledger") {
        Ok(source) => assert_eq!(source.place(), "https://ulm.example/ledger"),
        Err(error) => assert!(error.to_string().contains("ertificate"), "{error}"),
    }
}
