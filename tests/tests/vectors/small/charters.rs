//! Small ledgers with charters, and what records say of them.

use bytes::Bytes;
use einsicht_access::charter::parts_of;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, CharterPart};
use einsicht_tlog::hash::sha256;

use super::{Case, access, any, begun, body};

const RULES: &str = r#"[charter]
title = "x"

[[purpose]]
id = "a"
title = "a"

[[dataset]]
id = "d"
title = "d"
personal = "none"
purposes = ["a"]

[[commitment]]
id = "C"
title = "c"
source = "x"
evidence = "council decision"
severity = "breach"
must = { purpose = { listed_in_dataset = "purposes" } }
"#;

/// How a charter stands in the ledger, and how records name it.
pub fn parts() -> Vec<Case> {
    let (one, other) = RULES.split_at(40);
    let first = part(one, 1, 2, RULES);
    let last = part(other, 2, 2, RULES);
    let failed = Some("entries");
    vec![
        begun(
            "a charter in two parts",
            None,
            vec![first.clone(), last.clone(), access(|record| record.charter = Some(2))],
        ),
        begun("an access that names no charter", failed, vec![charter(), any()]),
        begun(
            "an access that names the first part",
            failed,
            vec![first.clone(), last.clone(), access(|record| record.charter = Some(1))],
        ),
        begun(
            "an access that names a charter where there is none",
            failed,
            vec![access(|record| record.charter = Some(0))],
        ),
        begun("a charter that is interrupted", failed, vec![first.clone(), any(), last.clone()]),
        begun("a charter that does not end", failed, vec![first.clone()]),
        begun("a charter that begins with its second part", failed, vec![last]),
        begun("a charter that is not the text that it names", failed, vec![part(RULES, 1, 1, "another")]),
    ]
}

/// What records state of their verdicts, under the charter in entry 1.
pub fn verdicts() -> Vec<Case> {
    let judged = |name, shows, text: &str, change: &dyn Fn(&mut AccessRecord)| {
        let record = access(|record| {
            record.charter = Some(1);
            change(record);
        });
        begun(name, shows, vec![whole(text), record])
    };
    let one = || vec!["C".to_owned()];
    let wrong = Some("verdicts");
    let operations = of_operations();
    vec![
        judged("a kept commitment", None, RULES, &|_| {}),
        judged("a deviation", None, RULES, &|record| {
            (record.purpose, record.deviates) = ("b".into(), one());
        }),
        judged("not verifiable", None, RULES, &|record| {
            (record.dataset, record.not_verifiable) = ("e".into(), one());
        }),
        judged(
            "an operation that comes later is none of those that are allowed",
            None,
            &operations,
            &|record| {
                (record.operation, record.deviates) = (99, one());
            },
        ),
        judged("an operation that comes later, told as not verifiable", wrong, &operations, &|record| {
            (record.operation, record.not_verifiable) = (99, one());
        }),
        judged("a deviation that is not told", wrong, RULES, &|record| record.purpose = "b".into()),
        judged("a deviation that is told as not verifiable", wrong, RULES, &|record| {
            (record.purpose, record.not_verifiable) = ("b".into(), one());
        }),
        judged("a deviation told twice", wrong, RULES, &|record| {
            (record.purpose, record.deviates) = ("b".into(), [one(), one()].concat());
        }),
        begun("a verdict without a charter", wrong, vec![access(|record| record.deviates = one())]),
    ]
}

fn part(text: &str, part: u32, parts: u32, of: &str) -> Vec<u8> {
    let sha256 = Bytes::copy_from_slice(sha256(of.as_bytes()).as_bytes());
    body(Content::Charter(CharterPart { part, parts, sha256, text: Bytes::copy_from_slice(text.as_bytes()) }))
}

/// A whole charter in one entry.
pub fn charter() -> Vec<u8> {
    whole(RULES)
}

/// A charter that allows one operation.
fn of_operations() -> String {
    let must = "{ purpose = { listed_in_dataset = \"purposes\" } }";
    assert!(RULES.contains(must));
    RULES.replace(must, "{ operation = { in = [\"query\"] } }")
}

fn whole(text: &str) -> Vec<u8> {
    body(Content::Charter(parts_of(text.as_bytes()).remove(0)))
}
