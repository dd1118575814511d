//! Reading the ledger over gRPC: entries, lists, receipts, checkpoints as they come.

use bytes::Bytes;
use einsicht_proto::v1::{GetEntryRequest, GetReceiptRequest, ListEntriesRequest, WatchCheckpointsRequest};
use einsicht_tests::make::{Session, request};
use einsicht_tests::process::PATIENCE;
use einsicht_tests::service::Service;
use einsicht_tests::verify::Whole;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, Size};
use tonic::Code;

use crate::folder;

async fn list(service: &Service, start: u64, limit: u64) -> Vec<(u64, Bytes)> {
    let mut entries =
        service.ledger().list_entries(ListEntriesRequest { start, limit }).await.unwrap().into_inner();
    let mut listed = Vec::new();
    while let Some(entry) = entries.message().await.unwrap() {
        listed.push((entry.index, entry.leaf));
    }
    listed
}

#[tokio::test]
async fn an_entry_is_read_by_its_index_and_beyond_the_end_there_is_none() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(10)).await.unwrap();
    let whole = Whole::read(&service).await;
    for index in 0..whole.size() {
        let entry = service.ledger().get_entry(GetEntryRequest { index }).await.unwrap().into_inner();
        assert_eq!((entry.index, Some(&entry.leaf)), (index, whole.leaves.get(index as usize)));
    }
    for index in [whole.size(), whole.size() + 1, u64::MAX] {
        let status = service.ledger().get_entry(GetEntryRequest { index }).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{status}");
        assert!(status.message().contains("has 12 entries"), "{status}");
    }
}

#[tokio::test]
async fn a_list_has_exactly_the_entries_that_were_asked_for() {
    let folder = folder();
    let service = Service::start(folder.path(), &["--segment-bytes", "4096"]).await;
    for _ in 0..6 {
        service.record(request(100)).await.unwrap();
    }
    let whole = Whole::read(&service).await;
    let size = whole.size();
    for (start, limit, end) in [
        (0, 0, size),
        (0, 1, 1),
        (255, 2, 257),
        (256, 256, 512),
        (300, 0, size),
        (size - 1, 5, size),
        (size, 0, size),
        (size + 7, 3, size + 7),
        (u64::MAX, u64::MAX, u64::MAX),
        (1, u64::MAX, size),
    ] {
        let expected: Vec<_> =
            (start..end).map(|index| (index, whole.leaves[index as usize].clone())).collect();
        assert_eq!(list(&service, start, limit).await, expected, "start {start}, limit {limit}");
    }
}

#[tokio::test]
async fn a_receipt_verifies_offline() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(request(70)).await.unwrap();
    let whole = Whole::read(&service).await;
    let verifier = service.verifier();
    let mut receipts = Vec::new();
    for index in [0, 1, 2, 31, 63, 64, 71] {
        let answer = service.ledger().get_receipt(GetReceiptRequest { index }).await.unwrap();
        receipts.push((index, answer.into_inner().receipt));
    }
    let status = service.ledger().get_receipt(GetReceiptRequest { index: 72 }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status}");
    service.terminate().await;

    for (index, file) in receipts {
        let receipt = Receipt::parse(&file).unwrap();
        assert_eq!(receipt.index, Index(index));
        let keys = std::slice::from_ref(&verifier.key);
        let (leaf, checkpoint) = receipt.verify(None, verifier.origin(), keys).unwrap();
        assert_eq!((leaf.as_slice(), checkpoint.head), (&*whole.leaves[index as usize], whole.head()));
    }
}

#[tokio::test]
async fn whoever_watches_sees_the_newest_checkpoint_now_and_later_ones_as_they_come() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let verifier = service.verifier();
    let watch = service.ledger().watch_checkpoints(WatchCheckpointsRequest {}).await.unwrap();
    let mut checkpoints = watch.into_inner();
    let mut session = Session::new();
    for expected in 2..8 {
        let seen = tokio::time::timeout(PATIENCE, checkpoints.message()).await.unwrap().unwrap().unwrap();
        assert_eq!(verifier.open(&seen.checkpoint).size, Size(expected));
        service.record(session.request(1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_reader_of_checkpoints_misses_some_and_gets_the_newest() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let verifier = service.verifier();
    let watch = service.ledger().watch_checkpoints(WatchCheckpointsRequest {}).await.unwrap();
    let mut checkpoints = watch.into_inner();
    let mut session = Session::new();
    for _ in 0..300 {
        service.record(session.request(1)).await.unwrap();
    }
    let newest = service.head().await;
    let mut last = Size(0);
    while last < newest.size {
        let seen = tokio::time::timeout(PATIENCE, checkpoints.message()).await.unwrap().unwrap().unwrap();
        let head = verifier.open(&seen.checkpoint);
        assert!(head.size > last, "checkpoints only grow");
        last = head.size;
    }
}
