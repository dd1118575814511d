//! Whatever happens in a ledger.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happened in a ledger, each way to read it counts what happened, at once or in two goes; and one
    /// verdict that is changed anywhere is found there.
    #[test]
    fn every_ledger_counts_as_it_was_made(
        steps in prop::collection::vec(step(), 1..60),
        cut in any::<prop::sample::Index>(),
        forged in any::<prop::sample::Index>(),
    ) {
        let (mut ledger, counts, records) = ledger_of(&steps);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (folder, state) = (folder_of(&ledger), tempfile::tempdir().unwrap());
            let report = verify(folder.path(), &trust()).await.unwrap();
            assert_eq!(counts_of(&report), counts);
            let stored = || Trust::stored(key().verifier().clone(), state.path()).unwrap();
            let tiles = tempfile::tempdir().unwrap();
            for size in [*cut.get(&ledger.commits), ledger.size()] {
                ledger.write_tiles(tiles.path(), &[size]);
                let resumed = verify(tiles.path(), &stored()).await.unwrap();
                if size == ledger.size() {
                    assert_eq!(resumed.verdicts, report.verdicts);
                    assert_eq!(resumed.charters, report.charters);
                }
            }
            if records.is_empty() {
                return;
            }
            let index = records[forged.index(records.len())];
            ledger = reforged(&ledger, index);
            let finding = finding_in(folder_of(&ledger).path()).await;
            assert_eq!((finding.fault, finding.index), (Fault::Verdict, Some(Index(index))), "{finding}");
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// What if the charter in force had been in force? Then everything would be as it is.
    #[test]
    fn by_the_charter_in_force_everything_is_as_it_is(mut steps in prop::collection::vec(step(), 1..40)) {
        steps.retain(|step| !matches!(step, Step::Publish(_)));
        steps.insert(0, Step::Publish(0));
        let (ledger, counts, records) = ledger_of(&steps);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (report, answer) = runtime.block_on(async {
            let folder = folder_of(&ledger);
            let source = Source::open(folder.path().to_str().unwrap()).unwrap();
            what_if(&source, &trust(), charter(TEXT).into(), |_| {}).await.unwrap()
        });
        let verdicts = &report.verdicts;
        assert_eq!(tallied(&answer), counts);
        assert_eq!(answer.records, verdicts.judged + verdicts.hidden);
        assert_eq!((answer.deviating, answer.hidden), (verdicts.deviating, verdicts.hidden));
        assert_eq!((answer.newly, answer.no_longer, &answer.examples[..]), (0, 0, &[][..]));
        assert!(counts.keys().map(|id| answer.change(id)).all(|change| (change.newly, change.no_longer) == (0, 0)));
        assert!(verdicts.judged >= records.len() as u64 && verdicts.without_charter == 0);
    }
}

/// What happens in a ledger.
#[derive(Debug, Clone)]
enum Step {
    Publish(usize),
    Record(usize),
    Hide(usize),
    /// The oldest that is hidden.
    Open,
    Start,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..4_usize).prop_map(Step::Publish),
        8 => (0..5_usize).prop_map(Step::Record),
        2 => (0..5_usize).prop_map(Step::Hide),
        2 => Just(Step::Open),
        1 => Just(Step::Start),
    ]
}

/// The ledger of these steps, and its tally.
fn ledger_of(steps: &[Step]) -> (Ledger, Counts, Vec<u64>) {
    let texts = [TEXT.to_owned(), other_text(), long_text(2), TEXT.to_owned()];
    let charters = texts.each_ref().map(|text| charter(text));
    let (mut ledger, mut counts, mut in_force) = (Ledger::new(), Counts::new(), None);
    let (mut waiting, mut records) = (std::collections::VecDeque::new(), Vec::new());
    for (sequence, step) in (0..).zip(steps) {
        match step {
            Step::Publish(which) => {
                let last = ledger.publish(&texts[*which]);
                in_force = Some((last, &charters[*which]));
            }
            Step::Record(which) => {
                let record = judged(&events()[*which], sequence, in_force);
                if let Some((_, charter)) = in_force {
                    count(&mut counts, charter, Some(&record));
                    records.push(ledger.size());
                }
                ledger.push(&body_of(record));
            }
            Step::Hide(which) => {
                let (body, opening) = hidden(&events()[*which], sequence, in_force, |_| {});
                waiting.push_back((ledger.size(), opening, in_force, *which));
                ledger.push_bytes(&body);
            }
            Step::Open => {
                if let Some((index, opening, in_force, which)) = waiting.pop_front() {
                    if let Some((_, charter)) = in_force {
                        count(&mut counts, charter, Some(&judged(&events()[which], 0, None)));
                    }
                    ledger.push_bytes(&opening(index));
                }
            }
            Step::Start => ledger.push(&entry::service_start("einsichtd 0.1.0")),
        }
        if sequence % 3 == 0 && ledger.commits.last() != Some(&ledger.size()) {
            ledger.commit();
        }
    }
    for (_, _, in_force, _) in waiting {
        if let Some((_, charter)) = in_force {
            count(&mut counts, charter, None);
        }
    }
    if ledger.commits.last() != Some(&ledger.size()) {
        ledger.commit();
    }
    (ledger, counts, records)
}
