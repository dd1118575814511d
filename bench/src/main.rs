//! `einsicht-bench`: what the ledger costs beyond gRPC, the disk and SHA-256.

use std::process::ExitCode;

use clap::Parser;
use einsicht_bench::command::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
