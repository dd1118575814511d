//! Words of tables and charts that are the same in every section.

use einsicht_access::sentence::Language;

use crate::cell::Cell;
use crate::document::Table;

/// The German or the English one.
pub fn pick<T>(language: Language, german: T, english: T) -> T {
    match language {
        Language::German => german,
        Language::English => english,
    }
}

/// A figure.
pub fn cell(cell: Cell, language: Language) -> String {
    let number = |number| language.number(number);
    match cell {
        Cell::Number(count) => number(count),
        Cell::FewerThan(threshold) => {
            format!("{} {}", pick(language, "weniger als", "fewer than"), number(threshold))
        }
        Cell::Hidden => pick(language, "nicht gezeigt", "not shown").to_owned(),
        Cell::Between(from, Some(to)) => {
            format!("{} {} {}", number(from), pick(language, "bis", "to"), number(to))
        }
        Cell::Between(from, None) => {
            pick(language, format!("{} oder mehr", number(from)), format!("{} or more", number(from)))
        }
    }
}

/// What stands on paper instead of a table that a chart tells.
pub fn in_file(rows: usize, language: Language) -> String {
    let all = length(rows, language);
    match rows {
        1 => pick(language, "Die eine Zeile steht in der Datei", "The single row is in the file").to_owned(),
        _ => pick(
            language,
            format!("Alle {all} Zeilen stehen in der Datei"),
            format!("All {all} rows are in the file"),
        ),
    }
}

/// What a table with so many rows is folded behind.
pub fn fold(rows: usize, language: Language) -> String {
    let all = length(rows, language);
    match rows {
        1 => pick(language, "Tabelle mit 1 Zeile", "Table with 1 row").to_owned(),
        _ => pick(language, format!("Tabelle mit {all} Zeilen"), format!("Table with {all} rows")),
    }
}

/// What is said on paper, where the table has its first rows only.
pub fn on_paper(table: &Table, shown: usize, language: Language) -> String {
    let (shown, all) = (length(shown, language), length(table.rows.len(), language));
    let file = format!("csv/{}.csv", table.id);
    pick(
        language,
        format!(
            "Auf Papier stehen die {shown} Zeilen mit den meisten Zugriffseinträgen. Alle {all} stehen in der Datei {file}."
        ),
        format!("On paper, these are the {shown} rows with most records. All {all} are in the file {file}."),
    )
}

fn length(rows: usize, language: Language) -> String {
    language.number(u64::try_from(rows).unwrap_or(u64::MAX))
}

/// The head of a column, or what a part of a key is called.
pub fn head(name: &str, language: Language) -> &'static str {
    let (german, english) = match name {
        "records" => ("Zugriffs\u{ad}einträge", "Records"),
        "accesses" => ("Zugriffe", "Accesses"),
        "sessions" => ("Sitzungen", "Sessions"),
        "ended" => ("davon beendet", "of these ended"),
        "with_gaps" => ("davon mit Lücken", "of these with gaps"),
        "missing" => ("fehlende Nummern", "missing numbers"),
        "combined" => ("zusätzlich verknüpft", "combined as well"),
        "kept" => ("passt", "fits"),
        "deviates" => ("weicht ab", "deviates"),
        "not_verifiable" => ("nicht prüfbar", "can’t be verified"),
        "not_in_force" => ("Regel galt nicht", "rule not in force"),
        "entries" => ("Einträge", "Entries"),
        "corrects" => ("berichtigt Eintrag", "corrects entry"),
        "recorder" => ("Erfassendes System", "Recording system"),
        "commitment" => ("Zusage", "Commitment"),
        "month" => ("Monat", "Month"),
        "dataset" => ("Datenbestand", "Data set"),
        "purpose" => ("Zweck", "Purpose"),
        "legal_basis" => ("Rechtsgrundlage", "Legal basis"),
        "unit" => ("Organisationseinheit", "Organisational unit"),
        "recipient" => ("Empfänger", "Recipient"),
        "operation" => ("Vorgang", "Operation"),
        "actor_kind" => ("Wer zugriff", "Who accessed"),
        "outcome" => ("Ergebnis", "Outcome"),
        "what" => ("Was", "What"),
        "entry" => ("Eintrag", "Entry"),
        _ => ("", ""),
    };
    pick(language, german, english)
}
