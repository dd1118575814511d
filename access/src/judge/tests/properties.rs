use bytes::Bytes;
use einsicht_proto::v1::AccessEvent;
use proptest::prelude::*;

use super::*;
use crate::record;

/// Rules of every kind of condition, for properties that hold of all.
fn of_every_kind() -> Charter {
    charter(&[
        "when = { personal = true }\nmust_not = { consideration = true }",
        "must = { purpose = { listed_in_dataset = \"purposes\" } }",
        "must = { role = { listed_in_dataset = \"roles\" }, unit = { in = [\"u\", \"v\"] } }",
        "when = { recipient = { present = true } }\nmust = { announced_on = { days_before_access = 14 } }",
        "must = { record_count = { at_most_of_dataset = \"record_ceiling\" } }",
        "must = { collected_on = { not_older_than_of_dataset = \"keep_days\" } }",
        "when = { secondary_use = true }\nmust = { processing = { in = [\"aggregated\", \"anonymous\"] } }",
        "must_not = { record_count = { at_most = 3 }, role = \"r\" }",
        "must = { categories = { in = [\"ort\"] }, justification = { present = true } }",
        "when = { collected_on = { not_older_than_days = 7 } }\nmust = { operation = { listed_in_dataset = \"operations\" } }",
        "when = { recipient = { listed_in_dataset = \"recipients\" } }\nmust_not = { consideration = true }",
        "when = { role = { listed_in_dataset = \"roles\" } }\nmust = { unit = { listed_in_dataset = \"units\" } }",
        "must_not = { record_count = { at_most_of_dataset = \"record_ceiling\" } }",
        "must_not = { purpose = { listed_in_dataset = \"purposes\" }, consideration = true }",
        "when = { collected_on = { not_older_than_of_dataset = \"keep_days\" }, personal = true }\nmust = { access_count = { at_most = 3 } }",
        "when = { dataset = \"full\" }\nmust = { outcome = \"granted\" }",
        "must = { personal = false }",
    ])
}

/// What is set of an event, by field.
fn arbitrary_fields() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let values: Vec<Vec<(&'static str, &'static str)>> = vec![
        vec![("dataset", "plain"), ("dataset", "tight"), ("dataset", "new")],
        vec![("purpose", "b")],
        vec![("operation", "disclose"), ("operation", "erase")],
        vec![("consideration", "true"), ("consideration", "false")],
        vec![("role", "r"), ("role", "s")],
        vec![("unit", "u"), ("unit", "w")],
        vec![("recipient", "swu"), ("recipient", "x")],
        vec![("announced_on", "2026-11-08"), ("announced_on", "2026-11-09")],
        vec![("record_count", "3"), ("record_count", "10"), ("record_count", "11")],
        vec![("collected_on", "2026-11-20"), ("collected_on", "2026-10-23"), ("collected_on", "2026-10-22")],
        vec![("secondary_use", "true"), ("secondary_use", "false")],
        vec![("processing", "raw"), ("processing", "anonymous")],
        vec![("categories", "ort"), ("categories", "ort,zeit")],
        vec![("justification", "weil")],
        vec![("activity", "va:17"), ("activity", "va:18")],
        vec![("access_count", "3"), ("access_count", "4")],
        vec![("outcome", "denied")],
    ];
    let each = values.into_iter().map(|values| proptest::option::of(proptest::sample::select(values)));
    each.collect::<Vec<_>>().prop_map(|fields| fields.into_iter().flatten().collect())
}

/// Further data sets: known ones, and some that nobody knows.
fn arbitrary_datasets() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(vec!["plain", "full", "tight", "new", "invented"], 0..=3)
}

/// What an access that leaves it out says, too.
const DEFAULTS: [&str; 2] = ["access_count", "outcome"];
/// What the activity of the charter says.
const INHERITED: [&str; 4] = ["legal_basis", "consideration", "categories", "announced_on"];

fn judge(charter: &Charter, fields: &[(&str, &str)], others: &[&str]) -> Judgement {
    let event =
        AccessEvent { other_datasets: others.iter().map(|id| (*id).to_owned()).collect(), ..event(fields) };
    let view = EventView::from(&event);
    charter.judge(&Facts::from(&view))
}

proptest! {
    /// What an access left open it may state, with or without an activity: what was decided stays.
    #[test]
    fn stating_what_was_left_open_never_overturns_a_verdict(
        fields in arbitrary_fields(),
        others in arbitrary_datasets(),
        keep: u32,
    ) {
        let said: Vec<_> = fields.into_iter().filter(|(name, _)| !DEFAULTS.contains(name)).collect();
        // What the activity says, nobody says besides.
        let has_activity = said.iter().any(|(name, _)| *name == "activity");
        let said: Vec<_> = said.into_iter().filter(|(name, _)| !has_activity || !INHERITED.contains(name)).collect();
        let fewer: Vec<_> = said.iter().enumerate().filter(|(position, (name, _))| {
            keep >> position & 1 == 1 || ["dataset", "purpose", "operation"].contains(name)
        }).map(|(_, field)| *field).collect();
        let charter = of_every_kind();
        let (less, more) = (judge(&charter, &fewer, &others), judge(&charter, &said, &others));
        for position in 0..charter.commitments().len() {
            let less = less.verdict(&charter, position).unwrap();
            let more = more.verdict(&charter, position).unwrap();
            prop_assert!(less == Verdict::NotVerifiable || less == more, "{position}: {less:?} became {more:?}");
        }
    }

    /// One more data set, known or not, makes up for nothing.
    #[test]
    fn naming_one_more_data_set_never_takes_a_deviation_away(
        fields in arbitrary_fields(),
        others in arbitrary_datasets(),
        more in arbitrary_datasets(),
    ) {
        let charter = of_every_kind();
        let all = [others.clone(), more].concat();
        let (less, more) = (judge(&charter, &fields, &others), judge(&charter, &fields, &all));
        for position in less.deviates.positions() {
            prop_assert!(more.deviates.contains(position), "{position} with {all:?}");
        }
    }

    #[test]
    fn an_explanation_has_the_verdicts_and_a_finding_for_each_that_is_not_kept(
        fields in arbitrary_fields(),
        others in arbitrary_datasets(),
    ) {
        let charter = of_every_kind();
        let others = others.iter().map(|id| (*id).to_owned()).collect();
        let event = AccessEvent { other_datasets: others, ..event(&fields) };
        let view = EventView::from(&event);
        let facts = Facts::from(&view);
        let judgement = charter.judge(&facts);
        for (position, explained) in charter.explain(&facts).commitments.iter().enumerate() {
            let verdict = match explained.outcome {
                Outcome::DoesNotApply => Verdict::Kept,
                Outcome::Judged(verdict) => verdict,
                Outcome::Question => unreachable!("there is none"),
            };
            prop_assert_eq!(Some(verdict), judgement.verdict(&charter, position));
            prop_assert_eq!(explained.findings.is_empty(), verdict == Verdict::Kept);
            for finding in &explained.findings {
                prop_assert_eq!(finding.doubt.is_some(), verdict == Verdict::NotVerifiable);
            }
        }
    }

    #[test]
    fn the_record_is_judged_as_its_event(fields in arbitrary_fields()) {
        let charter = of_every_kind();
        let event = AccessEvent { justification: None, ..event(&fields) };
        let session = Bytes::from_static(&[7; 16]);
        let provenance = record::Provenance { producer: "p", session: &session, sequence: 0 };
        let record = record::record_of(&event, provenance);
        let view = EventView::from(&event);
        prop_assert_eq!(charter.judge(&Facts::from(&view)), charter.judge(&Facts::from(&record)));
    }
}

fn others(dataset: &str, others: &str, fields: &[(&'static str, &'static str)], rule: &str) -> Verdict {
    let mut all = vec![("dataset", dataset)];
    all.extend((!others.is_empty()).then_some(("other_datasets", others)));
    all.extend(fields);
    verdict(rule, &all)
}

#[test]
fn a_rule_that_deviates_for_one_data_set_deviates_whatever_the_others_are() {
    use Verdict::{Deviates, Kept, NotVerifiable};
    let sold =
        "when = { recipient = { listed_in_dataset = \"recipients\" } }\nmust_not = { consideration = true }";
    let to = |others_of: &str, recipient| {
        others("full", others_of, &[("recipient", recipient), ("consideration", "true")], sold)
    };
    assert_eq!((to("", "swu"), to("invented", "swu"), to("plain", "swu")), (Deviates, Deviates, Deviates));
    assert_eq!((to("", "thu"), to("invented", "thu")), (Kept, NotVerifiable));
    let few = "must_not = { record_count = { at_most_of_dataset = \"record_ceiling\" } }";
    let of = |dataset: &str, others_of: &str| others(dataset, others_of, &[("record_count", "7")], few);
    assert_eq!((of("full", ""), of("tight", "")), (Deviates, Kept));
    assert_eq!((of("full", "tight"), of("tight", "full")), (Deviates, Deviates));
    assert_eq!((of("tight", "new"), of("new", "full")), (NotVerifiable, Deviates));
}

/// The reference names these exceptions.
#[test]
fn data_that_is_not_personal_may_be_with_one_more_data_set() {
    for rule in ["when = { personal = false }\nmust = { purpose = \"b\" }", "must = { personal = true }"] {
        assert_eq!(others("plain", "", &[], rule), Verdict::Deviates);
        assert_eq!(others("plain", "new", &[], rule), Verdict::NotVerifiable);
        assert_eq!(others("plain", "full", &[], rule), Verdict::Kept);
    }
}

#[test]
fn findings_name_the_data_set_for_which_the_rule_deviates() {
    let charter = charter(&[
        "must = { unit = { listed_in_dataset = \"units\" }, record_count = { at_most_of_dataset = \"record_ceiling\" } }",
    ]);
    let fields =
        [("dataset", "plain"), ("other_datasets", "full,tight"), ("unit", "v"), ("record_count", "7")];
    let event = event(&fields);
    let view = EventView::from(&event);
    let facts = Facts::from(&view);
    let explanation = charter.explain(&facts);
    let found: Vec<_> =
        explanation.commitments[0].findings.iter().map(|one| one.dataset.map(|it| it.id.as_str())).collect();
    assert_eq!(found, [Some("full"), Some("tight")]);
}
