//! A city that seals, with somebody of each role, and what they ask.

use einsicht_access::read_body;
use einsicht_access::seal::{Salt, SealedField, seal};
use einsicht_access::sealed_entry::seals_of;
use einsicht_access::value::Value;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, DiscloseRequest, DiscloseResponse, EntryBody, EraseRequest, EraseResponse, OpenedField,
    Statement, Subject,
};
use einsicht_tests::city::{Caller, City, Known, Running};
use einsicht_tests::make::{Session, event};
use einsicht_tlog::Leaf;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::verify_inclusion;
use einsicht_tlog::receipt::Receipt;
use tonic::{Code, Status};

pub const ACTOR: &str = "Erika Mustermann-Kornblum";
pub const REASON: &str = "Beschwerde 2026/311";

/// A city and its people.
pub struct Scene {
    pub city: City,
    pub service: Running,
    pub counter: Known,
    pub auditor: Known,
    pub steward: Known,
    pub other: Known,
}

impl Scene {
    /// With further tables of the configuration, as TOML.
    pub async fn new(more: &str) -> Self {
        let mut city = City::new().await;
        city.seal(more);
        Self::of(city).await
    }

    /// The same where a ledger is already, or not yet.
    pub async fn of(mut city: City) -> Self {
        let counter = city.add(Caller::recorder("visitor-counter", &["*"]));
        let auditor = city.add(Caller::new("audit-office", "auditor"));
        let steward = city.add(Caller::new("steward-a", "steward"));
        let other = city.add(Caller::new("steward-b", "steward"));
        let service = city.serve_with(&["--accept-clock"]).await;
        Self { city, service, counter, auditor, steward, other }
    }

    /// Goes down in order, and comes up again.
    pub async fn restart(mut self) -> Self {
        self.service.terminate().await.expect(0, &[]);
        self.service = self.city.serve_with(&["--accept-clock"]).await;
        self
    }

    /// Is killed, and comes up again.
    pub async fn crash(mut self) -> Self {
        self.service.kill9().await;
        self.service = self.city.serve_with(&["--accept-clock"]).await;
        self
    }

    /// Records an event, and returns its index.
    pub async fn record(&self, event: AccessEvent) -> u64 {
        let request = Session::new().request_of(vec![event]);
        let answer = self.service.recorder(&self.counter).record(request).await.unwrap();
        answer.into_inner().recorded[0].index
    }

    pub async fn ask(&self, by: &Known, request: DiscloseRequest) -> Result<DiscloseResponse, Status> {
        self.service.vault(by).disclose(request).await.map(tonic::Response::into_inner)
    }

    /// Discloses fields of an entry; all if none is named.
    pub async fn disclose(
        &self,
        by: &Known,
        index: u64,
        fields: &[&str],
    ) -> Result<DiscloseResponse, Status> {
        self.ask(by, disclosure(index, fields)).await
    }

    pub async fn erase(&self, index: u64, fields: &[&str]) -> Result<EraseResponse, Status> {
        let request = EraseRequest { index, fields: names(fields), ground: "GDPR Art. 17(1)(b)".into() };
        self.service.vault(&self.steward).erase(request).await.map(tonic::Response::into_inner)
    }

    /// The entry of a receipt, which holds under the ledger's key.
    pub fn proven(&self, receipt: &[u8]) -> (u64, EntryBody) {
        let Receipt { leaf, index, proof, checkpoint } = Receipt::parse(receipt).unwrap();
        let leaf = leaf.expect("the receipt has its leaf");
        let head = self.city.verifier().open(&checkpoint);
        verify_inclusion(&leaf_hash(&leaf), index, &head, &proof).unwrap();
        (index.0, read_body(Leaf::parse(&leaf).unwrap().body).unwrap())
    }

    /// The values that an answer shows, each of them proven to be what was sealed, by their names.
    pub fn values(&self, answer: &DiscloseResponse) -> Vec<(&'static str, Result<Vec<u8>, u64>)> {
        let (_, entry) = self.proven(&answer.receipt);
        let seals = seals_of(&entry);
        let value = |opened: &einsicht_proto::v1::OpenedField| {
            let field = SealedField::of_number(opened.field).unwrap();
            if let Some(by) = opened.erased_by {
                assert!(opened.salt.is_empty() && opened.value.is_empty());
                return (field.name(), Err(by));
            }
            let salt = Salt::from(<[u8; 32]>::try_from(&opened.salt[..]).unwrap());
            let expected = seals.iter().find(|(of, _)| *of == field).expect("the entry has a seal of it").1;
            assert_eq!(seal(field, &salt, &opened.value)[..], expected[..], "{field}");
            (field.name(), Ok(opened.value.to_vec()))
        };
        answer.opened.iter().map(value).collect()
    }

    /// What an entry of the trail says, by an answer's word that is checked against its seal.
    pub fn statement(&self, trail: &[u8], opened: Option<&OpenedField>) -> Statement {
        let (_, entry) = self.proven(trail);
        let opened = opened.expect("the answer has the statement");
        let salt = Salt::from(<[u8; 32]>::try_from(&opened.salt[..]).unwrap());
        let seals = seals_of(&entry);
        assert_eq!(seal(SealedField::Statement, &salt, &opened.value)[..], seals[0].1[..]);
        match Value::read(SealedField::Statement, &opened.value).unwrap() {
            Value::Statement(statement) => statement.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// The text of a field that an answer shows.
    pub fn text(&self, answer: &DiscloseResponse, name: &str) -> Result<String, u64> {
        let values = self.values(answer);
        let (_, value) = values.into_iter().find(|(field, _)| *field == name).expect("it is answered");
        value.map(|value| String::from_utf8(value).unwrap())
    }
}

/// An access by somebody to somebody's data.
pub fn personal() -> AccessEvent {
    AccessEvent {
        actor: Some(ACTOR.into()),
        subjects: vec![subject("4711")],
        justification: Some("Bürgeranfrage".into()),
        ..event()
    }
}

pub fn subject(id: &str) -> Subject {
    Subject { scheme: "person".into(), id: id.into() }
}

pub fn names(fields: &[&str]) -> Vec<String> {
    fields.iter().map(ToString::to_string).collect()
}

pub fn disclosure(index: u64, fields: &[&str]) -> DiscloseRequest {
    DiscloseRequest { index: Some(index), fields: names(fields), reason: REASON.into(), request: None }
}

/// Asserts that it was refused like this.
pub fn refused<T>(answer: Result<T, Status>, code: Code, parts: &[&str]) -> Status {
    let Err(status) = answer else { panic!("it was not refused ({parts:?})") };
    assert_eq!(status.code(), code, "{status}");
    for part in parts {
        assert!(status.message().contains(part), "no {part:?}: {status}");
    }
    assert!(!status.message().contains(ACTOR), "{status}");
    status
}

/// What an entry of the trail says in the clear: its role; and the request that it answers.
pub fn disclosed(entry: &EntryBody) -> (&str, Option<u64>) {
    match &entry.content {
        Some(Content::Disclosure(disclosure)) => (&disclosure.role, disclosure.request),
        other => panic!("no disclosure: {other:?}"),
    }
}
