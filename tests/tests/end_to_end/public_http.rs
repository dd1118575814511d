//! Public HTTP: content types, caching, any origin, and what is not there.

use einsicht_tests::make::request;
use einsicht_tests::service::{Page, Service};
use reqwest::{Method, StatusCode};

use crate::folder;

const IMMUTABLE: &str = "public, max-age=604800, immutable";

async fn from_elsewhere(service: &Service, path: &str) -> Page {
    service.send(service.http(Method::GET, path).header("origin", "https://example.org")).await
}

fn assert_not_there(page: &Page, path: &str) {
    assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    assert_eq!(page.header("cache-control"), "no-store", "{path}");
}

#[tokio::test]
async fn everybody_may_read_checkpoint_and_tiles_from_any_page() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(300)).await.unwrap();
    for (path, kind, caching) in [
        ("/checkpoint", "text/plain; charset=utf-8", "no-store"),
        ("/index.txt", "text/plain; charset=utf-8", "no-store"),
        ("/ledger.vkey", "text/plain; charset=utf-8", "no-store"),
        ("/tile/0/000", "application/octet-stream", IMMUTABLE),
        ("/tile/0/001.p/46", "application/octet-stream", IMMUTABLE),
        ("/tile/1/000.p/1", "application/octet-stream", IMMUTABLE),
        ("/tile/entries/000", "application/octet-stream", IMMUTABLE),
        ("/tile/entries/001.p/46", "application/octet-stream", IMMUTABLE),
    ] {
        let page = from_elsewhere(&service, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.header("content-type"), kind, "{path}");
        assert_eq!(page.header("cache-control"), caching, "{path}");
        assert_eq!(page.header("access-control-allow-origin"), "*", "{path}");
    }
    let missing = from_elsewhere(&service, "/tile/0/002").await;
    assert_eq!(missing.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_checkpoint_over_http_is_the_one_over_grpc() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let answer = service.record(request(3)).await.unwrap();
    let page = service.get("/checkpoint").await;
    assert_eq!(page.bytes, answer.checkpoint);
    assert_eq!(service.verifier().open(&page.bytes), service.head().await);
}

#[tokio::test]
async fn a_path_that_is_not_canonical_is_not_there() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(600)).await.unwrap();
    for path in [
        "/tile/0/0",
        "/tile/0/00",
        "/tile/0/0000",
        "/tile/0/x000/000",
        "/tile/00/000",
        "/tile/+0/000",
        "/tile/0/000.p/",
        "/tile/0/000.p/01",
        "/tile/0/000.p/1/",
        "/tile/0/000.P/1",
        "/tile/0/000/",
        "/tile//0/000",
        "/tile/0//000",
        "/tile/0/00%30",
        "/tile/%30/000",
        "/tile/0%2F000",
        "/tile/entries/0",
        "/tile/Entries/000",
        "/tile/data/000",
        "/tile/8/000.p/1",
        "/tile/0/-01",
        "/tile/0",
        "/tile/",
        "/tile",
    ] {
        assert_not_there(&service.get(path).await, path);
    }
}

#[tokio::test]
async fn a_width_that_cannot_be_or_is_not_published_yet_is_not_there() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(600)).await.unwrap();
    for kind in ["0", "entries"] {
        for (tile, there) in [
            ("000.p/0", false),
            ("000.p/256", false),
            ("000.p/257", false),
            ("000.p/65536", false),
            ("000.p/18446744073709551616", false),
            ("000.p/255", true),
            ("001", true),
            ("002", false),
            ("002.p/91", false),
            ("002.p/90", true),
            ("002.p/1", true),
            ("003.p/1", false),
            ("x072/x057/x594/x037/x927/935", false),
            ("x999/x999/x999/x999/x999/x999/x999/999", false),
        ] {
            let path = format!("/tile/{kind}/{tile}");
            let page = service.get(&path).await;
            if there {
                assert_eq!(page.status, StatusCode::OK, "{path}");
            } else {
                assert_not_there(&page, &path);
            }
        }
    }
    for path in ["/tile/1/000.p/3", "/tile/1/000", "/tile/2/000.p/1", "/tile/7/000.p/1"] {
        assert_not_there(&service.get(path).await, path);
    }
    // What was too wide is there as soon as it is published, and was not kept as missing.
    service.record(request(1)).await.unwrap();
    assert_eq!(service.get("/tile/0/002.p/91").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_and_what_may_not_be_done_says_so() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    for path in ["/nothing", "/checkpoint/", "/keys/ledger.key", "/log/checkpoint", "/tile/../keys/dev.token"]
    {
        assert_not_there(&service.get(path).await, path);
    }
    for (method, path) in [(Method::POST, "/checkpoint"), (Method::DELETE, "/tile/0/000.p/1")] {
        let page = service.send(service.http(method, path)).await;
        assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    let head = service.send(service.http(Method::HEAD, "/tile/0/000.p/2")).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, "64"));
}

#[tokio::test]
async fn health_is_a_page_too() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let page = service.get("/healthz").await;
    assert_eq!(
        (page.status, page.text(), page.header("cache-control")),
        (StatusCode::OK, "ok\n", "no-store")
    );
}
