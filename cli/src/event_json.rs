//! Events as JSON: objects whose keys are the names of the fields.

use std::collections::HashSet;

use anyhow::{Context as _, anyhow, bail, ensure};
use einsicht_access::field::{self, Field, Kind};
use einsicht_proto::v1::AccessEvent;
use serde_json::{Map, Value};

/// An event, and which fields the JSON gave.
#[derive(Debug)]
pub struct GivenEvent {
    /// The event.
    pub event: AccessEvent,
    given: HashSet<&'static str>,
}

impl GivenEvent {
    /// Whether the JSON gave the field.
    pub fn has(&self, field: &Field) -> bool {
        self.given.contains(field.name)
    }
}

/// Reads one object, or several: one after another, on lines of their own or not, or in a list.
///
/// # Errors
/// Says which event and which field is wrong; never repeats a value.
pub fn read(text: &str) -> anyhow::Result<Vec<GivenEvent>> {
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        // The error of the parser may repeat what it read.
        let value = value.map_err(|error| {
            anyhow!("the input is not JSON (line {}, column {})", error.line(), error.column())
        })?;
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let number = events.len() + 1;
            events.push(event(value).with_context(|| format!("event {number}"))?);
        }
    }
    ensure!(!events.is_empty(), "the input holds no event");
    Ok(events)
}

fn event(value: Value) -> anyhow::Result<GivenEvent> {
    let Value::Object(object) = value else { bail!("an event is a JSON object: {{\"dataset\": …}}") };
    let mut event = AccessEvent::default();
    let mut given = HashSet::new();
    for (name, value) in object {
        let field = field::find(&name)?;
        set(&mut event, field, &value)?;
        if !value.is_null() {
            given.insert(field.name);
        }
    }
    Ok(GivenEvent { event, given })
}

fn set(event: &mut AccessEvent, field: &Field, value: &Value) -> anyhow::Result<()> {
    match value {
        Value::Null => Ok(()),
        Value::Array(items) if field.kind().is_list() => {
            for item in items {
                let text = text_of(field, item)?;
                let splits = field.kind() == Kind::Codes && text.contains(',');
                ensure!(!splits, "{} has an item with a comma, which no code has", field.name);
                field.set(event, &text)?;
            }
            Ok(())
        }
        value => Ok(field.set(event, &text_of(field, value)?)?),
    }
}

fn text_of(field: &Field, value: &Value) -> anyhow::Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Object(object) if field.kind() == Kind::Subjects => subject(object),
        _ => bail!("{} must be {}, not a list or an object", field.name, field.kind()),
    }
}

fn subject(object: &Map<String, Value>) -> anyhow::Result<String> {
    match (object.get("scheme"), object.get("id")) {
        (Some(Value::String(scheme)), Some(Value::String(id))) => Ok(format!("{scheme}:{id}")),
        _ => bail!("a subject has a scheme and an id, both texts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        format!("{:#}", read(text).unwrap_err())
    }

    #[test]
    fn objects_are_read_one_after_another_or_from_a_list() {
        for text in [
            "{\"dataset\":\"a\"}\n{\"dataset\":\"b\"}\n",
            "[{\"dataset\":\"a\"},{\"dataset\":\"b\"}]",
            "{\n \"dataset\":\n \"a\"}{\"dataset\":\"b\"}",
        ] {
            let events = read(text).unwrap();
            assert_eq!(
                events.iter().map(|given| given.event.dataset.as_str()).collect::<Vec<_>>(),
                ["a", "b"]
            );
        }
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let text = r#"{"dataset":"d","record_count":3,"secondary_use":false,"categories":["ort","zeit"],
            "other_datasets":"a,b","occurred_at":"2026-11-22T17:39:07+01:00","unit":null,
            "subjects":[{"scheme":"s","id":"1"},"s:2"]}"#;
        let given = read(text).unwrap().remove(0);
        let event = &given.event;
        assert_eq!((event.record_count, event.secondary_use), (Some(3), Some(false)));
        assert_eq!((event.categories.len(), event.other_datasets.len(), event.subjects.len()), (2, 2, 2));
        assert_eq!((event.occurred_at_us, event.unit.as_deref()), (1_795_365_547_000_000, None));
        assert!(given.has(field::find("categories").unwrap()) && !given.has(field::find("unit").unwrap()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_its_value() {
        assert_eq!(refusal("{\"dataset\":\n}"), "the input is not JSON (line 2, column 1)");
        assert_eq!(refusal(" "), "the input holds no event");
        assert!(refusal("{} 7").contains("event 2: an event is a JSON object"));
        assert!(refusal(r#"{"data_set":"x"}"#).contains("did you mean dataset?"));
        assert!(refusal(r#"{"dataset":["x"]}"#).contains("dataset must be a code, not a list"));
        assert!(refusal(r#"{"categories":["a,b"]}"#).contains("comma"));
        let error = refusal(r#"{"record_count":"erika"}"#);
        assert!(error.contains("record_count must be a whole number") && !error.contains("erika"), "{error}");
        assert!(refusal(r#"{"record_count":1.5}"#).contains("whole number"));
    }
}
