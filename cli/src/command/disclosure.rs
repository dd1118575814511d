//! `einsicht disclosure verify`: disclosed values that somebody else was given.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use einsicht_client::disclosure::{DISCLOSURE_BYTES_MAX, DisclosureFile};
use serde_json::json;
use zeroize::Zeroizing;

use super::disclose::{self, Known};
use crate::exit::Exit;
use crate::options::Options;
use crate::output::{self, Out};
use crate::private::read_text;
use crate::{explain, sealed};

const EXAMPLES: &str = "\
Examples:
  einsicht disclosure verify 17.disclosure --vkey ledger.vkey
  einsicht disclosure verify 17.disclosure --vkey ledger.vkey --json | jq .values.opened.actor

Needs no network. Shows that each value stood behind its seal when the record was made, that the
record is in the ledger, and that the ledger says that something was disclosed. Not shown: whether
the value was true, and whether what is said to be erased (in JSON: erased_said) is.
Ends with 0 if verified, 1 if verification failed, 2 if nobody can tell.";

/// What `disclosure` takes.
#[derive(Debug, Args)]
pub struct DisclosureArgs {
    #[command(subcommand)]
    command: DisclosureCommand,
}

#[derive(Debug, Subcommand)]
enum DisclosureCommand {
    /// Verify a file of disclosed values, without network, and show them
    #[command(after_help = EXAMPLES)]
    Verify {
        /// The file, as `einsicht disclose --out` writes it
        file: PathBuf,
        /// Print the result as one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Verifies.
///
/// # Errors
/// The file proves nothing, or can't be read.
pub fn run(args: &DisclosureArgs, options: &Options) -> anyhow::Result<Exit> {
    let DisclosureCommand::Verify { file, json } = &args.command;
    let key = options.key(None)?;
    let text = Zeroizing::new(read_text(file, DISCLOSURE_BYTES_MAX)?);
    match DisclosureFile::verify(&text, &key) {
        Ok(disclosed) => {
            if *json {
                let values = sealed::json(&disclosed.values, "erased_said")?;
                let object = disclose::summary(&disclosed, Some(values));
                output::print(|out| out.json(&object))?;
                return Ok(Exit::Done);
            }
            let mut out = Out::new();
            let known = Known {
                erased: "said to be erased (not proven by this file)",
                trail: "says that something was disclosed; what, is sealed there",
            };
            let written = disclose::print(&disclosed, true, known, &mut out);
            disclose::flush(written, out)?;
            Ok(Exit::Done)
        }
        Err(error) => {
            let error = anyhow::Error::new(error);
            if *json {
                let failed = explain::exit_of(&error) == Exit::Failed;
                let outcome = if failed { "failed" } else { "could not tell" };
                let text = explain::text_of(&error);
                output::print(|out| out.json(&json!({"outcome": outcome, "error": text})))?;
            }
            Err(error).with_context(|| format!("the disclosure {} is not verified", file.display()))
        }
    }
}
