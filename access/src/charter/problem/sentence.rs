//! What is wrong with a charter, as sentences in German and in English.

use super::{Format, Reason};
use crate::charter::{CHARTER_BYTES_MAX, COMMITMENTS_MAX};
use crate::problem::{Alphabet, Problem};
use crate::sentence::{Bilingual, Language};

impl Reason {
    /// What is wrong, in that language.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let told = |words: &Bilingual| words.told_in(language).to_owned();
        match self {
            Self::TooLong { bytes } => language.pick(
                format!("eine Charta hat höchstens {CHARTER_BYTES_MAX} Bytes, diese Datei hat {bytes}; ist es die richtige?"),
                format!("a charter has at most {CHARTER_BYTES_MAX} bytes, this file has {bytes}; is it the right one?"),
            ),
            Self::NotUtf8 { offset } => language.pick(
                format!("das Byte {offset} der Datei ist kein UTF-8; die Datei als UTF-8 speichern"),
                format!("the byte at offset {offset} is not UTF-8; save the file as UTF-8"),
            ),
            Self::NoPlainText(format) => no_plain_text(*format, language),
            Self::Syntax(slip) => slip.sentence(language),
            Self::LaterToml { found, help } => {
                let (found, help) = (told(found), told(help));
                language.pick(
                    format!("{found}: das gibt es erst in TOML 1.1, und eine Charta ist TOML 1.0; {help}"),
                    format!("{found} is TOML 1.1, and a charter is TOML 1.0; {help}"),
                )
            }
            Self::UnknownKey { owner, key, suggestion, known } => {
                let (owner, advice) = (told(owner), advice(suggestion.as_deref(), known, language));
                language.pick(
                    format!("{owner} hat keine Angabe '{key}'{advice}"),
                    format!("{owner} has no key '{key}'{advice}"),
                )
            }
            Self::Missing { owner, key, help } => {
                let (owner, help) = (told(owner), told(help));
                language.pick(
                    format!("{owner} braucht die Angabe '{key}': {help}"),
                    format!("{owner} needs '{key}': {help}"),
                )
            }
            Self::Unexpected { key, expected, found, suggestion } => {
                let (expected, found) = (told(expected), told(found));
                let meant = meant(suggestion.as_deref(), language);
                language.pick(
                    format!("'{key}': erwartet ist {expected}; da steht {found}{meant}"),
                    format!("'{key}': expected {expected}, found {found}{meant}"),
                )
            }
            Self::BadText { key, problem, help } => bad_text(key, problem, help.as_ref(), language),
            Self::Undeclared { table, code, suggestion } => undeclared(table, code, suggestion.as_deref(), language),
            Self::NotATitle { table, title, id } => language.pick(
                format!("{title} ist ein title; hier steht die id: \"{id}\" (so heißt sie im Eintrag [[{table}]])"),
                format!("{title} is a title; here stands the id: \"{id}\" (as in its [[{table}]])"),
            ),
            Self::Twice { name, first_line, help } => {
                let help = told(help);
                language.pick(
                    format!("{name} steht zweimal da, zuerst in Zeile {first_line}; {help}"),
                    format!("{name} is there twice, first on line {first_line}; {help}"),
                )
            }
            _ => self.of_rules(language),
        }
    }

    fn of_rules(&self, language: Language) -> String {
        let told = |words: &Bilingual| words.told_in(language).to_owned();
        match self {
            Self::UnknownField { name, suggestion, known } => {
                let advice = advice(suggestion.as_deref(), known, language);
                language.pick(
                    format!("keine Regel kann nach '{name}' fragen{advice}"),
                    format!("no rule can look at '{name}'{advice}"),
                )
            }
            Self::Misfit { field, found, fitting } => {
                let (found, fitting) = (told(found), told(fitting));
                language.pick(
                    format!("zu '{field}' passt keine solche Bedingung ({found}); möglich ist {fitting}"),
                    format!("'{field}' takes no such condition ({found}); it takes {fitting}"),
                )
            }
            Self::NotOneDemand { owner, found } => {
                let (owner, found) = (told(owner), found.join(language.pick(" und ", " and ")));
                match found.is_empty() {
                    true => language.pick(
                        format!(
                            "{owner} braucht genau eines von must, must_not und question und hat keines davon"
                        ),
                        format!(
                            "{owner} needs exactly one of must, must_not and question, it has none of them"
                        ),
                    ),
                    false => language.pick(
                        format!(
                            "{owner} braucht genau eines von must, must_not und question und hat {found}"
                        ),
                        format!("{owner} needs exactly one of must, must_not and question, it has {found}"),
                    ),
                }
            }
            Self::OfRulesOnly { owner, key } => {
                let owner = told(owner);
                language.pick(
                    format!("{owner} ist eine Frage, die Menschen beantworten; '{key}' gehört zu Regeln, die berechnet werden"),
                    format!("{owner} is a question, which people answer; '{key}' belongs to rules, which are computed"),
                )
            }
            Self::TooManyCommitments => language.pick(
                format!("eine Charta hat höchstens {COMMITMENTS_MAX} Versprechen, dies ist eines mehr"),
                format!("a charter has at most {COMMITMENTS_MAX} commitments, this is one more"),
            ),
            Self::Pointless { owner, fault, why, help } => {
                let parts = [owner, fault, why, help].map(told);
                let [owner, fault, why, help] = parts;
                format!("{owner} {fault}: {why}; {help}")
            }
            // Everything else is told above.
            _ => String::new(),
        }
    }
}

fn no_plain_text(format: Format, language: Language) -> String {
    let (german, english) = match format {
        Format::Utf16 => (
            "diese Datei ist in UTF-16 gespeichert (Windows nennt es „Unicode“); als UTF-8 speichern",
            "this file is saved as UTF-16 (Windows calls it “Unicode”); save it as UTF-8",
        ),
        Format::Document => (
            "dies ist das Dokument eines Textprogramms; den Text mit einem einfachen Texteditor schreiben und als UTF-8 speichern",
            "this is the document of a word processor; write the text with a plain text editor and save it as UTF-8",
        ),
    };
    language.pick(german, english).to_owned()
}

fn undeclared(table: &str, code: &str, suggestion: Option<&str>, language: Language) -> String {
    match suggestion {
        Some(meant) => language.pick(
            format!("{code} ist nirgends festgelegt; ist '{meant}' gemeint? Sonst legt es ein Eintrag [[{table}]] mit dieser id fest"),
            format!("{code} is not declared; did you mean '{meant}'? Otherwise a [[{table}]] with this id declares it"),
        ),
        None => language.pick(
            format!("{code} ist nirgends festgelegt; das tut ein Eintrag [[{table}]] mit dieser id"),
            format!("{code} is not declared; a [[{table}]] with this id declares it"),
        ),
    }
}

fn bad_text(key: &str, problem: &Problem, help: Option<&Bilingual>, language: Language) -> String {
    let help = help.map(|help| help.told_in(language));
    match problem {
        Problem::Empty => match help {
            Some(help) => {
                language.pick(format!("'{key}' ist leer: {help}"), format!("'{key}' is empty: {help}"))
            }
            None => language.pick(
                format!("'{key}' ist leer: ausfüllen oder weglassen"),
                format!("'{key}' is empty: fill it in or leave it out"),
            ),
        },
        Problem::TooLong { bytes, max } => language.pick(
            format!("'{key}' hat {bytes} Bytes, höchstens {max} sind erlaubt"),
            format!("'{key}' has {bytes} bytes, at most {max} are allowed"),
        ),
        Problem::NotNfc => language.pick(
            format!(
                "'{key}' hat Buchstaben, die aus zweien zusammengesetzt sind (nicht NFC); Umlaute neu tippen"
            ),
            format!("'{key}' has letters that are put together of two (not NFC); type them again"),
        ),
        Problem::BadCharacter { character, alphabet, .. } => {
            let (name, allowed) = (character_name(*character, language), allowed(*alphabet, language));
            let several = *alphabet == Alphabet::Code && matches!(character, ' ' | ',' | ';');
            let pairs = match several {
                true => language.pick(
                    "; von mehreren steht jeder in eigenen Anführungszeichen, mit Kommas dazwischen",
                    "; of several, each stands in quotes of its own, with commas between them",
                ),
                false => "",
            };
            language.pick(
                format!("in '{key}' steht {name}; {allowed}{pairs}"),
                format!("'{key}' has {name}; {allowed}{pairs}"),
            )
        }
        other => format!("'{key}' {other}"),
    }
}

fn character_name(character: char, language: Language) -> String {
    let (german, english) = match character {
        ' ' | '\u{a0}' => ("ein Leerzeichen", "a space"),
        ',' => ("ein Komma", "a comma"),
        ';' => ("ein Semikolon", "a semicolon"),
        '\t' => ("ein Tabulator", "a tab"),
        '\n' | '\r' => ("ein Zeilenende", "a line end"),
        _ => ("", ""),
    };
    match (german.is_empty(), character.is_control()) {
        (false, _) => language.pick(german, english).to_owned(),
        (true, false) => {
            language.pick(format!("das Zeichen {character}"), format!("the character {character}"))
        }
        (true, true) => {
            let code = u32::from(character);
            language.pick(format!("das Zeichen U+{code:04X}"), format!("the character U+{code:04X}"))
        }
    }
}

fn allowed(alphabet: Alphabet, language: Language) -> &'static str {
    match alphabet {
        Alphabet::Code => language.pick(
            "ein Kurzname hat nur Buchstaben, Ziffern und - _ . : /",
            "a code has letters, digits and - _ . : / only",
        ),
        Alphabet::Text | Alphabet::Id => language.pick(
            "ein Text ist hier eine Zeile, ohne Tabulatoren und Steuerzeichen",
            "a text is one line here, without tabs and control characters",
        ),
    }
}

fn meant(suggestion: Option<&str>, language: Language) -> String {
    suggestion
        .map(|meant| language.pick(format!("; ist '{meant}' gemeint?"), format!("; did you mean '{meant}'?")))
        .unwrap_or_default()
}

fn advice(suggestion: Option<&str>, known: &str, language: Language) -> String {
    match suggestion {
        Some(_) => meant(suggestion, language),
        None => language.pick(format!("; es gibt {known}"), format!("; there are {known}")),
    }
}
