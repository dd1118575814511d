//! `einsichtd health`: for containers and systemd.

use std::time::{Duration, Instant};

use einsicht_tests::city::{Authority, Caller, City, Running, Shown};
use einsicht_tests::make::Session;
use einsicht_tests::process::{Ended, PATIENCE, run, text};
use tokio::time::sleep;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Asks the service that runs; its port is not the configured one, which is 0.
async fn health(city: &City, service: &Running) -> Ended {
    let address = service.internal.trim_start_matches("https://");
    city.einsichtd("health", &["--set", &format!("listen.internal={address}")]).await
}

#[tokio::test]
async fn a_service_that_records_is_healthy() {
    let city = City::new().await;
    let service = city.serve().await;
    let ended = health(&city, &service).await;
    ended.expect(0, &[]);
    assert_eq!(ended.stdout, "ok\n");
}

#[tokio::test]
async fn a_service_that_is_not_there_can_not_be_told() {
    let city = City::new().await;
    let service = city.serve().await;
    let address = service.internal.trim_start_matches("https://").to_owned();
    service.terminate().await.expect(0, &[]);
    let set = format!("listen.internal={address}");
    let ended = city.einsichtd("health", &["--set", &set]).await;
    ended.expect(2, &["could not tell", &address, "does it run?"]);
    city.einsichtd("health", &[]).await.expect(2, &["port 0"]);
    let missing = city.path("missing.toml");
    run("einsichtd", &["health", "--config", text(&missing)]).await.expect(2, &["missing.toml"]);
}

#[tokio::test]
async fn somebody_else_s_certificate_is_not_taken_for_ours() {
    let city = City::new().await;
    let service = city.serve().await;
    city.show("server", &Authority::new("Another").server());
    health(&city, &service).await.expect(2, &["does not show the certificate in", "server.pem", "reload"]);
    assert!(service.reload().await);
    health(&city, &service).await.expect(0, &[]);
}

#[tokio::test]
async fn a_service_that_can_not_write_any_more_is_not_healthy_and_says_why() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &["*"]));
    // A full disk, as far as the service can tell: no file grows beyond four or eight megabytes.
    city.before = Some("trap '' XFSZ; ulimit -f 8192");
    let service = city.serve().await;
    let (mut recorder, mut session) = (service.recorder(&counter), Session::new());
    let status = loop {
        assert!(session.next < 200_000, "nothing stops this service");
        if let Err(status) = recorder.record(session.request(1000)).await {
            break status;
        }
    };
    assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
    let ended = health(&city, &service).await;
    ended.expect(1, &[]);
    assert!(ended.stdout.starts_with("not recording: "), "{}", ended.stdout);
    // The same over gRPC, within the second between two looks.
    let mut probe = HealthClient::new(service.channel_to(&service.internal, None));
    let mut answer = async |name: &str| {
        let request = HealthCheckRequest { service: name.into() };
        probe.check(request).await.unwrap().into_inner().status()
    };
    let begun = Instant::now();
    while answer("").await == ServingStatus::Serving {
        assert!(begun.elapsed() < PATIENCE, "a service that does not record is called healthy");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(answer("einsicht.v1.Recorder").await, ServingStatus::NotServing);
    assert_eq!(answer("einsicht.v1.Ledger").await, ServingStatus::Serving);
    // Readers go on.
    assert_eq!(service.get("/checkpoint", &Shown::token(&counter)).await.status, 200);
}
