//! A report that is not what its ledger gives.

use einsicht_access::Language;
use einsicht_report::compare::Place;
use einsicht_report::{Difference, Manifest, REPORT};
use serde_json::{Value, json};

use super::changed::Changed;
use crate::language::pick;

/// The first thing in a report that is not what the ledger gives, told in the reader's language.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Differs {
    /// What differs.
    pub difference: Difference,
    /// Whether it may do so because another version made the report: then nobody can tell here.
    pub may_be_version: bool,
    text: String,
}

impl Differs {
    /// Tells a difference.
    pub fn new(difference: Difference, language: Language) -> Self {
        let text = told(&difference, language);
        Self { difference, may_be_version: false, text }
    }

    /// A file that is not the one that the manifest names: it was changed, whatever version made it. With the figure in it
    /// that the ledger gives otherwise, if there is one.
    pub fn of_change(changed: &Changed, difference: Option<Difference>, language: Language) -> Self {
        let Some(difference) = difference else {
            let Changed { file, expected, found } = changed.clone();
            let difference = Difference { file, place: Place::File, expected, found };
            return Self { difference, may_be_version: false, text: changed.told(language) };
        };
        let (told, changed) = (told(&difference, language), changed.told(language));
        Self { difference, may_be_version: false, text: format!("{told}; {changed}") }
    }

    /// The same with something to add.
    pub fn adding(mut self, more: &str) -> Self {
        self.text += more;
        self
    }

    /// Something that the manifest states, and the figures beside it state otherwise.
    pub fn of_itself(name: &str, [figures, manifest]: [String; 2], language: Language) -> Self {
        let file = Manifest::PATH;
        let text = pick(
            language,
            format!("{file}, {name}: in {file} steht {manifest}, in {REPORT} daneben {figures}"),
            format!("{file}, {name}: {file} says {manifest}, {REPORT} beside it says {figures}"),
        );
        let place = Place::Value(name.to_owned());
        let difference =
            Difference { file: file.to_owned(), place, expected: Some(figures), found: Some(manifest) };
        Self { difference, may_be_version: false, text }
    }

    /// A figure that differs, in a report that another version made: versions count by the same rules.
    pub fn of_figure(difference: Difference, made: &str, ours: &str, language: Language) -> Self {
        let told = told(&difference, language);
        let text = pick(
            language,
            format!(
                "{told}. Der Bericht wurde mit {made} erstellt, dies ist {ours}; eine Zahl hängt davon nicht ab, beide zählen \
                 nach denselben Regeln"
            ),
            format!(
                "{told}. The report was made with {made}, this is {ours}; no figure depends on that, both count by the same \
                 rules"
            ),
        );
        Self { difference, may_be_version: false, text }
    }

    /// Something that another version may make otherwise.
    pub fn of_version(difference: Difference, made: &str, ours: &str, language: Language) -> Self {
        let told = told(&difference, language);
        let text = pick(
            language,
            format!(
                "der Bericht wurde mit {made} erstellt, dies ist {ours}, und etwas ist verschieden: {told}. Ob das an der \
                 Version liegt, lässt sich nur mit {made} sagen"
            ),
            format!(
                "the report was made with {made}, this is {ours}, and something differs: {told}. Whether that is due to the \
                 version, only {made} can tell"
            ),
        );
        Self { difference, may_be_version: true, text }
    }

    /// Something in a file that is no figure: what is expected, and what is there.
    pub fn of_value(file: &str, name: &str, [expected, found]: [String; 2], language: Language) -> Self {
        let (expected, found) = (Some(expected), Some(found));
        let difference =
            Difference { file: file.to_owned(), place: Place::Value(name.to_owned()), expected, found };
        Self::new(difference, language)
    }

    /// Where it differs, for programmes.
    pub fn place_json(place: &Place) -> Value {
        match place {
            Place::Figure { table, row, column } => json!({"table": table, "row": row, "column": column}),
            Place::Value(name) => json!({"value": name}),
            Place::Line(line) => json!({"line": line}),
            Place::File => Value::Null,
        }
    }
}

fn told(difference: &Difference, language: Language) -> String {
    let word = |german, english| pick(language, german, english);
    if difference.place == Place::File {
        return file_told(difference, language);
    }
    let place = match &difference.place {
        Place::Figure { table, row, column } => {
            let place = format!("{} {table}, {} {row}", word("Tabelle", "table"), word("Zeile", "row"));
            match column {
                Some(column) => format!(", {place}, {} {column}", word("Spalte", "column")),
                None => format!(", {place}"),
            }
        }
        Place::Value(name) => format!(", {name}"),
        Place::Line(line) => format!(", {} {line}", word("Zeile", "line")),
        Place::File => String::new(),
    };
    let nothing = || word("nichts", "nothing").to_owned();
    let value = |value: &Option<String>| value.clone().unwrap_or_else(nothing);
    let (expected, found) = (value(&difference.expected), value(&difference.found));
    let file = &difference.file;
    match language {
        Language::German => {
            format!("{file}{place}: aus dem Protokoll folgt {expected}, im Bericht steht {found}")
        }
        Language::English => format!("{file}{place}: the ledger gives {expected}, the report says {found}"),
    }
}

/// A whole file: what stands in it is no value to be told.
fn file_told(difference: &Difference, language: Language) -> String {
    let file = &difference.file;
    match (&difference.expected, &difference.found) {
        (Some(_), None) => pick(
            language,
            format!("{file} fehlt: aus dem Protokoll folgt diese Datei"),
            format!("{file} is missing: the ledger gives it"),
        ),
        (None, _) => pick(
            language,
            format!("{file} gehört nicht zum Bericht: aus dem Protokoll folgt keine solche Datei"),
            format!("{file} does not belong to the report: the ledger gives no such file"),
        ),
        _ => pick(
            language,
            format!("{file}: aus dem Protokoll folgen andere Bytes"),
            format!("{file}: the ledger gives other bytes"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_with_its_place_in_both_languages() {
        let column = Some("records".to_owned());
        let place = Place::Figure { table: "purposes".into(), row: "werbung".into(), column };
        let (file, expected) = ("csv/purposes.csv".to_owned(), Some("12".to_owned()));
        let difference = Difference { file, place, expected, found: None };
        let told = |language| Differs::new(difference.clone(), language).to_string();
        assert_eq!(
            told(Language::English),
            "csv/purposes.csv, table purposes, row werbung, column records: the ledger gives 12, the report says nothing"
        );
        assert_eq!(
            told(Language::German),
            "csv/purposes.csv, Tabelle purposes, Zeile werbung, Spalte records: aus dem Protokoll folgt 12, im Bericht \
             steht nichts"
        );
    }
}
