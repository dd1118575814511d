//! `einsicht correct`: what is wrong with a record, beside it.

use std::path::PathBuf;

use clap::Args;
use einsicht_tlog::Index;
use serde_json::json;

use crate::exit::Exit;
use crate::given::{self, Ground};
use crate::options::Options;
use crate::output::{self, Emphasis};
use crate::private::Private;

const EXAMPLES: &str = "\
Examples:
  einsicht correct 17 --correction \"the unit was stadtplanung\" --ground \"GDPR Article 16\"
  einsicht correct 17 --correction-file correction.txt --ground \"note of the unit, 2026-11-20\"

The record stays as it is: the correction is an entry of its own, and is shown wherever the record
is. Both texts are public: write nothing personal into them.";

/// What `correct` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CorrectArgs {
    /// Index of the record
    index: u64,
    /// What is wrong, and what would be right. It stands in the log in the clear
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "correction_file",
        conflicts_with = "correction_file"
    )]
    correction: Option<Private>,
    /// Read the correction from a file ('-': standard input)
    #[arg(long, value_name = "FILE")]
    correction_file: Option<PathBuf>,
    #[command(flatten)]
    ground: Ground,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Corrects.
///
/// # Errors
/// The correction is not recorded, or that it is is not proven.
pub async fn run(args: &CorrectArgs, options: &Options) -> anyhow::Result<Exit> {
    let correction = given::text("correction", args.correction.as_ref(), args.correction_file.as_deref())?;
    let ground = args.ground.text()?;
    let vault = options.vault().await?;
    let entry = vault.correct(Index(args.index), correction.text(), ground.text()).await?;
    output::print(|out| {
        if args.json {
            return out.json(
                &json!({"outcome": "corrected", "index": args.index, "corrected_by": entry.index().0}),
            );
        }
        let text = format!("  entry {} stands beside entry {}", entry.index(), args.index);
        out.styled(Emphasis::Good, "CORRECTED", &text)
    })?;
    Ok(Exit::Done)
}
