//! `einsicht-bench soak`: a steady load for a long time, as a table, a picture and JSON.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{begin, end, say};
use crate::soak::{self, Sample, SoakPlan, SoakReport};

/// Keeps the real service under a steady load, and shows memory and latency over time.
///
/// 10,000 events a second in batches of 500, 200 events a second alone, and 100 receipts a second that
/// are verified. Needs `einsichtd` beside this program, and 220 MB of disk for each minute.
#[derive(Debug, Args)]
pub struct SoakArgs {
    /// How long
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Where to draw memory and latency over time, as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Where to write the result, with every sample, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder for the ledger, in a temporary folder of its own: it decides which disk is measured
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
}

/// Samples between two lines that tell how it goes.
const TELL_EVERY: usize = 30;

pub(super) fn run(args: &SoakArgs) -> anyhow::Result<()> {
    let machine = begin(args.json.as_deref(), &args.dir)?;
    if let Some(path) = &args.svg {
        std::fs::write(path, "").with_context(|| format!("can't write {}", path.display()))?;
    }
    let plan = SoakPlan::of_minutes(args.minutes);
    let mut samples = 0;
    let mut tell = |sample: &Sample| {
        if samples % TELL_EVERY == 0 {
            let Sample { at_s, resident_mb, events_per_s, .. } = sample;
            eprintln!("{at_s:.0} s: {resident_mb:.0} MB, {events_per_s:.0} events/s");
        }
        samples += 1;
    };
    let report = SoakReport::new(plan, machine, soak::run(plan, &args.dir, &mut tell)?)?;
    say(&report.to_text());
    if let Some(path) = &args.svg {
        std::fs::write(path, report.to_svg()).with_context(|| path.display().to_string())?;
    }
    end(args.json.as_deref(), &report)
}
