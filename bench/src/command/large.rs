//! `einsicht-bench large`: measures a large ledger, shows a table, writes JSON.

use std::path::PathBuf;

use clap::Args;

use super::{begin, end, say};
use crate::large::{self, LargePlan, LargeReport};

/// Measures a large ledger: disk, memory, starts, proofs, audit.
///
/// Needs `einsichtd` and `einsicht` beside this program, and about 500 bytes of disk for each entry. The
/// events are recorded in process, by the service's own writer, without gRPC. Let nothing else run
/// meanwhile. 10 million entries take about 5 minutes.
#[derive(Debug, Args)]
pub struct LargeArgs {
    /// Entries of the ledger
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(10_000..))]
    entries: u64,
    /// Where to write the result, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder for the ledger, in a temporary folder of its own: it decides which disk is measured
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
}

pub(super) fn run(args: &LargeArgs) -> anyhow::Result<()> {
    let machine = begin(args.json.as_deref(), &args.dir)?;
    let plan = LargePlan::of(args.entries);
    let figures = large::run(plan, &args.dir, &mut |next| eprintln!("{next}"))?;
    let report = LargeReport::new(plan, machine, figures);
    say(&report.to_text());
    end(args.json.as_deref(), &report)
}
