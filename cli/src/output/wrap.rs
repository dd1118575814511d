//! Breaks lines between words where the terminal ends: it would break them within.

use std::borrow::Cow;

use super::Stream;

/// Narrower ones are left to themselves.
const COLUMNS_MIN: usize = 40;
/// Lines that go on begin within the first two thirds.
const HANG_MAX: (usize, usize) = (2, 3);

/// Columns of the terminal that a stream goes to, if it does.
pub fn terminal_columns(stream: Stream) -> Option<usize> {
    let mut table = comfy_table::Table::new();
    if stream == Stream::Err {
        table.use_stderr();
    }
    table.width().map(usize::from).filter(|columns| *columns >= COLUMNS_MIN)
}

/// The same text in lines of at most so many characters, as far as its words allow. Where a line goes on, it begins
/// below its text: behind spaces, the dash of a list, or a name with a column of its own.
pub fn lines(text: &str, columns: Option<usize>) -> Cow<'_, str> {
    match columns {
        Some(columns) if text.lines().any(|line| line.chars().count() > columns) => {
            Cow::Owned(text.split('\n').map(|line| broken(line, columns)).collect::<Vec<_>>().join("\n"))
        }
        _ => Cow::Borrowed(text),
    }
}

fn broken(line: &str, columns: usize) -> String {
    let hang = hang(line, columns * HANG_MAX.0 / HANG_MAX.1);
    let (mut out, mut at) = (String::with_capacity(line.len() + 32), 0);
    for (position, word) in line.split(' ').enumerate() {
        let length = word.chars().count();
        if position > 0 && at > hang && at + 1 + length > columns {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', hang));
            at = hang;
        } else if position > 0 {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += length;
    }
    out
}

/// Where the text of a line begins.
fn hang(line: &str, hang_max: usize) -> usize {
    let mut hang = 0;
    let mut spaces = 2;
    for (position, character) in line.chars().take(hang_max).enumerate() {
        match character {
            ' ' => spaces += 1,
            '-' if spaces >= 2 && hang == position => hang = position + 2,
            _ => {
                if spaces >= 2 {
                    hang = hang.max(position);
                }
                spaces = 0;
            }
        }
    }
    hang
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_on_below_its_text() {
        let broken = |text| lines(text, Some(40)).into_owned();
        let short = "  as it is";
        assert_eq!(broken(short), short);
        assert_eq!(
            broken("  For every access, the purpose must be one of those listed."),
            "  For every access, the purpose must be\n  one of those listed."
        );
        assert_eq!(
            broken("- The ceiling for parkhaeuser rises from 10 to 20 records."),
            "- The ceiling for parkhaeuser rises from\n  10 to 20 records."
        );
        assert_eq!(
            broken("  charter      one that is long enough to go on\n  key  x"),
            "  charter      one that is long enough\n               to go on\n  key  x"
        );
    }

    #[test]
    fn what_goes_nowhere_or_has_no_spaces_stays_as_it_is() {
        let long = "x".repeat(100);
        assert_eq!(lines(&long, Some(40)), long);
        assert_eq!(lines(&format!("{long} {long}"), Some(40)), format!("{long}\n{long}"));
        assert_eq!(lines(&"word ".repeat(100), None), "word ".repeat(100));
    }
}
