//! Tests of reading logs record by record.

use super::*;

fn mapping(input: &str, dataset: &str) -> Mapping {
    let event = format!(
        "[event]\ndataset = \"{dataset}\"\noperation = 'query'\npurpose = 'p'\noccurred_at = '2026-11-22T16:39:00Z'"
    );
    Mapping::parse(&format!("name = 'test'\n[input]\n{input}\n{event}")).unwrap()
}

/// Line and value of the column `a` of each record.
fn read(format: Format, input: &str, text: &[u8]) -> Vec<(u64, Result<String, LineError>)> {
    let mut input = Input::open(text, format, &mapping(input, "{a}")).unwrap();
    let mut records = Vec::new();
    while let Some(record) = input.next().unwrap() {
        let value = record.row.map(|row| row.value("a").unwrap_or("(none)".into()).into_owned());
        records.push((record.line, value));
    }
    records
}

fn refusal(format: Format, input: &str, text: &str) -> String {
    match Input::open(text.as_bytes(), format, &mapping(input, "{a}")) {
        Ok(_) => panic!("accepted"),
        Err(error) => format!("{error:#}"),
    }
}

fn ok(line: u64, value: &str) -> (u64, Result<String, LineError>) {
    (line, Ok(value.to_owned()))
}

#[test]
fn csv_records_are_counted_by_the_line_they_begin_at() {
    let text = "\u{feff}a,b\r\n1,x\r\n\"two\nlines\",y\r\n\r\n3,z";
    assert_eq!(read(Format::Csv, "", text.as_bytes()), [ok(2, "1"), ok(3, "two\nlines"), ok(6, "3")]);
}

#[test]
fn csv_can_have_other_delimiters_and_no_header() {
    let layout = "delimiter = ';'\ncolumns = ['b', 'a']";
    assert_eq!(read(Format::Csv, layout, b"x;1\ny;2\n"), [ok(1, "1"), ok(2, "2")]);
}

#[test]
fn a_record_with_too_few_or_too_many_columns_is_refused_unless_it_may() {
    let columns = |found| Err(LineError::Columns { expected: 2, found });
    assert_eq!(read(Format::Csv, "", b"b,a\n1\n1,2,3\n"), [(2, columns(1)), (3, columns(3))]);
    assert_eq!(read(Format::Csv, "ragged = true", b"b,a\n1\n1,2,3\n"), [ok(2, "(none)"), ok(3, "2")]);
}

#[test]
fn bytes_that_are_no_text_spoil_their_record_only() {
    assert_eq!(
        read(Format::Csv, "", b"a\nb\xfcro\nx\n"),
        [(2, Err(LineError::NotUtf8 { offset: 1 })), ok(3, "x")]
    );
    assert_eq!(
        read(Format::Jsonl, "", b"{\"a\":\"\xfc\"}\n{\"a\":1}\n"),
        [(1, Err(LineError::NotUtf8 { offset: 6 })), ok(2, "1")]
    );
}

#[test]
fn json_lines_give_texts_numbers_flags_lists_and_nothing() {
    let text = "{\"a\":\"x\"}\n\n{\"a\":7}\r\n{\"a\":true}\n{\"a\":[\"p\",2]}\n{\"a\":null}\n{}\n";
    let values = [ok(1, "x"), ok(3, "7"), ok(4, "true"), ok(5, "p,2"), ok(6, ""), ok(7, "(none)")];
    assert_eq!(read(Format::Jsonl, "", text.as_bytes()), values);
}

#[test]
fn json_is_reached_into_by_a_path() {
    let object = object(r#"{"request":{"url":{"path":"/x"}},"a.b":"dotted","a":{"b":"inner"}}"#).unwrap();
    assert_eq!(value_at(&object, "request.url.path"), Some(&Value::from("/x")));
    assert_eq!(value_at(&object, "a.b"), Some(&Value::from("dotted")));
    assert_eq!(value_at(&object, "request.method"), None);
}

#[test]
fn what_is_no_json_object_is_told_with_its_place() {
    let text = b"{\"a\":}\n[1]\n{\"a\":1} x\n";
    assert_eq!(
        read(Format::Jsonl, "", text),
        [
            (1, Err(LineError::NotJson { column: 6 })),
            (2, Err(LineError::NotAnObject)),
            (3, Err(LineError::NotJson { column: 9 }))
        ]
    );
}

#[test]
fn lines_in_a_layout_are_read_and_others_refused() {
    let layout = "pattern = '^(?<a>\\w+)!$'";
    assert_eq!(
        read(Format::Combined, layout, b"one!\n  \ntwo\nthree!"),
        [ok(1, "one"), (3, Err(LineError::Layout)), ok(4, "three")]
    );
}

#[test]
fn an_endless_line_is_refused_and_the_next_one_read() {
    let mut text = vec![b'x'; 3 * LINE_BYTES_MAX];
    text.extend_from_slice(b"\none!\n");
    let records = read(Format::Combined, "pattern = '^(?<a>\\w+)!$'", &text);
    assert_eq!(records, [(1, Err(LineError::TooLong { max: LINE_BYTES_MAX })), ok(2, "one")]);
}

#[test]
fn a_mapping_that_does_not_fit_the_file_is_refused_at_once() {
    assert!(
        refusal(Format::Csv, "", "b,c\n1,2\n").contains(r#"column "a", but the file has only ["b", "c"]"#)
    );
    assert!(refusal(Format::Combined, "", "").contains("but the pattern has only"));
    assert!(refusal(Format::Csv, "", "a,b,a\n").contains("two columns are called \"a\""));
    assert!(refusal(Format::Csv, "delimiter = '—'", "a\n").contains("ASCII"));
    assert!(refusal(Format::Jsonl, "ragged = true", "").contains("--format csv"));
    assert!(refusal(Format::Csv, "pattern = 'x'", "a\n").contains("--format combined"));
}
