//! Puts together what is doubted of a report, and what its ledger says of it.

use einsicht_access::Language;
use einsicht_client::finding::Conclusion;
use einsicht_client::reports::search;
use einsicht_client::source::Source;
use einsicht_client::{Trust, VerifyError};
use einsicht_report::Manifest;
use einsicht_tlog::Hash;

use super::not_verified;
use crate::command::report::changed::Changed;
use crate::command::report::differs::Differs;
use crate::command::report::doubted::{Doubted, Named, Why};
use crate::explain;
use crate::language::pick;
use crate::output::progress::Progress;

/// The ledger that a report is of.
pub struct Ledger<'a> {
    pub source: &'a Source,
    pub trust: &'a Trust,
    /// Where it is, for people.
    pub place: &'a str,
    /// Whether progress is unwanted.
    pub is_quiet: bool,
    /// The language that progress is told in.
    pub language: Language,
}

/// What is known of a report before its ledger is read.
pub struct Doubt<'a> {
    pub manifest: &'a Manifest,
    /// Its SHA-256.
    pub hash: &'a Hash,
    /// The files that are not those that it names.
    pub changes: Vec<Changed>,
    /// The language that errors are told in.
    pub language: Language,
}

impl Ledger<'_> {
    /// What comes before why it is not verified.
    pub fn not_verified(&self) -> String {
        not_verified(self.place, self.language)
    }
}

impl Doubt<'_> {
    /// Why the report is not confirmed, with what a ledger says of it.
    pub fn by(&self, why: Why, named: Named) -> Doubted {
        let changed = self.changes.iter().map(|changed| changed.file.clone()).collect();
        Doubted { why, changed, named, period: self.manifest.period.clone() }
    }

    /// Something that is wrong already without the ledger, which is verified for what it says of the report. One that
    /// fails is worse than any report, and is told instead.
    pub async fn alone(&self, differs: Differs, ledger: &Ledger<'_>) -> anyhow::Error {
        let doing = pick(self.language, "prüft", "verifying");
        let mut progress = Progress::counting(doing, ledger.is_quiet);
        let show = |at: einsicht_client::audit::Progress| progress.update(at.verified.0, Some(at.total.0));
        let found = search(ledger.source, ledger.trust, show).await;
        drop(progress);
        match found {
            Ok((_, published)) => {
                self.by(differs.into(), Named::by(&published, self.hash, self.manifest)).into()
            }
            Err(error) => self.without(differs, error, ledger),
        }
    }

    /// The ledger is not verified. A report that was changed after it was made is none all the same.
    pub fn unverified(&self, error: VerifyError, ledger: &Ledger<'_>) -> anyhow::Error {
        match self.changes.first() {
            Some(first) => self.without(Differs::of_change(first, None, self.language), error, ledger),
            None => anyhow::Error::new(error).context(ledger.not_verified()),
        }
    }

    fn without(&self, differs: Differs, error: VerifyError, ledger: &Ledger<'_>) -> anyhow::Error {
        let is_failure = error.conclusion() == Conclusion::Failed;
        let error = anyhow::Error::new(error).context(ledger.not_verified());
        // What another version may have stated otherwise is no proof.
        if is_failure || differs.may_be_version {
            return error;
        }
        self.by(differs.into(), Named::Untold(explain::text_in(&error, self.language))).into()
    }
}
