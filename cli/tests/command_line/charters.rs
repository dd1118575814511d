//! Charters, and ledgers that were judged by them.

mod files;
mod judged;
mod shown;

use einsicht_access::charter::parts_of;
use einsicht_access::{Charter, Facts};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};

use super::harness::Place;
use super::ledger;

const TEXT: &str = include_str!("../../../charters/template.toml");

/// Another charter: a purpose more for the graves, and a lower ceiling.
fn other_text() -> String {
    let other = TEXT.replace("record_ceiling = 50 ", "record_ceiling = 5 ");
    other.replace("[\"friedhofsverwaltung\"]", "[\"friedhofsverwaltung\", \"statistik\"]")
}

fn parts(text: &str) -> impl Iterator<Item = EntryBody> {
    parts_of(text.as_bytes()).into_iter().map(|part| EntryBody { content: Some(Content::Charter(part)) })
}

/// An access with the verdict of the charter that ends with entry `last`.
fn judged(sequence: u64, in_force: (u64, &str), change: impl FnOnce(&mut AccessRecord)) -> EntryBody {
    let mut body = ledger::access("grabregister", 1, sequence);
    let Some(Content::Access(record)) = &mut body.content else { panic!("an access is an access") };
    (record.legal_basis, record.consideration) = (Some("gdpr-6-1-c".to_owned()), Some(false));
    record.record_count = Some(12);
    change(record);
    let charter = Charter::parse("test", in_force.1.as_bytes()).unwrap();
    let judgement = charter.judge(&Facts::from(&*record));
    let ids = |set: einsicht_access::judge::Commitments| set.ids(&charter).map(str::to_owned).collect();
    let (deviates, not_verifiable) = (ids(judgement.deviates), ids(judgement.not_verifiable));
    record.charter = Some(in_force.0);
    (record.deviates, record.not_verifiable) = (deviates, not_verifiable);
    body
}

/// Entries: genesis, start, an access before any charter (2), a charter (3), three accesses, another charter (7), one
/// access.
fn bodies() -> Vec<EntryBody> {
    let (first, second) = ((3, TEXT), (7, &*other_text()));
    let mut bodies = ledger::bodies(false, &["grabregister"]);
    bodies.extend(parts(TEXT));
    bodies.push(judged(1, first, |_| {}));
    bodies.push(judged(2, first, |record| record.purpose = "friedhofsverwaltung".into()));
    bodies.push(judged(3, first, |record| record.legal_basis = None));
    bodies.extend(parts(second.1));
    bodies.push(judged(4, second, |_| {}));
    bodies
}

fn place_of(bodies: &[EntryBody]) -> Place {
    let place = Place::new();
    ledger::write(&place.path("data"), bodies);
    place.write("vkey", ledger::key(1).verifier().to_string());
    place.write("charter.toml", TEXT);
    place.write("other.toml", other_text());
    place
}
