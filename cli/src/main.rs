//! `einsicht`: records accesses to city data, and verifies the ledger without trusting it.

mod access_report;
mod annotated;
mod cli;
mod command;
mod event_flags;
mod event_json;
mod exit;
mod explain;
mod given;
mod import;
mod language;
mod options;
mod output;
mod private;
mod problem;
mod sealed;
mod view;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match cli::Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    output::show_warnings(cli.options.is_quiet());
    let ended = command::run(&cli);
    ended.unwrap_or_else(|error| explain::complain_about(&error, cli.command.language())).into()
}
