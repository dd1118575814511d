//! Who calls: tokens and certificates that are known, and all the others.

use einsicht_tests::city::{Authority, Caller, City, Shown};
use einsicht_tests::make::request;
use tonic::Code;

use crate::{DATASET, figures, with_recorder};

#[tokio::test]
async fn a_token_or_a_certificate_is_enough() {
    let (_city, service, counter) = with_recorder().await;
    for shown in [Shown::token(&counter), Shown::certificate(&counter)] {
        service.recorder_as(&shown).record(request(2)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_recorded_carries_the_configured_name() {
    let (city, service, counter) = with_recorder().await;
    let request = request(1);
    let answer = service.recorder(&counter).record(request.clone()).await.unwrap().into_inner();
    let leaf_hash = answer.recorded[0].leaf_hash.clone();
    assert_eq!(leaf_hash.len(), 32);
    let entries = std::fs::read(einsicht_tests::folder::segments(&city.data())[0].clone()).unwrap();
    let name = b"visitor-counter";
    assert!(entries.windows(name.len()).any(|window| window == name));
}

#[tokio::test]
async fn a_uri_in_a_certificate_is_a_name_too() {
    let mut city = City::new().await;
    city.add(Caller::recorder("counter", &[DATASET]));
    city.callers[0].certificates.push("uri:spiffe://ulm.example/counter".into());
    city.write();
    let service = city.serve().await;
    let certificate = city.authority.client_uri("spiffe://ulm.example/counter");
    service.recorder_as(&Shown::of(certificate)).record(request(1)).await.unwrap();
}

#[tokio::test]
async fn nobody_records_without_being_known() {
    let (_city, service, counter) = with_recorder().await;
    let token = counter.token.clone().unwrap();
    for authorization in [
        None,
        Some(String::new()),
        Some("Bearer ".to_owned()),
        Some(token.clone()),
        Some(format!("Basic {token}")),
        Some(format!("Bearer {token}x")),
        Some(format!("Bearer {}", token.to_uppercase())),
        Some(format!("Bearer {}", "0".repeat(64))),
    ] {
        let shown = Shown { certificate: None, authorization };
        let status = service.recorder_as(&shown).record(request(1)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{:?}: {status}", shown.authorization);
        assert!(!status.message().contains(&token), "an error must not tell a secret");
    }
    assert!(!service.log().contains(&token));
}

#[tokio::test]
async fn an_authorization_header_decides_even_beside_a_good_certificate() {
    let (_city, service, counter) = with_recorder().await;
    let shown =
        Shown { authorization: Some("Bearer of-somebody-else".into()), ..Shown::certificate(&counter) };
    let status = service.recorder_as(&shown).record(request(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
}

#[tokio::test]
async fn certificates_of_another_authority_that_expired_or_are_for_servers_end_the_handshake() {
    let (city, service, _) = with_recorder().await;
    let host = "visitor-counter.ulm.example";
    for (what, certificate) in [
        ("another authority", Authority::new("City of Ulm").client(host)),
        ("expired", city.authority.client_until(host, 2020)),
        ("for a server", city.authority.server()),
    ] {
        let before = service.log().matches("TLS handshake failed").count();
        let refused = service.recorder_as(&Shown::of(certificate)).record(request(1)).await;
        let code = refused.unwrap_err().code();
        // The client meets a connection that is closed, not an answer.
        assert!(matches!(code, Code::Unavailable | Code::Unknown | Code::Cancelled), "{what}: {code:?}");
        service.logs_more("TLS handshake failed", before).await;
    }
}

#[tokio::test]
async fn a_certificate_of_the_city_with_a_name_that_is_not_configured_is_not_known() {
    let (city, service, _) = with_recorder().await;
    let certificate = city.authority.client("somebody-else.ulm.example");
    let status = service.recorder_as(&Shown::of(certificate)).record(request(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
    assert!(status.message().contains("none of its names"), "{status}");
}

#[tokio::test]
async fn a_steward_is_known_by_certificate_and_can_not_be_given_a_token() {
    let mut city = City::new().await;
    let steward = city.add(Caller::new("data-ethics", "steward"));
    city.callers[0].token_hashes.push("ab".repeat(32));
    city.write();
    city.einsichtd("serve", &[]).await.expect(2, &["steward", "token"]);
    city.callers[0].token_hashes.clear();
    city.callers[0].certificates.clear();
    city.write();
    city.einsichtd("serve", &[]).await.expect(2, &["steward", "certificate"]);
    city.callers[0].certificates.push("dns:data-ethics.ulm.example".into());
    city.write();
    let service = city.serve().await;
    let nobody = service.get("/tile/entries/000.p/1", &Shown::nothing()).await;
    assert_eq!(nobody.status, 401, "{}", nobody.text());
    let page = service.get("/tile/entries/000.p/1", &Shown::certificate(&steward)).await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn refusals_are_counted_by_caller_and_reason_and_logged_without_secrets() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &[DATASET]));
    let monitor = city.add(Caller::new("monitoring", "monitor"));
    let service = city.serve().await;
    let wrong = Shown { certificate: None, authorization: Some("Bearer a-wrong-token".into()) };
    for _ in 0..3 {
        service.recorder_as(&wrong).record(request(1)).await.unwrap_err();
    }
    let page = service.get("/metrics", &Shown::token(&counter)).await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().contains("'counter' may not read metrics: its role is recorder"), "{}", page.text());
    let figures = figures(&service, &monitor).await;
    let refused = |caller: &str, reason: &str| {
        figures.of(&format!("einsicht_refused_total{{caller=\"{caller}\",reason=\"{reason}\"}}"))
    };
    assert_eq!(refused("unknown", "unknown_token"), 3.0);
    assert_eq!(refused("counter", "not_allowed"), 1.0);
    let log = service.log();
    assert_eq!(log.matches("this token is not known here").count(), 3, "{log}");
    assert!(!log.contains("a-wrong-token"));
}

#[tokio::test]
async fn a_flood_of_refusals_does_not_fill_the_log() {
    let (_city, service, _) = with_recorder().await;
    let http = service.http(None);
    for _ in 0..200 {
        assert_eq!(http.get(format!("{}/checkpoint", service.internal)).send().await.unwrap().status(), 401);
    }
    let lines = service.log().matches("refused: ").count();
    assert!((50..200).contains(&lines), "{lines} lines");
}
