//! How the program logs, and says its last words.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// What a line of the log looks like: text for people, or a JSON object for programs that collect logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    // Not documented for the help: two more lines there, in every command, would hide what matters.
    #[allow(missing_docs)]
    Text,
    #[allow(missing_docs)]
    Json,
}

impl LogFormat {
    /// Begins logging to stderr.
    pub(super) fn install(self) {
        let filter = EnvFilter::try_from_env("EINSICHT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
        let logging = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false);
        match self {
            Self::Text => logging.init(),
            Self::Json => logging.json().flatten_event(true).with_ansi(false).init(),
        }
    }

    /// Why the program ends without having done what it should.
    pub(super) fn complain(self, sentence: &str) {
        match self {
            Self::Text => eprintln!("einsichtd: {sentence}"),
            Self::Json => tracing::error!("{sentence}"),
        }
    }
}
