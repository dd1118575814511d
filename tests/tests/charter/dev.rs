//! Where everything may be tried out: whoever has the token publishes and asks, and nobody else.

use einsicht_proto::v1::charter_client::CharterClient;
use einsicht_proto::v1::{AccessEvent, EvaluateRequest, ListChartersRequest, PublishCharterRequest};
use einsicht_tests::service::Service;
use tonic::Code;

use crate::scene::{FIRST, fitting, ids};

#[tokio::test]
async fn whoever_has_the_token_of_dev_publishes_and_asks() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("data"), &[]).await;
    let publish = PublishCharterRequest { text: FIRST.into() };
    let evaluate = EvaluateRequest { events: vec![AccessEvent { purpose: "x".into(), ..fitting() }] };
    let mut stranger = CharterClient::new(service.channel());
    assert_eq!(stranger.publish_charter(publish.clone()).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(stranger.evaluate(evaluate.clone()).await.unwrap_err().code(), Code::Unauthenticated);
    let published = service.charter().publish_charter(publish).await.unwrap().into_inner();
    let evaluated = service.charter().evaluate(evaluate).await.unwrap().into_inner();
    assert_eq!(evaluated.charter, Some(published.last));
    assert_eq!(evaluated.evaluations[0].deviates, ids(&["C-1"]));
    // What entries say is for everybody here.
    let mut listed = stranger.list_charters(ListChartersRequest {}).await.unwrap().into_inner();
    assert_eq!(listed.message().await.unwrap().unwrap().last, published.last);
}
