//! Asking what a charter says, watching for deviations, publishing: against a ledger that fails and lies.

use einsicht_access::charter::Severity;
use einsicht_client::Access;
use einsicht_client::charters::{
    CharterDesk, EvaluateError, NotPermitted, Wanted, WatchError, Watched, watch_deviations,
};
use einsicht_client::vault::VaultError;
use einsicht_proto::v1::{
    Because, DeviatesFrom, Deviation, EvaluateResponse, Evaluation, PublishCharterResponse,
    WatchDeviationsResponse,
};
use einsicht_tlog::{Index, Size};
use futures::{StreamExt as _, TryStreamExt as _};
use tonic::Status;

use crate::fake::{Fake, access, accesses};

const TEXT: &[u8] = include_bytes!("../../../charters/template.toml");

fn evaluated(evaluations: Vec<Evaluation>) -> EvaluateResponse {
    EvaluateResponse { charter: Some(7), evaluations }
}

fn unclear() -> Evaluation {
    let because = Because { commitment: "V-3".into(), german: "weil".into(), english: "Because.".into() };
    Evaluation { not_verifiable: vec!["V-3".into()], because: vec![because], ..Evaluation::default() }
}

/// What the guard says if the ledger answers so.
async fn guarded(answers: Vec<Result<EvaluateResponse, Status>>) -> Result<Access, NotPermitted> {
    let fake = Fake::start().await;
    fake.state().charter.evaluations.extend(answers);
    access().permitted_by_charter(&fake.recorder().await).await
}

#[tokio::test]
async fn what_nobody_could_tell_is_never_a_pass() {
    assert_eq!(guarded(vec![Ok(evaluated(vec![Evaluation::default()]))]).await.unwrap(), access());
    let refused = guarded(vec![Ok(evaluated(vec![unclear()]))]).await.unwrap_err();
    assert!(matches!(&refused, NotPermitted::ByCharter(evaluation) if evaluation.not_verifiable == ["V-3"]));
    assert_eq!(refused.to_string(), "the charter does not permit this access: Because.");
    let nothing = EvaluateResponse { charter: None, evaluations: vec![Evaluation::default()] };
    assert!(matches!(guarded(vec![Ok(nothing)]).await, Err(NotPermitted::NoCharter)));
    for answers in [vec![], vec![Evaluation::default(); 2]] {
        let error = guarded(vec![Ok(evaluated(answers))]).await.unwrap_err();
        assert!(matches!(error, NotPermitted::NotKnown(EvaluateError::Count { expected: 1, .. })), "{error}");
    }
    let error = guarded(vec![Err(Status::permission_denied("not yours"))]).await.unwrap_err();
    assert!(matches!(error, NotPermitted::NotKnown(EvaluateError::Failed(_))), "{error}");
    let down = Status::unavailable("away");
    let error = guarded(vec![Err(down.clone()); 5]).await.unwrap_err();
    assert!(matches!(error, NotPermitted::NotKnown(EvaluateError::Failed(_))), "{error}");
    // What passes is asked again.
    guarded(vec![Err(down.clone()), Err(down), Ok(evaluated(vec![Evaluation::default()]))]).await.unwrap();
}

#[tokio::test]
async fn many_accesses_are_asked_about_in_requests_that_the_service_takes() {
    let fake = Fake::start().await;
    let answer = |count: usize| Ok(evaluated(vec![Evaluation::default(); count]));
    fake.state().charter.evaluations.extend([answer(1000), answer(500)]);
    let ledger = fake.recorder().await;
    let many: Vec<_> = accesses(1500).into_iter().collect();
    assert_eq!(ledger.evaluate(&many).await.unwrap().evaluations.len(), 1500);
    let asked: Vec<_> = fake.state().charter.asked.iter().map(|request| request.events.len()).collect();
    assert_eq!(asked, [1000, 500]);
    assert!(fake.records().is_empty() && fake.request_count() == 0, "nothing was recorded");
    let other = EvaluateResponse { charter: Some(9), evaluations: vec![Evaluation::default(); 500] };
    fake.state().charter.evaluations.extend([answer(1000), Ok(other)]);
    assert!(matches!(ledger.evaluate(&many).await, Err(EvaluateError::Changed)));
}

fn told(next: u64, index: Option<u64>) -> Result<WatchDeviationsResponse, Status> {
    let deviation = index.map(|index| Deviation {
        index,
        recorded_at: 5,
        dataset: "d".into(),
        charter: 1,
        deviates: vec![
            DeviatesFrom { commitment: "V-1".into(), severity: 2 },
            DeviatesFrom { commitment: "V-2".into(), severity: 9 },
        ],
    });
    Ok(WatchDeviationsResponse { next, deviation, size: 1000 })
}

#[tokio::test]
async fn a_watch_goes_on_behind_its_last_answer_until_it_is_refused() {
    let fake = Fake::start().await;
    fake.state().charter.watches.extend([
        vec![told(6, Some(5)), told(100, None)],
        vec![Err(Status::unavailable("going down"))],
        vec![told(201, Some(200)), Err(Status::unavailable("again"))],
    ]);
    let wanted =
        Wanted { start: Index(3), severities: vec![Severity::Breach], commitments: vec!["V-1".into()] };
    let mut watch = Box::pin(watch_deviations(&fake.config(), wanted).unwrap());
    let mut seen: Vec<Watched> = Vec::new();
    let error = loop {
        match watch.next().await.unwrap() {
            Ok(watched) => seen.push(watched),
            Err(error) => break error,
        }
    };
    let WatchError::Failed { next, .. } = &error else { panic!("{error}") };
    assert_eq!(*next, Index(201), "{error}");
    assert!(watch.next().await.is_none());
    let indexes: Vec<_> =
        seen.iter().map(|watched| watched.deviation.as_ref().map(|deviation| deviation.index.0)).collect();
    assert_eq!(indexes, [Some(5), None, Some(200)]);
    assert!(seen.iter().all(|watched| watched.size == Size(1000)));
    let deviates = &seen[0].deviation.as_ref().unwrap().deviates;
    assert_eq!(deviates[..], [("V-1".to_owned(), Some(Severity::Breach)), ("V-2".to_owned(), None)]);
    let state = fake.state();
    let starts: Vec<_> = state.charter.watched.iter().map(|request| request.start).collect();
    assert_eq!(starts, [3, 100, 100, 201]);
    assert!(
        state
            .charter
            .watched
            .iter()
            .all(|request| request.commitments == ["V-1"] && request.severities == [2])
    );
}

#[tokio::test]
async fn answers_that_go_backwards_end_a_watch() {
    for answer in [told(9, None), told(20, Some(9))] {
        let fake = Fake::start().await;
        fake.state().charter.watches.push_back(vec![answer]);
        let wanted = Wanted { start: Index(10), ..Wanted::default() };
        let watch = watch_deviations(&fake.config(), wanted).unwrap();
        let error = watch.try_collect::<Vec<_>>().await.unwrap_err();
        assert!(matches!(error, WatchError::Order { found: Index(9), .. }), "{error}");
    }
}

#[tokio::test]
async fn answers_from_behind_the_end_of_the_ledger_end_a_watch() {
    let fake = Fake::start().await;
    fake.state().charter.watches.push_back(vec![told(1000, None), told(1001, None)]);
    let mut watch = Box::pin(watch_deviations(&fake.config(), Wanted::default()).unwrap());
    assert_eq!(watch.next().await.unwrap().unwrap().next, Index(1000));
    let error = watch.next().await.unwrap().unwrap_err();
    assert!(matches!(error, WatchError::Size { next: Index(1001), size: Size(1000) }), "{error}");
}

#[tokio::test]
async fn a_charter_is_published_when_its_text_is_proven_to_stand_there() {
    let fake = Fake::start().await;
    let desk = CharterDesk::connect(fake.config()).await.unwrap();
    let published = desk.publish(TEXT).await.unwrap();
    assert_eq!(
        (published.first, published.entry.index(), published.already_in_force),
        (Index(1), Index(1), false)
    );
    let long = [TEXT, &b"# lang\n".repeat(20_000)].concat();
    let published = desk.publish(long).await.unwrap();
    assert_eq!((published.first, published.entry.index()), (Index(2), Index(4)));
}

/// Publishes, and is lied to.
async fn lied_to(
    text: &'static [u8],
    lie: impl FnOnce(&mut crate::fake::State, &mut PublishCharterResponse) + Send + 'static,
) -> String {
    let fake = Fake::start().await;
    let desk = CharterDesk::connect(fake.config()).await.unwrap();
    desk.publish(TEXT).await.unwrap();
    fake.state().charter.publish = Some(Box::new(lie));
    let error = desk.publish(text).await.unwrap_err();
    assert!(error.is_verification_failure() && matches!(error, VaultError::False(_)), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_lie_about_a_publication_is_found() {
    let lies = [
        // Another text, an old entry, another kind of entry.
        (
            lied_to(b"# other", |state, response| response.receipt = state.log.receipt(1)).await,
            "had 2 entries",
        ),
        (
            lied_to(b"# other", |state, response| {
                (response.receipt, response.already_in_force) = (state.log.receipt(1), true);
            })
            .await,
            "says another text",
        ),
        (
            lied_to(b"# other", |state, response| {
                (response.receipt, response.already_in_force) = (state.log.receipt(0), true);
            })
            .await,
            "should be a part of a charter",
        ),
        (
            lied_to(b"# other", |_, response| response.receipt = b"nothing".to_vec().into()).await,
            "proves nothing",
        ),
    ];
    for (said, part) in lies {
        assert!(said.contains(part), "{said}");
    }
}
