//! Tables as CSV, for programs that calculate (RFC 4180, UTF-8, lines end with CR LF).

use crate::document::{Label, Row, Table};
use crate::make::MakeError;

/// Characters at the beginning of a cell that make spreadsheets compute it, some of them in full width, too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// Characters behind which a cell may begin: where a comma is for decimals, spreadsheets take lines apart at semicolons,
/// and quotes hold nothing together then.
const SEPARATORS: [char; 6] = [';', ',', '"', '\t', '\r', '\n'];

/// The file of a table: of each key its code and its names, if it can have any, then the figures.
pub fn of(table: &Table) -> Result<Vec<u8>, MakeError> {
    let failed = |error: String| MakeError::Write { what: "CSV", error };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let heads = table.keys.iter().flat_map(|key| {
        let names = ["_de", "_en"].map(|language| format!("{key}{language}"));
        std::iter::once((*key).to_owned()).chain(names.into_iter().filter(|_| has_names(key)))
    });
    let heads = heads.chain(table.columns.iter().map(|column| (*column).to_owned()));
    writer.write_record(heads).map_err(|error| failed(error.to_string()))?;
    for row in &table.rows {
        writer.write_record(cells(table, row)).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

/// Whether what a key stands for can be called anything: an index of an entry is a number and nothing else.
pub fn has_names(key: &str) -> bool {
    key != "entry"
}

fn cells(table: &Table, row: &Row) -> impl Iterator<Item = String> {
    let of_label = |(key, label): (&&str, &Label)| {
        let names = [&label.de, &label.en].map(|name| name.clone().unwrap_or_default());
        let texts = std::iter::once(label.code.clone()).chain(names.into_iter().filter(|_| has_names(key)));
        texts.map(|text| harmless(&text)).collect::<Vec<_>>()
    };
    table.keys.iter().zip(&row.key).flat_map(of_label).chain(row.cells.iter().map(ToString::to_string))
}

/// A text that no spreadsheet takes for a formula, nor any part of it, wherever it takes it apart.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut may_begin = true;
    if text.starts_with(['\t', '\r', '\n']) {
        safe.push('\'');
    }
    for character in text.chars() {
        if may_begin && FORMULA.contains(&character) {
            safe.push('\'');
        }
        may_begin = SEPARATORS.contains(&character) || (may_begin && character.is_whitespace());
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;

    #[test]
    fn no_cell_is_a_formula_and_quotes_hold() {
        let key = vec![Label::named("=1+1", "@a", "b\"c,d")];
        let row = Row { key, cells: vec![Cell::FewerThan(5), Cell::Number(7), Cell::Hidden] };
        let table = Table {
            id: "t",
            keys: vec!["purpose"],
            columns: vec!["records", "accesses", "x"],
            withheld: false,
            rows: vec![row],
        };
        let text = String::from_utf8(of(&table).unwrap()).unwrap();
        assert_eq!(
            text,
            "purpose,purpose_de,purpose_en,records,accesses,x\r\n'=1+1,'@a,\"b\"\"c,d\",<5,7,hidden\r\n"
        );
        for text in ["+x", "-x", "\tx", "\rx", "\nx", "＝1+1", "＠x"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        assert_eq!(harmless("a=b, c-d;e"), "a=b, c-d;e");
    }

    #[test]
    fn what_a_spreadsheet_splits_off_is_no_formula_either() {
        let cases = [
            ("a;=1+1", "a;'=1+1"),
            (" =1", " '=1"),
            ("a; \t@x", "a; \t'@x"),
            ("a\n-1", "a\n'-1"),
            ("a\",\"+1", "a\",\"'+1"),
        ];
        for (text, expected) in cases {
            assert_eq!(harmless(text), expected);
        }
    }
}
