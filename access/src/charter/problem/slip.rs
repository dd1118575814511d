//! Slips that keep a file from being TOML.

use super::{in_quotes, shown_name};
use crate::sentence::Language;

/// What was probably meant, or left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the sentences say")]
pub enum Slip {
    /// A list without its closing bracket; where what can't be in it begins, unless that is the end of the file.
    OpenList { before: Option<usize> },
    /// The same of a table in one, as `{ personal = true }`.
    OpenTable { before: Option<usize> },
    /// A text without its second quote.
    OpenText,
    /// The quotes of a word processor, or of a language.
    Quotes,
    /// A quote inside of a text.
    QuoteInText,
    /// A backslash in a text that stands for nothing.
    Backslash,
    /// A line in brackets that is no heading; the one that was probably meant.
    Heading { right: Option<String> },
    /// One bracket, where there can be several entries of that kind.
    OneBracket { right: String },
    /// A heading of which there can be one only.
    HeadingTwice { first_line: usize },
    /// A key that its entry has already.
    KeyTwice { key: String, first_line: usize },
    /// No comma between two items.
    NoComma,
    /// A semicolon between two items.
    Semicolon,
    /// A comma or bracket that closes nothing.
    OneTooMany { letter: char },
    /// A colon instead of `=`.
    Colon,
    /// A key with letters that keys do not have.
    KeyLetters,
    /// A line that is no entry: often a note without its `#`.
    NoEntry,
    /// The same in a table in one.
    NoPair,
    /// Nothing behind `=`.
    NoValue,
    /// Something that no value begins with.
    NoValueAtAll,
    /// A text without quotes.
    NoQuotes { word: String },
    /// A day as people write it.
    Day,
    /// A number as people write it.
    Number,
    /// Yes or no in other words.
    YesOrNo,
    /// Two entries on a line.
    TwoEntries,
    /// More behind a value.
    Rest,
    /// A space that is another character.
    Space,
    /// Line ends that no system writes any more.
    LineEnds,
    /// Anything else, in the words of the parser.
    Other(String),
}

impl Slip {
    pub(super) fn sentence(&self, language: Language) -> String {
        match self {
            Self::OpenList { before } => open(["Liste", "list", "]"], *before, language),
            Self::OpenTable { before } => open(["Klammer", "brace", "}"], *before, language),
            Self::Heading { right: Some(right) } => language.pick(
                format!("diese Zeile heißt richtig {right}: gleich viele Klammern davor und dahinter, sonst nichts"),
                format!("this line must read {right}: as many brackets before as behind, and nothing else"),
            ),
            Self::OneBracket { right } => language.pick(
                format!("solche Einträge kann es mehrere geben; darum beginnt jeder mit zwei Klammern: {right}"),
                format!("there can be several of these; that is why each begins with two brackets: {right}"),
            ),
            Self::HeadingTwice { first_line } => language.pick(
                format!("diese Zeile steht schon in Zeile {first_line}; sie kann nur einmal da stehen"),
                format!("this line is on line {first_line} already; it can be there only once"),
            ),
            Self::KeyTwice { key, first_line } => {
                let key = shown_name(key);
                language.pick(
                    format!("'{key}' steht in diesem Eintrag schon in Zeile {first_line}; eines von beiden löschen, oder es fehlt dazwischen eine Zeile wie [[purpose]]"),
                    format!("'{key}' is on line {first_line} of this entry already; remove one, or a line like [[purpose]] is missing between them"),
                )
            }
            Self::OneTooMany { letter } => language.pick(
                format!("hier steht ein Zeichen {letter} zu viel"),
                format!("here is one {letter} too many"),
            ),
            Self::NoQuotes { word } => {
                let word = in_quotes(word);
                language.pick(
                    format!("Text steht in Anführungszeichen: {word}"),
                    format!("text stands in quotes: {word}"),
                )
            }
            Self::Other(message) => language.pick(
                format!("hier ist die Datei nicht zu verstehen; der Fehler kann auch kurz davor liegen (auf Englisch: {message})"),
                format!("the file can't be understood here; the mistake may also be shortly before ({message})"),
            ),
            other => {
                let [german, english] = other.fixed();
                language.pick(german, english).to_owned()
            }
        }
    }

    /// Of slips that name nothing.
    #[rustfmt::skip] // A table reads as a table.
    const fn fixed(&self) -> [&'static str; 2] {
        match self {
            Self::NoComma => [
                "nach diesem Wert fehlt ein Komma",
                "a comma is missing after this value",
            ],
            Self::Semicolon => [
                "zwischen zwei Werten steht ein Komma, kein Semikolon",
                "between two values stands a comma, not a semicolon",
            ],
            Self::Colon => [
                "zwischen Angabe und Wert steht =, kein Doppelpunkt, wie in title = \"Winterdienst\"",
                "between key and value stands =, not a colon, as in title = \"Winterdienst\"",
            ],
            Self::KeyLetters => [
                "vor dem = stehen nur Buchstaben von a bis z, Ziffern und _; Umlaute gibt es dort nicht",
                "before the = stand letters from a to z, digits and _ only",
            ],
            Self::NoEntry => [
                "diese Zeile ist keine Angabe wie title = \"…\"; vor einem Hinweis für Menschen steht #",
                "this line is no entry like title = \"…\"; before a note for people stands #",
            ],
            Self::NoPair => [
                "in geschweiften Klammern stehen Angaben wie in { personal = true }",
                "in braces stand entries as in { personal = true }",
            ],
            Self::Heading { .. } => [
                "eine Zeile, die mit [ beginnt, heißt [charter] oder wie [[purpose]]: gleich viele Klammern davor und dahinter, sonst nichts",
                "a line that begins with [ reads [charter] or like [[purpose]]: as many brackets before as behind, and nothing else",
            ],
            Self::TwoEntries => [
                "jede Angabe steht auf einer eigenen Zeile",
                "each entry stands on a line of its own",
            ],
            Self::Rest => [
                "nach dem Wert steht in seiner Zeile nichts mehr, oder ein Hinweis, der mit # beginnt",
                "behind the value stands nothing more on its line, or a note that begins with #",
            ],
            Self::Space => [
                "hier steht ein geschütztes Leerzeichen, wie Textprogramme es machen; durch ein gewöhnliches ersetzen",
                "here is a no-break space, as word processors make it; put an ordinary one in its place",
            ],
            Self::LineEnds => [
                "die Zeilenenden dieser Datei sind die alter Macintosh-Rechner (CR); mit denen von Windows oder Unix speichern",
                "the line ends of this file are those of old Macintosh computers (CR); save it with those of Windows or Unix",
            ],
            _ => self.of_a_value(),
        }
    }

    #[rustfmt::skip]
    const fn of_a_value(&self) -> [&'static str; 2] {
        match self {
            Self::OpenText => [
                "diesem Text fehlt das zweite Anführungszeichen \" an seinem Ende",
                "this text lacks the second quote \" at its end",
            ],
            Self::Quotes => [
                "Anführungszeichen sind gerade, wie in \"statistik\"; Textprogramme machen „diese“ daraus: die Datei mit einem einfachen Texteditor schreiben",
                "quotes are straight, as in \"statistik\"; word processors make „these“ of them: write the file with a plain text editor",
            ],
            Self::QuoteInText => [
                "ein gerades Anführungszeichen beendet den Text; in einem Text stehen „diese“, oder \\\" statt \"",
                "a straight quote ends the text; inside of a text write “these”, or \\\" instead of \"",
            ],
            Self::Backslash => [
                "ein \\ in einem Text wird doppelt geschrieben: \\\\",
                "a \\ in a text is written twice: \\\\",
            ],
            Self::NoValue => ["hier fehlt der Wert", "a value is missing here"],
            Self::Day => [
                "einen Tag schreibt man Jahr-Monat-Tag, ohne Anführungszeichen, wie 2026-01-15, und es muss ihn geben",
                "a day is written year-month-day, without quotes, as in 2026-01-15, and has to exist",
            ],
            Self::Number => [
                "eine Zahl ist ganz und steht ohne Punkte, Kommas und Leerzeichen zwischen ihren Ziffern, wie 10000",
                "a number is whole, without points, commas and spaces between its digits, as in 10000",
            ],
            Self::YesOrNo => [
                "ja heißt true, nein heißt false, klein und ohne Anführungszeichen",
                "yes is true, no is false, in small letters and without quotes",
            ],
            _ => [
                "hier steht etwas, das kein Wert ist: ein Text in Anführungszeichen, eine ganze Zahl, ein Tag, true oder false",
                "here is something that is no value: a text in quotes, a whole number, a day, true or false",
            ],
        }
    }
}

fn open([german, english, bracket]: [&str; 3], before: Option<usize>, language: Language) -> String {
    let until = match before {
        Some(line) => language.pick(format!("vor Zeile {line}"), format!("before line {line}")),
        None => language.pick("bis zum Ende der Datei", "up to the end of the file").to_owned(),
    };
    language.pick(
        format!("der {german}, die hier beginnt, fehlt ihr {bracket} ({until})"),
        format!("the {english} that begins here has no {bracket} ({until})"),
    )
}
