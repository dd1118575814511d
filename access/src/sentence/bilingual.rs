//! Words that are there in both languages.

use std::borrow::Cow;

use super::Language;

/// The same in German and in English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bilingual {
    german: Cow<'static, str>,
    english: Cow<'static, str>,
}

impl Bilingual {
    /// Words that are always the same.
    pub(crate) const fn fixed(german: &'static str, english: &'static str) -> Self {
        Self { german: Cow::Borrowed(german), english: Cow::Borrowed(english) }
    }

    /// Words that have to be put together.
    pub(crate) fn told(tell: impl Fn(Language) -> String) -> Self {
        Self { german: tell(Language::German).into(), english: tell(Language::English).into() }
    }

    /// What is written alike in every language, as a value is.
    pub(crate) fn alike(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { german: text.clone().into(), english: text.into() }
    }

    /// In that language.
    #[must_use]
    pub fn told_in(&self, language: Language) -> &str {
        language.pick(&self.german, &self.english)
    }
}
