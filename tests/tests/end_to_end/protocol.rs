//! What gRPC users expect around the services: health, reflection, deadlines, unknown methods.

use einsicht_proto::v1::{GetCheckpointRequest, GetCheckpointResponse, RecordRequest};
use einsicht_tests::make::request;
use einsicht_tests::service::{Page, Service, token};
use prost::Message as _;
use reqwest::Method;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::folder;

#[tokio::test]
async fn health_is_told_for_the_whole_and_for_each_service() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut health = HealthClient::new(service.channel());
    for name in ["", "einsicht.v1.Recorder", "einsicht.v1.Ledger"] {
        let answer = health.check(HealthCheckRequest { service: name.into() }).await.unwrap();
        assert_eq!(answer.into_inner().status(), ServingStatus::Serving, "{name:?}");
    }
    let unknown = health.check(HealthCheckRequest { service: "einsicht.v1.Vault".into() }).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

async fn reflect(service: &Service, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let mut reflection = ServerReflectionClient::new(service.channel());
    let answers = reflection.server_reflection_info(tokio_stream::iter([request])).await.unwrap();
    let answer: ServerReflectionResponse = answers.into_inner().message().await.unwrap().unwrap();
    answer.message_response.unwrap()
}

#[tokio::test]
async fn reflection_lists_the_services_and_describes_them() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let listed = reflect(&service, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(listed) = listed else { panic!("{listed:?}") };
    let names: Vec<_> = listed.service.into_iter().map(|service| service.name).collect();
    for name in ["einsicht.v1.Recorder", "einsicht.v1.Ledger", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|listed| listed == name), "{name} is not in {names:?}");
    }
    let symbol = MessageRequest::FileContainingSymbol("einsicht.v1.Recorder".into());
    let described = reflect(&service, symbol).await;
    let MessageResponse::FileDescriptorResponse(files) = described else { panic!("{described:?}") };
    let text = files.file_descriptor_proto.concat();
    let has = |name: &[u8]| text.windows(name.len()).any(|window| window == name);
    assert!(has(b"RecordStream") && has(b"first_sequence"));
}

/// One call with a deadline, past a client that would give up on its own: over HTTP/1.1, where a
/// status without content arrives as headers.
async fn call_with_timeout(service: &Service, request: &RecordRequest, timeout: &str) -> Page {
    let message = request.encode_to_vec();
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend_from_slice(&message);
    let call = service
        .http(Method::POST, "/einsicht.v1.Recorder/Record")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {}", token(service.data())))
        .header("grpc-timeout", timeout)
        .body(framed);
    service.send(call).await
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_answered_as_such_and_the_events_can_be_sent_again() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    for (timeout, size) in [("0n", 2), ("1n", 5), ("0S", 8)] {
        let request = request(3);
        let page = call_with_timeout(&service, &request, timeout).await;
        assert_eq!(page.header("grpc-status"), "4", "{timeout}: {page:?}");
        assert_eq!(service.head().await.size.0, size, "{timeout}: nothing was recorded");
        let answer = service.record(request).await.unwrap();
        assert!(answer.recorded.iter().all(|recorded| !recorded.already_recorded), "{timeout}");
    }
}

#[tokio::test]
async fn a_deadline_far_away_changes_nothing() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let mut call = tonic::Request::new(request(3));
    call.set_timeout(std::time::Duration::from_secs(3600));
    assert_eq!(service.recorder().record(call).await.unwrap().into_inner().recorded.len(), 3);
}

#[tokio::test]
async fn a_method_or_service_that_is_not_there_is_unimplemented() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    for path in ["/einsicht.v1.Ledger/GetEverything", "/einsicht.v2.Ledger/GetCheckpoint", "/nothing"] {
        let mut client = tonic::client::Grpc::new(service.channel());
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<GetCheckpointRequest, GetCheckpointResponse>::default();
        let call = tonic::Request::new(GetCheckpointRequest {});
        let status = client.unary(call, path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status}");
    }
}

#[tokio::test]
async fn the_id_of_a_request_comes_back_so_that_it_can_be_found_in_the_log() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let given = service.http(Method::GET, "/checkpoint").header("x-request-id", "meine-anfrage-17");
    assert_eq!(service.send(given).await.header("x-request-id"), "meine-anfrage-17");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = service.ledger().get_checkpoint(GetCheckpointRequest {}).await.unwrap();
        ids.push(answer.metadata().get("x-request-id").unwrap().clone());
    }
    assert_ne!(ids[0], ids[1]);
}
