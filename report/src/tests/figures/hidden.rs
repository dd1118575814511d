//! What tables do not tell of small counts.

use proptest::prelude::*;

use super::document;
use crate::samples::{DAY_S, Log, NOVEMBER_S, record};
use crate::{Cell, Entries};

/// A log of accesses that were all recorded in one second, in the order of `choices`.
fn at_once(choices: &[(u8, u8, u8)]) -> Log {
    let mut log = Log::begun(NOVEMBER_S);
    log.charter(NOVEMBER_S, crate::samples::ULM);
    for (number, (purpose, unit, outcome)) in choices.iter().enumerate() {
        let mut made = record("p", number as u64, "stadtteile-generalisiert", &format!("purpose-{purpose}"));
        made.unit = (*unit > 0).then(|| format!("unit-{unit}"));
        made.outcome = Some(i32::from(*outcome));
        log.access(NOVEMBER_S + 9, made);
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_entries_changes_no_figure(
        mut choices in proptest::collection::vec((0_u8..5, 0_u8..4, 1_u8..4), 1..60),
    ) {
        let tables = |choices: &[_]| document(&at_once(choices), "2026-11", Entries::default()).tables;
        let before = tables(&choices);
        choices.reverse();
        prop_assert_eq!(&tables(&choices), &before);
        choices.sort_unstable();
        prop_assert_eq!(&tables(&choices), &before);
    }

    #[test]
    fn no_table_shows_a_small_count_or_lets_it_be_computed(
        choices in proptest::collection::vec((0_u8..6, 0_u8..4, 1_u8..4), 1..80),
    ) {
        let log = at_once(&choices);
        let (closed, public) =
            (document(&log, "2026-11", Entries::default()), document(&log, "2026-11", Entries::Public));
        let total = choices.len() as u64;
        for (table, exact) in closed.tables.iter().zip(&public.tables) {
            if !table.id.starts_with("by_") && table.id != "recorders" {
                continue;
            }
            if table.withheld {
                prop_assert!(table.rows.is_empty());
                continue;
            }
            let told: u64 = table.rows.iter().filter_map(|row| row.cells[0].number()).sum();
            let hidden = table.rows.iter().filter(|row| row.cells[0].number().is_none()).count();
            for (row, exact) in table.rows.iter().zip(&exact.rows) {
                let count = exact.cells[0].number().unwrap();
                match row.cells[0] {
                    Cell::Number(shown) => prop_assert!(shown == count && !(1..5).contains(&count)),
                    Cell::FewerThan(5) => prop_assert!((1..5).contains(&count) && row.cells[1] == Cell::Hidden),
                    other => prop_assert!(other == Cell::Hidden && row.cells[1] == Cell::Hidden),
                }
            }
            // One that is hidden alone is what is left of the total.
            prop_assert!(hidden != 1 || total < 5, "{}: {told} of {total}", table.id);
        }
    }
}

#[test]
fn months_of_a_quarter_do_not_give_each_other_away() {
    // Deviations from DE-02 (a purpose that is not declared): 7 in October, 2 in November, none in December.
    let mut log = Log::begun(NOVEMBER_S - 31 * DAY_S);
    log.charter(NOVEMBER_S - 31 * DAY_S, crate::samples::ULM);
    let mut number = 0;
    for (month, fit, deviate) in [(0, 90, 7), (1, 60, 2), (2, 40, 0)] {
        for position in 0..fit + deviate {
            let purpose = if position < fit { "statistik" } else { "anderes" };
            let second = NOVEMBER_S - 31 * DAY_S + month * 31 * DAY_S + DAY_S;
            log.access(second, record("p", number, "stadtteile-generalisiert", purpose));
            number += 1;
        }
    }
    let doc = document(&log, "2026-Q4", Entries::default());
    let quarter = doc.table("commitments").unwrap();
    assert_eq!(quarter.cell("DE-02", "deviates"), Some(Cell::Number(9)));
    let months = doc.table("commitments_by_month").unwrap();
    let of: Vec<_> =
        months.rows.iter().filter(|row| row.key[0].code == "DE-02").map(|row| &row.cells).collect();
    assert_eq!(of[0], &[90, 7, 0, 0].map(Cell::Number));
    // 9 less 7 would be November's: the smallest other month goes with it.
    assert_eq!((of[1], of[2]), (&vec![Cell::Hidden; 4], &vec![Cell::Hidden; 4]));
    // A single month tells as much as it can.
    let doc = document(&log, "2026-11", Entries::default());
    let cells = &doc.table("commitments").unwrap().rows[1].cells;
    assert_eq!(cells, &[Cell::Hidden, Cell::FewerThan(5), Cell::Number(0), Cell::Number(0)]);
}
