//! `einsichtd config`: a configuration to begin with, and what one says.

mod check;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::sources::SourceArgs;
use crate::config;

/// Writes an example configuration, checks one, shows what holds.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Prints a commented configuration with everything that can be set
    Example,
    /// Checks a configuration, and the files and folders that it names. Changes nothing
    Check(SourceArgs),
    /// Shows what holds, and where each value comes from: file, environment, --set or default
    Show(ShowArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::Example => super::say(config::example().trim_end()),
        Action::Check(sources) => return check::run(sources),
        Action::Show(args) => {
            let loaded = args.sources.load()?;
            let shown = if args.json { show::json(&loaded)? } else { show::text(&loaded) };
            super::say(&shown);
        }
    }
    Ok(ExitCode::SUCCESS)
}
