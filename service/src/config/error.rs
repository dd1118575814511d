//! Why a configuration is refused, told so that somebody can correct it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Characters of a value that an error shows.
const SHOWN_MAX: usize = 80;
/// A text with so many letters and digits in a row, both of them, could be a secret.
const SECRET_RUN_MIN: usize = 20;

/// A configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration can't be read: {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// What it says can't be used.
    #[error("{}", list(file, problems, *further))]
    Refused {
        /// The file.
        file: PathBuf,
        /// What is wrong, in the order of the file.
        problems: Vec<Problem>,
        /// How many more there are.
        further: usize,
    },
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was said; `None` for what was not said.
    pub place: Option<Place>,
    /// The setting, with the caller's name or number where it is a caller's.
    pub key: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong. Holds no value that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file is not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// Nothing has this name.
    #[error("there is no such setting{}", Advice(advice))]
    Unknown {
        /// What was probably meant, or what to do.
        advice: String,
    },
    /// It must be set.
    #[error("missing{}", Advice(advice))]
    Missing {
        /// What to do.
        advice: String,
    },
    /// A value of another type, out of its range, or at odds with another setting.
    #[error("expected {expected}, found {found}{}", Advice(advice))]
    Unexpected {
        /// What could stand there.
        expected: String,
        /// What stands there.
        found: String,
        /// What to do; empty where that is plain.
        advice: String,
    },
    /// Something that may be there once.
    #[error("{what} is there twice, first on line {first_line}; {advice}")]
    Twice {
        /// What it is.
        what: String,
        /// Where it was first.
        first_line: usize,
        /// What to do.
        advice: &'static str,
    },
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nobody set it.
    Default,
    /// The configuration file. Lines and columns count from 1, columns in characters.
    File {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// This variable of the environment.
    Environment(String),
    /// `--set`.
    CommandLine,
}

impl Place {
    /// In words, for `config show`.
    #[must_use]
    pub fn told(&self, file: &Path) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File { line, .. } => format!("{}:{line}", file.display()),
            Self::Environment(name) => format!("environment {name}"),
            Self::CommandLine => "--set".to_owned(),
        }
    }

    /// Its line, if it is in the file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::File { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl Problem {
    /// As one line: where, what, expected, found, what to do.
    #[must_use]
    pub fn sentence(&self, file: &Path) -> String {
        let place = match &self.place {
            Some(Place::File { line, column }) => format!("{}:{line}:{column}", file.display()),
            Some(place @ (Place::Environment(_) | Place::CommandLine)) => place.told(file),
            Some(Place::Default) | None => file.display().to_string(),
        };
        match self.key.as_str() {
            "" => format!("{place}: {}", self.reason),
            key => format!("{place}: {key}: {}", self.reason),
        }
    }
}

/// A value for an error: in quotes, escaped, short, and hidden where it could be a secret that was pasted
/// into the wrong place.
pub(super) fn shown(text: &str) -> String {
    let count = text.chars().count();
    if could_be_secret(text) {
        return format!("a text of {count} characters (not shown: it could be a secret)");
    }
    match text.char_indices().nth(SHOWN_MAX) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}… ({count} characters)", text.get(..end).unwrap_or_default()),
    }
}

fn could_be_secret(text: &str) -> bool {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_+=".contains(c)));
    runs.filter(|run| run.len() >= SECRET_RUN_MIN).any(|run| {
        run.bytes().any(|byte| byte.is_ascii_digit()) && run.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

fn list(file: &Path, problems: &[Problem], further: usize) -> String {
    let mut told: Vec<String> = problems.iter().map(|problem| problem.sentence(file)).collect();
    if further > 0 {
        told.push(format!("{}: and {further} more", file.display()));
    }
    match told.as_slice() {
        [one] => format!("the configuration can't be used: {one}"),
        _ => format!("the configuration can't be used:\n  {}", told.join("\n  ")),
    }
}

/// What follows a sentence, if anything does.
struct Advice<'a>(&'a str);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "; {}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_secret_is_not_shown() {
        for secret in [
            "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.abc",
            "dns:q1w2e3r4t5z6u7i8o9p0a",
            "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
        ] {
            let shown = shown(secret);
            assert!(shown.starts_with("a text of") && shown.contains("not shown"), "{shown}");
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(shown("10.0.0.5:7420"), "\"10.0.0.5:7420\"");
        assert_eq!(shown("verkehrsplanung-und-mobilitaet"), "\"verkehrsplanung-und-mobilitaet\"");
    }

    #[test]
    fn what_is_shown_is_short_and_harmless_to_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb"), "\"a\\u{1b}[2Jb\"");
        let long = shown(&"ä ".repeat(1000));
        assert!(long.chars().count() < 120 && long.ends_with("(2000 characters)"), "{long}");
    }
}
