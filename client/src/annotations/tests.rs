//! What is said of entries is known beside them, and what a service lists is not believed.

use einsicht_access::body_bytes;
use einsicht_proto::v1::{AccessEvent, EntryBody};

use super::*;
use crate::reader::Order;
use crate::sample::sealed::{event, opening, sealed};
use crate::sample::{BEGAN_AT, Ledger, trust};
use crate::source::Source;
use futures::TryStreamExt as _;

fn correction(index: u64, text: &str) -> Vec<u8> {
    let correction = Correction { index, correction: text.to_owned(), ground: "g".to_owned() };
    body_bytes(&EntryBody { content: Some(Content::Correction(correction)) })
}

/// 1: plain, 2: confidential; then corrections of 1, of itself and of 2, and the opening of 2.
async fn read() -> (Reader, Annotations, tempfile::TempDir) {
    let mut ledger = Ledger::of(2, 1);
    let hidden = AccessEvent { confidential_until_day: Some(1), ..event(&[1]) };
    let (body, hidden) = sealed(&hidden, BEGAN_AT, 0);
    ledger.commit_at(BEGAN_AT + 2, &body);
    let bodies =
        [correction(1, "first"), correction(4, "itself"), opening(2, &hidden), correction(1, "second")];
    bodies.iter().for_each(|body| ledger.commit_at(BEGAN_AT + 3, body));
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let reader = Reader::open(source, trust()).await.unwrap();
    let mut annotations = Annotations::default();
    let entries = reader.entries(Index(0)..Index(99), Order::NewestFirst);
    for entry in entries.try_collect::<Vec<_>>().await.unwrap() {
        annotations.note(&entry).unwrap();
        annotations.note(&entry).unwrap();
    }
    (reader, annotations, folder)
}

#[tokio::test]
async fn what_entries_say_is_known_beside_what_they_are_about() {
    let (reader, annotations, _folder) = read().await;
    let by = |index| annotations.of(Index(index)).map(|of| of.by.0).collect::<Vec<_>>();
    let first = |index| annotations.of(Index(index)).next().unwrap();
    assert_eq!((by(0), by(1), by(2), by(4)), (vec![], vec![3, 6], vec![5], vec![]));
    assert!(
        matches!(&annotations.of(Index(1)).last().unwrap().says, Says::Corrected(said) if said.correction == "second")
    );
    let sealed = reader.entry(Index(2)).await.unwrap();
    let opened = first(2).opened(&sealed).unwrap().unwrap();
    assert_eq!(opened.dataset, "melderegister");
    let other = reader.entry(Index(1)).await.unwrap();
    assert_eq!(first(2).opened(&other).unwrap_err().fault, Fault::Opening);
    assert_eq!(first(1).opened(&other), Ok(None));
}

fn listed(about: u64, by: u64, kind: Option<AnnotationKind>) -> Listed {
    Listed { about: Index(about), by: Index(by), kind }
}

#[tokio::test]
async fn what_a_service_lists_is_read_and_not_believed() {
    let (reader, ..) = read().await;
    let (corrected, opened) = (Some(AnnotationKind::Corrected), Some(AnnotationKind::Opened));
    let true_ones = [listed(1, 3, corrected), listed(1, 99, corrected), listed(2, 5, opened)];
    let annotations = reader.annotations(&true_ones).await.unwrap();
    assert_eq!((annotations.of(Index(1)).count(), annotations.of(Index(2)).count()), (1, 1));
    for lie in
        [listed(1, 0, corrected), listed(2, 3, corrected), listed(1, 3, opened), listed(4, 4, corrected)]
    {
        let error = reader.annotations(&[lie]).await.unwrap_err();
        assert_eq!(error.finding().map(|finding| finding.fault), Some(Fault::Annotation), "{lie:?}");
    }
}

#[tokio::test]
async fn what_only_a_newer_release_knows_is_said_and_is_no_lie() {
    let (reader, ..) = read().await;
    let annotations = reader.annotations(&[listed(1, 0, None)]).await.unwrap();
    assert_eq!(annotations.of(Index(1)).next().unwrap().says, Says::NotUnderstood);
}

#[tokio::test]
async fn what_an_opening_shows_is_compared_with_what_was_sealed() {
    let (reader, ..) = read().await;
    let opened = reader.opened_by(&reader.entry(Index(5)).await.unwrap()).await.unwrap().unwrap();
    assert_eq!((opened.index, opened.record.dataset.as_str()), (Index(2), "melderegister"));
    assert_eq!(reader.opened_by(&reader.entry(Index(3)).await.unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn an_opening_of_something_else_or_before_its_day_is_found() {
    let until = |day| AccessEvent { confidential_until_day: Some(day), ..event(&[1]) };
    let (early, early_openings) = sealed(&until(30_000), BEGAN_AT, 0);
    let (other, _) = sealed(&until(1), BEGAN_AT, 1);
    let mut ledger = Ledger::new();
    let itself = opening(4, &early_openings);
    for body in [&early, &other, &opening(1, &early_openings), &itself, &opening(2, &early_openings)] {
        ledger.commit_at(BEGAN_AT + 1, body);
    }
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let reader = Reader::open(source, trust()).await.unwrap();
    for (index, why) in [(3, "before day 30000"), (4, "entry 4"), (5, "do not make the seal")] {
        let error = reader.opened_by(&reader.entry(Index(index)).await.unwrap()).await.unwrap_err();
        assert!(error.to_string().contains(why), "{index}: {error}");
    }
    let annotation = |by, says| Annotation { by: Index(by), recorded_at: RecordedAt(BEGAN_AT), says };
    let Some((_, says)) = said(reader.entry(Index(3)).await.unwrap().body().unwrap()) else { panic!() };
    let sealed = reader.entry(Index(1)).await.unwrap();
    assert!(annotation(3, says).opened(&sealed).is_err(), "its day has not come");
}
