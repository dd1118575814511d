//! `einsicht retain`: erases the months whose time has come.

use clap::{ArgGroup, Args};
use einsicht_client::Day;
use einsicht_client::vault::Retention;
use serde_json::json;

use crate::exit::Exit;
use crate::options::Options;
use crate::output::{self, Emphasis, counted};

const EXAMPLES: &str = "\
Examples:
  einsicht retain --dry-run
  einsicht retain --now

The service does it once a day on its own. Sealed values of a month and retention class go together:
an entry says so, then key and file are destroyed. What the configuration holds back stays. Copies
of the files in backups can't be read any more either, once the wrapped key is gone from them too.";

/// What `retain` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group(ArgGroup::new("what").required(true)))]
pub struct RetainArgs {
    /// Erase what is due, now
    #[arg(long, group = "what")]
    now: bool,
    /// Only tell what would go
    #[arg(long, group = "what")]
    dry_run: bool,
    /// Print one JSON object per month and class
    #[arg(long)]
    json: bool,
}

/// Erases what is due, or lists it.
///
/// # Errors
/// Something could not be erased, or that it was is not proven.
pub async fn run(args: &RetainArgs, options: &Options) -> anyhow::Result<Exit> {
    let vault = options.vault().await?;
    let due = vault.retain(args.dry_run).await?;
    let is_left = |item: &Retention| !args.dry_run && !item.held && item.erased_by.is_none();
    let left = due.iter().filter(|item| is_left(item)).count() as u64;
    output::print(|out| {
        for item in &due {
            if args.json {
                out.json(&json_of(item))?;
            } else {
                out.line(&line(item, args.dry_run))?;
            }
        }
        if args.json {
            return Ok(());
        }
        let gone = due.iter().filter(|item| item.erased_by.is_some()).count() as u64;
        if due.is_empty() {
            return out.line("nothing is due");
        }
        match args.dry_run {
            true => out.line(&format!(
                "{} due; nothing was erased",
                counted(due.len() as u64, "month is", "months are")
            )),
            false if left > 0 => {
                let left = counted(left, "month", "months");
                out.styled(
                    Emphasis::Look,
                    "NOT ALL ERASED",
                    &format!("  {left} left; the log of the service says why"),
                )
            }
            false if gone == 0 => out.line("nothing was erased: all that is due is held back"),
            false => out.styled(Emphasis::Good, "ERASED", &format!("  {}", counted(gone, "month", "months"))),
        }
    })?;
    Ok(if left == 0 { Exit::Done } else { Exit::Untold })
}

fn line(item: &Retention, dry_run: bool) -> String {
    let what = match (&item.erased_by, item.held) {
        (Some(entry), _) => format!("erased, entry {} says so", entry.index()),
        (None, true) => "held back by the configuration".to_owned(),
        (None, false) if dry_run => "would go".to_owned(),
        (None, false) => "not erased".to_owned(),
    };
    format!("{}  {:<13}  due since {}  {what}", item.month, item.class.to_string(), day(item.due_day))
}

fn json_of(item: &Retention) -> serde_json::Value {
    json!({
        "month": item.month.to_string(), "retention_class": item.class.to_string(), "due_on": day(item.due_day),
        "held": item.held, "erased_by": item.erased_by.as_ref().map(|entry| entry.index().0),
    })
}

fn day(since_1970: i32) -> String {
    Day::of_days_since_1970(since_1970).map_or_else(|| format!("day {since_1970}"), |day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_becomes_of_a_month() {
        let held = Retention {
            month: "2026-11".parse().unwrap(),
            class: "P12M".parse().unwrap(),
            due_day: 21_154,
            held: true,
            erased_by: None,
        };
        assert_eq!(
            line(&held, true),
            "2026-11  P12M           due since 2027-12-02  held back by the configuration"
        );
        let due = Retention { held: false, ..held };
        assert!(line(&due, true).ends_with("would go") && line(&due, false).ends_with("not erased"));
    }
}
