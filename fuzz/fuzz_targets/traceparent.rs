//! The header `traceparent`, as text from anybody. W3C Trace Context.
#![no_main]

use einsicht_client::layer::TraceContext;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(trace) = text.parse::<TraceContext>() else { return };
    let known = text.get(..55).expect("what every version has");
    assert!(known.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')));
    assert!(!known.starts_with("ff"), "a version that is forbidden");
    assert!(text.len() == 55 || !known.starts_with("00") && text.as_bytes()[55] == b'-');
    assert_ne!(trace.trace_id(), &[0; 16]);
    assert_ne!(trace.parent_id(), &[0; 8]);
    // It says what stood there.
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(trace.trace_id()), known[3..35]);
    assert_eq!(hex(trace.parent_id()), known[36..52]);
    let flags = u8::from_str_radix(&known[53..55], 16).expect("two digits");
    assert_eq!(trace.is_sampled(), flags & 1 == 1);
});
