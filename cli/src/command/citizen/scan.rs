//! `einsicht citizen scan`: the accesses to one person's data, found in the public log.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use einsicht_access::Month;
use einsicht_client::scan::{Hit, Scan, Untold, scan};
use einsicht_client::view_keys::{VIEW_KEYS_BYTES_MAX, ViewKeys};
use einsicht_tlog::receipt::FILE_EXTENSION;
use zeroize::Zeroizing;

use crate::access_report::{AccessReport, json};
use crate::exit::Exit;
use crate::options::Options;
use crate::output::progress::Progress;
use crate::output::{self, Emphasis, Out, counted, grouped};
use crate::private::{NewFile, read_text};

const EXAMPLES: &str = "\
Examples:
  einsicht citizen scan --keys p.keys https://ledger.example --vkey ledger.vkey
  einsicht citizen scan --keys p.keys ./copy-of-the-ledger --vkey ledger.vkey --proofs proofs
  einsicht citizen scan --keys p.keys --json | jq '.accesses[].purpose'

The whole ledger is read and verified, and each record of the months is tested with your keys on this
machine: nobody learns what you looked for or what you found. What is found is proven. What is not
found proves less: the keys are what the administration gave you, and whether they are yours nobody
can see; and the markers were written by the service, which an auditor with the city's keys can check
(`einsicht verify --vault`). A month is the one in which an access was recorded.

Ends with 0 if everything could be told, 1 if the ledger failed verification, 2 if something could
not be told; nothing found is then not the same as no access.";

/// What `citizen scan` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ScanArgs {
    /// File with your view keys, as `einsicht citizen key` writes it
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// New folder for the proofs of what is found
    #[arg(long, value_name = "DIR")]
    proofs: Option<PathBuf>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Scans.
///
/// # Errors
/// The ledger is not verified, or the keys can't be used.
pub async fn run(args: &ScanArgs, options: &Options) -> anyhow::Result<Exit> {
    args.proofs.as_deref().map_or(Ok(()), new_folder)?;
    let found = scanned(&args.keys, args.place.as_deref(), options).await?;
    if let Some(dir) = &args.proofs {
        write_proofs(dir, &found)?;
        options.note(&format!("proofs written to {}", dir.display()));
    }
    output::print(|out| match args.json {
        true => out.json(&json::of(&AccessReport::new(&found))),
        false => print(&found, out),
    })?;
    Ok(exit_of(&found))
}

/// Reads the keys and scans the ledger.
pub async fn scanned(keys: &Path, place: Option<&str>, options: &Options) -> anyhow::Result<Scan> {
    let text = Zeroizing::new(read_text(keys, VIEW_KEYS_BYTES_MAX)?);
    let keys = ViewKeys::parse(&text).with_context(|| format!("{} can't be used", keys.display()))?;
    let trust = options.trust(options.place(place))?;
    let source = options.source(place)?;
    let mut progress = Progress::counting("scanning", options.is_quiet());
    let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
    let found = scan(&source, &trust, &keys, show).await;
    drop(progress);
    found.context("nothing is known about accesses to your data")
}

/// How a scan ends: whatever could not be told is not the same as nothing.
pub fn exit_of(found: &Scan) -> Exit {
    if found.untold().is_empty() { Exit::Done } else { Exit::Untold }
}

/// Makes a folder that nobody else can look into: what files in it are called says which records were found.
pub fn new_folder(dir: &Path) -> anyhow::Result<()> {
    let is_empty = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(is_empty || !dir.exists(), "{} is there already, and holds something", dir.display());
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| format!("{} can't be made", dir.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // There may have been one that others can enter.
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
            .with_context(|| format!("{} can't be closed to others", dir.display()))?;
    }
    Ok(())
}

/// Writes the proofs of all accesses into a folder, a file for each entry.
pub fn write_proofs(dir: &Path, found: &Scan) -> anyhow::Result<()> {
    for hit in &found.hits {
        for receipt in &hit.receipts {
            let path = dir.join(format!("{}.{FILE_EXTENSION}", receipt.index));
            NewFile::create(&path)?
                .write(&receipt.to_bytes())
                .with_context(|| format!("{} can't be written", path.display()))?;
        }
    }
    Ok(())
}

fn print(found: &Scan, out: &mut Out) -> std::io::Result<()> {
    let audit = &found.audit;
    let size = counted(audit.head.size.0, "entry", "entries");
    out.styled(Emphasis::Good, "VERIFIED", &format!("  {}, {size}", audit.origin))?;
    if audit.beginning.simulated {
        out.styled(Emphasis::Look, "SIMULATED", "  the entries of this ledger are made up")?;
    }
    let hits = counted(found.hits.len() as u64, "access", "accesses");
    let emphasis = if found.hits.is_empty() { Emphasis::Heading } else { Emphasis::Look };
    out.styled(emphasis, &format!("{hits} to your data found"), "")?;
    for hit in &found.hits {
        print_hit(hit, out)?;
    }
    for month in &found.months {
        let keys = counted(month.keys as u64, "key", "keys");
        let (records, schemes) = (counted(month.records, "record", "records"), month.schemes.join(", "));
        let marked = grouped(month.marked);
        out.line(&format!(
            "  {}: {} found in {records}, of which {marked} name people or are confidential, with {keys} ({schemes})",
            month.month,
            grouped(month.hits)
        ))?;
    }
    for (month, untold) in found.untold() {
        out.styled(Emphasis::Look, "  could not tell", &format!("  {}", untold_text(month, untold)))?;
    }
    Ok(())
}

fn print_hit(hit: &Hit, out: &mut Out) -> std::io::Result<()> {
    let report = crate::access_report::Access::new(hit);
    let mut text = format!("  {}  {}", report.occurred_at, report.sentence());
    if let Some(by) = hit.opened_by {
        text.push_str(&format!(" (was confidential, opened by entry {by})"));
    }
    out.styled(Emphasis::Heading, &format!("  entry {}", hit.index), &output::escape::value(&text))?;
    for (index, correction) in &hit.corrections {
        let text = format!("      corrected by entry {index}: {}", correction.correction);
        out.line(&output::escape::value(&text))?;
    }
    Ok(())
}

/// What could not be told, in a sentence.
pub fn untold_text(month: Month, untold: Untold) -> String {
    match untold {
        Untold::NoRecords => {
            format!(
                "{month}: the ledger has no record of that month that names anybody; is it the month that was meant?"
            )
        }
        Untold::NotOver => {
            format!(
                "{month}: the ledger as it is shown here ends before the month does, so that more may follow"
            )
        }
        Untold::Hidden(records) => {
            let records = counted(records, "record is", "records are");
            format!(
                "{month}: {records} still confidential; whether they are about you shows when they are opened, and of \
                 those that were erased before, never"
            )
        }
        Untold::NotUnderstood(entries) => {
            let entries = counted(entries, "entry is", "entries are");
            format!("{month}: {entries} of a kind that this release does not know; use a newer one")
        }
        Untold::Forgotten(accesses) => {
            let accesses = counted(accesses, "more access", "more accesses");
            format!(
                "{month}: {accesses} to your data; what they say was not kept: too many confidential records waited"
            )
        }
        Untold::Unchecked(openings) => {
            let openings = counted(openings, "opening", "openings");
            format!("{openings} of confidential records could not be compared with what was sealed")
        }
    }
}
