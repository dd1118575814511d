//! `einsicht-bench run`: measures, shows a table, writes JSON.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{ArgGroup, Args};
use einsicht_service::metrics::Metrics;

use super::{begin, end, say};
use crate::part::Part;
use crate::plan::Plan;
use crate::report::Report;
use crate::run;

/// Measures the ledger against its yardsticks, in turns. Let nothing else run meanwhile.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("profile").required(true).args(["quick", "full"])))]
pub struct RunArgs {
    /// About three minutes
    #[arg(long)]
    quick: bool,
    /// About 15 minutes: for figures that are written down
    #[arg(long)]
    full: bool,
    /// Measure these parts only, separated by commas; what the others give is then absent from the result
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_enum)]
    only: Vec<Part>,
    /// Where to write the result, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder for the temporary folders of the servers: it decides which disk is measured
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
}

pub(super) fn run(args: &RunArgs) -> anyhow::Result<()> {
    let plan = if args.full { Plan::FULL } else { Plan::QUICK };
    let parts = Part::chosen(&args.only);
    let machine = begin(args.json.as_deref(), &args.dir)?;
    let metrics = Metrics::install().context("the metrics recorder")?;
    let measured = run::run(&plan, &parts, &args.dir, &metrics, &mut |next| eprintln!("{next}"))?;
    let report = Report::new(plan, parts, machine, &measured)?;
    say(&report.to_text());
    end(args.json.as_deref(), &report)
}
