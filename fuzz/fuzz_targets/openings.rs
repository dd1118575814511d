//! Openings, as they come out of the vault or from whoever hands them on: read, erase, hold to an entry.
//! Two bytes say how long the body of the entry is, then that body, then the openings.
#![no_main]

use einsicht_access::openings::{Openings, State};
use einsicht_access::value::Value;
use einsicht_access::{SealedField, read_body};
use einsicht_fuzz::PERIOD_KEY;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let (body, openings) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let Ok(openings) = Openings::parse(openings) else { return };
    assert_eq!(Openings::parse(openings.as_bytes()).as_ref(), Ok(&openings));
    for opening in openings.iter() {
        if let State::Open { value, .. } = opening.state
            && let Ok(read) = Value::read(opening.field, value)
        {
            let mut written = Vec::new();
            read.append_to(&mut written);
            assert!(written == value, "a value has one spelling");
            assert_eq!(read.encoded_len(), written.len());
        }
    }
    let fits = read_body(body).is_ok_and(|body| {
        let _ = openings.verify_markers(&body, &PERIOD_KEY);
        openings.verify(&body).is_ok()
    });
    for field in SealedField::ALL {
        let mut erased = openings.clone();
        let gone = erased.erase(&[field], 7);
        assert!(
            erased.as_bytes().len() <= openings.as_bytes().len(),
            "an erasure fits where the values were"
        );
        assert_eq!(Openings::parse(erased.as_bytes()).as_ref(), Ok(&erased));
        assert!(gone.iter().all(|field| erased.state(*field) == Some(State::Erased { by: 7 })));
        if fits {
            assert!(
                read_body(body).is_ok_and(|body| erased.verify(&body).is_ok()),
                "what is left is still proven"
            );
        }
    }
});
