//! The months up to the end of the period, by the same counts.

use einsicht_access::Month;

use super::commitments::{VERDICTS, cells, labels, verdicts};
use super::{Label, Row, Table};
use crate::cell::Cell;
use crate::cube::Tally;
use crate::figures::Figures;
use crate::hiding::Hiding;

/// Records and accesses by month.
pub fn months(figures: &Figures, hiding: Hiding) -> Table {
    let rows = shown(figures, hiding)
        .into_iter()
        .map(|(month, cells)| Row { key: vec![Label::month(month)], cells: cells.to_vec() });
    Table {
        id: "months",
        keys: vec!["month"],
        columns: vec!["records", "accesses"],
        withheld: false,
        rows: rows.collect(),
    }
}

/// Verdicts by commitment and month.
pub fn commitments(figures: &Figures, hiding: Hiding) -> Table {
    let months = shown(figures, hiding);
    let mut rows = Vec::new();
    for commitment in labels(figures) {
        let id = &commitment.code;
        let of_months: Vec<_> =
            months.iter().map(|(month, _)| verdicts(figures, id, |_, of| of == *month).counts()).collect();
        let all = protect(figures, hiding, &months, &of_months);
        for ((month, _), cells) in months.iter().zip(all) {
            let key = vec![commitment.clone(), Label::month(*month)];
            rows.push(Row { key, cells });
        }
    }
    Table {
        id: "commitments_by_month",
        keys: vec!["commitment", "month"],
        columns: VERDICTS.to_vec(),
        withheld: false,
        rows,
    }
}

/// Verdicts of one commitment by month. Those of a period of several months add up to what is told of the period: as
/// long as that would give away what is hidden in one month, further months are withheld.
fn protect(
    figures: &Figures,
    hiding: Hiding,
    months: &[(Month, [Cell; 2])],
    counts: &[[u64; 4]],
) -> Vec<Vec<Cell>> {
    let whole = |cells: &[Cell]| cells.iter().all(|cell| cell.number().is_some());
    let mut all: Vec<Vec<Cell>> = months
        .iter()
        .zip(counts)
        .map(|((_, [records, _]), counts)| match records {
            Cell::Number(_) => cells(hiding, *counts),
            _ => vec![Cell::Hidden; counts.len()],
        })
        .collect();
    let parts: Vec<usize> = of_period(figures, months).collect();
    let hidden = parts.iter().filter(|at| all.get(**at).is_some_and(|cells| !whole(cells))).count();
    if parts.len() < 2 || hidden == 0 {
        return all;
    }
    // Of two months that are not told at all nothing follows from their sum; the second one is the smallest.
    let mut others: Vec<usize> =
        parts.iter().copied().filter(|at| all.get(*at).is_some_and(|cells| whole(cells))).collect();
    others.sort_by_key(|at| counts.get(*at).map(|counts| counts.iter().sum::<u64>()));
    let more = if hidden == 1 { others.first().copied() } else { None };
    for at in parts {
        if let Some(cells) = all.get_mut(at)
            && (!whole(cells) || more == Some(at))
        {
            cells.iter_mut().for_each(|cell| *cell = Cell::Hidden);
        }
    }
    all
}

/// The months from the one in which the ledger began to that of its newest entry, with what is told of their records and accesses.
fn shown(figures: &Figures, hiding: Hiding) -> Vec<(Month, [Cell; 2])> {
    let months: Vec<(Month, Tally)> = tallies(figures);
    let told = |tally: &Tally| match hiding.total(tally.records) {
        records @ Cell::Number(_) => [records, Cell::Number(tally.accesses)],
        records => [records, Cell::Hidden],
    };
    let mut shown: Vec<_> = months.iter().map(|(month, tally)| (*month, told(tally))).collect();
    let parts: Vec<_> = of_period(figures, &shown).collect();
    let of_parts: Vec<_> = parts.iter().filter_map(|at| Some(months.get(*at)?.1)).collect();
    // A total that is hidden itself, or that nothing hides behind, takes all of its months with it.
    let cells = hiding.tallies(&of_parts).unwrap_or_else(|| vec![[Cell::Hidden; 2]; parts.len()]);
    for (at, cells) in parts.into_iter().zip(cells) {
        if let Some((_, shown)) = shown.get_mut(at) {
            *shown = cells;
        }
    }
    shown
}

/// Positions of the months that lie within the period, which they make up.
fn of_period<T>(figures: &Figures, months: &[(Month, T)]) -> impl Iterator<Item = usize> {
    let (zone, span) = (figures.scope().zone(), figures.scope().span());
    months.iter().enumerate().filter_map(move |(at, (month, _))| {
        let of = zone.span_of(*month);
        (of.first_s >= span.first_s && of.end_s <= span.end_s).then_some(at)
    })
}

fn tallies(figures: &Figures) -> Vec<(Month, Tally)> {
    let zone = figures.scope().zone();
    // Of months to come nothing is known: not even that nothing was recorded.
    let known = zone.month_of(figures.began_at.0)..=zone.month_of(figures.newest.0);
    let months = figures.scope().trend_months().into_iter().filter(|month| known.contains(month));
    let tally = |month: Month| {
        let mut tally = Tally::default();
        let slots = figures.slots.iter().filter(|(key, _)| key.month == month);
        slots.for_each(|(_, slot)| tally.add(slot.tally));
        (month, tally)
    };
    months.map(tally).collect()
}
