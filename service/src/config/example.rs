//! `config example`: everything that can be set, explained, as a file to begin with.

use super::key::{CALLER, CALLER_SETTINGS, Key, Presence, SETTINGS};

/// Columns of a comment.
const WIDTH: usize = 96;

const HEAD: &str = "\
# Configuration of `einsichtd serve`. Check it with:  einsichtd config check --config FILE
#
# Lines that begin with '#' and no space are settings that can be left out; most show what holds then.
# Relative paths count from the folder of this file. Every setting but the callers can also be given
# in the environment (EINSICHTD_LEDGER_DATA=…) and on the command line (--set ledger.data=…), lists
# with spaces between their items; the command line wins over the environment, and that over this
# file.
#
# `kill -HUP` makes a running service read this file again: callers, certificates, public, limits,
# subjects, retention and disclosure. What stands in [ledger], [keys], [vault] and [listen] needs a
# new start.
";

const CALLERS: &str = "\
# Everybody who may record, or read more than the public: one table [[caller]] for each.
";

const SECOND_CALLER: &str = "
#[[caller]]
#name = \"city-audit-office\"
#role = \"auditor\"
#token_sha256 = [\"fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210\"]
";

/// A commented configuration with every key. It can be read as it is, and with every `#` before a setting
/// removed.
#[must_use]
pub fn example() -> String {
    let mut text = HEAD.to_owned();
    write_tables(&mut text, SETTINGS, |table| format!("[{table}]"));
    text.push('\n');
    text.push_str(CALLERS);
    write_tables(&mut text, CALLER_SETTINGS, |table| match table {
        "" => format!("[[{CALLER}]]"),
        inner => format!("[{CALLER}.{inner}]"),
    });
    text.push_str(SECOND_CALLER);
    text
}

fn write_tables(text: &mut String, keys: &[Key], header: impl Fn(&str) -> String) {
    let is_caller = std::ptr::eq(keys, CALLER_SETTINGS);
    for keys in keys.chunk_by(|one, other| one.table_and_name().0 == other.table_and_name().0) {
        let mark = |is_active: bool| if is_active { "" } else { "#" };
        let table = keys.first().map_or("", |key| key.table_and_name().0);
        // A table of settings means nothing while it is empty, and then one line is to be uncommented, not two.
        text.push_str(&format!("\n{}{}\n", mark(!is_caller), header(table)));
        for (i, key) in keys.iter().enumerate() {
            if i > 0 {
                text.push('\n');
            }
            for line in wrap(key.documentation, WIDTH) {
                text.push_str(&format!("# {line}\n"));
            }
            let value = match key.presence {
                Presence::Default(default) => default,
                _ => key.example,
            };
            let is_active = key.presence == Presence::Required && !is_caller;
            text.push_str(&format!("{}{}\n", mark(is_active), key.toml_line(value)));
        }
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
