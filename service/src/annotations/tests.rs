//! What entries say, and what is known once they said it.

use bytes::Bytes;
use einsicht_access::body_bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessRecord, CharterPart, Correction, Disclosure, DisclosureRequest, EntryBody, Erasure, Opening,
    Report, SessionEnd,
};
use proptest::prelude::*;

use super::*;

const NOW: RecordedAt = RecordedAt(1_795_365_600);

fn note(index: u64, content: Content) -> Option<Note> {
    Note::of(Index(index), NOW, &body_bytes(&EntryBody { content: Some(content) })).unwrap()
}

fn closed(until_day: i32) -> Content {
    let seal = Some(Bytes::from_static(&[7; 32]));
    Content::Access(AccessRecord {
        confidential_until_day: Some(until_day),
        confidential_seal: seal,
        nonce: Some(Bytes::from_static(&[1; 16])),
        ..AccessRecord::default()
    })
}

fn correction(index: u64) -> Content {
    Content::Correction(Correction { index, ..Correction::default() })
}

fn opening(index: u64) -> Content {
    Content::Opening(Opening { index, ..Opening::default() })
}

fn answer(request: u64) -> Content {
    Content::Disclosure(Disclosure { request: Some(request), ..Disclosure::default() })
}

fn erasure(month: &str, class: &str) -> Content {
    let (month, retention_class) = (Some(month.to_owned()), Some(class.to_owned()));
    Content::Erasure(Erasure { month, retention_class, ..Erasure::default() })
}

fn annotations(contents: Vec<(u64, Content)>) -> Annotations {
    let annotations = Annotations::default();
    annotations.begin(Known::default());
    let notes: Vec<Note> = contents.into_iter().filter_map(|(index, content)| note(index, content)).collect();
    annotations.note(&notes);
    annotations
}

#[test]
fn accesses_and_the_ends_of_sessions_say_nothing_about_others() {
    let long = "x".repeat(300);
    for purpose in ["a", &long] {
        let open = AccessRecord {
            dataset: "d".into(),
            purpose: purpose.into(),
            confidential_until_day: Some(1),
            ..AccessRecord::default()
        };
        assert_eq!(note(3, Content::Access(open)), None);
    }
    assert_eq!(note(3, Content::SessionEnd(SessionEnd::default())), None);
    assert_eq!(note(3, Content::Disclosure(Disclosure::default())), None);
    assert_eq!(note(3, Content::Erasure(Erasure::default())), None);
    assert_eq!(Note::of(Index(0), NOW, b"").unwrap(), None);
}

#[test]
fn a_closed_record_is_closed_until_somebody_opens_it() {
    let before = annotations(vec![(4, closed(100)), (5, closed(101)), (6, closed(90))]);
    assert_eq!(before.closed_until_day(Index(5)), Ok(Some(101)));
    assert_eq!(before.due(100, None, 10), Ok(vec![Index(4), Index(6)]));
    assert_eq!(before.due(100, Some(Index(4)), 10), Ok(vec![Index(6)]));
    assert_eq!(before.due(200, None, 2), Ok(vec![Index(4), Index(5)]));
    before.note(&[note(7, opening(4)).unwrap()]);
    assert_eq!(before.closed_until_day(Index(4)), Ok(None));
    assert_eq!(before.due(100, None, 10), Ok(vec![Index(6)]));
    assert_eq!(before.settled_by(Index(4)), Ok(Some(Index(7))));
}

#[test]
fn a_request_waits_until_it_is_answered_or_too_old() {
    let request = |index, at| Note { index: Index(index), says: Says::Requests(RecordedAt(at)) };
    let annotations = annotations(vec![(2, correction(1))]);
    annotations.note(&[request(3, 10), request(4, 20), request(5, 30)]);
    let waiting = |since| annotations.requests(RecordedAt(since)).unwrap();
    assert_eq!(waiting(20), [(Index(4), RecordedAt(20)), (Index(5), RecordedAt(30))]);
    annotations.note(&[note(6, answer(4)).unwrap()]);
    assert_eq!(waiting(0), [(Index(3), RecordedAt(10)), (Index(5), RecordedAt(30))]);
    assert_eq!(annotations.request(Index(4)), Ok(None));
    assert_eq!(annotations.settled_by(Index(4)), Ok(Some(Index(6))));
    assert_eq!(annotations.settled_by(Index(1)), Ok(None), "a correction settles nothing");
    assert_eq!(note(3, Content::DisclosureRequest(DisclosureRequest::default())), Some(request(3, NOW.0)));
}

#[test]
fn what_is_said_about_a_range_is_listed_in_order_and_in_parts() {
    let said =
        vec![(5, correction(2)), (6, correction(1)), (7, answer(4)), (8, opening(2)), (9, correction(3))];
    let annotations = annotations(said);
    let list = |range, end: u64, after, max| -> Vec<(u64, Kind, u64)> {
        let listed = annotations.list(range, Index(end), after, max).unwrap();
        listed.into_iter().map(|said| (said.index.0, said.kind, said.by.0)).collect()
    };
    let all = [
        (1, Kind::Corrected, 6),
        (2, Kind::Corrected, 5),
        (2, Kind::Opened, 8),
        (3, Kind::Corrected, 9),
        (4, Kind::Answered, 7),
    ];
    assert_eq!(list(0..u64::MAX, 10, None, 10), all);
    assert_eq!(list(2..4, 10, None, 10), all[1..4]);
    assert_eq!(list(2..4, 9, None, 10), all[1..3], "what is not published says nothing");
    assert_eq!(list(0..u64::MAX, 10, Some((2, 5)), 2), all[2..4]);
    let (start, end) = (4, 2);
    assert_eq!(list(start..end, 10, None, 10), []);
}

#[test]
fn a_month_is_erased_by_the_first_entry_that_says_so() {
    let annotations = annotations(vec![
        (3, erasure("2026-11", "P12M")),
        (4, erasure("2026-11", "P12M")),
        (5, erasure("2026-11", "next-year-end")),
        (6, erasure("2026-99", "P1M")),
    ]);
    let by = |class: &str| annotations.erased_by("2026-11".parse().unwrap(), class.parse().unwrap()).unwrap();
    assert_eq!([by("P12M"), by("next-year-end"), by("P1M")], [Some(Index(3)), Some(Index(5)), None]);
}

fn part(part: u32, parts: u32) -> Content {
    Content::Charter(CharterPart { part, parts, sha256: vec![7; 32].into(), text: "x".into() })
}

#[test]
fn a_charter_stands_where_its_last_part_does_and_only_if_that_is_published() {
    let said = vec![(3, part(1, 1)), (7, part(1, 3)), (8, part(2, 3)), (9, part(3, 3)), (12, part(1, 2))];
    let annotations = annotations(said);
    let charters = |end| -> Vec<(u64, u64)> {
        let charters = annotations.charters(Index(end)).unwrap();
        charters.into_iter().map(|place| (place.first.0, place.last.0)).collect()
    };
    assert_eq!(charters(20), [(3, 3), (7, 9)]);
    assert_eq!((charters(9), charters(3)), (vec![(3, 3)], vec![]));
    let first = annotations.charters(Index(4)).unwrap().remove(0);
    assert_eq!((first.recorded_at, first.sha256), (NOW, [7; 32]));
}

fn report(period: &str, hash: &'static [u8], replaces: Option<u64>) -> Content {
    Content::Report(Report { period: period.into(), manifest_sha256: Bytes::from_static(hash), replaces })
}

#[test]
fn reports_are_known_by_their_entries_and_only_once_they_are_published() {
    let annotations = annotations(vec![
        (3, report("2026-11", &[7; 32], None)),
        (5, report("2026-W46", &[8; 32], None)),
        (9, report("2026-11", &[9; 32], Some(3))),
        // Not of this version.
        (10, report("2026-H2", &[1; 32], None)),
        (11, report("2026-11", &[1; 31], None)),
    ]);
    let reports = annotations.reports(Index(20)).unwrap();
    let told: Vec<_> = reports
        .iter()
        .map(|report| (report.index.0, report.period.to_string(), report.sha256[0], report.replaces))
        .collect();
    assert_eq!(
        told,
        [
            (3, "2026-11".to_owned(), 7, None),
            (5, "2026-W46".to_owned(), 8, None),
            (9, "2026-11".to_owned(), 9, Some(Index(3)))
        ]
    );
    assert_eq!(reports[0].recorded_at, NOW);
    assert_eq!(annotations.reports(Index(9)).unwrap().len(), 2);
}

#[test]
fn before_the_log_was_read_nothing_is_known() {
    let annotations = Annotations::default();
    annotations.note(&[note(2, correction(1)).unwrap()]);
    assert_eq!(annotations.list(0..9, Index(9), None, 9), Err(NotKnown));
    assert_eq!(annotations.due(0, None, 1), Err(NotKnown));
}

proptest! {
    #[test]
    fn what_is_kept_is_read_back(number in any::<u64>(), day in any::<i32>(), month in 1..=12_u32) {
        let month: Month = format!("2026-{month:02}").parse().unwrap();
        for says in [
            Says::Corrects(Index(number)),
            Says::Opens(Index(number)),
            Says::Requests(RecordedAt(number)),
            Says::Answers(Index(number)),
            Says::ErasedMonth(month, RetentionClass::NextYearEnd),
            Says::ErasedMonth(month, RetentionClass::Months(12)),
            Says::IsClosed { until_day: day },
            Says::Charter { parts: day.unsigned_abs(), recorded_at: RecordedAt(number), sha256: [7; 32] },
            Says::Report {
                recorded_at: RecordedAt(number),
                period: format!("2026-W{:02}", month.month_of_year()).parse().unwrap(),
                sha256: [7; 32],
                replaces: Some(Index(number)).filter(|_| day > 0),
            },
        ] {
            let note = Note { index: Index(number), says };
            prop_assert_eq!(Note::parse(note.index, &note.to_bytes()), Some(note));
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Some(note) = Note::parse(Index(1), &bytes) {
            prop_assert_eq!(note.to_bytes(), bytes);
        }
    }
}
