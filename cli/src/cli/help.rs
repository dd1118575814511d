//! Lays out the texts behind the options, so that they read well however wide a terminal is.

use clap::Command;

/// Columns of the narrowest terminal that examples are laid out for.
const COLUMNS: usize = 80;
/// What a command begins with that goes on from the line before.
const GOES_ON: &str = "      ";
/// Where a command may be broken: in front of these.
const BREAKS: [&str; 4] = [" --", " | ", " > ", " < "];

/// The same command, and those below it: paragraphs flow with the terminal, and examples can be copied as they stand.
pub fn laid_out(command: Command) -> Command {
    let (short, long) = (command.get_after_help().map(laid), command.get_after_long_help().map(laid));
    let command = match short {
        Some(text) => command.after_help(text),
        None => command,
    };
    let command = match long {
        Some(text) => command.after_long_help(text),
        None => command,
    };
    command.mut_subcommands(laid_out)
}

fn laid(text: &clap::builder::StyledStr) -> String {
    let text = text.to_string();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match lines.last_mut().filter(|last| is_prose(last) && is_prose(line)) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines
        .iter()
        .map(|line| if is_prose(line) { held(line) } else { broken(line) })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A paragraph whose last word is never alone in a line, unless the two belong to something to be copied.
fn held(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((before, last)) if before.contains(' ') && before.matches('`').count() % 2 == 0 => {
            format!("{before}\u{a0}{last}")
        }
        _ => line.to_owned(),
    }
}

/// Whether a line is part of a paragraph: examples and tables are indented.
fn is_prose(line: &str) -> bool {
    !line.is_empty() && !line.starts_with(' ')
}

/// A command that is longer than a line, with backslashes.
fn broken(line: &str) -> String {
    let is_command = !is_prose(line) && line.contains("einsicht ");
    let (mut rest, mut out) = (line.to_owned(), String::new());
    while is_command && rest.chars().count() > COLUMNS {
        let fits = |at: &usize| *at > GOES_ON.len() && rest[..*at].chars().count() + " \\".len() <= COLUMNS;
        let places = BREAKS.iter().flat_map(|text| rest.match_indices(text).map(|(at, _)| at));
        let Some(at) = places.filter(fits).max() else { break };
        out.push_str(&rest[..at]);
        out.push_str(" \\\n");
        rest = format!("{GOES_ON}{}", rest[at..].trim_start());
    }
    out + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_flow_and_examples_stay_and_long_ones_can_be_copied() {
        let text = "Examples:\n  einsicht a\n\nOne two\nthree.\nFour:\n  0  zero\nfive";
        let laid = |text: &str| laid(&text.to_owned().into());
        assert_eq!(laid(text), "Examples:\n  einsicht a\n\nOne two three.\u{a0}Four:\n  0  zero\nfive");
        let copied = "What it says: run `einsicht list`.";
        assert_eq!(laid(copied), copied);
        let (one, two) = ("--one ".to_owned() + &"x".repeat(40), "--two ".to_owned() + &"y".repeat(40));
        assert_eq!(
            laid(&format!("  einsicht {one} {two} z | jq .")),
            format!("  einsicht {one} \\\n      {two} z | jq .")
        );
        let table = format!("  {one} {two}");
        assert_eq!(laid(&table), table);
    }
}
