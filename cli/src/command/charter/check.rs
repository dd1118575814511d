//! `einsicht charter check`: whether a file can be published, and what it says.

use std::path::PathBuf;

use clap::Args;
use einsicht_access::CharterError;
use serde_json::Value;

use super::file::{CharterFile, Unusable, check_file};
use super::json::{charter_json, problems_json};
use super::text::{self, Extent};
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::output::{self, Emphasis};

const EXAMPLES: &str = "\
Examples:
  einsicht charter check charter.toml
  einsicht charter check charter.toml --lang de --all
  einsicht charter check charter.toml --json | jq -r '.problems[] | \"\\(.line): \\(.problem.en)\"'

Everything that is wrong is told at once, each with file, line, column and what was probably meant.
A file that is right is read back in plain sentences, made from the rules: compare them with what was
decided, for they are what accesses are judged by. Nothing is sent anywhere.

Ends with 0 if the charter can be published, 2 if it can't.";

/// What `charter check` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// The charter ('-': standard input)
    file: PathBuf,
    /// Read back data sets and activities, too
    #[arg(long)]
    all: bool,
    /// Print it as one JSON object, also what is wrong
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// Checks.
///
/// # Errors
/// The file can't be read, or holds no charter.
pub fn run(args: &CheckArgs) -> anyhow::Result<Exit> {
    match check_file(&args.file, args.language.language())? {
        Ok(file) => usable(args, &file),
        Err(error) => unusable(args, error),
    }
}

fn usable(args: &CheckArgs, CharterFile { charter, .. }: &CharterFile) -> anyhow::Result<Exit> {
    output::print(|out| {
        if args.json {
            let mut json = charter_json(charter);
            if let Value::Object(members) = &mut json {
                members.insert("outcome".to_owned(), "usable".into());
            }
            return out.json(&json);
        }
        let language = args.language.language();
        let verdict = pick(language, "IN ORDNUNG", "ALL RIGHT");
        let can = pick(language, "kann veröffentlicht werden", "can be published");
        out.styled(Emphasis::Good, verdict, &format!("  {} {can}", args.file.display()))?;
        text::print(charter, if args.all { Extent::All } else { Extent::Commitments }, language, out)
    })?;
    Ok(Exit::Done)
}

fn unusable(args: &CheckArgs, error: CharterError) -> anyhow::Result<Exit> {
    if args.json {
        output::print(|out| out.json(&problems_json(&error)))?;
    }
    Err(Unusable { error, language: args.language.language() }.into())
}
