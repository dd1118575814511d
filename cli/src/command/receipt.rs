//! `einsicht receipt`: the proof that an entry is in the ledger, fetched or verified.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use einsicht_client::reader::Reader;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, TreeHead};
use serde_json::{Value, json};

use super::show;
use crate::annotated::{Lookup, Remarks};
use crate::exit::Exit;
use crate::options::{Options, tell_if_simulated};
use crate::output::{self, Emphasis};
use crate::view::EntryView;

/// Far more than a receipt with the largest leaf has.
const RECEIPT_BYTES_MAX: u64 = 4 << 20;

const EXAMPLES: &str = "\
Examples:
  einsicht receipt 17 --out 17.tlog-proof
  einsicht receipt verify 17.tlog-proof --vkey ledger.vkey

A receipt is one file that holds the entry, the proof and the signed checkpoint (C2SP tlog-proof).
Whoever has it and the verifier key can check it without the ledger.";

const USAGE: &str = "\
einsicht receipt [OPTIONS] --out <FILE> <INDEX> [URL|DIR]
       einsicht receipt verify [OPTIONS] <FILE>";

const VERIFY_EXAMPLES: &str = "\
Example:
  einsicht receipt verify 17.tlog-proof --vkey ledger.vkey

Needs no network. Shows that the entry is in the ledger, and nothing about the entries around it.
Ends with 0 if verified, 1 if verification failed, 2 if nobody can tell.";

/// What `receipt` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(override_usage = USAGE)]
pub struct ReceiptArgs {
    /// What else to do than to fetch.
    #[command(subcommand)]
    command: Option<ReceiptCommand>,
    /// Index of the entry
    #[arg(required = true)]
    index: Option<u64>,
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// New file to write the receipt into ('-': standard output)
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ReceiptCommand {
    /// Verify a receipt, without network, and show its entry
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
struct VerifyArgs {
    /// The receipt
    file: PathBuf,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Fetches or verifies.
///
/// # Errors
/// The receipt is not to be had, or proves nothing.
pub async fn run(args: &ReceiptArgs, options: &Options) -> anyhow::Result<Exit> {
    match (&args.command, args.index, &args.out) {
        (Some(ReceiptCommand::Verify(verify)), ..) => self::verify(verify, options),
        (None, Some(index), Some(out)) => fetch(index, args.place.as_deref(), out, options).await,
        // The command line asks for both.
        _ => anyhow::bail!("give the index of an entry and --out FILE"),
    }
}

async fn fetch(index: u64, place: Option<&str>, out: &Path, options: &Options) -> anyhow::Result<Exit> {
    let reader = options.reader(place).await?;
    tell_if_simulated(&reader).await?;
    let receipt = reader.receipt(Index(index)).await?.to_bytes();
    if out.as_os_str() == "-" {
        output::print(|out| out.write_all(&receipt))?;
        return Ok(Exit::Done);
    }
    let written = std::fs::File::create_new(out).and_then(|mut file| {
        file.write_all(&receipt)?;
        file.sync_all()
    });
    written.with_context(|| format!("{} can't be written as a new file", out.display()))?;
    options.note(&format!("receipt of entry {index} written to {}", out.display()));
    tell_remarks(&reader, index, place, options).await?;
    Ok(Exit::Done)
}

/// A receipt shows one entry: what others say about it, they prove themselves.
async fn tell_remarks(
    reader: &Reader,
    index: u64,
    place: Option<&str>,
    options: &Options,
) -> anyhow::Result<()> {
    let only = Index(index)..Index(index.saturating_add(1));
    let entry = reader.entry(Index(index)).await?;
    let mut lookup = Lookup::new(reader, place, options)?;
    let Remarks::Known(remarks) = lookup.range(only).await?.about(&entry)? else { return Ok(()) };
    for remark in remarks {
        options.note(&format!("entry {index} is {}: that has a receipt of its own", remark.short()));
    }
    Ok(())
}

fn verify(args: &VerifyArgs, options: &Options) -> anyhow::Result<Exit> {
    let key = options.key(None)?;
    let path = args.file.display();
    let size = std::fs::metadata(&args.file).with_context(|| format!("{path} can't be read"))?.len();
    ensure!(size <= RECEIPT_BYTES_MAX, "{path} has {size} bytes, far more than a receipt");
    let bytes = std::fs::read(&args.file).with_context(|| format!("{path} can't be read"))?;
    match verified(&bytes, &key) {
        Ok((view, head)) => {
            output::print(|out| {
                if args.json {
                    return out.json(&verified_json(&view, key.name(), head));
                }
                out.styled(
                    Emphasis::Good,
                    "VERIFIED",
                    &format!("  {} signed a tree with this entry", key.name()),
                )?;
                show::print(&view, key.name(), head, out)
            })?;
            options
                .note("a receipt does not tell whether the ledger is a simulation; `einsicht verify` does");
            Ok(Exit::Done)
        }
        Err(error) => {
            if args.json {
                let outcome =
                    if crate::explain::exit_of(&error) == Exit::Failed { "failed" } else { "could not tell" };
                let error = crate::explain::text_of(&error);
                output::print(|out| out.json(&json!({"outcome": outcome, "error": error})))?;
            }
            Err(error.context(format!("the receipt {path} is not verified")))
        }
    }
}

fn verified(bytes: &[u8], key: &einsicht_tlog::VerifierKey) -> anyhow::Result<(EntryView, TreeHead)> {
    let receipt = Receipt::parse(bytes)?;
    let (leaf, checkpoint) = receipt.verify(None, key.name(), std::slice::from_ref(key))?;
    let view = EntryView::read(receipt.index, &leaf)
        .context("the tree that was signed does hold these bytes, but they are no well-formed entry")?;
    Ok((view, checkpoint.head))
}

fn verified_json(view: &EntryView, origin: &str, head: TreeHead) -> Value {
    json!({"outcome": "verified", "origin": origin, "size": head.size.0, "root": head.root.to_string(), "entry": view})
}
