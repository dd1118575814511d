//! `einsicht disclose`: sealed values of an entry, proven to be what was sealed.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use einsicht_access::seal::SealedField;
use einsicht_client::disclosure::DisclosureFile;
use einsicht_client::proven::ProvenEntry;
use einsicht_client::vault::{Disclosure, Wanted, Who};
use einsicht_tlog::Index;
use serde_json::json;

use crate::exit::Exit;
use crate::given::Reason;
use crate::options::Options;
use crate::output::{self, Emphasis, Out, escape};
use crate::private::NewFile;
use crate::{sealed, view};

const EXAMPLES: &str = "\
Examples:
  einsicht disclose 17 --reason \"complaint 2026-311\"
  einsicht disclose 17 --fields actor,justification --reason-file reason.txt --out 17.disclosure
  einsicht disclose --request 42 --reason \"checked with the data protection officer\"

The ledger records that you asked, and why, before it shows anything. Each value is then recomputed
to the seal that the record has held since it was made: PROVEN means that this was done.
With --out the values go into the file only; whoever gets it verifies it without the ledger:
`einsicht disclosure verify`. If two stewards are needed for a field, the first call asks, and
another steward grants it with --request; the first call ends with 2, as when nothing is left.
Of a confidential record the proof of each field is the whole record: it is shown, and in the file.

A reason on the command line is seen by other users of this machine, and the shell keeps it:
--reason-file reads it from a file or, with '-', from standard input.";

/// What `disclose` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DiscloseArgs {
    /// Index of the entry
    #[arg(required_unless_present = "request")]
    index: Option<u64>,
    /// Only these fields, such as actor,justification; all that the entry has if left out
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',', value_parser = sealed::field)]
    fields: Vec<SealedField>,
    #[command(flatten)]
    reason: Reason,
    /// Grant the request of another steward: the index of its entry
    #[arg(long, value_name = "INDEX")]
    request: Option<u64>,
    /// Write values and proofs into a new file, which others can verify, instead of showing them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Discloses.
///
/// # Errors
/// Nothing was disclosed, or what came is not proven.
pub async fn run(args: &DiscloseArgs, options: &Options) -> anyhow::Result<Exit> {
    let reason = args.reason.text()?;
    let file = args.out.as_deref().map(NewFile::create).transpose()?;
    let vault = options.vault().await?;
    let wanted = Wanted {
        index: args.index.map(Index),
        fields: args.fields.clone(),
        request: args.request.map(Index),
    };
    match vault.disclose(&wanted, reason.text()).await? {
        Disclosure::Requested { entry, who } => {
            print_requested(&entry, &who, args)?;
            // Nothing was disclosed, and there is no file.
            Ok(Exit::Untold)
        }
        Disclosure::Disclosed { file: disclosed, who, may_be_erased_by } => {
            let is_gone = disclosed.values.opened.is_empty();
            if let (Some(file), Some(path), false) = (file, &args.out, is_gone) {
                let path = path.display();
                file.write(disclosed.to_json(vault.trust().origin()).as_bytes())
                    .with_context(|| format!("the values were disclosed, but {path} can't be written"))?;
                options
                    .note(&format!("values and proofs written to {path}: whoever has it knows the values"));
            }
            print_disclosed(&disclosed, &who, may_be_erased_by, args)?;
            Ok(if is_gone { Exit::Untold } else { Exit::Done })
        }
    }
}

fn print_disclosed(
    disclosed: &DisclosureFile,
    who: &Who,
    may_be_erased_by: Option<Index>,
    args: &DiscloseArgs,
) -> anyhow::Result<()> {
    let mut out = Out::new();
    let shows_values = args.out.is_none();
    if args.json {
        let values = shows_values.then(|| sealed::json(&disclosed.values, "erased")).transpose()?;
        let mut object = summary(disclosed, values);
        if let Some(members) = object.as_object_mut() {
            members.insert("who".to_owned(), who.as_str().into());
            members.insert("may_be_erased_by".to_owned(), may_be_erased_by.map(|by| by.0).into());
        }
        return output::print(|out| out.json(&object));
    }
    let did = if disclosed.values.opened.is_empty() { "asked for this" } else { "had this disclosed" };
    let trail = format!("says that '{}' {did}, and why", escape::value(who.as_str()));
    let known = Known { erased: "erased", trail: &trail };
    let written = print(disclosed, shows_values, known, &mut out)
        .and_then(|()| warn(disclosed, may_be_erased_by, &mut out));
    flush(written, out)
}

/// Says that what was shown may be something that was to be erased.
fn warn(disclosed: &DisclosureFile, may_be_erased_by: Option<Index>, out: &mut Out) -> anyhow::Result<()> {
    let Some(by) = may_be_erased_by else { return Ok(()) };
    let index = disclosed.entry.index();
    let fields: Vec<_> = disclosed.values.opened.iter().map(|opened| opened.field.name()).collect();
    let text =
        format!("  entry {by} says that something was erased, and the service can't read what any more");
    out.styled(Emphasis::Look, "MAY BE ERASED", &text)?;
    out.line(&format!(
        "It may be one of these values: pass none of them on before that is settled. What was to be erased is erased once \
         more with: einsicht erase {index} --fields {} --ground …",
        fields.join(",")
    ))?;
    Ok(())
}

/// What is known beyond the values.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Of those that were erased.
    pub erased: &'k str,
    /// Of the entry that says that they were disclosed.
    pub trail: &'k str,
}

/// What is proven, and the values if they are to be shown.
pub fn print(
    disclosed: &DisclosureFile,
    shows_values: bool,
    known: Known<'_>,
    out: &mut Out,
) -> anyhow::Result<()> {
    let entry = &disclosed.entry;
    let (index, when) = (entry.index(), view::time(entry.recorded_at()));
    let opened = output::counted(disclosed.values.opened.len() as u64, "value", "values");
    if disclosed.values.opened.is_empty() {
        out.styled(Emphasis::Look, "ERASED", &format!("  nothing is left to disclose of entry {index}"))?;
    } else {
        let text = format!("  {opened} of entry {index}, as sealed when it was recorded ({when})");
        out.styled(Emphasis::Good, "PROVEN", &text)?;
    }
    if shows_values {
        sealed::print(&disclosed.values, known.erased, out)?;
    }
    let silent: Vec<_> = disclosed.values.silent(entry.body()).iter().map(|field| field.name()).collect();
    if !silent.is_empty() {
        out.line(&format!("Also sealed there, and not among these: {}", silent.join(", ")))?;
    }
    let trail = &disclosed.trail;
    let (index, when) = (trail.index(), view::time(trail.recorded_at()));
    out.line(&format!("Entry {index} ({when}) {}", known.trail))?;
    Ok(())
}

/// The same as a JSON object.
pub fn summary(disclosed: &DisclosureFile, values: Option<serde_json::Value>) -> serde_json::Value {
    json!({
        "outcome": if disclosed.values.opened.is_empty() { "erased" } else { "proven" },
        "index": disclosed.entry.index().0,
        "recorded_at": view::time(disclosed.entry.recorded_at()),
        "trail": disclosed.trail.index().0,
        "disclosed_at": view::time(disclosed.trail.recorded_at()),
        "not_among_these": disclosed.values.silent(disclosed.entry.body()).iter().map(|field| field.name()).collect::<Vec<_>>(),
        "values": values,
    })
}

fn print_requested(request: &ProvenEntry, who: &Who, args: &DiscloseArgs) -> anyhow::Result<()> {
    let index = request.index();
    output::print(|out| {
        if args.json {
            return out.json(&json!({"outcome": "requested", "request": index.0, "who": who.as_str()}));
        }
        out.styled(
            Emphasis::Look,
            "REQUESTED",
            &format!(
                "  entry {index} says that '{}' asks for it; nothing was disclosed",
                escape::value(who.as_str())
            ),
        )?;
        out.line(&format!(
            "Another steward grants it, and is shown the values, with: einsicht disclose --request {index} --reason …"
        ))
    })
}

/// Ends the output: what could not be written because nobody reads on is no error.
pub fn flush(written: anyhow::Result<()>, mut out: Out) -> anyhow::Result<()> {
    match written {
        Ok(()) => output::unless_closed(std::io::Write::flush(&mut out)).map(drop),
        Err(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => output::unless_closed(Err(error)).map(drop),
            Err(error) => Err(error),
        },
    }
}
