//! Refuses what TOML 1.1 added to TOML 1.0.0. A charter is read by others, and for decades: by parsers that know
//! no later version.
//!
//! Times without seconds are new too. No key takes a time, so that they are refused as values.

use std::ops::Range;

use toml_parser::decoder::Encoding;
use toml_parser::parser::{Event, EventKind, parse_document};
use toml_parser::{Source, Span};

use crate::charter::problem::{Problems, Reason};
use crate::sentence::{Bilingual, Language};

/// What is open where the walk is.
enum Open {
    List,
    InlineTable {
        /// A line break was told already.
        is_told: bool,
        /// The comma that nothing followed so far.
        comma: Option<Span>,
    },
}

/// Notes everything in a text that is TOML 1.1 and no TOML 1.0.0. The text has no other fault of syntax, and so is
/// not nested deeply.
pub(super) fn check_toml_version(text: &str, problems: &mut Problems<'_>) {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut walk = Walk { text, problems, open: Vec::new() };
    // What is wrong otherwise, the parser has told.
    parse_document(&tokens, &mut |event| walk.meet(&event), &mut ());
}

struct Walk<'w, 'p> {
    text: &'w str,
    problems: &'w mut Problems<'p>,
    open: Vec<Open>,
}

impl Walk<'_, '_> {
    fn meet(&mut self, event: &Event) {
        match event.kind() {
            EventKind::ArrayOpen => self.open.push(Open::List),
            EventKind::InlineTableOpen => {
                self.open.push(Open::InlineTable { is_told: false, comma: None });
            }
            EventKind::ArrayClose => drop(self.open.pop()),
            EventKind::InlineTableClose => {
                if let Some(Open::InlineTable { comma: Some(comma), .. }) = self.open.pop() {
                    let found = Bilingual::fixed(
                        "ein Komma vor der schließenden Klammer",
                        "a comma before the closing brace",
                    );
                    let help = Bilingual::fixed("das Komma weglassen", "leave the comma out");
                    self.refuse(comma, found, help);
                }
            }
            EventKind::ValueSep => {
                if let Some(Open::InlineTable { comma, .. }) = self.open.last_mut() {
                    *comma = Some(event.span());
                }
            }
            EventKind::Newline => self.line_break(
                event.span(),
                Bilingual::fixed(
                    "ein Zeilenende zwischen geschweiften Klammern",
                    "a line break between braces",
                ),
            ),
            EventKind::Comment => self.line_break(
                event.span(),
                Bilingual::fixed("ein Hinweis zwischen geschweiften Klammern", "a comment between braces"),
            ),
            EventKind::SimpleKey => {
                if let Some(Open::InlineTable { comma, .. }) = self.open.last_mut() {
                    *comma = None;
                }
                self.text(event);
            }
            EventKind::Scalar => self.text(event),
            _ => {}
        }
    }

    fn line_break(&mut self, span: Span, found: Bilingual) {
        if let Some(Open::InlineTable { is_told: is_told @ false, .. }) = self.open.last_mut() {
            *is_told = true;
            let help = Bilingual::fixed(
                "alles zwischen { und } in eine Zeile schreiben; nur Listen in [ … ] dürfen mehrere haben",
                "write all of { … } in one line; only lists in [ … ] may have several",
            );
            self.refuse(span, found, help);
        }
    }

    /// Looks for new escapes, where there are escapes at all.
    fn text(&mut self, event: &Event) {
        if !matches!(event.encoding(), Some(Encoding::BasicString | Encoding::MlBasicString)) {
            return;
        }
        let raw = self.text.get(range(event.span())).unwrap_or_default();
        let mut characters = raw.char_indices();
        while let Some((offset, character)) = characters.next() {
            if character != '\\' {
                continue;
            }
            let start = event.span().start() + offset;
            match characters.next() {
                Some((_, 'e')) => {
                    let span = Span::new_unchecked(start, start + 2);
                    self.escape(span, "\\e", "001b");
                }
                Some((_, 'x')) => {
                    let span = Span::new_unchecked(start, start + 4);
                    let digits = self.text.get(start + 2..start + 4).unwrap_or_default();
                    self.escape(span, &format!("\\x{digits}"), &format!("00{digits}"));
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self, span: Span, found: &str, digits: &str) {
        let found =
            |language: Language| language.pick(format!("das Zeichen {found}"), format!("the escape {found}"));
        let help = |language: Language| {
            language.pick(format!("\\u{digits} schreiben"), format!("write \\u{digits}"))
        };
        self.refuse(span, Bilingual::told(found), Bilingual::told(help));
    }

    fn refuse(&mut self, span: Span, found: Bilingual, help: Bilingual) {
        self.problems.add(&range(span), || Reason::LaterToml { found, help });
    }
}

fn range(span: Span) -> Range<usize> {
    span.start()..span.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut problems = Problems::new(text);
        check_toml_version(text, &mut problems);
        let problems = problems.into_error("c.toml").problems;
        problems.iter().map(|one| format!("{}:{}: {}", one.line, one.column, one.reason)).collect()
    }

    const ONE_LINE: &str = "write all of { … } in one line; only lists in [ … ] may have several";

    #[test]
    fn braces_over_several_lines_are_told_once_and_so_is_the_last_comma() {
        assert_eq!(
            told("a = 1\nb = {\n  c = true, # why\n  d = 2,\n}\n"),
            [
                format!("2:6: a line break between braces is TOML 1.1, and a charter is TOML 1.0; {ONE_LINE}"),
                "4:8: a comma before the closing brace is TOML 1.1, and a charter is TOML 1.0; leave the comma out"
                    .to_owned(),
            ]
        );
        assert_eq!(
            told("b = { c = 1, # why\n d = { e = 1, } }"),
            [
                format!("1:14: a comment between braces is TOML 1.1, and a charter is TOML 1.0; {ONE_LINE}"),
                "2:13: a comma before the closing brace is TOML 1.1, and a charter is TOML 1.0; leave the comma out"
                    .to_owned(),
            ]
        );
        assert_eq!(told("a = [{ b = 1 }, { c = [1], },\n]").len(), 1);
        assert_eq!(told("a = { b = [ { c = 1\n } ] }").len(), 1, "within a list within braces");
    }

    #[test]
    fn escapes_that_are_new_are_told_with_those_that_are_not() {
        assert_eq!(
            told(r#"a = "x\e\\e\x41" # \e"#),
            [
                r"1:7: the escape \e is TOML 1.1, and a charter is TOML 1.0; write \u001b",
                r"1:12: the escape \x41 is TOML 1.1, and a charter is TOML 1.0; write \u0041",
            ]
        );
        assert_eq!(told("\"\\x41\" = \"\"\"\n\\e\"\"\"").len(), 2, "in keys and in texts of several lines");
    }

    #[test]
    fn toml_1_0_is_left_alone() {
        for text in [
            "a = { b = [ # why\n 1,\n 2,\n ], c = 3 }\n# { \n",
            "a = { b = \"\"\"\n{\n\"\"\", c = '''\n''' }",
            "a = [\n { b = 1 },\n {},\n]",
            r#"a = '\e\x41'
b = "\\e \\x41 \u001b \t"
c = '''\e'''
"#,
            "[a.b]\nc = 1\n\n[[d]] # e\nf = {}\n",
            "",
        ] {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }
}
