//! In which language people are told.

use clap::{Args, ValueEnum};
use einsicht_access::Language;

/// Variables that say which language somebody reads; the first that is set decides.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// In which language sentences are told.
#[derive(Debug, Args)]
pub struct LanguageArgs {
    /// Language in which people are told [default: that of the environment if it is one of these, else en]
    #[arg(long, value_name = "LANGUAGE", value_enum)]
    lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    De,
    En,
}

impl LanguageArgs {
    /// The language.
    pub fn language(&self) -> Language {
        match self.lang {
            Some(Lang::De) => Language::German,
            Some(Lang::En) => Language::English,
            None => of_environment(),
        }
    }
}

/// The language of who works here.
pub fn of_environment() -> Language {
    of_variables(|name| std::env::var(name).ok())
}

fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let is_german = set.is_some_and(|value| value == "de" || value.starts_with("de_"));
    if is_german { Language::German } else { Language::English }
}

/// The one or the other.
pub fn pick<T>(language: Language, german: T, english: T) -> T {
    match language {
        Language::German => german,
        Language::English => english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_environment_unless_it_is_another() {
        let of = |set: &[(&str, &str)]| {
            of_variables(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Language::German);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]), Language::English);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "de_AT")]), Language::German);
        assert_eq!(of(&[("LANG", "dev")]), Language::English);
        assert_eq!(of(&[]), Language::English);
    }
}
