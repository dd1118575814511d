//! The reference of the language and its parser say the same.

use super::*;

/// What can be written is in the reference, and so is the truth table.
#[test]
fn the_reference_names_every_key_field_condition_and_value() {
    use crate::charter::parse::keys;
    let reference = include_str!("../../../../docs/charter.md");
    let tables = [keys::ROOT, keys::CHARTER, keys::DECLARED, keys::DATASET, keys::ACTIVITY, keys::COMMITMENT];
    let keys = tables.into_iter().flatten().map(|key| key.name);
    let names = keys.chain(RuleField::all().map(RuleField::name));
    let names = names.chain(DatasetList::ALL.map(DatasetList::key));
    for name in names {
        assert!(
            reference.contains(&format!("`{name}`")) || reference.contains(&format!("[{name}]")),
            "{name}"
        );
    }
    for condition in ConditionKind::KEYED {
        assert!(reference.contains(&format!("`{{ {} = ", condition.key())), "{condition:?}");
    }
    let values =
        Evidence::NAMES.map(|(name, _)| name).into_iter().chain(Severity::NAMES.map(|(name, _)| name));
    for value in values.chain(Personal::NAMES.map(|(name, _)| name)) {
        assert!(reference.contains(&format!("\"{value}\"")), "{value}");
    }
    let truth = include_str!("../../verdict.rs").lines().filter_map(|line| line.strip_prefix("//! |"));
    let rows = truth.map(|row| format!("|{row}")).filter(|row| !row.contains("implies"));
    rows.for_each(|row| assert!(reference.contains(&row), "{row}"));
}

/// The columns of the reference are those of the parser.
#[test]
fn the_reference_says_which_conditions_fit_which_field() {
    let reference = include_str!("../../../../docs/charter.md");
    for field in RuleField::all() {
        let name = format!("`{}`", field.name());
        let is_row = |line: &&str| {
            line.split('|').nth(1).is_some_and(|cell| cell.contains(&name)) && line.split('|').count() == 7
        };
        let row = reference.lines().find(is_row).unwrap_or_else(|| panic!("{name}"));
        let cells: Vec<&str> = row.split('|').collect();
        let marked = [(2, ConditionKind::Value), (3, ConditionKind::In), (4, ConditionKind::Present)];
        for (column, kind) in marked {
            assert_eq!(cells[column].contains('✓'), field.conditions().contains(&kind), "{name} {kind:?}");
        }
        for kind in
            ConditionKind::KEYED.into_iter().filter(|kind| marked.iter().all(|(_, known)| known != kind))
        {
            let key = format!("`{}`", kind.key());
            assert_eq!(cells[5].contains(&key), field.conditions().contains(&kind), "{name} {key}");
        }
    }
}
