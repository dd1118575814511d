//! The verifier that was written from `docs/format.md` in another language, against the real service
//! and against copies that were tampered with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, PublishCharterRequest, RecordRequest};
use einsicht_tests::make::{Session, event, request};
use einsicht_tests::python::{python, verify};
use einsicht_tests::service::Service;
use einsicht_tlog::tile::{LEVEL_MAX, Tile, TileKind};
use tokio::net::TcpListener;

use crate::{SMALL_SEGMENTS, folder};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_verifies_what_the_service_serves() {
    let Some(python) = python() else { return };
    let folder = folder();
    let service = Service::start(folder.path(), &SMALL_SEGMENTS).await;
    for count in [1, 300, 299] {
        service.record(request(count)).await.unwrap();
    }
    let text =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../charters/template.toml")).unwrap();
    service.charter().publish_charter(PublishCharterRequest { text: text.into() }).await.unwrap();
    service.record(judged()).await.unwrap();
    let vkey = folder.path().join("ledger.vkey");
    let verified = verify(&python, service.url(), &vkey).await;
    verified.expect(0, &[]);
    assert!(verified.stdout.contains("1 CharterPart"), "{verified:#?}");
    let origin = service.verifier().origin().to_owned();
    assert!(verified.stdout.starts_with(&format!("verified: {origin}, 607 entries")), "{verified:#?}");
    let url = service.url().to_owned();
    service.terminate().await.expect(0, &[]);
    verify(&python, &url, &vkey).await.expect(2, &["could not tell"]);
}

/// Accesses that keep the charter of the template, deviate from it, and can't be judged by it.
fn judged() -> RecordRequest {
    let access = |purpose: &str, records| AccessEvent {
        dataset: "grabregister".into(),
        purpose: purpose.into(),
        legal_basis: Some("gdpr-6-1-c".into()),
        record_count: records,
        ..event()
    };
    let personal = AccessEvent { actor: Some("kornblum".into()), ..access("winterdienst", Some(51)) };
    let unknown = AccessEvent { dataset: "unbekannt".into(), ..access("winterdienst", None) };
    Session::new().request_of(vec![
        access("friedhofsverwaltung", Some(50)),
        personal,
        access("statistik", None),
        unknown,
    ])
}

/// Everything that a ledger publishes, by path.
async fn export(service: &Service) -> BTreeMap<String, Bytes> {
    let head = service.head().await;
    let kinds = (0..=LEVEL_MAX).map(TileKind::Hashes).chain([TileKind::Entries]);
    let tiles = kinds.flat_map(|kind| Tile::all_of_log(kind, head.size)).map(|tile| format!("/{tile}"));
    let mut pages = BTreeMap::new();
    for path in tiles.chain(["/checkpoint".to_owned()]) {
        let page = service.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        pages.insert(path, page.bytes);
    }
    pages
}

/// Serves pages on a port of this machine, until the test ends.
async fn serve(pages: BTreeMap<String, Bytes>) -> String {
    async fn page(State(pages): State<Arc<BTreeMap<String, Bytes>>>, uri: Uri) -> Result<Bytes, StatusCode> {
        pages.get(uri.path()).cloned().ok_or(StatusCode::NOT_FOUND)
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(page).with_state(Arc::new(pages));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A page with one bit flipped, so many bytes from its end.
fn flipped(page: &Bytes, from_end: usize) -> Bytes {
    let mut bytes = page.to_vec();
    let position = bytes.len() - from_end;
    bytes[position] ^= 1;
    bytes.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_finds_every_tampering_of_a_copy_and_never_takes_a_gap_for_a_verdict() {
    let Some(python) = python() else { return };
    let (ours, theirs) = (folder(), folder());
    let service = Service::start(ours.path(), &[]).await;
    service.record(request(300)).await.unwrap();
    let export = export(&service).await;
    let vkey = ours.path().join("ledger.vkey");
    verify(&python, &serve(export.clone()).await, &vkey).await.expect(0, &[]);

    for (path, from_end) in [
        ("/tile/entries/000", 1),
        ("/tile/entries/000", 20_000),
        ("/tile/entries/001.p/46", 100),
        ("/tile/0/000", 32),
        ("/tile/0/001.p/46", 1),
        ("/tile/1/000.p/1", 7),
        ("/checkpoint", 20),
        ("/checkpoint", export["/checkpoint"].len() - 40),
    ] {
        let mut tampered = export.clone();
        tampered.insert(path.into(), flipped(&export[path], from_end));
        let failed = verify(&python, &serve(tampered).await, &vkey).await;
        failed.expect(1, &["verification failed"]);
    }
    let mut gap = export.clone();
    gap.remove("/tile/entries/000").unwrap();
    verify(&python, &serve(gap).await, &vkey).await.expect(2, &["could not tell"]);

    let other = Service::start(theirs.path(), &[]).await;
    let other_key = other.data().join("ledger.vkey");
    verify(&python, &serve(export).await, &other_key).await.expect(1, &["verification failed"]);
}
