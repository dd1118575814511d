//! A report that is not confirmed, and what the ledger says of it all the same.

use einsicht_access::Language;
use einsicht_client::finding::Finding;
use einsicht_client::reports::{Found, PublishedReport, Standing};
use einsicht_report::Manifest;
use einsicht_tlog::Hash;

use super::differs::Differs;
use super::judged::NotMade;
use super::list::place;
use crate::explain;
use crate::language::pick;

/// A report that is not confirmed. Displays as the first thing that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Doubted {
    /// Why not.
    pub why: Why,
    /// The files that are not those that the manifest names.
    pub changed: Vec<String>,
    /// What the ledger says of it.
    pub named: Named,
    /// What it is about.
    pub period: String,
}

/// Why a report is not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// Something in it is not what it should be.
    #[error(transparent)]
    Differs(#[from] Differs),
    /// None would have been made.
    #[error(transparent)]
    NotMade(#[from] NotMade),
}

/// What a ledger says of a report that is not confirmed.
#[derive(Debug)]
pub enum Named {
    /// The ledger could not be verified to its end: why.
    Untold(String),
    /// It is verified.
    Told {
        /// What it says of this report.
        standing: Standing,
        /// The newest report of that period that it names.
        newest: Option<PublishedReport>,
    },
    /// It is, and what it says of this report can't be.
    Fault(Finding),
}

impl Named {
    /// What a ledger that is verified says of a report.
    pub fn by(published: &Found, hash: &Hash, manifest: &Manifest) -> Self {
        match published.standing(hash, &manifest.period, manifest.corrects()) {
            Ok(standing) => Self::Told { standing, newest: published.newest_of(&manifest.period).cloned() },
            Err(fault) => Self::Fault(fault),
        }
    }
}

impl Doubted {
    /// Whether it may be right after all, because another version made it: then nobody can tell here.
    pub fn may_be_version(&self) -> bool {
        match &self.why {
            Why::Differs(differs) => differs.may_be_version,
            Why::NotMade(not_made) => not_made.may_be_version,
        }
    }

    /// What that means, and what to do.
    pub fn advice(&self, language: Language) -> Vec<String> {
        let mut steps = Vec::new();
        if self.may_be_version() {
            steps.push(pick(
                language,
                "Bitte mit der Version nachrechnen, die den Bericht erstellt hat.".to_owned(),
                "Recompute the report with the version that made it.".to_owned(),
            ));
        }
        match &self.named {
            Named::Untold(why) => steps.push(untold(why, language)),
            Named::Fault(fault) => {
                let fault = explain::finding_text(fault, language);
                steps.push(pick(
                    language,
                    format!("Was das Protokoll zu diesem Bericht sagt, kann nicht sein: {fault}"),
                    format!("What the ledger says of this report can't be: {fault}"),
                ));
            }
            Named::Told { standing, newest } => steps.push(match standing {
                Standing::NotPublished => self.not_named(newest.as_ref(), language),
                Standing::Stands(report) => self.named(report, None, language),
                Standing::Corrected { report, by } => self.named(report, Some(by), language),
            }),
        }
        if !self.may_be_version() {
            steps.push(pick(
                language,
                "Bitte den Ordner aufbewahren und bei der herausgebenden Stelle nachfragen.".to_owned(),
                "Keep the folder, and ask its publisher.".to_owned(),
            ));
        }
        steps
    }

    fn named(
        &self,
        report: &PublishedReport,
        corrected_by: Option<&PublishedReport>,
        language: Language,
    ) -> String {
        let at = place(report, language);
        let mut text = if self.changed.is_empty() {
            pick(
                language,
                format!(
                    "Das Protokoll ist bestätigt und nennt genau diesen Bericht ({at}): so, wie er hier liegt, wurde er \
                     veröffentlicht."
                ),
                format!(
                    "The ledger is verified and names exactly this report ({at}): it was published as it lies here."
                ),
            )
        } else {
            pick(
                language,
                format!(
                    "Das Protokoll ist bestätigt und nennt das Manifest in diesem Ordner ({at}): veröffentlicht wurden die \
                     Dateien, die es nennt. Diese Kopie wurde geändert, nachdem der Bericht erstellt war, oder ist unvollständig."
                ),
                format!(
                    "The ledger is verified and names the manifest in this folder ({at}): what was published are the files that \
                     it names. This copy was changed after the report was made, or is not complete."
                ),
            )
        };
        if let Some(by) = corrected_by {
            let at = place(by, language);
            text += &pick(
                language,
                format!(" Inzwischen berichtigt ihn ein anderer ({at})."),
                format!(" By now another one corrects it ({at})."),
            );
        }
        text
    }

    fn not_named(&self, newest: Option<&PublishedReport>, language: Language) -> String {
        let period = &self.period;
        let other = match newest.map(|report| place(report, language)) {
            Some(at) => pick(
                language,
                format!("für {period} nennt es einen anderen ({at})"),
                format!("for {period} it names another one ({at})"),
            ),
            None => {
                pick(language, format!("für {period} nennt es keinen"), format!("for {period} it names none"))
            }
        };
        let so = match (self.changed.is_empty(), self.may_be_version()) {
            (false, _) => pick(
                language,
                " Er wurde geändert, nachdem er erstellt war, oder ist unvollständig.",
                " It was changed after it was made, or is not complete.",
            ),
            (true, false) => pick(
                language,
                " So, wie er hier liegt, wurde er nicht veröffentlicht: er wurde danach geändert oder aus etwas anderem \
                 erstellt.",
                " It was not published as it lies here: it was changed after it was made, or made from something else.",
            ),
            (true, true) => "",
        };
        pick(
            language,
            format!("Das Protokoll ist bestätigt und nennt diesen Bericht nicht; {other}.{so}"),
            format!("The ledger is verified and does not name this report; {other}.{so}"),
        )
    }
}

fn untold(why: &str, language: Language) -> String {
    pick(
        language,
        format!(
            "Der Bericht wurde geändert, nachdem er erstellt war, oder ist unvollständig. Ob das Protokoll ihn nennt, war nicht zu sagen: {why}"
        ),
        format!(
            "The report was changed after it was made, or is not complete. Whether the ledger names it, could not be told: {why}"
        ),
    )
}
