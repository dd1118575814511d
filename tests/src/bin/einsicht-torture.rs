//! `einsicht-torture`: faults at random moments, and what must hold after each.

use std::process::ExitCode;

use clap::Parser;
use einsicht_tests::torture::{Cli, run};

fn main() -> ExitCode {
    run(&Cli::parse())
}
