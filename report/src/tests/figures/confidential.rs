//! What is told of confidential records: that no small number of them follows from the others.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Opening};
use prost::Message as _;

use super::document;
use crate::samples::{Log, NOVEMBER_S, record, session};
use crate::{Cell, Entries};

/// A log that recorded so many confidential records, opened some of them, and lacks further numbers.
fn log(recorded: u64, opened: u64, lost: u64) -> Log {
    let mut log = Log::begun(NOVEMBER_S);
    for number in 0..recorded {
        let hidden = AccessRecord {
            confidential_until_day: Some(20_000),
            confidential_seal: Some(Bytes::from_static(&[4; 32])),
            ..AccessRecord::default()
        };
        let index = log.content(NOVEMBER_S, Content::Access(hidden));
        if number < opened {
            let record = record("polizei", number, "d", "p").encode_to_vec().into();
            log.content(
                NOVEMBER_S,
                Content::Opening(Opening { index, salt: Bytes::from_static(&[5; 32]), record }),
            );
        }
    }
    log.end(NOVEMBER_S, "polizei", &session("polizei"), Some(recorded + lost - 1));
    log
}

/// Recorded, opened, maybe missing, sessions with gaps, missing numbers.
fn told(log: &Log, entries: Entries) -> [Cell; 5] {
    let doc = document(log, "2026-11", entries);
    let cell = |table, row, column| doc.table(table).unwrap().cell(row, column).unwrap();
    [
        cell("custody", "confidential", "entries"),
        cell("custody", "opened", "entries"),
        cell("ledger", "missing_maybe_hidden", "entries"),
        cell("recorders", "polizei", "with_gaps"),
        cell("recorders", "polizei", "missing"),
    ]
}

#[test]
fn of_seven_records_with_few_opened_it_is_not_told_how_many_are_waiting() {
    use Cell::{FewerThan, Hidden, Number};
    assert_eq!(told(&log(7, 1, 0), Entries::Public), [7, 1, 6, 1, 6].map(Number));
    // 7 less 6 would be 1.
    let closed = |recorded, opened, lost| told(&log(recorded, opened, lost), Entries::default());
    assert_eq!(closed(7, 1, 0), [Number(7), FewerThan(5), Hidden, Hidden, Hidden]);
    // 9 less 6 would be 3.
    assert_eq!(closed(9, 6, 0), [Hidden, Hidden, FewerThan(5), Hidden, FewerThan(5)]);
    assert_eq!(closed(20, 8, 0), [Number(20), Number(8), Number(12), Number(1), Number(12)]);
    assert_eq!(closed(3, 3, 0)[2..], [0, 0, 0].map(Number));
}

/// Whoever knows how reports are made, and nothing of the log but what one of them tells.
#[test]
fn every_small_number_of_them_could_be_another_one() {
    let mut known: Vec<([Cell; 5], [u64; 3], u64)> = Vec::new();
    for recorded in 1..12 {
        for opened in 0..=recorded {
            for lost in 0..8 {
                let cells = told(&log(recorded, opened, lost), Entries::default());
                known.push((cells, [recorded, opened, recorded - opened], lost));
            }
        }
    }
    // Further out the others lie behind what is tried here.
    for (cells, counts, _) in known.iter().filter(|(_, [recorded, ..], lost)| *recorded < 10 && *lost < 4) {
        for place in (0..3).filter(|place| (1..5).contains(&counts[*place])) {
            let same = known.iter().filter(|(other, ..)| other == cells);
            let others = same.filter(|(_, other, _)| other[place] != counts[place]).count();
            assert!(others > 0, "{place} of {counts:?} follows from {cells:?}");
        }
    }
}
