//! Requests that a charter overtakes: prepared under one, and placed behind the next.

use std::thread::JoinHandle;

use bytes::Bytes;
use einsicht_access::read_body;
use einsicht_access::vault::WrappingKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, AccessRecord, Operation, Subject};
use einsicht_tlog::{Index, Leaf, Origin};
use http::{HeaderMap, HeaderValue, header};
use prost::Message as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::*;
use crate::auth::{Door, Gate, Policy};
use crate::charters::Publishing;
use crate::charters::probe::{PROBE, without_registers};
use crate::clock::ManualClock;
use crate::config::Rules;
use crate::custody::{Custody, Parts, RulesSlot};
use crate::ledger::{self, NewLedger, Opening, Standby};
use crate::reports::Reports;
use crate::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX};

/// 22 November 2026.
const NOW: u64 = 1_795_365_600;

/// A ledger that records and can seal, and who calls it.
struct Desk {
    shared: Shared,
    caller: Session,
    sent: u8,
    writer: JoinHandle<()>,
    _folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::at(NOW)));
        let origin = Origin::parse("recorder.test/log").unwrap();
        let mut standby = ledger::stand_by(Opening {
            data: &folder.path().join("data"),
            keys: folder.path().join("keys"),
            wrapping_key: Some(WrappingKey::new([3; 32])),
            clock: Arc::<ManualClock>::clone(&clock),
            accept_clock: false,
            new: NewLedger { origin: origin.clone(), simulated: false },
            segment_bytes_max: SEGMENT_BYTES_MAX,
            disk_reserve_bytes: RESERVE_BYTES,
        })
        .unwrap();
        let (sequencer, writer) = standby.serve().unwrap().start().unwrap();
        let Standby { reader, vault, annotations, charters, .. } = standby;
        let custody = Custody::new(Parts {
            sequencer: sequencer.clone(),
            reader: reader.clone(),
            annotations: annotations.clone(),
            charters: charters.clone(),
            vault,
            clock: Arc::<ManualClock>::clone(&clock),
            rules: RulesSlot::new(Rules { schemes: vec!["person".to_owned()], ..Rules::default() }),
            origin: origin.clone(),
            predecessors: Vec::new(),
        });
        let publishing = Publishing::new(charters, sequencer.clone(), reader.clone(), annotations.clone());
        let reports = Reports::new(origin, sequencer.clone(), reader.clone(), annotations.clone());
        let shutdown = CancellationToken::new();
        let shared = Shared { sequencer, reader, annotations, publishing, reports, custody, clock, shutdown };
        Self { shared, caller: caller(), sent: 0, writer, _folder: folder }
    }

    async fn publish(&self, text: &str) -> u64 {
        let text = Bytes::copy_from_slice(text.as_bytes());
        self.shared.publishing.publish(text).await.unwrap().place.last.0
    }

    /// A request of a session of its own with an access to the data of somebody who is in that register.
    fn about(&mut self, scheme: &str) -> RecordRequest {
        self.sent += 1;
        let mut event_id = [self.sent; 16];
        // That of a UUID, version 4.
        (event_id[6], event_id[8]) = (0x40, 0x80);
        let event = AccessEvent {
            dataset: "stated".into(),
            operation: Operation::Query.into(),
            purpose: "a".into(),
            event_id: Bytes::copy_from_slice(&event_id),
            occurred_at_us: self.shared.clock.unix_us(),
            subjects: vec![Subject { scheme: scheme.into(), id: "4711".into() }],
            ..AccessEvent::default()
        };
        let session = Bytes::copy_from_slice(&[self.sent; 16]);
        RecordRequest { session, events: vec![event.encode_to_vec().into()], ..RecordRequest::default() }
    }

    fn prepare(&mut self, scheme: &str) -> Result<Prepared, Status> {
        let request = self.about(scheme);
        prepare(&self.shared, &self.caller, request)
    }

    async fn submit(&self, prepared: Prepared) -> Result<AccessRecord, Status> {
        let answer = submit(&self.shared, prepared, None).await?;
        let leaf = self.shared.reader.leaf(Index(answer.recorded[0].index)).unwrap();
        match read_body(Leaf::parse(&leaf).unwrap().body).unwrap().content {
            Some(Content::Access(record)) => Ok(record),
            other => panic!("no access: {other:?}"),
        }
    }

    fn size(&self) -> Size {
        self.shared.sequencer.published().borrow().head.size
    }

    async fn finish(self) {
        let Self { shared, writer, .. } = self;
        drop(shared);
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
    }
}

/// Somebody who may record.
fn caller() -> Session {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer token"));
    let gate = Gate::new(Policy::development("counter", "token"));
    gate.admit(Door::Internal, "/einsicht.v1.Recorder/Record", &headers, None).unwrap().unwrap()
}

/// The charter with this register of data subjects and no other.
fn with_register(scheme: &str) -> String {
    PROBE.replace("id = \"kfz\"", &format!("id = \"{scheme}\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_subject_of_a_register_that_the_charter_in_force_lacks_is_recorded() {
    let mut desk = Desk::new();
    for next in [with_register("person"), without_registers()] {
        let last = desk.publish(PROBE).await;
        let recorded = desk.prepare("kfz").unwrap();
        assert_eq!(desk.submit(recorded).await.unwrap().charter, Some(last));
        let [overtaken, to_be_sealed_anew] = [desk.prepare("kfz").unwrap(), desk.prepare("kfz").unwrap()];
        assert!(overtaken.work.is_some(), "it goes to the placer, and comes back");
        let to_be_sealed_anew = Prepared { work: None, ..to_be_sealed_anew };
        desk.publish(&next).await;
        let size = desk.size();
        let refused = desk.prepare("kfz").err().unwrap();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains("events[0].subjects[0].scheme"), "{refused}");
        for prepared in [overtaken, to_be_sealed_anew] {
            let status = desk.submit(prepared).await.unwrap_err();
            assert_eq!((status.code(), status.message()), (refused.code(), refused.message()));
            assert_eq!(status.details(), refused.details());
        }
        assert_eq!(desk.size(), size, "nothing is recorded");
    }
    desk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_of_a_register_that_the_next_charter_keeps_is_recorded_under_that_one() {
    let mut desk = Desk::new();
    desk.publish(PROBE).await;
    let first = desk.prepare("kfz").unwrap();
    assert!(first.work.is_none(), "the keys of the month are made first");
    desk.submit(first).await.unwrap();
    let overtaken = desk.prepare("kfz").unwrap();
    let both = "id = \"kfz\", title = \"K\" }, { id = \"person\"";
    let last = desk.publish(&PROBE.replace("id = \"kfz\"", both)).await;
    assert_eq!(desk.submit(overtaken).await.unwrap().charter, Some(last));
    desk.finish().await;
}
