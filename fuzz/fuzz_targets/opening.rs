//! Records that were hidden, as somebody's ledger opens them: whatever a seal holds, it opens to a record that
//! every reader reads alike, or not at all.
#![no_main]

use bytes::Bytes;
use einsicht_access::record::{check_opening, opening_entry};
use einsicht_access::seal::{Salt, seal};
use einsicht_access::{SealedField, body_bytes, read_body, read_record};
use einsicht_proto::v1::AccessRecord;
use einsicht_proto::v1::entry_body::Content;
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

fuzz_target!(|record: &[u8]| {
    let salt = Salt::from([7; 32]);
    let sealed = seal(SealedField::Confidential, &salt, record);
    let day = AccessRecord::decode(record).ok().and_then(|record| record.confidential_until_day);
    let outer = AccessRecord {
        confidential_until_day: Some(day.unwrap_or(1)),
        confidential_seal: Some(Bytes::copy_from_slice(&sealed)),
        ..AccessRecord::default()
    };
    let entry = read_body(&body_bytes(&opening_entry(3, &salt, record))).expect("an entry reads back");
    let Some(Content::Opening(opening)) = entry.content else { panic!("an opening reads back as one") };
    match check_opening(&opening, &outer) {
        Ok(inner) => {
            assert_eq!(read_record(record), Ok(inner.clone()));
            assert_eq!(inner.confidential_until_day, outer.confidential_until_day);
            assert!(inner.confidential_seal.is_none());
        }
        Err(fault) => assert!(fault.to_string().len() < 4096, "an error is for a person to read"),
    }
    let other = AccessRecord { confidential_seal: Some(Bytes::from_static(&[1; 32])), ..outer };
    assert!(check_opening(&opening, &other).is_err(), "another seal hides another record");
});
