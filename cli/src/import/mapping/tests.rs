//! Tests of mappings.

use std::collections::HashMap;

use super::*;

const LEAST: &str = r#"
    name = "test"
    [event]
    dataset = "{set}"
    operation = "query"
    purpose = "statistik"
    occurred_at = { from = "{at}", time = "unix" }
"#;

fn mapped(toml: &str, row: &[(&str, &str)]) -> Result<Mapped, LineError> {
    Mapping::parse(toml).unwrap().map(&row.iter().copied().collect::<HashMap<_, _>>())
}

fn event(toml: &str, row: &[(&str, &str)]) -> AccessEvent {
    match mapped(toml, row) {
        Ok(Mapped::Event(event)) => *event,
        other => panic!("{other:?}"),
    }
}

fn refusal(toml: &str) -> String {
    format!("{:#}", Mapping::parse(toml).unwrap_err())
}

#[test]
fn a_record_becomes_an_event() {
    let toml = format!(
        "{LEAST}\nrecord_count = 3\nsecondary_use = false\ncategories = [\"ort\", \"{{kind}}\"]\nannounced_on = 2020-10-08"
    );
    let made = event(&toml, &[("set", "besuchertrend"), ("at", "60"), ("kind", "zeit")]);
    assert_eq!(
        (made.dataset.as_str(), made.operation, made.occurred_at_us),
        ("besuchertrend", 3, 60_000_000)
    );
    assert_eq!(
        (made.record_count, made.secondary_use, made.announced_on_day),
        (Some(3), Some(false), Some(18_543))
    );
    assert_eq!(made.categories, ["ort", "zeit"]);
    assert!(made.event_id.is_empty());
}

#[test]
fn an_empty_column_leaves_its_field_out() {
    let toml = format!("{LEAST}\nunit = \"{{unit}}\"\nrecord_count = \"{{n}}\"");
    let made = event(&toml, &[("set", "a"), ("at", "0"), ("unit", " "), ("n", "")]);
    assert_eq!((made.unit, made.record_count), (None, None));
}

#[test]
fn records_that_are_no_accesses_are_skipped() {
    let skip = "[[skip]]\nfrom = '{set}'\nequals = ['x', 'y']\nmatches = '^z'\n[[skip]]\nfrom = '{at}'\nunless = '^[0-9]+$'";
    let toml = format!("{LEAST}\n{skip}");
    for (set, at, skipped) in [("x", "0", true), ("zz", "0", true), ("a", "-", true), ("az", "0", false)] {
        let is_skipped = mapped(&toml, &[("set", set), ("at", at)]).unwrap() == Mapped::Skipped;
        assert_eq!(is_skipped, skipped, "{set} {at}");
    }
}

#[test]
fn what_does_not_fit_is_told_without_its_value() {
    let toml = format!("{LEAST}\nrecord_count = \"{{n}}\"");
    let error = mapped(&toml, &[("set", "a"), ("at", "10.1.2.3")]).unwrap_err().to_string();
    assert_eq!(error, "occurred_at: what stands there is not a time in the mapping's format");
    let error = mapped(&toml, &[("set", "a"), ("at", "1"), ("n", "erika")]).unwrap_err().to_string();
    assert!(error.contains("record_count must be a whole number") && !error.contains("erika"), "{error}");
}

#[test]
fn what_is_personal_is_mapped_as_anything_else_and_never_repeated() {
    let toml = format!("{LEAST}\nactor = '{{who}}'\nsubjects = ['person:{{nr}}']\nclient_address = '{{ip}}'");
    let row = [("set", "a"), ("at", "1"), ("who", "erika"), ("nr", "4711"), ("ip", "192.0.2.7")];
    let event = event(&toml, &row);
    assert_eq!((event.actor.as_deref(), event.client_address.as_deref()), (Some("erika"), Some("192.0.2.7")));
    assert_eq!((event.subjects[0].scheme.as_str(), event.subjects[0].id.as_str()), ("person", "4711"));
}

#[test]
fn a_mapping_that_can_never_work_is_refused_at_once() {
    let with = |line: &str| refusal(&format!("{LEAST}\n{line}"));
    assert!(with("units = 'x'").contains("did you mean unit?"));
    assert!(with("confidential_until = 'tomorrow'").contains("confidential_until must be a day"));
    assert!(with("event_id = '{id}'").contains("made by the import"));
    assert!(with("outcome = { from = '{c}', values = { a = 'ok' } }").contains("granted, denied, failed"));
    assert!(with("record_count = 'many'").contains("record_count must be a whole number"));
    assert!(with("unit = ['a']").contains("not a list"));
    assert!(with("unit = { from = 'a', pattern = 'b' }").contains("unknown field `pattern`"));
    assert!(with("unit = 1.5").contains("no fraction"));
    assert!(with("unit = '{a'").contains("no partner"));
    assert!(with("[[skip]]\nfrom = 'x'").contains("needs 'equals'"));
    assert!(refusal("name = 'two words'\n[event]").contains("'name' has the character U+0020"));
    assert!(refusal("name = 'x'\n[event]\ndataset = 'd'").contains("no operation"));
    assert!(refusal("name = 'x'\nnome = 'y'\n[event]").contains("nome"));
}

#[test]
fn the_columns_of_rules_and_skips_are_known() {
    let mapping = Mapping::parse(&format!("{LEAST}\n[[skip]]\nfrom = '{{path}}'\nequals = ['/']")).unwrap();
    assert_eq!(mapping.columns().collect::<Vec<_>>(), ["set", "at", "path"]);
}
