//! The same for a service in tonic: the one of the example.

use einsicht_client::Outcome;
use einsicht_client::layer::{AccessGuard, AccessLayer, AccessService, Forgetting, UNDECLARED};
use einsicht_client::{Access, Recorder};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Layer as _, ServiceExt as _};

use self::example::{Count, CountOf, Visitors, VisitorsServer};
use crate::fake::{Fake, Fault};

#[path = "../../../examples/visitors/grpc.rs"]
mod example;

/// Does as the purpose says.
#[derive(Clone)]
struct Counts;

impl Visitors for Counts {
    async fn count(&self, request: Request<CountOf>) -> Result<Response<Count>, Status> {
        let access = AccessGuard::of(request.extensions())?;
        let purpose = request.into_inner().purpose;
        if purpose != "forget" {
            access.state(Access::query("besuchertrend", &*purpose));
        }
        match purpose.as_str() {
            "deny" => Err(Status::permission_denied("no")),
            "break" => Err(Status::internal("broken")),
            _ => Ok(Response::new(Count { visitors: 340 })),
        }
    }
}

type Service = AccessService<VisitorsServer<Counts>>;

fn service(recorder: Recorder, forgetting: Forgetting) -> Service {
    AccessLayer::new(recorder).forgetting(forgetting).layer(VisitorsServer(Counts))
}

async fn count(service: &Service, purpose: &str) -> Result<u64, Status> {
    call(service, purpose, "/visitors.v1.Visitors/Count").await
}

async fn call(service: &Service, purpose: &str, path: &'static str) -> Result<u64, Status> {
    let service = service
        .clone()
        .map_request(|request: http::Request<tonic::body::Body>| request.map(axum::body::Body::new));
    let mut client = Grpc::new(service);
    client.ready().await.unwrap();
    let request = Request::new(CountOf { place: "marktplatz".to_owned(), purpose: purpose.to_owned() });
    let codec = ProstCodec::<CountOf, Count>::default();
    let answer = client.unary(request, PathAndQuery::from_static(path), codec).await?;
    Ok(answer.into_inner().visitors)
}

#[tokio::test]
async fn an_answer_leaves_with_its_access_recorded_and_errors_with_their_outcome() {
    let fake = Fake::start().await;
    let service = service(fake.recorder().await, Forgetting::IsRecorded);
    assert_eq!(count(&service, "verkehrsplanung").await.unwrap(), 340);
    assert_eq!(count(&service, "deny").await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(count(&service, "break").await.unwrap_err().code(), Code::Internal);
    let records = fake.records();
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [None, Some(Outcome::Denied.into()), Some(Outcome::Failed.into())]);
    assert_eq!(records[0].purpose, "verkehrsplanung");
}

#[tokio::test]
async fn an_answer_that_is_kept_back_is_a_grpc_error() {
    let fake = Fake::start().await;
    let service = service(fake.recorder().await, Forgetting::IsRecorded);
    fake.fail((0..5).map(|_| Fault::Refuse(Status::unavailable("stopped"))));
    let status = count(&service, "verkehrsplanung").await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("could not be recorded"), "{status}");
    assert_eq!(fake.records(), []);
}

#[tokio::test]
async fn a_forgetful_method_is_named_while_developing_and_recorded_in_any_case() {
    let fake = Fake::start().await;
    let recorder = fake.recorder().await;
    let status = count(&service(recorder.clone(), Forgetting::Fails), "forget").await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    for part in ["/visitors.v1.Visitors/Count", "AccessGuard::of(request.extensions())?"] {
        assert!(status.message().contains(part), "{status}");
    }
    assert_eq!(count(&service(recorder, Forgetting::IsRecorded), "forget").await.unwrap(), 340);
    assert!(fake.records().iter().all(|record| record.dataset == UNDECLARED));
    assert_eq!(fake.records().len(), 2);
}

#[tokio::test]
async fn a_method_that_is_not_there_is_no_access() {
    let fake = Fake::start().await;
    let service = service(fake.recorder().await, Forgetting::Fails);
    let status = call(&service, "verkehrsplanung", "/visitors.v1.Visitors/Other").await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(fake.records(), []);
}

#[tokio::test]
async fn a_method_without_layer_is_told_what_to_add() {
    let status = Counts.count(Request::new(CountOf::default())).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("AccessLayer::new(recorder)"), "{status}");
}
