//! Figures against counts that are made here, another way.

mod chunks;
mod confidential;
mod hidden;
mod periods;

use std::collections::BTreeMap;

use bytes::Bytes;
use einsicht_access::{Zone, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Opening};
use prost::Message as _;

use crate::document::{Document, Table};
use crate::samples::city::city;
use crate::samples::{DAY_S, Log, NOVEMBER_S, inputs, record, session};
use crate::{Cell, Entries};

fn document(log: &Log, period: &str, entries: Entries) -> Document {
    let figures = log.figures(period);
    let checkpoint = log.checkpoint();
    Document::new(&figures, &inputs(&checkpoint, entries).parse(&figures).unwrap())
}

/// The records that a log shows within an interval.
fn records(log: &Log, first_s: u64, end_s: u64) -> Vec<AccessRecord> {
    let within = log.entries.iter().filter(|(second, _)| (first_s..end_s).contains(second));
    within
        .filter_map(|(_, body)| match read_body(body).unwrap().content {
            Some(Content::Access(record)) => Some(record),
            _ => None,
        })
        .collect()
}

fn sums(table: &Table) -> [u64; 2] {
    let sum =
        |column| table.rows.iter().map(|row| table.cell_of(row, column).unwrap().number().unwrap()).sum();
    [sum("records"), sum("accesses")]
}

#[test]
fn every_table_of_a_month_is_what_its_records_add_up_to() {
    let log = city();
    let zone = Zone::named("Europe/Berlin").unwrap();
    let span = zone.span_of("2026-10".parse().unwrap());
    let records = records(&log, span.first_s, span.end_s);
    let doc = document(&log, "2026-10", Entries::Public);
    let accesses: u64 = records.iter().map(|record| record.access_count.unwrap_or(1)).sum();
    let total = [records.len() as u64, accesses];
    assert!(total[0] > 1_000 && total[1] > total[0]);
    assert_eq!(doc.about.total, total.map(Cell::Number));
    type Of = fn(&AccessRecord) -> String;
    let columns: [(&str, Of); 7] = [
        ("by_dataset", |record| record.dataset.clone()),
        ("by_purpose", |record| record.purpose.clone()),
        ("by_legal_basis", |record| record.legal_basis.clone().unwrap_or_default()),
        ("by_unit", |record| record.unit.clone().unwrap_or_default()),
        ("by_recipient", |record| record.recipient.clone().unwrap_or_default()),
        ("by_outcome", |record| {
            ["", "granted", "denied", "failed"][record.outcome.unwrap_or(1) as usize].into()
        }),
        ("recorders", |record| record.producer.clone()),
    ];
    for (id, of) in columns {
        let table = doc.table(id).unwrap();
        let mut by: BTreeMap<String, u64> = BTreeMap::new();
        records.iter().for_each(|record| *by.entry(of(record)).or_default() += 1);
        for (code, count) in &by {
            assert_eq!(table.cell(code, "records"), Some(Cell::Number(*count)), "{id} {code}");
        }
        assert_eq!(sums(table), total, "{id}");
    }
    for id in ["by_operation", "by_actor_kind"] {
        assert_eq!(sums(doc.table(id).unwrap()), total, "{id}");
    }
    let combined = records.iter().filter(|record| !record.other_datasets.is_empty()).count() as u64;
    let table = doc.table("by_dataset").unwrap();
    assert_eq!(table.cell("stadtteile-generalisiert", "combined"), Some(Cell::Number(combined)));
    let cross = doc.table("purpose_by_unit").unwrap();
    assert_eq!(cross.rows.iter().map(|row| row.cells[0].number().unwrap()).sum::<u64>(), total[0]);
    let months = doc.table("months").unwrap();
    assert_eq!(months.cell("2026-10", "accesses"), Some(Cell::Number(accesses)));
    assert_eq!(months.rows.len(), 2, "the ledger began in September");
}

#[test]
fn verdicts_are_those_that_the_records_list() {
    let log = city();
    let span = Zone::named("Europe/Berlin").unwrap().span_of("2026-10".parse().unwrap());
    let records = records(&log, span.first_s, span.end_s);
    let doc = document(&log, "2026-10", Entries::Public);
    let (table, by_month) = (doc.table("commitments").unwrap(), doc.table("commitments_by_month").unwrap());
    assert_eq!(doc.commitments.len(), 11);
    let mut deviating = 0;
    for text in &doc.commitments {
        let lists = |of: fn(&AccessRecord) -> &Vec<String>| {
            records.iter().filter(|record| of(record).contains(&text.id)).count() as u64
        };
        let (deviates, unclear) = (lists(|record| &record.deviates), lists(|record| &record.not_verifiable));
        deviating += deviates;
        let expected = [records.len() as u64 - deviates - unclear, deviates, unclear, 0].map(Cell::Number);
        let row = table.rows.iter().find(|row| row.key[0].code == text.id).unwrap();
        assert_eq!(row.cells, expected, "{}", text.id);
        let is_october =
            |row: &&crate::document::Row| row.key[0].code == text.id && row.key[1].code == "2026-10";
        assert_eq!(by_month.rows.iter().find(is_october).unwrap().cells, expected);
    }
    assert!(deviating > 50);
    assert_eq!(doc.questions.len(), 1);
}

#[test]
fn records_before_a_charter_are_judged_by_none() {
    let mut log = Log::begun(NOVEMBER_S);
    log.access(NOVEMBER_S, record("p", 0, "stadtteile-generalisiert", "statistik"));
    log.charter(NOVEMBER_S + 1, crate::samples::ULM);
    log.access(NOVEMBER_S + 2, record("p", 1, "stadtteile-generalisiert", "statistik"));
    let doc = document(&log, "2026-11", Entries::Public);
    let row = &doc.table("commitments").unwrap().rows[0];
    assert_eq!(row.cells, [1, 0, 0, 1].map(Cell::Number));
}

#[test]
fn a_rule_that_changed_is_told_with_what_it_was() {
    let mut log = Log::begun(NOVEMBER_S);
    log.charter(NOVEMBER_S, crate::samples::ULM);
    log.access(NOVEMBER_S, record("p", 0, "stadtteile-generalisiert", "statistik"));
    let changed = crate::samples::ULM.replace("days_before_access = 14", "days_before_access = 21");
    log.charter(NOVEMBER_S + 1, &changed);
    let doc = document(&log, "2026-11", Entries::Public);
    let of = |id: &str| doc.commitments.iter().find(|one| one.id == id).unwrap();
    assert!(of("DE-07").sentence.de.contains("21 Tage"), "{}", of("DE-07").sentence.de);
    assert!(of("DE-07").earlier[0].sentence.de.contains("14 Tage"));
    assert_eq!((of("DE-07").earlier.len(), of("DE-01").earlier.len(), doc.charters.len()), (1, 0, 2));
    assert_eq!(doc.table("ledger").unwrap().cell("charters", "entries"), Some(Cell::Number(2)));
}

#[test]
fn a_confidential_record_counts_when_it_is_opened_and_is_only_numbered_before() {
    let (october, november) = (NOVEMBER_S - 10 * DAY_S, NOVEMBER_S + DAY_S);
    let mut log = Log::begun(october);
    let hidden = AccessRecord {
        confidential_until_day: Some(20_000),
        confidential_seal: Some(Bytes::from_static(&[4; 32])),
        ..AccessRecord::default()
    };
    let index = log.content(october, Content::Access(hidden));
    log.end(october, "polizei", &session("polizei"), Some(0));
    let inner = log.judged(record("polizei", 0, "d", "ordnungsaufgaben"));
    let opening = Opening { index, salt: Bytes::from_static(&[5; 32]), record: inner.encode_to_vec().into() };
    log.content(november, Content::Opening(opening));
    let before = document(&log, "2026-10", Entries::Public);
    let custody = |doc: &Document, what| doc.table("custody").unwrap().cell(what, "entries").unwrap();
    assert_eq!((before.about.total[0], custody(&before, "confidential")), (Cell::Number(0), Cell::Number(1)));
    let recorders = before.table("recorders").unwrap();
    assert_eq!(recorders.cell("polizei", "missing"), Some(Cell::Number(1)));
    assert_eq!(
        before.table("ledger").unwrap().cell("missing_maybe_hidden", "entries"),
        Some(Cell::Number(1))
    );
    let closed = document(&log, "2026-10", Entries::default());
    assert_eq!(custody(&closed, "confidential"), Cell::FewerThan(5));
    let [gaps, ledger] = ["recorders", "ledger"].map(|id| closed.table(id).unwrap());
    assert_eq!(gaps.cell("polizei", "missing"), Some(Cell::Hidden));
    assert_eq!(gaps.cell("polizei", "with_gaps"), Some(Cell::Hidden));
    assert_eq!(ledger.cell("missing_maybe_hidden", "entries"), Some(Cell::Hidden));
    assert_eq!(closed.about.first_entry, Some(Cell::Hidden), "between first and last it could be counted");
    let after = document(&log, "2026-11", Entries::Public);
    assert_eq!(
        (custody(&after, "confidential"), custody(&after, "opened")),
        (Cell::Number(0), Cell::Number(1))
    );
    assert_eq!(after.table("by_purpose").unwrap().cell("ordnungsaufgaben", "records"), Some(Cell::Number(1)));
}

#[test]
fn gaps_are_those_of_sessions_of_the_period() {
    let mut log = Log::begun(NOVEMBER_S - 3 * DAY_S);
    let push = |log: &mut Log, second, recorder, number| {
        log.access(second, record(recorder, number, "d", "p"));
    };
    // A number that stands in two entries, before the period.
    push(&mut log, NOVEMBER_S - 2 * DAY_S, "twice", 0);
    push(&mut log, NOVEMBER_S - 2 * DAY_S, "twice", 0);
    // Over before the period, with a gap; into it, with a gap before; within it, complete; within it, cut off.
    push(&mut log, NOVEMBER_S - 2 * DAY_S, "old", 3);
    push(&mut log, NOVEMBER_S - 2 * DAY_S, "long", 1);
    push(&mut log, NOVEMBER_S, "long", 2);
    push(&mut log, NOVEMBER_S, "whole", 0);
    log.end(NOVEMBER_S + 1, "whole", &session("whole"), Some(0));
    push(&mut log, NOVEMBER_S, "cut", 0);
    log.end(NOVEMBER_S + 1, "cut", &session("cut"), Some(4));
    // What comes behind the period fills no gap in it.
    let end = Zone::utc().span_of("2026-11".parse().unwrap()).end_s;
    push(&mut log, end, "long", 0);
    let doc = document(&log, "2026-11", Entries::Public);
    let table = doc.table("recorders").unwrap();
    let row = |code| ["sessions", "ended", "with_gaps", "missing"].map(|column| table.cell(code, column));
    let numbers = |counts: [u64; 4]| counts.map(|count| Some(Cell::Number(count)));
    assert_eq!(row("long"), numbers([1, 0, 1, 1]));
    assert_eq!(row("whole"), numbers([1, 1, 0, 0]));
    assert_eq!(row("cut"), numbers([1, 1, 1, 4]));
    assert_eq!(row("old"), [None; 4]);
    assert_eq!(doc.table("ledger").unwrap().cell("repeated_numbers", "entries"), Some(Cell::Number(0)));
    let before = document(&log, "2026-10", Entries::Public);
    assert_eq!(before.table("ledger").unwrap().cell("repeated_numbers", "entries"), Some(Cell::Number(1)));
}
