//! Problems of events, told with the names that people type.

use einsicht_access::BatchError;
use einsicht_access::field::FIELDS;

/// The name that people type for a field that a message calls `name`: without its unit.
pub fn typed_name(name: &str) -> &str {
    let without_unit = name.strip_suffix("_us").or_else(|| name.strip_suffix("_day"));
    without_unit.filter(|typed| FIELDS.iter().any(|field| field.name == *typed)).unwrap_or(name)
}

/// What is wrong with events, one line each. `subject` gives the beginning of the line, from the position
/// of the event and the name of the field.
pub fn lines(error: &BatchError, subject: impl Fn(Option<usize>, &str) -> String) -> Vec<String> {
    match error {
        BatchError::Invalid(found) => {
            let lines = found.listed.iter().map(|violation| {
                let part = violation.part.map(|part| format!(", {part}")).unwrap_or_default();
                let item =
                    violation.item.map(|item| format!(" (item {}{part})", item + 1)).unwrap_or_default();
                let subject = subject(violation.position, typed_name(violation.field));
                format!("{subject}{item} {}", violation.problem)
            });
            lines.chain(more(found.more)).collect()
        }
        BatchError::SealingOff(found) => {
            let lines = found.listed.iter().map(|field| {
                let subject = subject(Some(field.position), typed_name(field.field));
                format!("{subject} is recorded sealed or not at all, and the service does not seal")
            });
            lines.chain(more(found.more)).collect()
        }
    }
}

fn more(count: usize) -> Option<String> {
    (count > 0).then(|| format!("and {count} more"))
}

#[cfg(test)]
mod tests {
    use einsicht_access::validate_batch;
    use einsicht_proto::v1::AccessEvent;

    use super::*;

    #[test]
    fn fields_are_called_what_people_type() {
        for (name, typed) in [
            ("occurred_at_us", "occurred_at"),
            ("announced_on_day", "announced_on"),
            ("dataset", "dataset"),
            ("some_day", "some_day"),
        ] {
            assert_eq!(typed_name(name), typed);
        }
    }

    #[test]
    fn every_problem_gets_a_line_with_its_place() {
        let event = AccessEvent {
            dataset: "two words".to_owned(),
            operation: 3,
            purpose: "p".to_owned(),
            categories: vec!["ok".to_owned(), "not ok".to_owned()],
            ..AccessEvent::default()
        };
        let error = validate_batch(&[event], 0).unwrap_err();
        let lines = lines(&error, |position, field| format!("{position:?} {field}"));
        assert!(
            lines.iter().any(|line| line.starts_with("Some(0) dataset has the character U+0020")),
            "{lines:?}"
        );
        assert!(lines.iter().any(|line| line.starts_with("Some(0) categories (item 2) has")), "{lines:?}");
    }
}
