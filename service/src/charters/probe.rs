//! A small charter for tests: a register, a data set that says how long values are kept and one that does not, a rule
//! and a question.

use super::Announced;

/// Its text.
pub const PROBE: &str = r#"
    charter = { title = "Probe" }
    purpose = [{ id = "a", title = "A" }]
    subject_scheme = [{ id = "kfz", title = "Kennzeichen" }]
    [[dataset]]
    id = "stated"
    title = "S"
    personal = "direct"
    purposes = ["a"]
    retention_class = "P3M"
    [[dataset]]
    id = "silent"
    title = "S"
    personal = "none"
    purposes = ["a"]
    [[commitment]]
    id = "C-1"
    title = "C"
    source = "S"
    evidence = "city page"
    severity = "notice"
    must = { purpose = { listed_in_dataset = "purposes" } }
    [[commitment]]
    id = "Q-1"
    title = "Q"
    source = "S"
    evidence = "city page"
    question = "Well?"
"#;

/// It without its register: then those of the configuration hold.
pub fn without_registers() -> String {
    PROBE.replace("subject_scheme = [{ id = \"kfz\", title = \"Kennzeichen\" }]", "")
}

/// It, or what a test made of it, ready to be recorded.
pub fn announced(text: &str) -> Announced {
    Announced::parse("probe.toml", text.as_bytes()).unwrap()
}
