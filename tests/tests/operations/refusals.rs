//! `docs/refusals.md` quotes messages that exist, and leaves out none of those that a start can end with.

use std::fs;
use std::path::Path;

use crate::{read, root};

/// Where the errors stand that a start of the service can end with.
const REFUSING: [&str; 10] = [
    "service/src/charters/read.rs",
    "service/src/clock.rs",
    "service/src/ledger/error.rs",
    "service/src/live/reload.rs",
    "service/src/preflight.rs",
    "service/src/sessions/store.rs",
    "service/src/signer.rs",
    "service/src/storage/open.rs",
    "service/src/tls/error.rs",
    "service/src/wrapping_key.rs",
];
/// Of these messages the page says nothing: they only hand on what another one says.
const HANDED_ON: usize = 9;

/// The parts of a message between what differs, in their order.
type Message = Vec<String>;

/// The messages that the page quotes.
fn quoted() -> Vec<Message> {
    let page = read("docs/refusals.md");
    let joined = page.replace('\n', " ");
    let quotes = joined.split("**`").skip(1).map(|rest| rest.split_once("`**").expect("a quote ends").0);
    quotes.map(|quote| parts(quote, &['…'])).collect()
}

fn parts(text: &str, between: &[char]) -> Message {
    let parts = text.split(between).map(str::trim).filter(|part| part.len() > 2);
    parts.map(|part| part.trim_matches(['.', ':', ' ']).to_owned()).collect()
}

/// The text literals of a source, as the compiler reads them; what is put in for `{…}` is left out.
fn literals(source: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = source;
    while let Some((_, after)) = rest.split_once('"') {
        let mut literal = String::new();
        let mut characters = after.char_indices();
        let mut end = after.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    // A line that goes on: its indentation does not count.
                    Some((at, '\n')) => {
                        let behind = &after[at + 1..];
                        let indentation = behind.len() - behind.trim_start().len();
                        characters.by_ref().take(indentation).for_each(|_| {});
                    }
                    Some((_, escaped)) => literal.push(escaped),
                    None => {}
                },
                character => literal.push(character),
            }
        }
        literals.push(literal);
        rest = &after[end.min(after.len())..];
    }
    literals
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(literals(&fs::read_to_string(path).unwrap()));
        }
    }
}

/// Whether the parts stand in the literal in their order.
fn says(literal: &str, message: &Message) -> bool {
    let mut rest = literal;
    message.iter().all(|part| match rest.split_once(part.as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn every_message_that_the_page_quotes_exists() {
    let mut literals = Vec::new();
    for folder in ["service/src", "tlog/src", "access/src"] {
        sources(&root().join(folder), &mut literals);
    }
    // These two are the operating system's.
    literals.extend(["Permission denied", "No space left on device"].map(str::to_owned));
    for message in quoted() {
        assert!(!message.is_empty());
        assert!(literals.iter().any(|literal| says(literal, &message)), "nobody says {message:?}");
    }
}

#[test]
fn every_refusal_is_on_the_page() {
    let quoted = quoted();
    let mut handed_on = 0;
    for file in REFUSING {
        let source = read(file);
        let messages = source.split("#[error(").skip(1).filter(|after| !after.starts_with("transparent"));
        for message in messages.filter_map(|after| literals(after).into_iter().next()) {
            if message.replace(['{', '}', ':', ' '], "").len() < 16 {
                // `{path}: {error}`
                handed_on += 1;
                continue;
            }
            assert!(quoted.iter().any(|quoted| says(&message, quoted)), "{file}: nothing on {message:?}");
        }
    }
    assert!(handed_on <= HANDED_ON, "{handed_on} messages were not looked for");
}

#[test]
fn literals_are_read_as_the_compiler_reads_them() {
    let source = "a(\"one\") b(\"two \\\n     goes on \\\"quoted\\\"\") c";
    assert_eq!(literals(source), ["one", "two goes on \"quoted\""]);
}
