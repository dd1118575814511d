//! `einsicht import`: the log of another programme, record by record.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use einsicht_access::field::render;
use einsicht_access::{Provenance, record_of};
use einsicht_proto::v1::AccessEvent;
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::exit::Exit;
use crate::import::input::Format;
use crate::import::mapping::Mapping;
use crate::import::read::{Events, Item};
use crate::import::send::{Import, NotesMisfit, Sender};
use crate::import::tally::Tally;
use crate::options::Options;
use crate::output::progress::Progress;
use crate::output::{self, Emphasis, Out};
use crate::view::Json;

/// How often a request is sent: long enough for a service that is restarted.
const ATTEMPTS_MAX: u32 = 8;
/// Records after which the progress is looked at.
const RECORDS_PER_LOOK: u64 = 100;

const EXAMPLES: &str = "\
Examples:
  einsicht import --format csv --map edgar.toml --dry-run edgar_log20170101.csv
  einsicht import --format combined --map access.toml /var/log/apache2/access.log
  zcat portal.jsonl.gz | einsicht import --format jsonl --map portal.toml --source portal-1 -

Importing again adds only what is new. Ends with 0 if every record was recorded, with 3 if some were
rejected. --help tells how to write a mapping.";

const REFERENCE: &str = "\
Examples:
  einsicht import --format csv --map edgar.toml --dry-run edgar_log20170101.csv
  einsicht import --format combined --map access.toml /var/log/apache2/access.log
  zcat portal.jsonl.gz | einsicht import --format jsonl --map portal.toml --source portal-1 -

A mapping (TOML) says which column becomes which field of an event:
  name = \"web-access\"                # the import is known by it
  [[skip]]                           # what is no access to data
  from = \"{path}\"
  unless = '^/api/'                  # or: matches = '…', equals = [\"…\"]
  [event]                            # fields as in `record --help`, with underscores
  dataset = { from = \"{path}\", extract = '^/api/([^/]+)', code = true }
  operation = \"query\"
  purpose = \"open-data\"
  occurred_at = { from = \"{time}\", time = \"%d/%b/%Y:%H:%M:%S %z\" }
  [event.outcome]
  from = \"{status}\"
  values = { \"404\" = \"failed\" }
  patterns = [{ pattern = \"^[23]\", value = \"granted\" }]
  otherwise = \"denied\"

A field is a text, with columns in braces or without, or a table: `from` is put together from
columns, `extract` takes a part out (its first group), then one of these converts it:
  time      the format of a time or day (strptime), \"unix\" or \"unix-ms\";
            zone = \"Europe/Berlin\" if the format holds none
  code      true puts '-' where characters stand that a code may not have
  values, patterns   exact texts, then regular expressions; a text that fits
            none rejects the record
An empty text leaves the field out; `otherwise` stands in for it, and for a text that fits none.

Columns of combined: host, ident, user, time, request, method, path, query, protocol, status, bytes,
referer, agent. Of csv: those of the first record. Of jsonl: the keys, \"request.path\" for inner ones.
  [input]
  pattern = '^(?<day>\\S+) (?<path>\\S+)$'  # combined: another layout, named groups
  delimiter = \";\"                         # csv
  columns = [\"day\", \"path\"]               # csv whose first record has no names
  ragged = true                           # csv with more or fewer columns

Importing again adds only what is new: records that were rejected, and those by which the file grew.
A file is known, whatever it is called, by the mapping's name, by --source, and by the minute of its
first access; so give files that begin in the same minute each a --source of their own, and import
logs whole: one whose beginning was cut off counts as another. A rejected record leaves a gap in the
numbers of the session, which auditors see until it is imported. How far an import came is noted in
the state folder; without those notes a ledger knows again what was imported in the last 30 days.

Ends with 0 if every record was recorded, with 3 if some were rejected.";

/// What `import` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = REFERENCE)]
pub struct ImportArgs {
    /// How the log is laid out: combined (lines of a web server, or in the mapping's own pattern), csv,
    /// or jsonl (one JSON object per line)
    #[arg(long, value_enum, hide_possible_values = true)]
    format: Format,
    /// The mapping: which columns become which fields of an event (TOML)
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
    /// Name of where the log comes from; tells logs apart that begin in the same minute
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only read, map and check; show the first events as the ledger would hold them
    #[arg(long)]
    dry_run: bool,
    /// Stop at the first record that can't be recorded
    #[arg(long)]
    strict: bool,
    /// Print the summary as JSON
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    /// The log ('-': standard input)
    #[arg(value_name = "INPUT")]
    input: PathBuf,
}

/// Imports.
///
/// # Errors
/// Not everything was read, or not recorded.
pub async fn run(args: &ImportArgs, options: &Options) -> anyhow::Result<Exit> {
    let mapping = Mapping::load(&args.map)?;
    if args.dry_run {
        return dry_run(args, options, &mapping);
    }
    // First of all: what does not fit is told without a ledger.
    let events = open(args, &mapping)?;
    let recorder = options.recorder(ATTEMPTS_MAX).await?;
    let state_dir = options.state_dir();
    let mut import = Import {
        name: &mapping.name,
        source: args.source.as_deref().unwrap_or_default(),
        state_dir: state_dir.as_deref(),
        believes_notes: true,
    };
    let tally = match send(events, Sender::new(&recorder, import), args, options).await {
        Err(error) if error.is::<NotesMisfit>() && args.input.as_os_str() != "-" => {
            options.note("the notes of an earlier import do not fit this file: everything is sent, and the ledger says what it has");
            import.believes_notes = false;
            send(open(args, &mapping)?, Sender::new(&recorder, import), args, options).await?
        }
        sent => sent?,
    };
    output::print(|out| {
        if args.json {
            return out.json(&tally.to_json());
        }
        let name = match args.input.file_name() {
            Some(name) if name != "-" => name.to_string_lossy(),
            _ => "standard input".into(),
        };
        let count = output::counted(tally.records(), "record", "records");
        out.styled(Emphasis::Heading, &name, &format!(": {count}"))?;
        tally.summary().iter().try_for_each(|line| out.line(line))
    })?;
    Ok(exit(&tally))
}

async fn send(
    mut events: Events<'_>,
    mut sender: Sender<'_>,
    args: &ImportArgs,
    options: &Options,
) -> anyhow::Result<Tally> {
    let sent = pass_on(&mut events, &mut sender, args, options).await;
    if let Err(error) = sent {
        let recorded = sender.tally.recorded;
        if recorded > 0 {
            options.note(&format!(
                "{} before that",
                output::counted(recorded, "record was recorded", "records were recorded")
            ));
        }
        return Err(error);
    }
    Ok(sender.tally)
}

async fn pass_on(
    events: &mut Events<'_>,
    sender: &mut Sender<'_>,
    args: &ImportArgs,
    options: &Options,
) -> anyhow::Result<()> {
    let mut progress = Progress::bytes("importing", options.is_quiet());
    while let Some(item) = events.next()? {
        if item.record.is_multiple_of(RECORDS_PER_LOOK) {
            let (done, total) = events.progress();
            progress.update(done, total);
        }
        if let (true, Err(error)) = (args.strict, &item.event) {
            let stop = anyhow::anyhow!("line {}: {error}; stopped there (--strict)", item.line);
            sender.finish().await?;
            return Err(stop);
        }
        sender.take(item).await?;
    }
    sender.finish().await
}

fn dry_run(args: &ImportArgs, options: &Options, mapping: &Mapping) -> anyhow::Result<Exit> {
    const SHOWN_MAX: u64 = 3;
    let mut events = open(args, mapping)?;
    let mut tally = Tally::default();
    let mut progress = Progress::bytes("reading", options.is_quiet());
    let mut out = Out::new();
    let mut is_read = true;
    while let Some(Item { line, record, event }) = events.next()? {
        if record.is_multiple_of(RECORDS_PER_LOOK) {
            let (done, total) = events.progress();
            progress.update(done, total);
        }
        match event {
            Ok(None) => tally.skipped += 1,
            Ok(Some(event)) => {
                if tally.recorded < SHOWN_MAX && is_read {
                    is_read = output::unless_closed(out.json(&Shown { line, event: &event }))?;
                }
                tally.recorded += 1;
            }
            Err(error) if args.strict => anyhow::bail!("line {line}: {error}; stopped there (--strict)"),
            Err(error) => progress.suspend(|| tally.reject(line, &error)),
        }
    }
    output::unless_closed(std::io::Write::flush(&mut out))?;
    drop(progress);
    options.note(&tally.forecast());
    Ok(exit(&tally))
}

fn open<'m>(args: &ImportArgs, mapping: &'m Mapping) -> anyhow::Result<Events<'m>> {
    let now_us = Timestamp::now().as_microsecond();
    let events = Events::open(&args.input, args.format, mapping, now_us);
    events.with_context(|| format!("{} can't be imported with {}", shown(&args.input), shown(&args.map)))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn exit(tally: &Tally) -> Exit {
    if tally.rejected > 0 { Exit::Partly } else { Exit::Done }
}

/// An event as the ledger would hold it, with the line that it comes from.
struct Shown<'a> {
    line: u64,
    event: &'a AccessEvent,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nothing = Default::default();
        let record = record_of(self.event, Provenance { producer: "", session: &nothing, sequence: 0 });
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("line", &self.line)?;
        for (name, value) in render(&record) {
            let is_made_later = matches!(name, "session" | "sequence" | "producer");
            if !is_made_later {
                map.serialize_entry(name, &Json(&value))?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapping_in_the_help_can_be_used() {
        let lines = REFERENCE.lines().skip_while(|line| !line.starts_with("  name = "));
        let example: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        let mapping = Mapping::parse(&example.join("\n")).unwrap();
        assert_eq!(mapping.name, "web-access");
        assert!(mapping.columns().any(|column| column == "status"));
    }
}
