//! A city with a charter, somebody of each role, and what they do.

use einsicht_access::charter::parts_of;
use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, AccessRecord, EntryBody, EvaluateRequest, Evaluation, GetEntryRequest, ListChartersRequest,
    ListChartersResponse, PublishCharterRequest, PublishCharterResponse,
};
use einsicht_tests::city::{Caller, City, Known, Running};
use einsicht_tests::make::{Session, event};
use einsicht_tlog::Leaf;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::verify_inclusion;
use einsicht_tlog::receipt::Receipt;
use tonic::Status;

/// The first charter. The visitors' data set is personal; that of the car parks is not.
pub const FIRST: &str = r#"
[charter]
title = "Charta"

[[purpose]]
id = "verkehrsplanung"
title = "Verkehrsplanung"

[[purpose]]
id = "werbung"
title = "Werbung"

[[legal_basis]]
id = "gdpr-6-1-e"
title = "Öffentliches Interesse"

[[dataset]]
id = "besuchertrend"
title = "Besuchertrend"
personal = "indirect"
purposes = ["verkehrsplanung"]
record_ceiling = 1000

[[dataset]]
id = "parkhaeuser"
title = "Parkhäuser"
personal = "none"
purposes = ["verkehrsplanung", "werbung"]

[[activity]]
id = "va-17"
title = "Auswertung"
dataset = "besuchertrend"
legal_basis = "gdpr-6-1-e"

[[commitment]]
id = "C-1"
title = "Zwecke"
source = "Beschluss"
evidence = "council decision"
severity = "breach"
must = { purpose = { listed_in_dataset = "purposes" } }

[[commitment]]
id = "C-2"
title = "Rechtsgrundlage"
source = "Beschluss"
evidence = "council decision"
severity = "breach"
when = { personal = true }
must = { legal_basis = "gdpr-6-1-e" }

[[commitment]]
id = "C-3"
title = "Gemeinwohl"
source = "Beschluss"
evidence = "council decision"
question = "Welchen Nutzen hatte es?"

[[commitment]]
id = "C-4"
title = "Nicht mehr als nötig"
source = "Beschluss"
evidence = "council decision"
severity = "notice"
when = { personal = true }
must = { record_count = { at_most_of_dataset = "record_ceiling" } }
"#;

/// The one that follows it: another ceiling, and a purpose more.
pub fn second() -> String {
    FIRST
        .replace("record_ceiling = 1000", "record_ceiling = 10")
        .replace("purposes = [\"verkehrsplanung\"]", "purposes = [\"verkehrsplanung\", \"werbung\"]")
}

/// A charter in three entries: comments make it long.
pub fn long() -> String {
    let comment = "# eine Anmerkung, die nichts ändert\n".repeat(4000);
    let text = format!("{comment}{FIRST}");
    assert_eq!(parts_of(text.as_bytes()).len(), 3);
    text
}

/// A city and its people.
pub struct Scene {
    pub city: City,
    pub service: Running,
    pub counter: Known,
    pub parking: Known,
    pub auditor: Known,
    pub steward: Known,
    pub monitor: Known,
}

impl Scene {
    /// One that can seal. `more`: further tables of its configuration.
    pub async fn new(more: &str) -> Self {
        let mut city = City::new().await;
        city.seal(more);
        let counter = city.add(Caller::recorder("visitor-counter", &["*"]));
        let parking = city.add(Caller::recorder("parking", &["parkhaeuser"]));
        let auditor = city.add(Caller::new("audit-office", "auditor"));
        let steward = city.add(Caller::new("steward-a", "steward"));
        let monitor = city.add(Caller::new("monitoring", "monitor"));
        let service = city.serve().await;
        Self { city, service, counter, parking, auditor, steward, monitor }
    }

    /// Goes down in order, and comes up again.
    pub async fn restart(mut self) -> Self {
        self.service.terminate().await.expect(0, &[]);
        self.service = self.city.serve().await;
        self
    }

    /// Is killed, and comes up again.
    pub async fn crash(mut self) -> Self {
        self.service.kill9().await;
        self.service = self.city.serve().await;
        self
    }

    pub async fn try_to_publish(&self, by: &Known, text: &[u8]) -> Result<PublishCharterResponse, Status> {
        let request = PublishCharterRequest { text: text.to_vec().into() };
        self.service.charter(by).publish_charter(request).await.map(tonic::Response::into_inner)
    }

    /// Publishes a charter; its receipt is proven.
    pub async fn publish(&self, text: &str) -> PublishCharterResponse {
        let published = self.try_to_publish(&self.steward, text.as_bytes()).await.unwrap();
        let (index, body) = self.proven(&published.receipt);
        assert_eq!(index, published.last);
        let Some(Content::Charter(part)) = body.content else { panic!("no charter: {body:?}") };
        assert_eq!((part.part, part.sha256), (part.parts, published.sha256.clone()));
        assert_eq!(u64::from(part.parts), published.last - published.first + 1);
        published
    }

    /// Records events in one request, and returns what the log says of them.
    pub async fn record(&self, events: Vec<AccessEvent>) -> Vec<(u64, AccessRecord)> {
        let request = Session::new().request_of(events);
        let answer = self.service.recorder(&self.counter).record(request).await.unwrap().into_inner();
        let mut records = Vec::new();
        for recorded in answer.recorded {
            records.push((recorded.index, self.access(recorded.index).await));
        }
        records
    }

    /// Records one event, and returns charter and verdict that stand in its entry.
    pub async fn verdict(&self, event: AccessEvent) -> (Option<u64>, Vec<String>, Vec<String>) {
        let (_, record) = self.record(vec![event]).await.remove(0);
        (record.charter, record.deviates, record.not_verifiable)
    }

    pub async fn entry(&self, index: u64) -> EntryBody {
        let entry = self.service.ledger(&self.auditor).get_entry(GetEntryRequest { index }).await.unwrap();
        read_body(Leaf::parse(&entry.into_inner().leaf).unwrap().body).unwrap()
    }

    pub async fn access(&self, index: u64) -> AccessRecord {
        match self.entry(index).await.content {
            Some(Content::Access(record)) => record,
            other => panic!("no access: {other:?}"),
        }
    }

    pub async fn evaluate(
        &self,
        by: &Known,
        events: Vec<AccessEvent>,
    ) -> Result<(Option<u64>, Vec<Evaluation>), Status> {
        let answer = self.service.charter(by).evaluate(EvaluateRequest { events }).await?.into_inner();
        Ok((answer.charter, answer.evaluations))
    }

    pub async fn charters(&self) -> Vec<ListChartersResponse> {
        let listed = self.service.charter(&self.auditor).list_charters(ListChartersRequest {}).await;
        let mut listed = listed.unwrap().into_inner();
        let mut charters = Vec::new();
        while let Some(charter) = listed.message().await.unwrap() {
            charters.push(charter);
        }
        charters
    }

    /// The entry of a receipt, which holds under the ledger's key.
    pub fn proven(&self, receipt: &[u8]) -> (u64, EntryBody) {
        let Receipt { leaf, index, proof, checkpoint } = Receipt::parse(receipt).unwrap();
        let leaf = leaf.expect("the receipt has its leaf");
        let head = self.city.verifier().open(&checkpoint);
        verify_inclusion(&leaf_hash(&leaf), index, &head, &proof).unwrap();
        (index.0, read_body(Leaf::parse(&leaf).unwrap().body).unwrap())
    }
}

/// Fits every rule of both charters.
pub fn fitting() -> AccessEvent {
    AccessEvent { record_count: Some(5), legal_basis: Some("gdpr-6-1-e".into()), ..event() }
}

pub fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
