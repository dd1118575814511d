//! What one caller may take of the service: requests, events, bytes.

use std::time::Duration;

use einsicht_proto::v1::{GetCheckpointRequest, RecordStreamRequest};
use einsicht_tests::city::{Caller, City, Shown};
use einsicht_tests::make::{Session, event, request};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{DATASET, figures};

fn retry_delay(status: &Status) -> Duration {
    status.get_details_retry_info().expect("google.rpc.RetryInfo").retry_delay.unwrap()
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let mut city = City::new().await;
    let slow = Caller::recorder("slow", &[DATASET]).with_limits("requests_per_second = 2");
    let slow = city.add(slow);
    let fast = city.add(Caller::recorder("fast", &[DATASET]));
    let service = city.serve().await;
    let mut ledger = service.ledger(&slow);
    let mut refused = None;
    for _ in 0..20 {
        if let Err(status) = ledger.get_checkpoint(GetCheckpointRequest {}).await {
            refused = Some(status);
            break;
        }
    }
    let status = refused.expect("20 requests at once are more than 2 a second");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("'slow' makes more than 2 requests a second"), "{status}");
    assert!(retry_delay(&status) <= Duration::from_millis(500), "{status}");
    let page = loop {
        let page = service.get("/checkpoint", &Shown::token(&slow)).await;
        if page.status != 200 {
            break page;
        }
    };
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "1"));
    for _ in 0..20 {
        service.ledger(&fast).get_checkpoint(GetCheckpointRequest {}).await.unwrap();
    }
}

#[tokio::test]
async fn too_many_events_are_refused_as_a_whole_and_can_be_sent_again_later() {
    let mut city = City::new().await;
    let slow = Caller::recorder("slow", &[DATASET]).with_limits("events_per_second = 1");
    let slow = city.add(slow);
    let monitor = city.add(Caller::new("monitoring", "monitor"));
    let service = city.serve().await;
    let mut recorder = service.recorder(&slow);
    // A full batch is free at once, whatever the limit.
    recorder.record(request(1000)).await.unwrap();
    let status = recorder.record(request(60)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("'slow' records more than 1 events a second"), "{status}");
    let delay = retry_delay(&status);
    assert!((Duration::from_secs(40)..=Duration::from_secs(60)).contains(&delay), "{delay:?}");
    let requests = [RecordStreamRequest { request: Some(request(60)) }];
    let answers = recorder.record_stream(tokio_stream::iter(requests)).await.unwrap();
    let status = answers.into_inner().message().await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let refused = "einsicht_refused_total{caller=\"slow\",reason=\"too_many_events\"}";
    assert_eq!(figures(&service, &monitor).await.of(refused), 2.0);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_by_its_length() {
    let mut city = City::new().await;
    let small = Caller::recorder("small", &[DATASET]).with_limits("request_bytes = 20000");
    let small = city.add(small);
    let large = city.add(Caller::recorder("large", &[DATASET]));
    let service = city.serve().await;
    let batch = request(400);
    let status = service.recorder(&small).record(batch.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert!(status.message().contains("'small' may send at most 20000 (request_bytes)"), "{status}");
    service.recorder(&small).record(request(10)).await.unwrap();
    service.recorder(&large).record(batch).await.unwrap();
    // On a stream each message counts for itself.
    let mut session = Session::new();
    let mut requests: Vec<_> = (0..20).map(|_| session.request(50)).collect();
    requests.push(session.request(400));
    let requests = requests.into_iter().map(|request| RecordStreamRequest { request: Some(request) });
    let answers = service.recorder(&small).record_stream(tokio_stream::iter(requests)).await.unwrap();
    let mut answers = answers.into_inner();
    let mut answered = 0;
    let status = loop {
        match answers.message().await {
            Ok(answer) => answered += usize::from(answer.is_some()),
            Err(status) => break status,
        }
    };
    assert_eq!((answered, status.code()), (20, Code::OutOfRange), "{status}");
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_without_being_read() {
    let (_city, service, counter) = crate::with_recorder().await;
    let mut huge = event();
    huge.approval = Some("x".repeat(100 * 1024 * 1024));
    let status = service.recorder(&counter).record(Session::new().request_of(vec![huge])).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    service.recorder(&counter).record(request(1)).await.unwrap();
}
