//! Values that were disclosed, as people and programmes read them.

use anyhow::Context as _;
use einsicht_access::field::render;
use einsicht_access::seal::SealedField;
use einsicht_access::value::Value;
use einsicht_access::wire::read_record;
use einsicht_client::disclosure::{Erased, Opened, Values};
use einsicht_proto::v1::Statement;
use einsicht_tlog::hash::to_hex;
use jiff::Timestamp;
use serde_json::json;

use crate::output::{Out, escape};
use crate::view::Json;

const MALFORMED: &str = "the record that was sealed is malformed";

/// Prints what was opened and what was erased, a line for each value. `gone` says what is known of the latter.
pub fn print(values: &Values, gone: &str, out: &mut Out) -> anyhow::Result<()> {
    let width = values.fields().map(|field| field.name().len()).max().unwrap_or_default();
    for opened in &values.opened {
        let mut name = opened.field.name();
        for text in texts(opened)? {
            out.line(&format!("  {name:<width$}  {}", escape::value(&text)))?;
            name = "";
        }
    }
    for erased in &values.erased {
        out.line(&format!("  {:<width$}  {gone}, see entry {}", erased.field.name(), erased.by))?;
    }
    Ok(())
}

/// The same as members of a JSON object. `erased` is the name of what was erased: it says whether that is proven.
pub fn json(values: &Values, erased: &str) -> anyhow::Result<serde_json::Value> {
    let mut opened = serde_json::Map::new();
    for value in &values.opened {
        opened.insert(value.field.name().to_owned(), json_of(value)?);
    }
    Ok(json!({"opened": opened, erased: erased_json(&values.erased)}))
}

/// What was erased: names of fields, and the entries that say so.
pub fn erased_json(erased: &[Erased]) -> serde_json::Value {
    let by_name = erased.iter().map(|erased| (erased.field.name().to_owned(), erased.by.0.into()));
    serde_json::Value::Object(by_name.collect())
}

/// What a value says: one text, or one for each item of a list.
fn texts(opened: &Opened) -> anyhow::Result<Vec<String>> {
    Ok(match opened.read()? {
        Value::Text(text) | Value::Query(text) => vec![text.to_owned()],
        Value::Bytes(bytes) => vec![to_hex(bytes)],
        Value::Texts(texts) => texts.iter().map(|text| (*text).to_owned()).collect(),
        Value::Subjects(subjects) => {
            subjects.iter().map(|subject| format!("{}:{}", subject.scheme, subject.id)).collect()
        }
        Value::Time(unix_us) => vec![time(unix_us)],
        Value::LongQuery { sha256, beginning } => {
            let beginning = String::from_utf8_lossy(beginning);
            vec![format!("{beginning} … (SHA-256 of the whole: {})", to_hex(&sha256))]
        }
        Value::Record(bytes) => {
            let record = read_record(bytes).context(MALFORMED)?;
            render(&record).into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
        }
        Value::Statement(statement) => statement_lines(&statement),
    })
}

fn json_of(opened: &Opened) -> anyhow::Result<serde_json::Value> {
    Ok(match opened.read()? {
        Value::Texts(_) | Value::Subjects(_) => json!(texts(opened)?),
        Value::Record(bytes) => {
            let record = read_record(bytes).context(MALFORMED)?;
            let fields = render(&record);
            let fields = fields
                .iter()
                .map(|(name, value)| Ok(((*name).to_owned(), serde_json::to_value(Json(value))?)));
            serde_json::Value::Object(fields.collect::<Result<_, serde_json::Error>>()?)
        }
        Value::LongQuery { sha256, beginning } => {
            json!({"sha256": to_hex(&sha256), "beginning": String::from_utf8_lossy(beginning)})
        }
        Value::Statement(statement) => json!({
            "who": statement.who, "index": statement.index, "fields": field_names(&statement),
            "reason": statement.reason, "subjects": subjects(&statement), "months": statement.months,
        }),
        _ => json!(texts(opened)?.join("")),
    })
}

fn statement_lines(statement: &Statement) -> Vec<String> {
    let mut lines = vec![format!("who: {}", statement.who)];
    lines.extend(statement.index.map(|index| format!("entry: {index}")));
    let list =
        |name: &str, items: Vec<String>| (!items.is_empty()).then(|| format!("{name}: {}", items.join(", ")));
    lines.extend(list("fields", field_names(statement)));
    lines.extend(list("subjects", subjects(statement)));
    lines.extend(list("months", statement.months.clone()));
    lines.push(format!("reason: {}", statement.reason));
    lines
}

fn field_names(statement: &Statement) -> Vec<String> {
    let name = |number: &u32| {
        SealedField::of_number(*number)
            .map_or_else(|| format!("field {number}"), |field| field.name().to_owned())
    };
    statement.fields.iter().map(name).collect()
}

fn subjects(statement: &Statement) -> Vec<String> {
    statement.subjects.iter().map(|subject| format!("{}:{}", subject.scheme, subject.id)).collect()
}

fn time(unix_us: i64) -> String {
    Timestamp::from_microsecond(unix_us).map_or_else(|_| format!("{unix_us} µs"), |time| time.to_string())
}

/// The fields that names of the command line mean.
///
/// # Errors
/// There is no sealed field of that name.
pub fn field(name: &str) -> Result<SealedField, String> {
    let typed = name.trim().replace('-', "_");
    SealedField::of_name(&typed).ok_or_else(|| {
        let names: Vec<_> = SealedField::ALL.iter().map(|field| field.name()).collect();
        format!("no sealed field is called so; there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use einsicht_access::seal::Salt;
    use prost::Message as _;
    use zeroize::Zeroizing;

    use super::*;

    fn opened(field: SealedField, value: &[u8]) -> Opened {
        Opened { field, salt: Salt::from([1; 32]), value: Zeroizing::new(value.to_vec()) }
    }

    #[test]
    fn values_are_shown_as_people_type_them() {
        let shown = |field, value: &[u8]| texts(&opened(field, value)).unwrap();
        assert_eq!(shown(SealedField::Actor, "Erika Müller".as_bytes()), ["Erika Müller"]);
        assert_eq!(shown(SealedField::TraceId, &[0xab; 16]), ["ab".repeat(16)]);
        assert_eq!(shown(SealedField::RecordKeys, b"\0\0\0\x01a\0\0\0\x02bc"), ["a", "bc"]);
        assert_eq!(shown(SealedField::Subjects, b"\0\0\0\x0b\x06person4711"), ["person:4711"]);
        assert_eq!(shown(SealedField::OccurredAt, b"1795365547000001"), ["2026-11-22T16:39:07.000001Z"]);
        assert!(texts(&opened(SealedField::OccurredAt, b"yesterday")).is_err());
    }

    #[test]
    fn a_statement_says_who_what_and_why() {
        let statement = Statement {
            who: "kornblum".into(),
            index: Some(17),
            fields: vec![33, 99],
            reason: "audit".into(),
            ..Statement::default()
        };
        let shown = texts(&opened(SealedField::Statement, &statement.encode_to_vec())).unwrap();
        assert_eq!(shown, ["who: kornblum", "entry: 17", "fields: actor, field 99", "reason: audit"]);
        let json = json_of(&opened(SealedField::Statement, &statement.encode_to_vec())).unwrap();
        assert_eq!((&json["who"], &json["index"]), (&"kornblum".into(), &17.into()));
    }

    #[test]
    fn a_query_that_was_too_long_is_told_apart_from_its_beginning() {
        let long = [&[7; 32][..], &[b'S'; 4096]].concat();
        let json = json_of(&opened(SealedField::Query, &long)).unwrap();
        assert_eq!(
            (&json["sha256"], &json["beginning"]),
            (&"07".repeat(32).into(), &"S".repeat(4096).into())
        );
    }

    #[test]
    fn fields_are_found_by_the_names_that_people_type() {
        assert_eq!(field("on-behalf-of"), Ok(SealedField::OnBehalfOf));
        assert_eq!(field("occurred_at"), Ok(SealedField::OccurredAt));
        assert!(field("dataset").unwrap_err().contains("case_number"));
    }
}
