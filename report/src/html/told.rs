//! Texts of charters and files on a page: what is German on the English one says so, to whoever has it read aloud.

use askama::Template;
use einsicht_access::sentence::Language;

use super::words::pick;
use crate::document::{Label, Text};

/// A text in the language of its page, or German at its beginning where there is no other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(
    source = "{% if !german.is_empty() %}<span lang=\"de\">{{ german }}</span>{% endif %}{{ rest }}",
    ext = "html"
)]
pub struct Told {
    german: String,
    rest: String,
}

/// It escapes what it shows.
impl askama::filters::HtmlSafe for Told {}

impl Told {
    /// In the language of the page.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { german: String::new(), rest: text.into() }
    }

    /// In both languages, as far as there is an English one.
    pub fn text(text: &Text, language: Language) -> Self {
        match (language, text.en.split_at_checked(text.german)) {
            (Language::German, _) => Self::plain(&text.de),
            (Language::English, Some((german, rest))) => Self { german: german.into(), rest: rest.into() },
            (Language::English, None) => Self::plain(&text.en),
        }
    }

    /// Whether it is that text.
    pub fn is(&self, text: &str) -> bool {
        self.german.is_empty() && self.rest == text || self.rest.is_empty() && self.german == text
    }

    /// What a code is called, or the code.
    pub fn label(label: &Label, language: Language) -> Self {
        let title = pick(language, &label.de, &label.en).clone().unwrap_or_else(|| label.code.clone());
        match label.is_german && language == Language::English {
            true => Self { german: title, rest: String::new() },
            false => Self::plain(title),
        }
    }
}
