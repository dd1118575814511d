//! An entry of the ledger as people and programmes see it.

use einsicht_access::field::{Rendered, render};
use einsicht_access::{WireError, kind_name, read_body, read_record};
use einsicht_client::annotations::Opened;
use einsicht_client::reader::{Entry, Reader};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt};
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::annotated::Remarks;

mod fields;

use fields::fields_of;

/// An entry that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryView {
    /// Its index.
    pub index: Index,
    /// When the service recorded it.
    pub recorded_at: RecordedAt,
    /// What kind it is.
    pub kind: &'static str,
    /// What it says, by name, in the order in which people read it.
    pub fields: Vec<(&'static str, Rendered)>,
    /// The record that it shows, if it opens a confidential one.
    pub shown: Option<Shown>,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// The leaf hash of the entry before it.
    pub previous: Hash,
    /// What other entries say about it; `None` if that was not looked for.
    pub remarks: Option<Remarks>,
}

/// A record that was confidential, as the entry that opens it shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Index of the record.
    pub opens: Index,
    /// What it says, by name.
    pub fields: Vec<(&'static str, Rendered)>,
    /// Whether it was recomputed to what that record sealed; otherwise the entry says so, and no more.
    pub is_proven: bool,
}

/// Why the bytes of an entry can't be read in one way only.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// They are no leaf.
    #[error("the entry is not laid out as an entry: {0}")]
    Leaf(#[from] LeafError),
    /// Their body is malformed.
    #[error("the body of the entry is malformed: {0}")]
    Body(#[from] WireError),
    /// The record that it shows is malformed.
    #[error("the record that the entry shows is malformed: {0}")]
    Shown(#[source] WireError),
}

impl EntryView {
    /// Reads the leaf of an entry, strictly. Of one that opens a confidential record, whether it shows what was
    /// sealed is open.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn read(index: Index, leaf: &[u8]) -> Result<Self, ViewError> {
        let parsed = Leaf::parse(leaf)?;
        let body = read_body(parsed.body)?;
        Ok(Self {
            index,
            recorded_at: parsed.recorded_at,
            kind: kind_name(&body),
            fields: fields_of(&body, parsed.body),
            shown: shown(&body)?,
            leaf_hash: leaf_hash(leaf),
            previous: parsed.previous,
            remarks: None,
        })
    }

    /// The same of an entry that was read. If it opens a confidential record, that one is read too, and what is shown
    /// is recomputed to what it sealed.
    ///
    /// # Errors
    /// [`ViewError`]; what is shown is not what was sealed; the record could not be read.
    pub async fn proven(entry: &Entry, reader: &Reader) -> anyhow::Result<Self> {
        let mut view = Self::read(entry.index(), entry.leaf())?;
        if let Some(Opened { index, record }) = reader.opened_by(entry).await? {
            view.shown = Some(Shown { opens: index, fields: render(&record), is_proven: true });
        }
        Ok(view)
    }

    /// The value of a field, if the entry has it.
    pub fn field(&self, name: &str) -> Option<&Rendered> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The text of a field; empty if the entry does not have it.
    pub fn text(&self, name: &str) -> String {
        self.field(name).map(ToString::to_string).unwrap_or_default()
    }
}

impl Serialize for EntryView {
    /// One flat object: `index`, `recorded_at`, `kind`, the fields, the hashes. A record that is shown is an object
    /// in it: `record`, or `record_said` if nobody looked whether it is what was sealed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.index.0)?;
        map.serialize_entry("recorded_at", &time(self.recorded_at))?;
        map.serialize_entry("kind", self.kind)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, &Json(value))?;
        }
        if let Some(shown) = &self.shown {
            let name = if shown.is_proven { "record" } else { "record_said" };
            map.serialize_entry(name, &Members(&shown.fields))?;
        }
        map.serialize_entry("leaf_hash", &self.leaf_hash.to_hex())?;
        map.serialize_entry("previous_leaf_hash", &self.previous.to_hex())?;
        if let Some(remarks) = &self.remarks {
            map.serialize_entry("annotations", remarks)?;
        }
        map.end()
    }
}

/// A value as JSON has it.
pub struct Json<'a>(pub &'a Rendered);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Rendered::Text(text) => serializer.serialize_str(text),
            Rendered::Number(number) => serializer.serialize_u64(*number),
            Rendered::Flag(flag) => serializer.serialize_bool(*flag),
            Rendered::List(texts) => serializer.collect_seq(texts),
        }
    }
}

/// Fields as members of a JSON object.
pub struct Members<'a>(pub &'a [(&'static str, Rendered)]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Json(value))))
    }
}

/// A time of the ledger's clock: `2026-11-22T16:39:07Z`.
pub fn time(recorded_at: RecordedAt) -> String {
    let second = i64::try_from(recorded_at.0).ok().and_then(|second| Timestamp::from_second(second).ok());
    second.map_or_else(|| format!("second {}", recorded_at.0), |time| time.to_string())
}

/// `an access`, `the beginning of the ledger`: what a kind of entries is.
pub fn describe(kind: &str) -> &str {
    match kind {
        "access" => "an access to data",
        "genesis" => "the beginning of the ledger",
        "service_start" => "the service came up",
        "session_end" => "a producer ended a session in good order",
        "charter" => "a part of a charter",
        "disclosure_request" => "somebody asked to see sealed values",
        "disclosure" => "sealed values were disclosed",
        "erasure" => "sealed values were erased",
        "opening" => "a confidential record was opened",
        "correction" => "a correction of a record",
        "key_change" => "a change of the signing keys",
        "report" => "a report was published",
        _ => "of a kind that this version does not know",
    }
}

/// The record that an entry shows, if it opens one. Not checked: that it is what was sealed.
fn shown(body: &EntryBody) -> Result<Option<Shown>, ViewError> {
    let Some(Content::Opening(opening)) = &body.content else { return Ok(None) };
    let record = read_record(&opening.record).map_err(ViewError::Shown)?;
    Ok(Some(Shown { opens: Index(opening.index), fields: render(&record), is_proven: false }))
}

#[cfg(test)]
mod tests;
