//! What is picked out is what protobuf reads there.

use einsicht_access::wire::read_body;
use einsicht_access::{body_bytes, entry};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Erasure, Opening, SessionEnd};

use super::*;

fn bytes_of(content: Content) -> Vec<u8> {
    body_bytes(&EntryBody { content: Some(content) })
}

#[test]
fn numbers_and_counts_are_those_that_protobuf_reads() {
    let session = bytes::Bytes::from_static(&[7; 16]);
    for (access_count, sequence) in [(None, 0), (Some(12), 1), (Some(0), u64::MAX)] {
        let record = AccessRecord {
            dataset: "besuchertrend".into(),
            access_count,
            producer: "verkehr".into(),
            session: session.clone(),
            sequence,
            charter: Some(9),
            deviates: if sequence == 1 { vec!["DE-01".into()] } else { Vec::new() },
            ..AccessRecord::default()
        };
        let bytes = bytes_of(Content::Access(record));
        let event = SessionEvent::Number(sequence);
        let expected = Body {
            kind: Kind(3),
            accesses: access_count.unwrap_or(1),
            session: Some(SessionMark { producer: b"verkehr", session: &[7; 16], event }),
            hidden: None,
            judged: Some(Judged { charter: Some(9), lists: sequence == 1, is_hidden: false }),
        };
        assert_eq!(Body::read(&bytes, None), Ok(expected));
    }
    for last_sequence in [None, Some(0), Some(41)] {
        let end = SessionEnd { producer: "verkehr".into(), session: session.clone(), last_sequence };
        let bytes = bytes_of(Content::SessionEnd(end));
        let body = Body::read(&bytes, None).unwrap();
        let event = SessionEvent::End(last_sequence);
        assert_eq!(body.session, Some(SessionMark { producer: b"verkehr", session: &[7; 16], event }));
    }
}

#[test]
fn kinds_have_the_names_that_others_give_them() {
    let contents = [
        bytes_of(Content::Access(AccessRecord::default())),
        bytes_of(Content::Erasure(Erasure::default())),
        body_bytes(&entry::service_start("x")),
        b"\x6a\x03abc".to_vec(),
        Vec::new(),
    ];
    for bytes in contents {
        let expected = entry::kind_name(&read_body(&bytes).unwrap());
        assert_eq!(Body::read(&bytes, None).unwrap().kind.name(), expected);
    }
}

#[test]
fn a_confidential_record_belongs_to_no_session() {
    let record = AccessRecord { confidential_until_day: Some(20_000), ..AccessRecord::default() };
    let bytes = bytes_of(Content::Access(record));
    let judged = Some(Judged { charter: None, lists: false, is_hidden: false });
    let expected = Body { kind: Kind(3), accesses: 1, session: None, hidden: None, judged };
    assert_eq!(Body::read(&bytes, None), Ok(expected));
}

#[test]
fn what_is_hidden_and_what_opens_it_is_picked_out() {
    let record = AccessRecord {
        confidential_until_day: Some(-1),
        confidential_seal: Some(bytes::Bytes::from_static(&[4; 32])),
        ..AccessRecord::default()
    };
    let bytes = bytes_of(Content::Access(record));
    let hidden = Some(Hidden::Sealed { until_day: -1, seal: &[4; 32], shows: None });
    assert_eq!(Body::read(&bytes, None).unwrap().hidden, hidden);
    let opening = Opening {
        index: 7,
        salt: bytes::Bytes::from_static(&[5; 32]),
        record: bytes::Bytes::from_static(b"r"),
    };
    let bytes = bytes_of(Content::Opening(opening));
    let hidden = Some(Hidden::Opened { index: 7, salt: &[5; 32], record: b"r" });
    assert_eq!(Body::read(&bytes, None).unwrap().hidden, hidden);
}

#[test]
fn what_the_strict_reader_refuses_is_refused() {
    let twice = [bytes_of(Content::Access(AccessRecord::default())), vec![0x1a, 0]].concat();
    assert!(Body::read(&twice, None).is_err());
    assert!(Body::read(b"\x1a\x05", None).is_err());
}
