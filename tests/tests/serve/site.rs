//! The public site, as the public listener gives it out: for everybody, bound by a policy, and seen by nobody.

use einsicht_tests::city::{City, Running};
use einsicht_tests::service::Page;
use reqwest::{Method, StatusCode};

/// What keeps a page from asking elsewhere, and others from showing it as theirs.
const POLICY: [&str; 5] = [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
];

async fn with(service: &Running, path: &str, headers: &[(&'static str, &str)]) -> Page {
    let url = format!("{}{path}", service.public);
    let request =
        headers.iter().fold(service.http(None).request(Method::GET, url), |request, (name, value)| {
            request.header(*name, *value)
        });
    Page::of(request.send().await.unwrap()).await
}

fn assert_secured(page: &Page, path: &str) {
    let policy = page.header("content-security-policy");
    for part in POLICY {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
    assert!(!page.headers.contains_key("set-cookie"), "{path}");
}

#[tokio::test]
async fn pages_modules_and_workers_are_there_with_their_types_and_a_strict_policy() {
    let city = City::new().await;
    let service = city.serve().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/en/", "text/html; charset=utf-8"),
        ("/en/verify.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/site/frame.js", "text/javascript; charset=utf-8"),
        ("/site/work/scan.js", "text/javascript; charset=utf-8"),
        ("/verify/merkle.js", "text/javascript; charset=utf-8"),
        ("/ledger.vkey", "text/plain; charset=utf-8"),
        ("/index.txt", "text/plain; charset=utf-8"),
        ("/checkpoint", "text/plain; charset=utf-8"),
    ] {
        let page = service.get_public(path, None).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.header("content-type"), kind, "{path}");
        assert_secured(&page, path);
    }
    // What is not there, and what is not for everybody, is no hole in it.
    for (path, status) in
        [("/nothing", 404), ("/site/nothing.js", 404), ("/tests/body.test.js", 404), ("/web/", 404)]
            .into_iter()
            .chain([("/tile/entries/000.p/2", 403), ("/reports/index.json", 404), ("/reports/2026-11/", 404)])
    {
        let page = service.get_public(path, None).await;
        assert_eq!(page.status, status, "{path}");
        assert_secured(&page, path);
    }
    let key = service.get_public("/ledger.vkey", None).await;
    assert_eq!(key.text(), std::fs::read_to_string(city.data().join("ledger.vkey")).unwrap());
    assert_eq!(key.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_browser_fetches_a_page_once_and_then_asks_whether_it_is_still_the_same() {
    let city = City::new().await;
    let service = city.serve().await;
    let page = with(&service, "/verify/merkle.js", &[("accept-encoding", "gzip")]).await;
    assert_eq!((page.header("cache-control"), page.header("content-encoding")), ("no-cache", "gzip"));
    let plain = service.get_public("/verify/merkle.js", None).await;
    assert!(page.bytes.len() * 2 < plain.bytes.len(), "{} of {}", page.bytes.len(), plain.bytes.len());
    for encoding in ["gzip", "identity"] {
        let headers = [("if-none-match", page.header("etag")), ("accept-encoding", encoding)];
        let again = with(&service, "/verify/merkle.js", &headers).await;
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_secured(&again, "/verify/merkle.js");
    }
    let another = with(&service, "/verify/tile.js", &[("if-none-match", page.header("etag"))]).await;
    assert_eq!(another.status, StatusCode::OK);
}

#[tokio::test]
async fn a_folder_without_its_slash_leads_to_the_one_with_it_also_below_another_prefix() {
    let city = City::new().await;
    let service = city.serve().await;
    // The client follows where it is sent to.
    let page = service.get_public("/en", None).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.text().contains("<html lang=\"en\">"), "{}", page.text());
}

#[tokio::test]
async fn the_newest_entry_can_be_had_without_those_before_it() {
    let mut city = City::new().await;
    city.public_entries = true;
    city.write();
    let service = city.serve().await;
    let path = "/tile/entries/000.p/2";
    let whole = service.get_public(path, None).await;
    let end = with(&service, path, &[("range", "bytes=-64")]).await;
    assert_eq!(end.status, StatusCode::PARTIAL_CONTENT);
    let (from, length) = (whole.bytes.len() - 64, whole.bytes.len());
    assert_eq!(end.header("content-range"), format!("bytes {from}-{}/{length}", length - 1));
    assert_eq!(end.bytes, whole.bytes.slice(from..));
    let other = with(&service, path, &[("range", "bytes=0-63")]).await;
    assert_eq!((other.status, other.bytes), (StatusCode::OK, whole.bytes));
}

#[tokio::test]
async fn nothing_is_logged_of_who_looks_at_what() {
    let mut city = City::new().await;
    city.variables.push(("EINSICHT_LOG", "trace".to_owned()));
    let service = city.serve().await;
    let paths = [
        "/meine-daten.html",
        "/site/pages/my-data.js",
        "/tile/0/000.p/2",
        "/tile/entries/000.p/2",
        "/reports/x/y",
    ];
    for path in paths {
        with(&service, path, &[("x-request-id", "somebody-7f3a"), ("user-agent", "Browser-of-Somebody")])
            .await;
    }
    let log = service.log();
    assert!(log.contains("door=\"public\""), "{log}");
    for path in paths.into_iter().chain(["somebody-7f3a", "Browser-of-Somebody"]) {
        assert!(!log.contains(path), "{path} is in the log: {log}");
    }
}
