//! The public listener: checkpoint and tiles for everybody, entries if the city wants that.

use einsicht_proto::v1::GetCheckpointRequest;
use einsicht_proto::v1::ledger_client::LedgerClient;
use einsicht_tests::city::{Caller, City, Shown};
use reqwest::Method;
use tonic::Code;

use crate::DATASET;

const ENTRIES: &str = "/tile/entries/000.p/2";

#[tokio::test]
async fn everybody_reads_checkpoint_and_hashes_and_nobody_entries_unless_they_are_public() {
    let mut city = City::new().await;
    city.add(Caller::new("audit-office", "auditor"));
    let service = city.serve().await;
    for path in ["/", "/index.txt", "/checkpoint", "/tile/0/000.p/2"] {
        let page = service.get_public(path, None).await;
        assert_eq!(page.status, 200, "{path}");
    }
    let page = service.get_public("/checkpoint", None).await;
    assert_eq!(city.verifier().open(&page.bytes).size.0, 2);
    let page = service.get_public(ENTRIES, None).await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().contains("not public"), "{}", page.text());
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("access-control-allow-origin"), "*");

    city.public_entries = true;
    city.write();
    assert!(service.reload().await);
    let page = service.get_public(ENTRIES, None).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "public, max-age=604800, immutable");
    city.public_entries = false;
    city.write();
    assert!(service.reload().await);
    assert_eq!(service.get_public(ENTRIES, None).await.status, 403);
}

#[tokio::test]
async fn an_auditor_reads_entries_there_with_a_token_and_a_recorder_does_not() {
    let mut city = City::new().await;
    let auditor = city.add(Caller::new("audit-office", "auditor"));
    let recorder = city.add(Caller::recorder("counter", &[DATASET]));
    let service = city.serve().await;
    let get = |authorization: Option<String>| {
        let service = &service;
        async move { service.get_public(ENTRIES, authorization.as_deref()).await }
    };
    let page = get(auditor.authorization()).await;
    assert_eq!(page.status, 200);
    // A cache between the service and everybody would hand out what it may keep.
    assert!(page.header("cache-control").starts_with("private"), "{}", page.header("cache-control"));
    let page = get(recorder.authorization()).await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().contains("'counter' may not read entries"), "{}", page.text());
    assert_eq!(get(Some("Bearer nobody".into())).await.status, 401);
}

#[tokio::test]
async fn it_has_nothing_of_what_the_internal_listener_has() {
    let mut city = City::new().await;
    let auditor = city.add(Caller::new("audit-office", "auditor"));
    let service = city.serve().await;
    let authorization = auditor.authorization();
    for path in ["/metrics", "/healthz", "/einsicht.v1.Ledger/GetCheckpoint", "/nothing"] {
        let page = service.get_public(path, authorization.as_deref()).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let grpc = service
        .http(None)
        .request(Method::POST, format!("{}/einsicht.v1.Ledger/GetCheckpoint", service.public))
        .header("content-type", "application/grpc")
        .header("authorization", authorization.unwrap())
        .body(vec![0; 5]);
    let answer = grpc.send().await.unwrap();
    assert_eq!(answer.headers()["grpc-status"], "12");
    let index = service.get_public("/index.txt", None).await;
    assert!(!index.text().contains("/metrics"), "{}", index.text());
}

#[tokio::test]
async fn it_speaks_http_2_as_well_and_has_no_grpc_there_either() {
    let (_city, service, _) = crate::with_recorder().await;
    let mut ledger = LedgerClient::new(service.channel_to(&service.public, None));
    let status = ledger.get_checkpoint(GetCheckpointRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented, "{status}");
}

#[tokio::test]
async fn it_asks_nobody_for_a_certificate() {
    let mut city = City::new().await;
    let steward = city.add(Caller::new("data-ethics", "steward"));
    let service = city.serve().await;
    // A steward's certificate opens the entries inside, and is not even asked for outside.
    let inside = service.get(ENTRIES, &Shown::certificate(&steward)).await;
    assert_eq!(inside.status, 200);
    let client = service.http(Some(&steward.certificate));
    let outside = client.get(format!("{}{ENTRIES}", service.public)).send().await.unwrap();
    assert_eq!(outside.status(), 403);
}
