//! An entry of the ledger as people and programmes see it.

use einsicht_access::field::{Rendered, render};
use einsicht_access::{WireError, kind_name, read_body, read_record};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Genesis, KeyAction};
use einsicht_tlog::hash::{encode_base64, leaf_hash, to_hex};
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt};
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::annotated::Remark;

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
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// The leaf hash of the entry before it.
    pub previous: Hash,
    /// What other entries say about it; `None` if that is not known.
    pub remarks: Option<Vec<Remark>>,
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
}

impl EntryView {
    /// Reads the leaf of an entry, strictly.
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
            leaf_hash: leaf_hash(leaf),
            previous: parsed.previous,
            remarks: None,
        })
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
    /// One flat object: `index`, `recorded_at`, `kind`, the fields, the hashes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.index.0)?;
        map.serialize_entry("recorded_at", &time(self.recorded_at))?;
        map.serialize_entry("kind", self.kind)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, &Json(value))?;
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

fn fields_of(body: &EntryBody, bytes: &[u8]) -> Vec<(&'static str, Rendered)> {
    let text = |text: &str| Rendered::Text(text.to_owned());
    let hex = |bytes: &[u8]| Rendered::Text(to_hex(bytes));
    let number = Rendered::Number;
    let mut fields = Fields(Vec::new());
    match &body.content {
        Some(Content::Access(record)) => return render(record),
        Some(Content::Genesis(genesis)) => return genesis_fields(genesis),
        Some(Content::ServiceStart(start)) => fields.add("software", text(&start.software)),
        Some(Content::SessionEnd(end)) => {
            fields.add("producer", text(&end.producer));
            fields.add("session", hex(&end.session));
            fields.add_some("last_sequence", end.last_sequence.map(number));
        }
        Some(Content::Charter(part)) => {
            fields.add("part", number(part.part.into()));
            fields.add("parts", number(part.parts.into()));
            fields.add("sha256", hex(&part.sha256));
            fields.add("text", text(&String::from_utf8_lossy(&part.text)));
        }
        Some(Content::DisclosureRequest(request)) => {
            fields.add("role", text(&request.role));
            fields.add("seal", hex(&request.seal));
        }
        Some(Content::Disclosure(disclosure)) => {
            fields.add("role", text(&disclosure.role));
            fields.add("seal", hex(&disclosure.seal));
            fields.add_some("request", disclosure.request.map(number));
        }
        Some(Content::Erasure(erasure)) => {
            fields.add("ground", text(&erasure.ground));
            fields.add_some("seal", erasure.seal.as_deref().map(hex));
            fields.add_some("month", erasure.month.as_deref().map(text));
            fields.add_some("retention_class", erasure.retention_class.as_deref().map(text));
        }
        Some(Content::Opening(opening)) => {
            fields.add("opens", number(opening.index));
            // What is shown of what was sealed; whether it is that, an audit tells.
            fields.0.extend(read_record(&opening.record).map(|record| render(&record)).unwrap_or_default());
            fields.add("salt", hex(&opening.salt));
            fields.add("record", hex(&opening.record));
        }
        Some(Content::Correction(correction)) => {
            fields.add("corrects", number(correction.index));
            fields.add("correction", text(&correction.correction));
            fields.add("ground", text(&correction.ground));
        }
        Some(Content::KeyChange(change)) => {
            fields.add("action", Rendered::Text(key_action(change.action)));
            fields.add("public_key", Rendered::Text(encode_base64(&change.public_key)));
            fields.add("signature", Rendered::Text(encode_base64(&change.signature)));
        }
        Some(Content::Report(report)) => {
            fields.add("period", text(&report.period));
            fields.add("manifest_sha256", hex(&report.manifest_sha256));
            fields.add_some("replaces", report.replaces.map(number));
        }
        None => fields.add("body", hex(bytes)),
    }
    fields.0
}

struct Fields(Vec<(&'static str, Rendered)>);

impl Fields {
    fn add(&mut self, name: &'static str, value: Rendered) {
        self.0.push((name, value));
    }

    fn add_some(&mut self, name: &'static str, value: Option<Rendered>) {
        self.0.extend(value.map(|value| (name, value)));
    }
}

fn genesis_fields(genesis: &Genesis) -> Vec<(&'static str, Rendered)> {
    let keys = genesis.public_keys.iter().map(|key| encode_base64(key)).collect();
    let mut fields = Fields(vec![
        ("origin", Rendered::Text(genesis.origin.clone())),
        ("format_version", Rendered::Number(genesis.format_version.into())),
        ("software", Rendered::Text(genesis.software.clone())),
        ("public_keys", Rendered::List(keys)),
        ("simulated", Rendered::Flag(genesis.simulated)),
    ]);
    if let Some(predecessor) = &genesis.predecessor {
        fields.add("predecessor_origin", Rendered::Text(predecessor.origin.clone()));
        fields.add("predecessor_size", Rendered::Number(predecessor.size));
        fields.add("predecessor_root", Rendered::Text(to_hex(&predecessor.root)));
    }
    fields.0
}

fn key_action(action: i32) -> String {
    match KeyAction::try_from(action) {
        Ok(KeyAction::Add) => "add".to_owned(),
        Ok(KeyAction::Retire) => "retire".to_owned(),
        _ => format!("unknown {action}"),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use einsicht_access::body_bytes;
    use einsicht_access::entry::{Beginning, genesis, session_end};
    use einsicht_proto::v1::{AccessRecord, Correction};

    use super::*;

    fn view(body: &EntryBody) -> EntryView {
        let body = body_bytes(body);
        let leaf = Leaf { previous: Hash([7; 32]), recorded_at: RecordedAt(1_795_365_547), body: &body };
        EntryView::read(Index(5), &leaf.to_bytes().unwrap()).unwrap()
    }

    fn json(body: &EntryBody) -> serde_json::Value {
        serde_json::to_value(view(body)).unwrap()
    }

    #[test]
    fn an_access_is_shown_by_its_fields() {
        let record = AccessRecord {
            dataset: "besuchertrend".into(),
            record_count: Some(3),
            secondary_use: Some(false),
            categories: vec!["ort".into(), "zeit".into()],
            ..AccessRecord::default()
        };
        let json = json(&EntryBody { content: Some(Content::Access(record)) });
        assert_eq!((&json["index"], &json["kind"]), (&5.into(), &"access".into()));
        assert_eq!(json["recorded_at"], "2026-11-22T16:39:07Z");
        assert_eq!((&json["record_count"], &json["secondary_use"]), (&3.into(), &false.into()));
        assert_eq!(json["categories"], serde_json::json!(["ort", "zeit"]));
        assert_eq!(json["previous_leaf_hash"], "07".repeat(32));
    }

    #[test]
    fn genesis_and_the_end_of_a_session_are_shown() {
        let beginning = Beginning {
            origin: "log.example",
            software: "einsichtd 0.1.0",
            public_keys: &[[1; 32]],
            simulated: true,
            predecessor: None,
        };
        let shown = json(&genesis(beginning));
        assert_eq!((&shown["origin"], &shown["simulated"]), (&"log.example".into(), &true.into()));
        let shown = json(&session_end("p", &Bytes::from_static(&[3; 16]), Some(9)));
        assert_eq!((&shown["session"], &shown["last_sequence"]), (&"03".repeat(16).into(), &9.into()));
    }

    #[test]
    fn what_an_entry_refers_to_does_not_hide_its_own_index() {
        let correction = Correction { index: 3, correction: "c".into(), ground: "g".into() };
        let shown = json(&EntryBody { content: Some(Content::Correction(correction)) });
        assert_eq!((&shown["index"], &shown["corrects"]), (&5.into(), &3.into()));
    }

    #[test]
    fn a_kind_that_is_not_known_is_shown_as_bytes() {
        let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(0), body: b"\x6a\x01a" };
        let view = EntryView::read(Index(0), &leaf.to_bytes().unwrap()).unwrap();
        assert_eq!((view.kind, view.text("body").as_str()), ("unknown", "6a0161"));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        assert!(matches!(EntryView::read(Index(0), b"short"), Err(ViewError::Leaf(_))));
        let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(0), body: b"body 0" };
        let read = EntryView::read(Index(0), &leaf.to_bytes().unwrap());
        assert!(matches!(read, Err(ViewError::Body(_))));
    }

    #[test]
    fn a_time_that_no_calendar_has_is_shown_as_its_number() {
        assert_eq!(time(RecordedAt(u64::MAX)), format!("second {}", u64::MAX));
    }
}
