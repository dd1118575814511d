//! `einsicht list`: accesses that fit, newest first.

use anyhow::Context as _;
use clap::Args;
use einsicht_access::read_body;
use einsicht_client::annotations::Annotations;
use einsicht_client::reader::{Entry, Order, Reader};
use einsicht_tlog::{Index, Leaf, RecordedAt};
use futures::StreamExt as _;

use crate::annotated::{Known, Lookup};
use crate::exit::Exit;
use crate::options::{Options, tell_if_simulated};
use crate::output::progress::Progress;
use crate::view::{EntryView, ViewError};

mod filter;
mod print;
mod promised;

use filter::Filter;
use print::Printer;

/// An access may lie this far ahead of the clock of the ledger, so it may have been recorded this much
/// before it happened.
const AHEAD_MAX_S: u64 = 24 * 60 * 60;
/// Entries for which the service is asked at once what is said about them, and how far they may lie apart.
const WAITING_MAX: usize = 256;
const SPAN_MAX: u64 = 65_536;
/// Entries after which the progress is looked at.
const ENTRIES_PER_LOOK: u64 = 1000;

const EXAMPLES: &str = "\
Examples:
  einsicht list --since 2026-11-01 --dataset parkhaeuser
  einsicht list --unit stadtplanung --limit 0 --csv > stadtplanung.csv
  einsicht list --deviates DE-03 --since 2026-11-01
  einsicht list --json --oldest-first | jq -r .purpose | sort | uniq -c

Days are days of UTC. --since and --until look at when the access happened. Each entry is proven to
stand in its place under the newest signed checkpoint; `einsicht verify` checks the ledger as a whole.
What others say about an entry stands in the column annotations: a correction, an opening.
--deviates and --not-verifiable look at the recorded verdict, which `einsicht verify` judges again;
`einsicht charter explain INDEX` says why it is so. A deviation is what a rule says of an access:
whether it is a breach, people decide.
In --csv an apostrophe stands before what a spreadsheet would take for a formula; --json has the
exact values.";

/// What `list` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// Most entries to list; 0 lists all
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u64,
    /// Begin with the oldest
    #[arg(long)]
    oldest_first: bool,
    /// Print one JSON object per line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values with all columns
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    filter: Filter,
}

/// Lists.
///
/// # Errors
/// Entries could not be read, or are not what was signed.
pub async fn run(args: &ListArgs, options: &Options) -> anyhow::Result<Exit> {
    let reader = options.reader(args.place.as_deref()).await?;
    tell_if_simulated(&reader).await?;
    let first = first_index(&reader, &args.filter).await?;
    let size = reader.head().size;
    let order = if args.oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    let mut listing = Listing {
        lookup: Lookup::new(&reader, args.place.as_deref(), options)?,
        met: Known::All(Annotations::default()),
        order,
        waiting: Vec::new(),
        printer: Printer::new(args.json, args.csv),
    };
    let mut entries = reader.entries(first..Index(size.0), order);
    let mut progress = Progress::counting("reading", options.is_quiet());
    let (mut looked_at, mut listed) = (0_u64, 0_u64);
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        looked_at += 1;
        if looked_at.is_multiple_of(ENTRIES_PER_LOOK) {
            progress.update(looked_at, Some(size.0 - first.0));
        }
        listing.met(&entry)?;
        if fits(&args.filter, &entry)? {
            listed += 1;
            if !listing.add(entry).await? || listed == args.limit {
                break;
            }
        }
    }
    drop(progress);
    listing.finish().await?;
    if listed == args.limit && looked_at < size.0 - first.0 {
        options.note(&format!("only the first {listed} are listed; --limit 0 lists all"));
    }
    if listed == 0 {
        // A slip of the keyboard must not look as if nothing deviated.
        promised::check(&reader, args.filter.commitments()).await?;
        options.note("no such entry was found");
    }
    Ok(Exit::Done)
}

/// Entries that fit, on their way to the printer.
struct Listing<'a> {
    lookup: Lookup<'a>,
    /// What entries that were met say about others.
    met: Known,
    order: Order,
    /// Entries of which it is not known yet what is said about them.
    waiting: Vec<Entry>,
    printer: Printer,
}

impl Listing<'_> {
    /// Whoever says something about an entry comes behind it: read backwards, it is met before.
    fn met(&mut self, entry: &Entry) -> anyhow::Result<()> {
        if let (Known::All(met), Order::NewestFirst) = (&mut self.met, self.order) {
            met.note(entry)?;
        }
        Ok(())
    }

    /// Lists an entry, now or with those that follow. False: nobody reads on.
    async fn add(&mut self, entry: Entry) -> anyhow::Result<bool> {
        if self.order == Order::NewestFirst {
            return list(&mut self.printer, &entry, &self.met);
        }
        let span = self.waiting.first().map_or(0, |first| entry.index().0 - first.index().0);
        let goes_on = match self.waiting.len() == WAITING_MAX || span >= SPAN_MAX {
            true => self.flush().await?,
            false => true,
        };
        self.waiting.push(entry);
        Ok(goes_on)
    }

    async fn flush(&mut self) -> anyhow::Result<bool> {
        let waiting = std::mem::take(&mut self.waiting);
        let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else { return Ok(true) };
        let known = self.lookup.range(first.index()..Index(last.index().0 + 1)).await?;
        for entry in &waiting {
            if !list(&mut self.printer, entry, known)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn finish(mut self) -> anyhow::Result<()> {
        self.flush().await?;
        self.printer.finish()
    }
}

fn list(printer: &mut Printer, entry: &Entry, known: &Known) -> anyhow::Result<bool> {
    let mut view = EntryView::read(entry.index(), entry.leaf())?;
    view.remarks = Some(known.about(entry)?);
    printer.add(view)
}

fn fits(filter: &Filter, entry: &Entry) -> anyhow::Result<bool> {
    let leaf = Leaf::parse(entry.leaf()).map_err(ViewError::from)?;
    let body = read_body(leaf.body).map_err(ViewError::from);
    Ok(filter.fits(&body.with_context(|| format!("entry {}", entry.index()))?, leaf.recorded_at))
}

/// Where to begin: what was recorded long before `--since` can't have happened after it.
async fn first_index(reader: &Reader, filter: &Filter) -> anyhow::Result<Index> {
    let Some(since_s) = filter.since_s().filter(|since_s| *since_s > AHEAD_MAX_S) else {
        return Ok(Index(0));
    };
    Ok(reader.first_index_at_or_after(RecordedAt(since_s - AHEAD_MAX_S)).await?)
}
