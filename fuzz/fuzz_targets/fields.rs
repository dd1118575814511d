//! Events as people type them, one `name=value` a line: set, validate, log, render.
#![no_main]

use bytes::Bytes;
use einsicht_access::{Provenance, entry_of_access, field, validate_batch};
use einsicht_fuzz::{NOW_US, is_recorded_faithfully};
use einsicht_proto::v1::AccessEvent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut event = AccessEvent::default();
    for line in text.lines().take(64) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let before = event.clone();
        if let Err(error) = field::set(&mut event, name, value) {
            assert_eq!(event, before, "a value that is refused changes nothing");
            let told = error.to_string();
            assert!(told.len() < 4096, "an error is for a person to read");
        }
    }
    let session = Bytes::from_static(&[7; 16]);
    let provenance = Provenance { producer: "fuzz", session: &session, sequence: 0 };
    let columns: Vec<_> = field::columns().collect();
    let entry = entry_of_access(&event, provenance);
    let record = einsicht_access::entry::access_of(&entry).expect("an access");
    for (name, shown) in field::render(record) {
        assert!(columns.contains(&name), "{name} is no column");
        let _ = shown.to_string();
    }
    if validate_batch(std::slice::from_ref(&event), NOW_US).is_ok() {
        is_recorded_faithfully(&event, provenance);
    }
});
