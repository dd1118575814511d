//! `einsichtd`: the service.

use std::process::ExitCode;

use clap::Parser;
use einsicht_service::command::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
