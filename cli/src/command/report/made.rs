//! Tells that a report was made, and what to know of one.

use std::io::{self, Write as _};
use std::path::Path;

use einsicht_access::Language;
use einsicht_client::finding::Finding;
use einsicht_report::Manifest;
use serde_json::json;

use super::list;
use crate::command::verify::finding_json;
use crate::language::pick;
use crate::output::{self, Emphasis, Out, counted};

/// A report that was made.
pub struct Made<'a> {
    /// SHA-256 of its manifest, hexadecimal.
    pub hash: String,
    pub manifest: Manifest,
    /// How many files it has, the manifest among them.
    pub files: usize,
    /// Where it lies.
    pub folder: &'a Path,
    /// Whether the ledger is one of a simulation.
    pub simulated: bool,
    /// Whether it hides what everybody may read, and nobody said that it should.
    pub may_be_public: bool,
    /// What is wrong with what the ledger says of reports.
    pub faults: Vec<Finding>,
    /// The next commands.
    pub next: Vec<String>,
}

impl Made<'_> {
    /// Tells it.
    ///
    /// # Errors
    /// Nobody can be told.
    pub fn tell(&self, as_json: bool, language: Language) -> anyhow::Result<()> {
        output::print(|out| if as_json { self.json(out) } else { self.print(language, out) })
    }

    fn json(&self, out: &mut Out) -> io::Result<()> {
        let Self { manifest, .. } = self;
        out.json(&json!({
            "outcome": "made",
            "period": manifest.period,
            "provisional": manifest.provisional,
            "simulated": self.simulated,
            "entries": manifest.entries,
            "tree_size": manifest.tree_size,
            "root": manifest.root,
            "manifest_sha256": self.hash,
            "corrects": manifest.corrects,
            "files": self.files,
            "folder": self.folder.display().to_string(),
            "notes": self.faults.iter().map(finding_json).collect::<Vec<_>>(),
        }))
    }

    fn print(&self, language: Language, out: &mut Out) -> io::Result<()> {
        let Self { manifest, .. } = self;
        let entries = match pick(language, true, false) {
            true => format!("{} Einträge", language.number(manifest.tree_size)),
            false => counted(manifest.tree_size, "entry", "entries"),
        };
        let verified = pick(language, "geprüft", "verified");
        out.styled(
            Emphasis::Good,
            pick(language, "ERSTELLT", "MADE"),
            &format!("  {} {}, {entries} {verified}", manifest.origin, manifest.period),
        )?;
        tell_what_to_know(self.simulated, manifest.provisional, language, out)?;
        if self.may_be_public {
            out.styled(
                Emphasis::Look,
                pick(language, "HINWEIS", "NOTE"),
                pick(
                    language,
                    "  dieses Protokoll zeigt seine Einträge auch ohne Token, und der Bericht sagt, sie seien nicht öffentlich, \
                     und verbirgt kleine Zahlen: sind sie es, bitte --entries public angeben",
                    "  this ledger shows its entries without a token, too, and the report says that they are not public, and \
                     hides small counts: if they are, give --entries public",
                ),
            )?;
        }
        let mut line = |name: &str, text: &str| out.line(&format!("  {name:<10} {text}"));
        line(pick(language, "Ordner", "folder"), &self.folder.display().to_string())?;
        line(pick(language, "Manifest", "manifest"), &self.hash)?;
        let names = pick(language, ["weiter", "danach"], ["next", "then"]);
        for (name, command) in names.iter().zip(&self.next) {
            // In one piece, wherever the line ends: it is to be copied.
            writeln!(out, "  {name:<10} {command}")?;
        }
        self.faults.iter().try_for_each(|fault| list::note(fault, language, out))
    }
}

/// Tells what whoever reads the report has to know.
///
/// # Errors
/// Nobody can be told.
pub fn tell_what_to_know(
    simulated: bool,
    provisional: bool,
    language: Language,
    out: &mut Out,
) -> io::Result<()> {
    if simulated {
        out.styled(
            Emphasis::Look,
            pick(language, "SIMULIERT", "SIMULATED"),
            pick(
                language,
                "  die Einträge sind erfunden: der Bericht zeigt nichts, was geschehen ist",
                "  the entries are made up: the report shows nothing that happened",
            ),
        )?;
    }
    if provisional {
        out.styled(
            Emphasis::Look,
            pick(language, "VORLÄUFIG", "PROVISIONAL"),
            pick(
                language,
                "  der Zeitraum war noch nicht vorbei, als der neueste Eintrag entstand",
                "  the period was not over when the newest entry was recorded",
            ),
        )?;
    }
    Ok(())
}
