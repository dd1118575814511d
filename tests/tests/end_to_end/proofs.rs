//! Proofs over gRPC, verified against roots that were recomputed from the entries.

use einsicht_proto::v1::{GetConsistencyProofRequest, GetInclusionProofRequest};
use einsicht_tests::make::request;
use einsicht_tests::service::Service;
use einsicht_tests::verify::{Whole, hash, hashes};
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Index, Size};
use futures::StreamExt as _;
use tonic::Code;

use crate::folder;

/// Sizes around the places where the shape of a tree changes.
const SIZES: [u64; 22] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 127, 128, 129, 255, 256, 257, 511, 512, 513, 602];
const CALLS_AT_ONCE: usize = 16;

async fn ledger_of_602(service: &Service) -> Whole {
    service.record(request(600)).await.unwrap();
    let whole = Whole::read(service).await;
    assert_eq!(whole.size(), 602);
    whole
}

#[tokio::test]
async fn an_entry_is_proven_in_every_tree_that_has_it() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let whole = &ledger_of_602(&service).await;
    let pairs = SIZES.into_iter().flat_map(|size| {
        SIZES.into_iter().map(move |after| (after - 1, size)).filter(|(index, size)| index < size)
    });
    let calls = pairs.map(|(index, size)| {
        let mut ledger = service.ledger();
        async move {
            let answer = ledger.get_inclusion_proof(GetInclusionProofRequest { index, size }).await.unwrap();
            let answer = answer.into_inner();
            let leaf_hash = hash(&answer.leaf_hash);
            assert_eq!((answer.size, leaf_hash), (size, whole.hash_of(index)));
            verify_inclusion(&leaf_hash, Index(index), &whole.head_at(size), &hashes(&answer.proof)).unwrap();
        }
    });
    let verified = futures::stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).count().await;
    assert_eq!(verified, SIZES.len() * (SIZES.len() + 1) / 2);
}

#[tokio::test]
async fn every_tree_is_proven_to_extend_every_smaller_one() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let whole = &ledger_of_602(&service).await;
    let pairs = SIZES.into_iter().flat_map(|new| SIZES.into_iter().map(move |old| (old, new)));
    let calls = pairs.filter(|(old, new)| old <= new).map(|(old_size, new_size)| {
        let mut ledger = service.ledger();
        async move {
            let request = GetConsistencyProofRequest { old_size, new_size };
            let answer = ledger.get_consistency_proof(request).await.unwrap().into_inner();
            assert_eq!(answer.new_size, new_size);
            let (old, new) = (whole.head_at(old_size), whole.head_at(new_size));
            verify_consistency(&old, &new, &hashes(&answer.proof)).unwrap();
        }
    });
    let verified = futures::stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).count().await;
    assert_eq!(verified, SIZES.len() * (SIZES.len() + 1) / 2);
}

#[tokio::test]
async fn size_zero_asks_for_the_newest_tree() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    let whole = ledger_of_602(&service).await;
    let mut ledger = service.ledger();
    let inclusion = GetInclusionProofRequest { index: 300, size: 0 };
    let inclusion = ledger.get_inclusion_proof(inclusion).await.unwrap().into_inner();
    assert_eq!(inclusion.size, 602);
    let proof = hashes(&inclusion.proof);
    verify_inclusion(&whole.hash_of(300), Index(300), &whole.head(), &proof).unwrap();
    let consistency = GetConsistencyProofRequest { old_size: 2, new_size: 0 };
    let consistency = ledger.get_consistency_proof(consistency).await.unwrap().into_inner();
    assert_eq!(Size(consistency.new_size), whole.head().size);
    verify_consistency(&whole.head_at(2), &whole.head(), &hashes(&consistency.proof)).unwrap();
}

#[tokio::test]
async fn a_proof_that_cannot_exist_is_refused_with_the_reason() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    ledger_of_602(&service).await;
    let mut ledger = service.ledger();
    for (index, size) in [(602, 602), (5, 5), (6, 5), (0, 603), (0, u64::MAX), (u64::MAX, 0), (602, 0)] {
        let status = ledger.get_inclusion_proof(GetInclusionProofRequest { index, size }).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "entry {index} in {size}: {status}");
        assert!(!status.message().is_empty());
    }
    for (old_size, new_size) in [(0, 602), (0, 0), (6, 5), (603, 0), (603, 603), (1, 603), (1, u64::MAX)] {
        let request = GetConsistencyProofRequest { old_size, new_size };
        let status = ledger.get_consistency_proof(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{old_size} to {new_size}: {status}");
        assert!(!status.message().is_empty());
    }
}
