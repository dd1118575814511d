//! `einsicht verify --vault`: every seal and every marker, with openings and keys.

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use einsicht_access::vault::WrappingKey;
use einsicht_client::finding::Finding;
use einsicht_client::reader::Reader;
use einsicht_client::vault_audit::{VaultAudit, VaultCopy, audit_vault};
use einsicht_client::{Conclusion, Trust};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::json::{finding_json, report_json};
use crate::exit::Exit;
use crate::explain;
use crate::options::Options;
use crate::output::progress::Progress;
use crate::output::{self, Emphasis, Out, complain, counted, grouped};
use crate::private::read_text;

const WRAPPING_KEY_BYTES_MAX: u64 = 4096;
/// Most findings that are shown one by one; `--json` has a hundred.
const SHOWN_MAX: usize = 10;

/// Whether the vault is verified, too.
#[derive(Debug, Args)]
#[command(next_help_heading = "Vault")]
pub struct VaultArgs {
    /// Also recompute every seal and every marker, with the vault in the data folder
    #[arg(long, requires_all = ["keys", "wrapping_key_file"])]
    pub vault: bool,
    /// Folder with the keys of the vault, or a copy of it (keys.dir of the service)
    #[arg(long, value_name = "DIR", requires = "vault")]
    keys: Option<PathBuf>,
    /// File with the key that these are wrapped with ('-': standard input)
    #[arg(long, value_name = "FILE", requires = "vault")]
    wrapping_key_file: Option<PathBuf>,
}

/// Verifies the log and the vault beside it.
///
/// # Errors
/// The log is not verified, or the vault can't be looked into.
pub async fn run(
    args: &VaultArgs,
    place: &str,
    trust: &Trust,
    as_json: bool,
    options: &Options,
) -> anyhow::Result<Exit> {
    let (Some(keys), Some(file)) = (&args.keys, &args.wrapping_key_file) else {
        bail!("--vault needs --keys DIR and --wrapping-key-file FILE");
    };
    if place.contains("://") {
        bail!("--vault needs a data folder, or a copy of one: the vault is not served");
    }
    let text = Zeroizing::new(read_text(file, WRAPPING_KEY_BYTES_MAX)?);
    let wrapping =
        WrappingKey::parse(&text).with_context(|| format!("{} holds no wrapping key", file.display()))?;
    // The service may run beside: what it had published before has to be in the vault.
    let before =
        Reader::open(options.source(Some(place))?, Trust::in_memory(options.key(Some(place))?)).await;
    let before = before.ok().map(|reader| reader.head().size);
    let vault = VaultCopy::open(place.as_ref(), keys, &wrapping, trust.origin())
        .context("the vault can't be looked into")?;
    let vault = match before {
        Some(size) => vault.opened_at(size),
        // The verification of the log tells why.
        None => vault,
    };
    let source = options.source(Some(place))?;
    let mut progress = Progress::counting("verifying", options.is_quiet());
    let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
    let audited = audit_vault(&source, trust, vault, show).await;
    drop(progress);
    let audit = match audited {
        Ok(audit) => audit,
        Err(error) => return super::fail(error, place, as_json),
    };
    output::print(|out| if as_json { out.json(&json_of(&audit)) } else { print(&audit, out) })?;
    let exit = match audit.conclusion() {
        Conclusion::Verified => Exit::Done,
        Conclusion::Failed => Exit::Failed,
        Conclusion::CouldNotTell => Exit::Untold,
    };
    if exit == Exit::Failed && !as_json {
        complain(
            "The log itself is verified. Keep a copy of vault and log, and tell the operator of the ledger.",
        );
    }
    Ok(exit)
}

fn print(audit: &VaultAudit, out: &mut Out) -> io::Result<()> {
    super::text::print(&audit.log, out)?;
    let counts = &audit.counts;
    match audit.conclusion() {
        Conclusion::Verified => out.styled(Emphasis::Good, "VAULT VERIFIED", "")?,
        Conclusion::Failed => {
            let findings = counted(audit.findings_in_all, "finding", "findings");
            out.styled(Emphasis::Bad, "VAULT FAILED", &format!("  {findings}"))?;
        }
        Conclusion::CouldNotTell => out.styled(Emphasis::Look, "VAULT: COULD NOT TELL ALL", "")?,
    }
    let mut line = |name: &str, text: &str| out.line(&format!("  {name:<12} {text}"));
    line(
        "sealed",
        &format!(
            "{} in {}",
            counted(counts.values, "value", "values"),
            counted(counts.entries, "entry", "entries")
        ),
    )?;
    line("markers", &format!("of {} recomputed", counted(counts.marked, "record", "records")))?;
    if counts.unmarked > 0 {
        line(
            "",
            &format!(
                "of {} nobody can tell: their subjects were erased",
                counted(counts.unmarked, "record", "records")
            ),
        )?;
    }
    if counts.erased_values > 0 {
        line(
            "erased",
            &format!("{}, as entries of the log say", counted(counts.erased_values, "value", "values")),
        )?;
    }
    if counts.erased_entries > 0 {
        let entries = counted(counts.erased_entries, "entry", "entries");
        line("erased", &format!("all of {entries}, with months that entries of the log name"))?;
    }
    for untold in &audit.untold {
        let entries = counted(untold.entries, "entry", "entries");
        line("not told", &format!("{entries} of {}: {}", untold.month, untold.why))?;
    }
    for place in audit.damage.iter().take(SHOWN_MAX) {
        line("damage", place)?;
    }
    for finding in audit.findings.iter().take(SHOWN_MAX) {
        print_finding(finding, out)?;
    }
    let more = audit.findings_in_all.saturating_sub(SHOWN_MAX as u64);
    if more > 0 {
        out.line(&format!("  {} more findings; --json lists the first hundred", grouped(more)))?;
    }
    Ok(())
}

fn print_finding(finding: &Finding, out: &mut Out) -> io::Result<()> {
    out.styled(Emphasis::Bad, "  FAILED", &format!("  {finding}"))?;
    out.line(&format!("          {}", explain::meaning_of(finding.fault)))
}

/// As without `--vault`, and what of the vault was verified as `vault`. `outcome` is that of both.
fn json_of(audit: &VaultAudit) -> Value {
    let counts = &audit.counts;
    let outcome = match audit.conclusion() {
        Conclusion::Verified => "verified",
        Conclusion::Failed => "failed",
        Conclusion::CouldNotTell => "could not tell",
    };
    let untold = audit.untold.iter();
    let untold = untold.map(
        |untold| json!({"month": untold.month.to_string(), "why": untold.why, "entries": untold.entries}),
    );
    let vault = json!({
        "entries": counts.entries, "values": counts.values, "marked": counts.marked, "unmarked": counts.unmarked,
        "erased_values": counts.erased_values,
        "erased_entries": counts.erased_entries,
        "could_not_tell": untold.collect::<Vec<_>>(),
        "damage": audit.damage,
        "findings_in_all": audit.findings_in_all,
        "findings": audit.findings.iter().map(finding_json).collect::<Vec<_>>(),
    });
    let mut report = report_json(&audit.log);
    if let Some(members) = report.as_object_mut() {
        members.insert("outcome".to_owned(), outcome.into());
        members.insert("vault".to_owned(), vault);
    }
    report
}
