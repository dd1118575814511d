//! Entry bundles, as bytes from anybody.
#![no_main]

use einsicht_tlog::bundle::{BundleError, entries, exactly, write_entry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut written, mut whole) = (Vec::new(), 0);
    let mut fault = None;
    for entry in entries(bytes) {
        assert_eq!(fault, None, "nothing follows an error");
        match entry {
            Ok(leaf) => {
                write_entry(leaf, &mut written).expect("what was read can be written");
                whole += 1;
            }
            Err(error) => fault = Some(error),
        }
    }
    assert!(bytes.starts_with(&written), "entries come one after the other, with nothing between");
    match &fault {
        None => {
            assert_eq!(written, bytes);
            assert_eq!(exactly(bytes, whole).map(|leaves| leaves.len()), Ok(whole));
        }
        Some(BundleError::Truncated { position, offset }) => {
            assert_eq!((*position, *offset), (whole, written.len()));
            assert_eq!(exactly(bytes, whole), Err(fault.clone().expect("there is one")));
        }
        Some(BundleError::Count { .. }) => panic!("entries are counted by `exactly` alone"),
    }
    assert!(exactly(bytes, whole + 1).is_err());
});
