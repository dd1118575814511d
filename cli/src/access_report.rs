//! What a person is told about accesses to their own data (GDPR Article 15): times, purposes, legal bases,
//! recipients, units. Never who of the staff it was: the log does not have that in the clear, and roles, which
//! can point at a person in a small office, are left out.
//!
//! The proofs beside it are whole: each holds the complete public record, role included. Nothing less can be proven.

use einsicht_access::field::{Rendered, render};
use einsicht_client::scan::{Hit, Scan, ScannedMonth, Untold};
use einsicht_tlog::hash::encode_base64;
use jiff::Timestamp;

use crate::view;

pub mod html;
pub mod json;
mod words;

pub use words::Language;

/// A report.
#[derive(Debug, Clone)]
pub struct AccessReport {
    /// Name of the ledger.
    pub origin: String,
    /// How many entries were verified.
    pub size: u64,
    /// Root of the tree over them, in base64.
    pub root: String,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
    /// Whether the entries are made up.
    pub simulated: bool,
    /// When the report was made.
    pub made_at: String,
    /// What was looked through.
    pub months: Vec<ScannedMonth>,
    /// What could not be told: month, and why.
    pub untold: Vec<(String, Untold)>,
    /// The accesses, oldest first.
    pub accesses: Vec<Access>,
}

/// One access. Fields that the record does not have are empty.
#[derive(Debug, Clone)]
pub struct Access {
    /// Index of its record.
    pub index: u64,
    /// When the ledger recorded it, by its clock.
    pub recorded_at: String,
    /// When it happened, to the minute.
    pub occurred_at: String,
    /// What is told of it: name of the field, and its value.
    pub fields: Vec<(&'static str, Rendered)>,
    /// The registers by which the person was found.
    pub schemes: Vec<String>,
    /// The entry that made it public, if it was confidential.
    pub opened_by: Option<u64>,
    /// Corrections beside it: entry, correction, ground.
    pub corrections: Vec<(u64, String, String)>,
    /// The proofs: index, and C2SP tlog-proof.
    pub proofs: Vec<(u64, String)>,
}

/// What is told of an access, in the order in which people read it.
const TOLD: [&str; 19] = [
    "occurred_at",
    "occurred_until",
    "operation",
    "dataset",
    "other_datasets",
    "categories",
    "processing",
    "purpose",
    "legal_basis",
    "national_norm",
    "secondary_use",
    "consideration",
    "unit",
    "recipient",
    "storage_location",
    "outcome",
    "access_count",
    "record_count",
    "producer",
];

impl AccessReport {
    /// A report of what was found, made now.
    pub fn new(found: &Scan) -> Self {
        let audit = &found.audit;
        Self {
            origin: audit.origin.clone(),
            size: audit.head.size.0,
            root: encode_base64(&audit.head.root.0),
            checkpoint: String::from_utf8_lossy(&audit.checkpoint).into_owned(),
            simulated: audit.beginning.simulated,
            made_at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            months: found.months.clone(),
            untold: found.untold().into_iter().map(|(month, untold)| (month.to_string(), untold)).collect(),
            accesses: found.hits.iter().map(Access::new).collect(),
        }
    }
}

impl Access {
    /// What is told of an access.
    pub fn new(hit: &Hit) -> Self {
        let mut rendered = render(&hit.record);
        let told = |name: &&'static str| {
            let position = rendered.iter().position(|(known, _)| known == name)?;
            Some((*name, rendered.swap_remove(position).1))
        };
        let fields: Vec<_> = TOLD.iter().filter_map(told).collect();
        let text = |name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
        let proof = |receipt: &einsicht_tlog::receipt::Receipt| {
            (receipt.index.0, String::from_utf8_lossy(&receipt.to_bytes()).into_owned())
        };
        Self {
            index: hit.index.0,
            recorded_at: view::time(hit.recorded_at),
            occurred_at: text("occurred_at").unwrap_or_default(),
            schemes: hit.schemes.iter().cloned().collect(),
            opened_by: hit.opened_by.map(|index| index.0),
            corrections: hit
                .corrections
                .iter()
                .map(|(index, correction)| {
                    (index.0, correction.correction.clone(), correction.ground.clone())
                })
                .collect(),
            proofs: hit.receipts.iter().map(proof).collect(),
            fields,
        }
    }

    /// The value of a field; empty if the record does not have it.
    pub fn text(&self, name: &str) -> String {
        self.fields
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.to_string())
            .unwrap_or_default()
    }

    /// The access in one line: `buergerdienste: query of melderegister for auskunft (gdpr-6-1-e)`.
    pub fn sentence(&self) -> String {
        let by =
            Some(self.text("unit")).filter(|unit| !unit.is_empty()).unwrap_or_else(|| self.text("producer"));
        let mut text = format!(
            "{by}: {} of {} for {}",
            self.text("operation"),
            self.text("dataset"),
            self.text("purpose")
        );
        let legal_basis = self.text("legal_basis");
        if !legal_basis.is_empty() {
            text.push_str(&format!(" ({legal_basis})"));
        }
        let recipient = self.text("recipient");
        if !recipient.is_empty() {
            text.push_str(&format!(", to {recipient}"));
        }
        text
    }
}

#[cfg(test)]
mod tests;
