//! Figures are the same however entries come, as long as all of them come.

use bytes::Bytes;
use einsicht_proto::v1::Opening;
use einsicht_proto::v1::entry_body::Content;
use prost::Message as _;

use crate::document::Document;
use crate::samples::city::{Random, city};
use crate::samples::{DAY_S, Log, NOVEMBER_S, inputs, record, session};
use crate::{Chunk, Entries, Figures, Gather, GatherError};

#[test]
fn entries_that_are_missing_or_out_of_order_give_no_figures() {
    let log = city();
    let mut scope = log.scope("2026-11");
    let mut gather = Gather::new(scope.clone());
    log.each(|entry| {
        if entry.index.0 < 9 {
            gather.entry(&entry).unwrap()
        }
    });
    assert!(matches!(gather.finish(), Err(GatherError::Size { .. })));
    scope = log.scope("2026-11");
    let mut gather = Gather::new(scope);
    log.each(|entry| {
        if entry.index.0 != 9 {
            drop(gather.entry(&entry))
        }
    });
    assert!(matches!(gather.finish(), Err(GatherError::Order { .. } | GatherError::Size { .. })));
}

/// The figures, counted in chunks of these lengths.
fn in_chunks(log: &Log, period: &str, mut length: impl FnMut() -> u64) -> Figures {
    let scope = log.scope(period);
    let mut gather = Gather::new(scope.clone());
    let (mut chunk, mut left) = (Chunk::default(), 1);
    log.each(|entry| {
        chunk.look(&scope, &entry);
        left -= 1;
        if left == 0 {
            gather.take(std::mem::take(&mut chunk)).unwrap();
            left = length();
        }
    });
    gather.take(chunk).unwrap();
    gather.finish().unwrap()
}

#[test]
fn it_does_not_matter_how_entries_are_cut_into_chunks() {
    let log = city();
    let checkpoint = log.checkpoint();
    for period in ["2026-10", "2026-W41", "2026-Q4", "2026", "2026-11"] {
        let made = |figures: &Figures| {
            let parsed = inputs(&checkpoint, Entries::default()).parse(figures).unwrap();
            Document::new(figures, &parsed)
        };
        let one_by_one = made(&log.figures(period));
        for seed in 0..3 {
            let mut random = Random::new(seed);
            assert_eq!(made(&in_chunks(&log, period, || 1 + random.below(400))), one_by_one, "{period}");
        }
    }
}

#[test]
fn a_session_with_an_opened_record_counts_once_wherever_chunks_are_cut() {
    let mut log = Log::begun(NOVEMBER_S - 3 * DAY_S);
    let opening = |log: &mut Log, second, number| {
        let record = record("p", number, "d", "p").encode_to_vec().into();
        let opening = Opening { index: 2, salt: Bytes::from_static(&[5; 32]), record };
        log.content(second, Content::Opening(opening));
    };
    log.access(NOVEMBER_S - 2 * DAY_S, record("p", 1, "d", "p"));
    // Told a second time, before the period.
    opening(&mut log, NOVEMBER_S - DAY_S, 1);
    opening(&mut log, NOVEMBER_S + 1, 0);
    log.access(NOVEMBER_S + 2, record("p", 3, "d", "p"));
    opening(&mut log, NOVEMBER_S + 3, 5);
    for second in 4..6 {
        log.end(NOVEMBER_S + second, "p", &session("p"), Some(5));
    }
    let recorder = |figures: &Figures| {
        let recorder = figures.recorders[&b"p"[..]];
        ([recorder.sessions, recorder.ended, recorder.gaps, recorder.missing], figures.repeated)
    };
    for length in 1..=log.entries.len() as u64 {
        let figures = in_chunks(&log, "2026-11", || length);
        assert_eq!(recorder(&figures), ([1, 1, 1, 2], 0), "chunks of {length}");
        assert!(figures.gaps_complete);
    }
}

#[test]
fn of_very_many_sessions_the_same_are_set_aside_wherever_chunks_are_cut() {
    let mut log = Log::begun(NOVEMBER_S);
    // More sessions than are followed at once, and one of them that is silent for a long time.
    for number in 0_u64..25_000 {
        let is_quiet = matches!(number, 0 | 16_390 | 24_999);
        let mut of_own = record("p", 0, "d", "p");
        of_own.session = Bytes::copy_from_slice(&u128::from(if is_quiet { 0 } else { number }).to_be_bytes());
        of_own.sequence = u64::from(number >= 16_390 && is_quiet) + u64::from(number == 24_999);
        log.access(NOVEMBER_S + 5, of_own);
    }
    for length in [1, 1_000, 30_000] {
        let figures = in_chunks(&log, "2026-11", || length);
        let recorder = figures.recorders[&b"p"[..]];
        assert_eq!(
            [recorder.sessions, recorder.gaps, recorder.missing],
            [24_998, 0, 0],
            "chunks of {length}"
        );
        assert!(!figures.gaps_complete, "some were set aside");
    }
}
