//! Files of a client's spool, as bytes from a disk. The laws stand beside the code that they bind.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (expected, more, bytes) = input;
    einsicht_client::spool::laws::of_file(bytes, u64::from(expected), u64::from(expected) + u64::from(more));
});
