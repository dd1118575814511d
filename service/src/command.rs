//! The commands of `einsichtd`.

mod backup;
mod certs;
mod config;
mod dev;
mod export;
pub mod fsck;
mod health;
mod init;
mod log;
mod manual;
mod place;
mod restore;
mod rewrap;
mod running;
mod serve;
mod sources;
mod token;
mod wrapping_key;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use log::LogFormat;

/// Einsicht: records every access to city data in a ledger that anybody can check.
#[derive(Debug, Parser)]
#[command(name = "einsichtd", version, propagate_version = true, after_help = WHERE_TO_BEGIN)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to log to stderr: for people, or one JSON object a line
    #[arg(long, global = true, value_name = "FORMAT", env = "EINSICHTD_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// For somebody who has only the program.
const WHERE_TO_BEGIN: &str = "To try it out:     einsichtd dev --data ./einsicht-data
To run a ledger:   config example, certs, init, token, config check, serve; each has --help
Exit codes:        0 done and sound, 1 checked and found wrong, 2 could not tell or run";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs a ledger for trying out and developing, on this machine only
    Dev(dev::DevArgs),
    /// Runs the ledger of a city, by a configuration
    Serve(serve::ServeArgs),
    /// Begins the ledger that a configuration names; refuses where one is
    Init(init::InitArgs),
    /// Prints an example configuration, checks one, or shows what one says
    Config(config::ConfigArgs),
    /// Makes a private authority and certificates for trying out; adds to a folder that has them
    Certs(certs::CertsArgs),
    /// Makes a bearer token for a caller: the secret into a file, its SHA-256 to stdout
    Token(token::TokenArgs),
    /// Makes the key that the keys of the vault are encrypted with; keep it elsewhere than those
    WrappingKey(wrapping_key::WrappingKeyArgs),
    /// Puts the keys of the vault under another wrapping key, so that copies of them die with the old one
    Rewrap(rewrap::RewrapArgs),
    /// Asks the service on this machine whether it records: 0 it does, 1 it does not, 2 could not tell
    Health(health::HealthArgs),
    /// Copies the log, verified, while the service runs; run again, only what is new
    Backup(backup::BackupArgs),
    /// Restores a backup into an empty data folder, and says what that means for readers
    Restore(restore::RestoreArgs),
    /// Writes the public log as plain files for any web server; run again, only what is new
    Export(export::ExportArgs),
    /// Checks a data folder offline: every entry, chain, tree, signature, derived files. Changes nothing
    Fsck(fsck::FsckArgs),
    /// Writes manual pages for all commands
    Man(manual::ManArgs),
    /// Prints completions for a shell
    Completions(manual::CompletionsArgs),
}

/// Runs a command. Exit codes: 0 done and sound, 1 checked and found wrong, 2 could not tell or run.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    cli.log_format.install();
    let outcome = match cli.command {
        Command::Dev(args) => dev::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Serve(args) => serve::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Health(args) => health::run(&args),
        Command::Fsck(args) => fsck::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Certs(args) => certs::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Init(args) => init::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Config(args) => config::run(&args),
        Command::Token(args) => token::run(&args).map(|()| ExitCode::SUCCESS),
        Command::WrappingKey(args) => wrapping_key::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Rewrap(args) => rewrap::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Man(args) => manual::write_pages(&args).map(|()| ExitCode::SUCCESS),
        Command::Completions(args) => {
            manual::print_completions(&args);
            Ok(ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        cli.log_format.complain(&told(&error));
        ExitCode::from(2)
    })
}

/// For the person at the terminal, not for the log. Whether anybody reads it changes nothing.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// An error and its causes as one sentence. Errors of ours tell their cause themselves: once is enough.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        _ if told.ends_with(&cause) => told,
        _ => format!("{told}: {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context as _;

    use super::told;
    use crate::ledger::LedgerError;

    #[test]
    fn an_error_is_told_with_each_cause_once() {
        let error = io::Error::other("the disk is gone");
        let error = LedgerError::Io { path: "data/lock".into(), error };
        let told = told(&Err::<(), _>(error).context("opening").unwrap_err());
        assert_eq!(told, "opening: data/lock: the disk is gone");
    }
}
