//! What the vault's client does when the service lies: one lie per test, and it is said which.

use bytes::Bytes;
use einsicht_access::{Month, SealedField};
use einsicht_client::disclosure::ValuesFault;
use einsicht_client::vault::{AnswerFault, Disclosure, Vault, VaultError, Wanted};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::*;
use einsicht_tlog::Index;
use tonic::Status;

use crate::fake::Fake;

const REASON: &str = "complaint 2026-311";
const GROUND: &str = "Article 17";

fn event() -> AccessEvent {
    AccessEvent {
        dataset: "melderegister".into(),
        operation: Operation::Query.into(),
        purpose: "auskunft".into(),
        event_id: Bytes::from_static(&[7; 16]),
        occurred_at_us: 1_795_365_547_000_001,
        actor: Some("kornblum".into()),
        justification: Some("Bauantrag".into()),
        ..AccessEvent::default()
    }
}

/// A ledger with a sealed record at 1 and a confidential one at 2, whose day has come.
async fn scene() -> (Fake, Vault) {
    let fake = Fake::start().await;
    {
        let mut state = fake.state();
        assert_eq!(state.seal(&event()), 1);
        assert_eq!(state.seal(&AccessEvent { confidential_until_day: Some(1), ..event() }), 2);
    }
    let vault = Vault::connect(fake.config()).await.unwrap();
    (fake, vault)
}

fn wanted(fields: &[SealedField]) -> Wanted {
    Wanted { index: Some(Index(1)), fields: fields.to_vec(), request: None }
}

fn all() -> Wanted {
    wanted(&[])
}

/// What is found when the answer to a disclosure of all fields is changed.
async fn disclosed(
    lie: impl FnOnce(&mut crate::fake::State, &mut DiscloseResponse) + Send + 'static,
) -> AnswerFault {
    let (fake, vault) = scene().await;
    fake.state().vault.disclose = Some(Box::new(lie));
    fault(vault.disclose(&all(), REASON).await)
}

#[track_caller]
fn fault<T: std::fmt::Debug>(answer: Result<T, VaultError>) -> AnswerFault {
    let error = answer.unwrap_err();
    assert!(error.is_verification_failure(), "{error}");
    let VaultError::False(fault) = error else { panic!("{error}") };
    *fault
}

fn request(reason: &str) -> DiscloseRequest {
    DiscloseRequest { index: Some(1), reason: reason.to_owned(), ..DiscloseRequest::default() }
}

#[tokio::test]
async fn what_is_true_is_believed() {
    let (fake, vault) = scene().await;
    let Disclosure::Disclosed { file, who, .. } = vault.disclose(&all(), REASON).await.unwrap() else {
        panic!("no values")
    };
    assert_eq!((who.as_str(), format!("{who:?}")), ("steward", "Who(..)".to_owned()));
    // With the exact time.
    assert_eq!((file.values.opened.len(), file.trail.index()), (3, Index(3)));
    let erasing = vault.erase(Index(1), &[SealedField::Actor], GROUND).await.unwrap();
    assert_eq!((erasing.entry.index(), &erasing.erased[..]), (Index(4), &[SealedField::Actor][..]));
    assert!(erasing.left.is_empty());
    let Disclosure::Disclosed { file, .. } = vault.disclose(&all(), REASON).await.unwrap() else {
        panic!("no values")
    };
    assert_eq!(file.values.erased[0].by, Index(4));
    assert_eq!(vault.correct(Index(1), "c", "g").await.unwrap().index(), Index(6));
    assert_eq!(vault.open_record(Index(2)).await.unwrap().index(), Index(7));
    assert!(vault.retain(true).await.unwrap()[0].erased_by.is_none());
    assert!(vault.retain(false).await.unwrap()[0].erased_by.is_some());
    assert_eq!(vault.issue_view_keys(&people(), &months(), REASON).await.unwrap().keys.keys().len(), 4);
    assert_eq!(vault.requests().await.unwrap().len(), 1);
    drop(fake);
}

#[tokio::test]
async fn a_value_that_may_be_erased_by_what_is_no_erasure() {
    let found = disclosed(|_, answer| answer.may_be_erased_by = Some(2)).await;
    assert!(matches!(found, AnswerFault::OtherKind { index: Index(2), .. }), "{found}");
}

#[tokio::test]
async fn a_trail_that_stood_there_before() {
    let (fake, _) = scene().await;
    let before = fake.state().disclose(&request(REASON));
    // Whoever connects now has seen it.
    let vault = Vault::connect(fake.config()).await.unwrap();
    fake.state().vault.disclose = Some(Box::new(move |state, answer| {
        answer.receipt = state.log.receipt(1);
        answer.trail = state.log.receipt(3);
        answer.statement = before.statement;
    }));
    let found = fault(vault.disclose(&all(), REASON).await);
    assert!(matches!(found, AnswerFault::NotNew { index: Index(3), .. }), "{found}");
}

#[tokio::test]
async fn a_trail_of_another_kind_or_about_something_else() {
    let found = disclosed(|state, answer| {
        let said = Statement {
            index: Some(1),
            reason: REASON.into(),
            fields: vec![33, 36, 42],
            ..Statement::default()
        };
        let (index, statement) = state
            .state(&said, |seal, _| Content::Erasure(Erasure { seal: Some(seal), ..Erasure::default() }));
        (answer.receipt, answer.trail) = (state.log.receipt(1), state.log.receipt(index));
        answer.statement = statement;
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::OtherKind { .. }), "{found}");
    for said in [
        Statement { index: Some(2), reason: REASON.into(), fields: vec![33, 36, 42], ..Statement::default() },
        Statement {
            index: Some(1),
            reason: "another".into(),
            fields: vec![33, 36, 42],
            ..Statement::default()
        },
        Statement { index: Some(1), reason: REASON.into(), fields: vec![33], ..Statement::default() },
    ] {
        let found = disclosed(move |state, answer| {
            let (index, statement) = state.disclosure(&said);
            (answer.receipt, answer.trail) = (state.log.receipt(1), state.log.receipt(index));
            answer.statement = statement;
        });
        let found = found.await;
        assert!(matches!(found, AnswerFault::SaysOther { .. }), "{found}");
    }
    let found = disclosed(|_, answer| answer.statement = None).await;
    assert!(matches!(found, AnswerFault::Missing { .. }), "{found}");
}

#[tokio::test]
async fn the_receipt_of_another_entry() {
    let found = disclosed(|state, answer| answer.receipt = state.log.receipt(2)).await;
    assert!(matches!(found, AnswerFault::OtherEntry { found: Index(2), .. }), "{found}");
}

#[tokio::test]
async fn entry_and_trail_under_two_checkpoints() {
    let found = disclosed(|state, answer| {
        state.correction(CorrectRequest { index: 1, ..CorrectRequest::default() });
        answer.trail = state.log.receipt(3);
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::TwoTrees { .. }), "{found}");
}

#[tokio::test]
async fn fewer_values_or_others_than_were_sealed() {
    let found = disclosed(|_, answer| drop(answer.opened.pop())).await;
    assert!(matches!(found, AnswerFault::Missing { field: SealedField::OccurredAt }), "{found}");
    let found = disclosed(|_, answer| answer.opened[0].value = Bytes::from_static(b"somebody else")).await;
    let other = AnswerFault::Values(ValuesFault::Seal { field: SealedField::Actor });
    assert_eq!(found.to_string(), other.to_string());
    let (fake, vault) = scene().await;
    fake.state().vault.disclose = Some(Box::new(|state, answer| {
        // More than was asked for, and everything said truly.
        *answer = state.disclose(&request(REASON));
    }));
    let found = fault(vault.disclose(&wanted(&[SealedField::Actor]), REASON).await);
    assert!(matches!(found, AnswerFault::NotAsked { .. }), "{found}");
}

#[tokio::test]
async fn erased_by_what_erases_nothing() {
    let found = disclosed(|state, answer| {
        let by = state.correction(CorrectRequest { index: 1, ..CorrectRequest::default() });
        let field = answer.opened[0].field;
        answer.opened[0] = OpenedField { field, erased_by: Some(by), ..OpenedField::default() };
        (answer.receipt, answer.trail) = (state.log.receipt(1), state.log.receipt(3));
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::OtherKind { expected: "an erasure", .. }), "{found}");
}

/// What is found when the answer to an erasure is changed.
async fn erased(
    lie: impl FnOnce(&mut crate::fake::State, &mut EraseResponse) + Send + 'static,
) -> AnswerFault {
    let (fake, vault) = scene().await;
    fake.state().vault.erase = Some(Box::new(lie));
    fault(vault.erase(Index(1), &[SealedField::Actor], GROUND).await)
}

#[tokio::test]
async fn an_erasure_of_something_else() {
    let found = erased(|state, answer| {
        *answer =
            state.erase(&EraseRequest { index: 2, fields: vec!["actor".into()], ground: GROUND.into() });
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::SaysOther { .. } | AnswerFault::Nothing(_)), "{found}");
    let found = erased(|_, answer| answer.fields.push(SealedField::Justification.number().into())).await;
    assert!(matches!(found, AnswerFault::NotAsked { .. }), "{found}");
    let found = erased(|state, answer| {
        let index = state.month_erased("2026-11", "P12M");
        answer.receipt = state.log.receipt(index);
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::SaysOther { .. }), "{found}");
}

#[tokio::test]
async fn the_receipt_of_another_entry_than_was_asked_for() {
    let (fake, vault) = scene().await;
    fake.state().vault.other_receipt = Some(2);
    let found = fault(vault.erase(Index(1), &[SealedField::Actor], GROUND).await);
    assert!(matches!(found, AnswerFault::OtherEntry { asked: Index(1), found: Index(2), .. }), "{found}");
}

#[tokio::test]
async fn what_was_meant_and_is_not_spoken_of_is_left() {
    let (fake, vault) = scene().await;
    fake.state().vault.erase = Some(Box::new(|state, answer| {
        *answer =
            state.erase(&EraseRequest { index: 1, fields: vec!["actor".into()], ground: GROUND.into() });
    }));
    let erasing = vault.erase(Index(1), &[], GROUND).await;
    // The first of the two erased all of it: the second says nothing was.
    assert!(matches!(fault(erasing), AnswerFault::Nothing(_)));
    let (fake, vault) = scene().await;
    fake.state().vault.erase = Some(Box::new(|_, answer| answer.fields.truncate(1)));
    let erasing = vault.erase(Index(1), &[], GROUND).await.unwrap();
    assert_eq!(erasing.left, [SealedField::Justification, SealedField::OccurredAt]);
}

#[tokio::test]
async fn erased_before_by_what_erases_nothing() {
    let found = erased(|state, answer| {
        let by = state.correction(CorrectRequest { index: 1, ..CorrectRequest::default() });
        let field = SealedField::Justification.number().into();
        answer.erased_before = vec![OpenedField { field, erased_by: Some(by), ..OpenedField::default() }];
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::OtherKind { .. }), "{found}");
}

#[tokio::test]
async fn another_correction_or_an_old_one() {
    let (fake, vault) = scene().await;
    fake.state().vault.correct = Some(Box::new(|state, answer| {
        let index = state.correction(CorrectRequest { index: 2, correction: "c".into(), ground: "g".into() });
        answer.receipt = state.log.receipt(index);
    }));
    let found = fault(vault.correct(Index(1), "c", "g").await);
    assert!(matches!(found, AnswerFault::SaysOther { what: "record", .. }), "{found}");
    fake.state().vault.correct = Some(Box::new(|state, answer| answer.receipt = state.log.receipt(3)));
    let found = fault(vault.correct(Index(1), "c", "g").await);
    assert!(matches!(found, AnswerFault::NotNew { .. }), "{found}");
}

#[tokio::test]
async fn the_opening_of_another_record() {
    let (fake, vault) = scene().await;
    let other = fake.state().seal(&AccessEvent { confidential_until_day: Some(1), ..event() });
    fake.state().vault.open_record = Some(Box::new(move |state, answer| {
        let index = state.opening(other);
        answer.receipt = state.log.receipt(index);
    }));
    let found = fault(vault.open_record(Index(2)).await);
    assert!(matches!(found, AnswerFault::SaysOther { what: "record", .. }), "{found}");
    let early = fake.state().seal(&AccessEvent { confidential_until_day: Some(30_000), ..event() });
    let found = fault(vault.open_record(Index(early)).await);
    assert!(matches!(found, AnswerFault::OpensOther { .. }), "{found}");
}

#[tokio::test]
async fn a_month_that_another_class_lost() {
    for (month, class) in [("2025-10", "P13M"), ("2025-09", "P12M")] {
        let (fake, vault) = scene().await;
        fake.state().vault.retain = Some(Box::new(move |state, answer| {
            answer.due[0].erased_by = Some(state.month_erased(month, class));
        }));
        let found = fault(vault.retain(false).await);
        assert!(matches!(found, AnswerFault::SaysOther { .. }), "{found}");
    }
    let (fake, vault) = scene().await;
    fake.state().vault.retain = Some(Box::new(|state, answer| {
        answer.due[0].erased_by = Some(state.month_erased("2025-10", "P12M"));
    }));
    let found = fault(vault.retain(true).await);
    assert!(matches!(found, AnswerFault::Item { position: 0, .. }), "{found}");
}

#[tokio::test]
async fn a_request_that_is_none() {
    let (fake, vault) = scene().await;
    fake.state().vault.list_requests = Some(Box::new(|_, answer| answer.pending[0].index = 1));
    let found = fault(vault.requests().await);
    assert!(matches!(found, AnswerFault::OtherKind { .. }), "{found}");
}

fn people() -> Vec<Subject> {
    let person = |scheme: &str| Subject { scheme: scheme.into(), id: "4711".into() };
    vec![person("person"), person("halter")]
}

fn months() -> Vec<Month> {
    vec!["2026-09".parse().unwrap(), "2026-10".parse().unwrap()]
}

/// What is found when view keys come with a lie.
async fn issued(
    lie: impl FnOnce(&mut crate::fake::State, &mut IssueViewKeysResponse) + Send + 'static,
) -> AnswerFault {
    let (fake, vault) = scene().await;
    fake.state().vault.issue_view_keys = Some(Box::new(lie));
    fault(vault.issue_view_keys(&people(), &months(), REASON).await)
}

#[tokio::test]
async fn view_keys_that_were_not_asked_for_or_are_missing() {
    let found = issued(|_, answer| answer.keys[0].month = "2026-08".into()).await;
    assert!(
        matches!(found, AnswerFault::Item { position: 0, problem } if problem.contains("month")),
        "{found}"
    );
    let found = issued(|_, answer| answer.keys[3].subject = 2).await;
    assert!(
        matches!(found, AnswerFault::Item { position: 3, problem } if problem.contains("person")),
        "{found}"
    );
    let found = issued(|_, answer| drop(answer.keys.pop())).await;
    assert!(matches!(found, AnswerFault::Item { problem, .. } if problem.contains("missing")), "{found}");
    let found = issued(|_, answer| answer.keys[1] = answer.keys[0].clone()).await;
    assert!(matches!(found, AnswerFault::Item { position: 1, .. }), "{found}");
    let found = issued(|_, answer| answer.keys[0].key = Bytes::from_static(b"short")).await;
    assert!(matches!(found, AnswerFault::Item { position: 0, .. }), "{found}");
}

#[tokio::test]
async fn a_trail_of_keys_for_somebody_else() {
    let found = issued(|state, answer| {
        let months = months().iter().map(ToString::to_string).collect();
        let said = Statement {
            reason: REASON.into(),
            subjects: people()[..1].to_vec(),
            months,
            ..Statement::default()
        };
        let (index, statement) = state.disclosure(&said);
        (answer.trail, answer.statement) = (state.log.receipt(index), statement);
    });
    let found = found.await;
    assert!(matches!(found, AnswerFault::SaysOther { .. }), "{found}");
    let (fake, _) = scene().await;
    let said = Statement {
        reason: REASON.into(),
        subjects: people(),
        months: months().iter().map(ToString::to_string).collect(),
        ..Statement::default()
    };
    let (before, statement) = fake.state().disclosure(&said);
    let vault = Vault::connect(fake.config()).await.unwrap();
    fake.state().vault.issue_view_keys = Some(Box::new(move |state, answer| {
        (answer.trail, answer.statement) = (state.log.receipt(before), statement);
    }));
    let found = fault(vault.issue_view_keys(&people(), &months(), REASON).await);
    assert!(matches!(found, AnswerFault::NotNew { .. }), "{found}");
}

#[tokio::test]
async fn what_a_call_did_is_told_apart_from_what_it_did_not() {
    let (fake, vault) = scene().await;
    fake.state().vault.answered = Some(Status::permission_denied("for stewards"));
    let error = vault.disclose(&all(), REASON).await.unwrap_err();
    assert!(matches!(error, VaultError::Refused(_)), "{error}");
    fake.state().vault.answered = Some(Status::internal("it was done, and then something broke"));
    let error = vault.disclose(&all(), REASON).await.unwrap_err();
    assert!(matches!(error, VaultError::Unanswered(_)), "{error}");
    assert!(error.to_string().contains("nobody knows whether it was done"));
    fake.state().vault.no_receipts = Some(Status::unavailable("later"));
    let error = vault.open_record(Index(2)).await.unwrap_err();
    assert!(matches!(error, VaultError::Unproven(_)) && !error.is_verification_failure(), "{error}");
}
