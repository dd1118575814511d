//! Charters for samples, and accesses that were judged by them as a service would.

use bytes::Bytes;
use einsicht_access::charter::parts_of;
use einsicht_access::record::{Sealed, opening_entry, seal_accesses};
use einsicht_access::{Charter, EventView, Facts, Provenance, body_bytes, entry_of_access, read_record};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, EntryBody, Operation};
use prost::Message as _;

use super::Ledger;
use super::sealed::period_key;

/// A charter of a small municipality.
pub const TEXT: &str = include_str!("../../../charters/template.toml");

/// The same with a lower ceiling, a purpose more, and a commitment less.
pub fn other_text() -> String {
    let other = TEXT.replace("record_ceiling = 50 ", "record_ceiling = 5 ");
    let other = other.replace("[\"friedhofsverwaltung\"]", "[\"friedhofsverwaltung\", \"statistik\"]");
    let end = other.find("[[commitment]]\nid = \"V-4\"").unwrap();
    other[..end].to_owned()
}

/// The same, so long that it takes several entries.
pub fn long_text(parts: usize) -> String {
    format!("{TEXT}\n# {}\n", "lang ".repeat(13_000 * (parts - 1)))
}

pub fn charter(text: &str) -> Charter {
    Charter::parse("test.toml", text.as_bytes()).unwrap()
}

/// A charter, with the index of its last part.
pub type InForce<'a> = Option<(u64, &'a Charter)>;

/// What may be said of an access, from nothing to everything.
pub fn event(dataset: &str, purpose: &str, records: Option<u64>, basis: Option<&str>) -> AccessEvent {
    AccessEvent {
        dataset: dataset.into(),
        operation: Operation::Query.into(),
        purpose: purpose.into(),
        event_id: Bytes::from(vec![7; 16]),
        occurred_at_us: 1_795_365_547_000_000,
        record_count: records,
        legal_basis: basis.map(str::to_owned),
        consideration: Some(false),
        ..AccessEvent::default()
    }
}

fn provenance(session: &Bytes, sequence: u64) -> Provenance<'_> {
    Provenance { producer: "verkehr", session, sequence }
}

/// Puts in the verdict.
pub fn judge(record: &mut AccessRecord, in_force: InForce<'_>) {
    let Some((last, charter)) = in_force else { return };
    let judgement = charter.judge(&Facts::from(&*record));
    let ids = |set: einsicht_access::judge::Commitments| set.ids(charter).map(str::to_owned).collect();
    record.charter = Some(last);
    (record.deviates, record.not_verifiable) = (ids(judgement.deviates), ids(judgement.not_verifiable));
}

/// The record of an access with its verdict.
pub fn judged(event: &AccessEvent, sequence: u64, in_force: InForce<'_>) -> AccessRecord {
    let session = Bytes::from_static(&[3; 16]);
    let Some(Content::Access(mut record)) = entry_of_access(event, provenance(&session, sequence)).content
    else {
        panic!("an access is an access");
    };
    judge(&mut record, in_force);
    record
}

pub fn body_of(record: AccessRecord) -> EntryBody {
    EntryBody { content: Some(Content::Access(record)) }
}

/// Makes the body that opens the record with an index.
pub type Opening = Box<dyn FnOnce(u64) -> Vec<u8>>;

/// A confidential record with its verdict inside, changed by `change`: its body, and that of what opens it.
pub fn hidden(
    event: &AccessEvent,
    sequence: u64,
    in_force: InForce<'_>,
    change: impl FnOnce(&mut AccessRecord),
) -> (Vec<u8>, Opening) {
    use einsicht_access::seal::{Salt, SealedField, seal};
    let event = AccessEvent { confidential_until_day: Some(20_779), ..event.clone() };
    let session = Bytes::from_static(&[3; 16]);
    let key = period_key("2026-11".parse().unwrap());
    let random = |bytes: &mut [u8]| getrandom::fill(bytes);
    let prepared =
        seal_accesses(&[EventView::from(&event)], provenance(&session, sequence), Some(&key), None, random);
    let prepared = prepared.unwrap().pop().unwrap();
    let Sealed { openings, .. } = prepared.sealed.unwrap();
    let Some(einsicht_access::openings::State::Open { value, .. }) =
        openings.state(SealedField::Confidential)
    else {
        panic!("it is not confidential");
    };
    let mut inner = read_record(value).unwrap();
    judge(&mut inner, in_force);
    change(&mut inner);
    let (inner, salt) = (inner.encode_to_vec(), Salt::from([8; 32]));
    let outer = einsicht_access::read_body(&prepared.body).unwrap();
    let Some(Content::Access(mut outer)) = outer.content else { panic!("an access is an access") };
    outer.confidential_seal = Some(Bytes::copy_from_slice(&seal(SealedField::Confidential, &salt, &inner)));
    let opening = move |index| body_bytes(&opening_entry(index, &salt, &inner));
    (body_bytes(&body_of(outer)), Box::new(opening))
}

impl Ledger {
    /// Publishes a charter in one commit. Returns the index of its last part.
    pub fn publish(&mut self, text: &str) -> u64 {
        for part in parts_of(text.as_bytes()) {
            self.push(&EntryBody { content: Some(Content::Charter(part)) });
        }
        self.commit();
        self.size() - 1
    }
}
