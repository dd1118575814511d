//! Texts that commands are given: on the command line, or better from a file or standard input.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;

use crate::private::{Private, read_text};

/// Longest text that is read; the service says what it takes.
const TEXT_BYTES_MAX: u64 = 64 * 1024;

/// Why something is asked for.
#[derive(Debug, Args)]
pub struct Reason {
    /// Why. The ledger keeps it, sealed. Better with --reason-file
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "reason_file",
        conflicts_with = "reason_file"
    )]
    reason: Option<Private>,
    /// Read the reason from a file ('-': standard input): other users of this machine see command lines, and the
    /// shell keeps them
    #[arg(long, value_name = "FILE")]
    reason_file: Option<PathBuf>,
}

/// On which ground something is erased or corrected.
#[derive(Debug, Args)]
pub struct Ground {
    /// On which ground. It stands in the log in the clear: nothing personal
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "ground_file",
        conflicts_with = "ground_file"
    )]
    ground: Option<Private>,
    /// Read the ground from a file ('-': standard input)
    #[arg(long, value_name = "FILE")]
    ground_file: Option<PathBuf>,
}

impl Reason {
    /// The reason.
    ///
    /// # Errors
    /// It is empty, or can't be read.
    pub fn text(&self) -> anyhow::Result<Private> {
        text("reason", self.reason.as_ref(), self.reason_file.as_deref())
    }
}

impl Ground {
    /// The ground.
    ///
    /// # Errors
    /// It is empty, or can't be read.
    pub fn text(&self) -> anyhow::Result<Private> {
        text("ground", self.ground.as_ref(), self.ground_file.as_deref())
    }
}

/// The text that was given, or that stands in the file. Line ends around it are not part of it.
///
/// # Errors
/// There is none, it is empty, or it can't be read.
pub fn text(what: &str, given: Option<&Private>, file: Option<&Path>) -> anyhow::Result<Private> {
    let text = match (given, file) {
        (Some(given), _) => given.text().to_owned(),
        (None, Some(path)) => read_text(path, TEXT_BYTES_MAX)?,
        (None, None) => return Err(anyhow::anyhow!("no {what} given")),
    };
    let text = text.trim_matches(['\r', '\n']);
    ensure!(!text.trim().is_empty(), "the {what} is empty: say it in words that others can follow later");
    Ok(Private::from(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_from_the_command_line_or_a_file_and_is_never_empty() {
        let given = |text: &str| Private::from(text.to_owned());
        assert_eq!(text("reason", Some(&given("why")), None).unwrap().text(), "why");
        assert!(text("reason", Some(&given(" \n")), None).is_err());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "first\nsecond\n").unwrap();
        assert_eq!(text("reason", None, Some(&path)).unwrap().text(), "first\nsecond");
        std::fs::write(&path, "\n").unwrap();
        assert!(text("reason", None, Some(&path)).is_err());
    }
}
