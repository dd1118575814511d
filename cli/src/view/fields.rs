//! What entries of each kind say, by name.

use einsicht_access::field::{Rendered, render};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Genesis, KeyAction};
use einsicht_tlog::hash::{encode_base64, to_hex};

/// What a body says, by name. `bytes` stand for one that is not understood.
pub fn fields_of(body: &EntryBody, bytes: &[u8]) -> Vec<(&'static str, Rendered)> {
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
            fields.add("salt", hex(&opening.salt));
            fields.add("record_bytes", hex(&opening.record));
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
