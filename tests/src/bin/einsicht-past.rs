//! `einsicht-past`: begins a development ledger as if its accesses had been recorded in months that are over. For
//! tests that are not written in Rust: view keys are given out for such months only.

use std::io::stdin;
use std::path::PathBuf;

use clap::Parser;
use einsicht_tests::months::{begin, parse};

/// Begins a development ledger with accesses of past months; each line of standard input is one: `2026-10 4711,12`,
/// the month and whose data it was, if anybody's. `einsichtd dev --accept-clock` goes on with it
#[derive(Debug, Parser)]
#[command(name = "einsicht-past", version)]
struct Cli {
    /// Data folder; made here
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

fn main() {
    let cli = Cli::parse();
    begin(&cli.data, &parse(stdin().lock()));
}
