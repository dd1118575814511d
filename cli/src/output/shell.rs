//! Words as a shell takes them.

use std::borrow::Cow;
use std::ffi::OsStr;

/// A word that a POSIX shell reads back as this one. What is no UTF-8 is not: it can't be shown either.
pub fn word(word: &OsStr) -> String {
    let text: Cow<'_, str> = word.to_string_lossy();
    let is_plain = |character: char| character.is_alphanumeric() || "_-./:@%+=,".contains(character);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.into_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written() {
        for text in [
            "report-2026",
            "Bericht März",
            "it's",
            "$HOME `x` \"y\" \\",
            "",
            "~",
            "a;b",
            "*",
            "http://x:1/?a&b",
            "ö/ä",
        ] {
            let line = format!("printf %s {}", word(OsStr::new(text)));
            let read = Command::new("sh").arg("-c").arg(&line).output().unwrap();
            assert_eq!(String::from_utf8(read.stdout).unwrap(), text, "{line}");
        }
        assert_eq!(word(OsStr::new("http://127.0.0.1:7420")), "http://127.0.0.1:7420");
    }
}
