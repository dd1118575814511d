//! Tests of values: both ways, and what is refused.

use einsicht_proto::v1::Subject;
use proptest::prelude::*;

use super::*;

fn encoded(value: &Value<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.append_to(&mut bytes);
    assert_eq!(bytes.len(), value.encoded_len());
    bytes
}

fn round_trip(field: SealedField, value: &Value<'_>) -> Vec<u8> {
    let bytes = encoded(value);
    assert!(Value::read(field, &bytes).unwrap() == *value, "{field}");
    bytes
}

#[test]
fn lists_have_the_length_before_each_element() {
    let keys = Value::Texts(Items::Borrowed(&["4711", "ä"]));
    assert_eq!(round_trip(SealedField::RecordKeys, &keys), b"\0\0\0\x044711\0\0\0\x02\xc3\xa4".to_vec());
    let subject = SubjectView { scheme: "person", id: "1" };
    let subjects = Value::Subjects(Items::Borrowed(&[subject, SubjectView { scheme: "p", id: "2" }]));
    let expected = b"\0\0\0\x08\x06person1\0\0\0\x03\x01p2".to_vec();
    assert_eq!(round_trip(SealedField::Subjects, &subjects), expected);
    assert!(Value::read(SealedField::RecordKeys, b"").is_err(), "a list without elements is not sealed");
    assert!(Value::read(SealedField::Subjects, b"").is_err());
}

#[test]
fn a_list_that_is_cut_or_has_more_than_its_elements_is_not_read() {
    let keys = encoded(&Value::Texts(Items::Borrowed(&["4711", "4712"])));
    for length in (1..keys.len()).filter(|length| *length != 8) {
        assert!(Value::read(SealedField::RecordKeys, &keys[..length]).is_err(), "{length}");
    }
    for bytes in [&b"\0\0\0\x01\xff"[..], b"\0\0\0\0\0", b"\xff\xff\xff\xff"] {
        assert!(Value::read(SealedField::RecordKeys, bytes).is_err(), "{bytes:?}");
        assert!(Value::read(SealedField::Subjects, bytes).is_err(), "{bytes:?}");
    }
    // No length of a scheme, a scheme longer than the element, one that is no text, none, no id.
    for bytes in
        [&b"\0\0\0\0"[..], b"\0\0\0\x02\x02a", b"\0\0\0\x03\x01\xffa", b"\0\0\0\x02\0a", b"\0\0\0\x02\x01a"]
    {
        assert!(Value::read(SealedField::Subjects, bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn times_have_one_spelling() {
    for (unix_us, text) in [
        (0, "0"),
        (1_795_365_547_123_456, "1795365547123456"),
        (-1, "-1"),
        (i64::MAX, "9223372036854775807"),
        (i64::MIN, "-9223372036854775808"),
    ] {
        assert_eq!(round_trip(SealedField::OccurredAt, &Value::Time(unix_us)), text.as_bytes());
    }
    for text in ["", "-0", "+1", "01", " 1", "1 ", "1.5", "9223372036854775808"] {
        assert!(Value::read(SealedField::OccurredUntil, text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn of_a_long_query_digest_and_beginning_are_kept() {
    let longest = "x".repeat(TEXT_BYTES_MAX);
    assert_eq!(encoded(&Value::Query(&longest)), round_trip(SealedField::Query, &Value::Text(&longest)));
    // The limit lies inside the last character.
    let longer = format!("{}ä", "x".repeat(TEXT_BYTES_MAX - 1));
    let (sha256, beginning) = (Sha256::digest(&longer).into(), &longer.as_bytes()[..TEXT_BYTES_MAX]);
    let bytes = round_trip(SealedField::Query, &Value::LongQuery { sha256, beginning });
    assert_eq!(bytes, encoded(&Value::Query(&longer)));
    assert_eq!(bytes, [&sha256, beginning].concat());
    for length in [TEXT_BYTES_MAX + 1, bytes.len() - 1] {
        assert!(Value::read(SealedField::Query, &bytes[..length]).is_err(), "{length}");
    }
    assert!(Value::read(SealedField::Query, &[bytes, vec![0]].concat()).is_err());
}

#[test]
fn ids_of_traces_have_their_lengths() {
    round_trip(SealedField::TraceId, &Value::Bytes(&[7; 16]));
    round_trip(SealedField::SpanId, &Value::Bytes(&[7; 8]));
    assert!(Value::read(SealedField::TraceId, &[7; 8]).is_err());
    assert!(Value::read(SealedField::SpanId, &[7; 16]).is_err());
    assert!(Value::read(SealedField::Actor, b"\xff").is_err());
}

#[test]
fn a_statement_has_one_way_to_be_written() {
    let statement = Statement {
        who: "revision".into(),
        index: Some(0),
        fields: vec![33, 300],
        reason: "Beschwerde 7".into(),
        subjects: vec![Subject { scheme: "person".into(), id: "1".into() }],
        months: vec!["2026-10".into()],
    };
    let bytes = round_trip(SealedField::Statement, &Value::Statement(Cow::Borrowed(&statement)));
    let unknown = [bytes.as_slice(), b"\xf8\x7f\x00"].concat();
    let twice = [bytes.as_slice(), b"\x0a\x01x"].concat();
    let unpacked = b"\x18\x21";
    for bytes in [&unknown, &twice, &unpacked[..], &bytes[1..]] {
        assert!(Value::read(SealedField::Statement, bytes).is_err());
    }
}

#[test]
fn values_and_subjects_are_not_printed() {
    let subject = SubjectView { scheme: "person", id: "Erika" };
    for value in [
        Value::Text("Erika"),
        Value::Texts(Items::Borrowed(&["Erika"])),
        Value::Subjects(Items::Borrowed(&[subject])),
    ] {
        assert!(!format!("{value:?} {subject:?}").contains("Erika"));
    }
    let error = Value::read(SealedField::TraceId, b"Erika").unwrap_err();
    assert_eq!(error.to_string(), "the 5 bytes given are no value of trace_id as it is sealed");
}

proptest! {
    #[test]
    fn what_is_read_is_written_in_the_same_bytes(
        field in proptest::sample::select(&SealedField::ALL[..]),
        bytes in proptest::collection::vec(prop_oneof![0_u8..4, any::<u8>(), b'0'..=b'9'], 0..24),
    ) {
        if let Ok(value) = Value::read(field, &bytes) {
            prop_assert!(encoded(&value) == bytes);
        }
    }

    #[test]
    fn two_lists_of_subjects_never_have_the_same_bytes(
        one in proptest::collection::vec(("[a-c]{0,2}", "[a-c]{0,2}"), 0..3),
        two in proptest::collection::vec(("[a-c]{0,2}", "[a-c]{0,2}"), 0..3),
    ) {
        let [first, second] = [&one, &two].map(|list| {
            let subjects: Vec<_> = list.iter().map(|(scheme, id)| SubjectView { scheme, id }).collect();
            encoded(&Value::Subjects(Items::Owned(subjects)))
        });
        prop_assert_eq!(first == second, one == two);
    }
}
