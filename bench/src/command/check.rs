//! `einsicht-bench check`: fails where a ratio of an earlier run is out of bounds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde::Deserialize;

use super::say;

/// Compares the ratios of an earlier run with bounds: for a build that has to fail where something has
/// become far slower.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What `run --json` wrote
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// The ratio must be this or more, for example batch_vs_floor=0.3; can be given several times
    #[arg(long, value_name = "RATIO=BOUND")]
    min: Vec<Limit>,
    /// The ratio must be this or less, for example unary_p99_vs_floor=4; can be given several times
    #[arg(long, value_name = "RATIO=BOUND")]
    max: Vec<Limit>,
}

/// A ratio and its bound, as typed.
#[derive(Debug, Clone, PartialEq)]
struct Limit {
    ratio: String,
    bound: f64,
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ratio, bound) =
            text.split_once('=').ok_or("expected RATIO=BOUND, such as batch_vs_floor=0.3")?;
        let bound: f64 = bound.parse().map_err(|_| format!("'{bound}' is not a number"))?;
        if !bound.is_finite() {
            return Err(format!("'{bound}' is no bound"));
        }
        Ok(Self { ratio: ratio.to_owned(), bound })
    }
}

/// What is read of a result.
#[derive(Debug, Deserialize)]
struct Ratios {
    ratios: BTreeMap<String, f64>,
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    ensure!(!args.min.is_empty() || !args.max.is_empty(), "nothing to check: give --min or --max");
    let text = std::fs::read_to_string(&args.json).with_context(|| args.json.display().to_string())?;
    let result: Ratios = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a result of `einsicht-bench run`", args.json.display()))?;
    let faults = faults(&result.ratios, &args.min, &args.max)?;
    for fault in &faults {
        say(&format!("FAILED  {fault}"));
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What is out of bounds, each a sentence.
fn faults(ratios: &BTreeMap<String, f64>, min: &[Limit], max: &[Limit]) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    let measured = |ratio: &str| {
        let known = || ratios.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        ratios.get(ratio).copied().with_context(|| format!("the result has no '{ratio}'; it has {}", known()))
    };
    for Limit { ratio, bound } in min {
        let found = measured(ratio)?;
        if found < *bound {
            faults.push(format!("{ratio} is {found:.3}, at least {bound} is expected"));
        }
    }
    for Limit { ratio, bound } in max {
        let found = measured(ratio)?;
        if found > *bound {
            faults.push(format!("{ratio} is {found:.3}, at most {bound} is expected"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Limit {
        text.parse().unwrap()
    }

    fn ratios() -> BTreeMap<String, f64> {
        [("batch_vs_floor".to_owned(), 0.7), ("unary_p99_vs_floor".to_owned(), 1.5)].into()
    }

    #[test]
    fn only_what_is_out_of_bounds_is_a_fault() {
        let within = faults(&ratios(), &[limit("batch_vs_floor=0.7")], &[limit("unary_p99_vs_floor=1.5")]);
        assert_eq!(within.unwrap(), Vec::<String>::new());
        let below = faults(&ratios(), &[limit("batch_vs_floor=0.71")], &[]).unwrap();
        assert_eq!(below, ["batch_vs_floor is 0.700, at least 0.71 is expected"]);
        let above = faults(&ratios(), &[], &[limit("unary_p99_vs_floor=1.4")]).unwrap();
        assert_eq!(above, ["unary_p99_vs_floor is 1.500, at most 1.4 is expected"]);
    }

    #[test]
    fn a_ratio_that_was_not_measured_is_never_a_pass() {
        let unknown = faults(&ratios(), &[limit("judged_vs_floor=0.1")], &[]).unwrap_err().to_string();
        assert!(unknown.contains("no 'judged_vs_floor'") && unknown.contains("batch_vs_floor"), "{unknown}");
    }

    #[test]
    fn bounds_that_are_none_are_refused() {
        for bad in ["batch_vs_floor", "batch_vs_floor=", "batch_vs_floor=x", "batch_vs_floor=NaN", "a=inf"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad}");
        }
    }
}
