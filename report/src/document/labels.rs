//! What codes and numbers of enumerations are called.

use einsicht_access::charter::{Register, RuleField};
use einsicht_access::sentence::Language;
use einsicht_access::{Charter, Month, field};

use super::{Label, Text};
use crate::cube::{Dimension, Value};

impl Label {
    /// A code without a name.
    pub fn code(code: impl Into<String>) -> Self {
        Self { code: code.into(), de: None, en: None, is_german: false }
    }

    /// A code with its names.
    pub fn named(code: impl Into<String>, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: code.into(), de: Some(de.into()), en: Some(en.into()), is_german: false }
    }

    /// A month, `2026-11`.
    pub fn month(month: Month) -> Self {
        let [de, en] = [Language::German, Language::English]
            .map(|language| format!("{} {}", language.month(month.month_of_year()), month.year()));
        Self::named(month.to_string(), de, en)
    }

    /// What a row of a table of events counts.
    pub fn event(code: &str) -> Self {
        event(code).map_or_else(|| Self::code(code), |(de, en)| Self::named(code, de, en))
    }

    /// A code with a text as its names.
    pub fn told(code: impl Into<String>, text: Text) -> Self {
        let is_german = text.german > 0;
        Self { is_german, ..Self::named(code, text.de, text.en) }
    }
}

/// What a value of a dimension is called, by the charter where it has it.
pub fn label(charter: Option<&Charter>, dimension: Dimension, value: &Value) -> Label {
    match value {
        Value::NotStated => Label::named("", "nicht angegeben", "not stated"),
        Value::Choice(number) => choice(dimension, *number),
        Value::Code(code) => {
            let code = String::from_utf8_lossy(code).into_owned();
            let titles = register(dimension).and_then(|register| charter?.titles_of(register, &code));
            match titles {
                Some(titles) => Label::told(code, Text::of(titles)),
                None => Label::code(code),
            }
        }
    }
}

fn register(dimension: Dimension) -> Option<Register> {
    Some(match dimension {
        Dimension::Dataset => Register::Dataset,
        Dimension::Purpose => Register::Purpose,
        Dimension::LegalBasis => Register::LegalBasis,
        Dimension::Unit => Register::Unit,
        Dimension::Recipient => Register::Recipient,
        Dimension::Recorder | Dimension::Operation | Dimension::ActorKind | Dimension::Outcome => {
            return None;
        }
    })
}

fn choice(dimension: Dimension, number: i32) -> Label {
    let field = match dimension {
        Dimension::Operation => RuleField::Operation,
        Dimension::ActorKind => RuleField::ActorKind,
        _ => RuleField::Outcome,
    };
    let names = field::find(field.name()).map(field::Field::choices).unwrap_or_default();
    let name = usize::try_from(number).ok().and_then(|number| names.get(number.checked_sub(1)?));
    let told = [Language::German, Language::English].map(|language| language.choice(field, number));
    match (name, told) {
        (Some(name), [Some(de), Some(en)]) => Label::named(name, de, en),
        // Of a later version of the format.
        _ => Label::code(format!("unknown {number}")),
    }
}

/// What a row of the tables of events counts.
fn event(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "confidential" => (
            "vertraulich erfasst, auch wenn inzwischen geöffnet",
            "recorded as confidential, even if opened since",
        ),
        "opened" => ("vertrauliche Einträge, die geöffnet wurden", "confidential records that were opened"),
        "disclosure_requests" => {
            ("Anträge, versiegelte Werte offenzulegen", "requests to disclose sealed values")
        }
        "disclosures" => ("Offenlegungen versiegelter Werte", "disclosures of sealed values"),
        "erasures" => ("Löschungen einzelner versiegelter Werte", "erasures of single sealed values"),
        "erased_months" => ("Löschungen ganzer Monate", "erasures of whole months"),
        "corrections" => ("Berichtigungen", "corrections"),
        "starts" => ("Starts des Dienstes", "starts of the service"),
        "keys_added" => ("neue Unterschriftsschlüssel", "signing keys added"),
        "keys_retired" => ("zurückgezogene Unterschriftsschlüssel", "signing keys retired"),
        "charters" => ("veröffentlichte Chartas", "charters published"),
        "reports" => ("veröffentlichte Berichte", "reports published"),
        "repeated_numbers" => {
            ("laufende Nummern, die mehrfach vorkommen", "running numbers that occur more than once")
        }
        "missing_maybe_hidden" => {
            ("fehlende Nummern, die vertraulich sein können", "missing numbers that may be confidential")
        }
        "unknown_kinds" => ("Einträge unbekannter Art", "entries of an unknown kind"),
        _ => return None,
    })
}
