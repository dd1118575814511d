//! `einsicht show`: one entry, as a person reads it.

use clap::Args;
use einsicht_access::field::Rendered;
use einsicht_tlog::{Index, TreeHead};

use crate::annotated::{Lookup, Remark, Remarks};
use crate::exit::Exit;
use crate::options::{Options, tell_if_simulated};
use crate::output::{self, Emphasis, Out, counted, escape};
use crate::view::{self, EntryView};

const EXAMPLES: &str = "\
Examples:
  einsicht show 17
  einsicht show 17 ./copy-of-the-data-folder --vkey ledger.vkey
  einsicht show 0 --json

The entry is proven to stand in its place under the newest signed checkpoint. Corrections beside it,
and the opening of a confidential record, are shown with it; the service says which ones there are,
and of a folder everything behind the entry is read.";

/// What `show` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowArgs {
    /// Index of the entry; the first has 0
    index: u64,
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows.
///
/// # Errors
/// The entry is not there, could not be read, or is not what was signed.
pub async fn run(args: &ShowArgs, options: &Options) -> anyhow::Result<Exit> {
    let reader = options.reader(args.place.as_deref()).await?;
    tell_if_simulated(&reader).await?;
    let entry = reader.entry(Index(args.index)).await?;
    let mut view = EntryView::proven(&entry, &reader).await?;
    let only = Index(args.index)..Index(args.index.saturating_add(1));
    let mut lookup = Lookup::new(&reader, args.place.as_deref(), options)?;
    view.remarks = Some(lookup.range(only).await?.about(&entry)?);
    output::print(|out| {
        if args.json {
            return out.json(&view);
        }
        print(&view, reader.trust().origin(), reader.head(), out)
    })?;
    Ok(Exit::Done)
}

/// An entry as a person reads it, and under which tree it is proven.
pub fn print(view: &EntryView, origin: &str, head: TreeHead, out: &mut Out) -> std::io::Result<()> {
    let title = format!("Entry {}: {}", view.index, view::describe(view.kind));
    out.styled(Emphasis::Heading, &title, "")?;
    let names = view.fields.iter().map(|(name, _)| name.len());
    let width = names.chain(["recorded_at".len()]).max().unwrap_or_default();
    let mut line = |name: &str, text: &str| out.line(&format!("  {name:<width$}  {}", escape::value(text)));
    line("recorded_at", &format!("{} (clock of the ledger)", view::time(view.recorded_at)))?;
    // First what a reader must not miss: that something of it is wrong, or was hidden.
    match &view.remarks {
        Some(Remarks::Known(remarks)) => {
            remarks.iter().try_for_each(|remark| print_remark(remark, &mut line))?;
        }
        Some(Remarks::NotKnown { why }) => line("annotations", &format!("not known: {why}"))?,
        None => {}
    }
    for (name, value) in &view.fields {
        line(name, &value.to_string())?;
    }
    if let Some(shown) = &view.shown {
        let how =
            if shown.is_proven { "proven to be what it sealed" } else { "said to be; not compared here" };
        line("record", &format!("of entry {}, {how}:", shown.opens))?;
        print_fields(&shown.fields, &mut line)?;
    }
    line("leaf hash", &view.leaf_hash.to_hex())?;
    line(
        "proven",
        &format!("in {origin}, under the signed checkpoint of {}", counted(head.size.0, "entry", "entries")),
    )
}

type Line<'a> = &'a mut dyn FnMut(&str, &str) -> std::io::Result<()>;

fn print_remark(remark: &Remark, line: Line<'_>) -> std::io::Result<()> {
    let what = match remark.kind {
        "unknown" => ", which says something that this version does not know",
        _ => "",
    };
    line(remark.kind, &format!("by entry {}{what}", remark.by))?;
    print_fields(&remark.fields, line)
}

fn print_fields(fields: &[(&'static str, Rendered)], line: Line<'_>) -> std::io::Result<()> {
    fields.iter().try_for_each(|(name, value)| line("", &format!("{name}: {value}")))
}
