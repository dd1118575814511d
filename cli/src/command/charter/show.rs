//! `einsicht charter show`: the charter that is in force, or was.

use std::sync::Arc;

use std::io::Write as _;

use anyhow::{bail, ensure};
use clap::Args;
use einsicht_access::Language;
use einsicht_client::charters::PublishedCharter;
use einsicht_client::reader::Reader;
use einsicht_tlog::RecordedAt;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::json::charter_json;
use super::text::{self, Extent};
use crate::exit::Exit;
use crate::language::{LanguageArgs, pick};
use crate::options::{Options, tell_if_simulated};
use crate::output::{self, Emphasis};
use crate::view;

const EXAMPLES: &str = "\
Examples:
  einsicht charter show
  einsicht charter show --at 2026-11-01 --lang de
  einsicht charter show https://ledger.example --vkey ledger.vkey --all
  einsicht charter show --text > charter.toml

The charter is read from the ledger itself, each of its entries proven to stand in its place under the
newest signed checkpoint. The sentences are made from its rules, by this program. Whether records were
judged by it, `einsicht verify` checks.";

const DAY_S: i64 = 86_400;

/// What `charter show` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowArgs {
    /// The ledger: an address or a folder
    #[arg(value_name = "URL|DIR")]
    place: Option<String>,
    /// The one that was in force at this time, or at the end of this day (UTC)
    #[arg(long, value_name = "TIME", value_parser = second)]
    at: Option<RecordedAt>,
    /// Show data sets and activities, too
    #[arg(long)]
    all: bool,
    /// Print its text as it was published, and nothing else
    #[arg(long, conflicts_with_all = ["json", "all"])]
    text: bool,
    /// Print it as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// Shows.
///
/// # Errors
/// There is none, it could not be read, or is not what was signed.
pub async fn run(args: &ShowArgs, options: &Options) -> anyhow::Result<Exit> {
    let reader = options.reader(args.place.as_deref()).await?;
    tell_if_simulated(&reader).await?;
    let now = Timestamp::now().as_second();
    // A day means its end, also today.
    let is_to_come = args.at.is_some_and(|time| time.0.cast_signed() - DAY_S > now);
    ensure!(!is_to_come, "that time has not come: which charter is in force then, nobody can tell");
    let found = match args.at {
        Some(time) => PublishedCharter::in_force_at(&reader, time).await?,
        None => PublishedCharter::in_force(&reader).await?,
    };
    let Some(published) = found else {
        match args.at {
            Some(time) => bail!("no charter was in force at {}", view::time(time)),
            None => bail!(
                "no charter is in force: accesses are recorded, and nothing can be verified for them. A steward \
                 publishes one with `einsicht charter publish FILE`"
            ),
        }
    };
    let since = view::time(reader.entry(published.last).await?.recorded_at());
    let successor = match args.at {
        Some(_) => successor(&reader, &published).await?,
        None => None,
    };
    let until = match &successor {
        Some(next) => Some((next, view::time(reader.entry(next.last).await?.recorded_at()))),
        None => None,
    };
    output::print(|out| {
        if args.text {
            return out.write_all(&published.text);
        }
        if args.json {
            let mut json = charter_json(&published.charter);
            if let Value::Object(members) = &mut json {
                members.insert("first".to_owned(), published.first.0.into());
                members.insert("last".to_owned(), published.last.0.into());
                members.insert("recorded_at".to_owned(), since.into());
                members.insert("until".to_owned(), until.map(|(_, until)| until).into());
            }
            return out.json(&json);
        }
        let language = args.language.language();
        let until = until.as_ref().map(|(next, until)| (Arc::as_ref(next), until.as_str()));
        let (in_force, when) = in_force(&published, &since, until, language);
        out.styled(Emphasis::Heading, in_force, &format!("  {when}"))?;
        text::print(
            &published.charter,
            if args.all { Extent::All } else { Extent::Commitments },
            language,
            out,
        )
    })?;
    Ok(Exit::Done)
}

/// Since when it is in force, or from when to when it was: until the one that followed.
fn in_force(
    published: &PublishedCharter,
    since: &str,
    until: Option<(&PublishedCharter, &str)>,
    language: Language,
) -> (&'static str, String) {
    let words = pick(language, ["Eintrag", "Einträge", "bis"], ["entry", "entries", "to"]);
    let place = entries(published, words);
    let Some((next, until)) = until else {
        let since = pick(language, format!("seit {since} ({place})"), format!("since {since} ({place})"));
        return (pick(language, "IN KRAFT", "IN FORCE"), since);
    };
    let next = entries(next, words);
    let when = pick(
        language,
        format!("von {since} ({place}) bis {until} ({next})"),
        format!("from {since} ({place}) to {until} ({next})"),
    );
    (pick(language, "WAR IN KRAFT", "WAS IN FORCE"), when)
}

/// The charter that followed; `None` for the one that is in force.
async fn successor(
    reader: &Reader,
    published: &PublishedCharter,
) -> anyhow::Result<Option<Arc<PublishedCharter>>> {
    let mut successor = None;
    let mut next = PublishedCharter::in_force(reader).await?;
    while let Some(charter) = next.filter(|charter| charter.last > published.last) {
        next = charter.before(reader).await?;
        successor = Some(charter);
    }
    Ok(successor)
}

/// Where a charter stands: `entry 7`, `entries 5 to 7`.
pub fn entries(published: &PublishedCharter, [one, several, to]: [&str; 3]) -> String {
    let PublishedCharter { first, last, .. } = published;
    if first == last { format!("{one} {last}") } else { format!("{several} {first} {to} {last}") }
}

/// The second that a time means; of a day, its last.
fn second(text: &str) -> Result<RecordedAt, String> {
    let wrong =
        || "give a day as 2026-11-22 or a time as 2026-11-22T08:00Z or 2026-11-22T09:00+01:00".to_owned();
    let second = match text.parse::<Timestamp>() {
        Ok(time) => time.as_second(),
        Err(_) => {
            // The parser of days also takes times, and would drop them.
            let day = Date::strptime("%Y-%m-%d", text).map_err(|_| wrong())?;
            let next = day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC)).map_err(|_| wrong())?;
            next.timestamp().as_second() - 1
        }
    };
    u64::try_from(second).map(RecordedAt).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_and_a_time_itself() {
        assert_eq!(second("1970-01-01"), Ok(RecordedAt(86_399)));
        assert_eq!(second("1970-01-01T00:01Z"), Ok(RecordedAt(60)));
        for wrong in ["yesterday", "1969-12-31", "2026-11-22T08", "2026-13-01"] {
            assert!(second(wrong).unwrap_err().contains("2026-11-22"), "{wrong}");
        }
    }
}
