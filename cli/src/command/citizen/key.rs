//! `einsicht citizen key`: view keys for a person.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use einsicht_access::Month;
use einsicht_access::field::read_subject;
use einsicht_access::limits::check_subject;
use einsicht_proto::v1::Subject;
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::given::Reason;
use crate::options::Options;
use crate::output::{self, Emphasis, counted};
use crate::private::{NewFile, read_text};

/// More than 100 subjects have.
const SUBJECTS_BYTES_MAX: u64 = 64 * 1024;

/// In two lines: one would be too long for many terminals.
const USAGE: &str = "\
einsicht citizen key [OPTIONS] --subject-file <FILE> --month <YYYY-MM> \\
           --out <FILE>";

const EXAMPLES: &str = "\
Examples:
  einsicht citizen key --subject-file person.txt --month 2026-10 --reason \"request 2026-311\" --out p.keys
  einsicht citizen key --subject-file - --month 2026-09,2026-10 --reason-file reason.txt --out p.keys

The file of subjects has one line per register that knows the person, SCHEME:ID: the name of the
register, as the operator has declared it, and the person's number there, such as person:4711. It is
not taken from the command line, which other users of this machine see. Months must have ended.

Give the new file to that person and nobody else: whoever has it finds the accesses to the person's
data in the public log. It does not say who that is. That it was given out is recorded.

With a report the person also gets the proof of each access, and that holds the complete public
record: unit, and role and kind of the actor. Weigh that where a role points at one person.";

/// What `citizen key` takes.
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub struct KeyArgs {
    /// File with the person's subjects, one SCHEME:ID a line ('-': standard input)
    #[arg(long, value_name = "FILE")]
    subject_file: PathBuf,
    /// A month that has ended, such as 2026-10; several with commas, or again
    #[arg(long, value_name = "YYYY-MM", value_delimiter = ',', required = true)]
    month: Vec<Month>,
    #[command(flatten)]
    reason: Reason,
    /// New file for the keys
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Gives out view keys.
///
/// # Errors
/// None were given out, or that they were is not proven.
pub async fn run(args: &KeyArgs, options: &Options) -> anyhow::Result<Exit> {
    let text = Zeroizing::new(read_text(&args.subject_file, SUBJECTS_BYTES_MAX)?);
    let subjects = subjects(&text)?;
    let mut months = args.month.clone();
    months.sort_unstable();
    months.dedup();
    let reason = args.reason.text()?;
    let file = NewFile::create(&args.out)?;
    let vault = options.vault().await?;
    let issued = vault.issue_view_keys(&subjects, &months, reason.text()).await?;
    let missing: Vec<_> =
        months.iter().filter(|month| !issued.keys.months().contains(month)).map(Month::to_string).collect();
    if !missing.is_empty() {
        options.note(&format!("nothing was sealed in {}: there are no keys for that", missing.join(", ")));
    }
    let trail = issued.trail.index();
    let count = counted(issued.keys.keys().len() as u64, "view key", "view keys");
    if issued.keys.keys().is_empty() {
        output::print(|out| {
            out.styled(Emphasis::Look, "NO KEYS", &format!("  entry {trail} says that they were asked for"))
        })?;
        return Ok(Exit::Untold);
    }
    let path = args.out.display();
    file.write(issued.keys.to_json().as_bytes())
        .with_context(|| format!("the keys were given out (entry {trail}), but {path} can't be written"))?;
    output::print(|out| {
        out.styled(Emphasis::Good, "GIVEN OUT", &format!("  {count} in {path}; entry {trail} says so"))
    })?;
    Ok(Exit::Done)
}

/// The subjects in a text, one a line.
fn subjects(text: &str) -> anyhow::Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        // Not the line itself: it is personal.
        let subject = read_subject(line).with_context(|| {
            format!("line {number} of the subjects is not SCHEME:ID, such as person:4711")
        })?;
        check_subject(&subject.scheme, &subject.id)
            .map_err(|(part, problem)| anyhow!("line {number} of the subjects: {part} {problem}"))?;
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    ensure!(
        !subjects.is_empty(),
        "there is no subject in the file: write one SCHEME:ID a line, such as person:4711"
    );
    Ok(subjects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_lines_and_errors_do_not_repeat_them() {
        let read = subjects("person:4711\r\n\n halter:UL-X:1 \nperson:4711").unwrap();
        let read: Vec<_> = read.iter().map(|subject| (&*subject.scheme, &*subject.id)).collect();
        assert_eq!(read, [("person", "4711"), ("halter", "UL-X:1")]);
        let long = format!("person:Erika{}", "x".repeat(300));
        for wrong in
            ["", "\n", "person:4711\nErika", "person:", ":Erika", "per son:Erika", "person:Erika\t1", &long]
        {
            let error = subjects(wrong).unwrap_err().to_string();
            assert!(!error.contains("Erika"), "{error}");
        }
    }
}
