//! Makes text from elsewhere safe to show: a hostile log must not drive the terminal, hide characters,
//! turn the direction of text around, or run as a formula in a spreadsheet.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// What starts a formula in common spreadsheets.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A value in one line: line ends are shown as `\n` and `\r`, tabs as `\t`, other characters that can't
/// be seen as `\u{1b}`.
pub fn value(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false, in_braces)
}

/// Text of several lines, such as an error: as [`value`], but lines stay lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character == '\n', in_braces)
}

/// JSON in which what can't be seen is written as `\u001b`: for every reader the same JSON.
pub fn json(text: &str) -> Cow<'_, str> {
    escaped(
        text,
        |character| character == '\n',
        |character, out| {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// A cell of a CSV file that people open in a spreadsheet: as [`lines`], and an apostrophe before what a
/// spreadsheet would take for a formula. `--json` has the exact value.
pub fn cell(text: &str) -> Cow<'_, str> {
    let shown = lines(text);
    if text.starts_with(FORMULA_STARTS) { Cow::Owned(format!("'{shown}")) } else { shown }
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let is_shown = |character: char| is_kept(character) || is_visible(character);
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_shown(character) {
            out.push(character);
        } else {
            write(character, &mut out);
        }
    }
    Cow::Owned(out)
}

fn in_braces(character: char, out: &mut String) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Writing to a string can't fail.
        other => drop(write!(out, "\\u{{{:x}}}", u32::from(other))),
    }
}

/// Whether it is safe to show. Not: controls, format characters (direction, zero width), separators of
/// lines and paragraphs, private and unassigned ones.
fn is_visible(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    character.general_category_group() != GeneralCategoryGroup::Other
        && !matches!(
            character.general_category(),
            GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_every_script_stays_as_it_is() {
        for text in ["", "wohnbevölkerung", "संपर्क", "数据集 №5", "a — b", "\u{1f600}", r"C:\x"]
        {
            assert_eq!(value(text), text);
            assert_eq!(json(text), text);
        }
    }

    #[test]
    fn nothing_that_drives_a_terminal_gets_through() {
        assert_eq!(value("\u{1b}[2J\u{7}x"), r"\u{1b}[2J\u{7}x");
        assert_eq!(value("\u{9b}31m"), r"\u{9b}31m");
        assert_eq!(value("\u{7f}\0"), r"\u{7f}\u{0}");
        assert_eq!(value("a\nb\r\tc"), r"a\nb\r\tc");
        assert_eq!(lines("a\nb\rc\u{1b}"), "a\nb\\rc\\u{1b}");
    }

    #[test]
    fn nothing_hides_or_turns_text_around() {
        for hidden in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{2028}", "\u{e0041}", "\u{e000}"] {
            let shown = value(hidden);
            assert!(shown.starts_with(r"\u{") && shown.is_ascii(), "{shown}");
        }
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{9b}\u{202e}\u{e0041}\u{7f}\"\\\n";
        let written = serde_json::to_string(text).unwrap();
        let escaped = json(&written);
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, shown) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-x", "'-x"),
            ("@x", "'@x"),
            ("\t=x", r"'\t=x"),
            ("a=b", "a=b"),
            ("2026-11-22", "2026-11-22"),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
