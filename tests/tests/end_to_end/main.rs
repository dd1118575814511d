//! The service as its users and operators meet it: the real program on a port of this machine, over
//! real gRPC and HTTP. One crate, so that it is linked once and its tests run side by side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod again;
mod answers;
mod backup;
mod clocks;
mod copies;
mod crash;
mod damage;
mod derived;
mod export;
mod figures;
mod golden;
mod keys;
mod leaks;
mod missing;
mod proofs;
mod protocol;
mod public_http;
mod reading;
mod recording;
mod refusals;
mod restore;
mod sample;
mod sealed;
mod second_implementation;
mod sessions;
mod shutdown;
mod spool;
mod streaming;
mod tails;
mod tiles;
mod writers;

use std::path::Path;

use einsicht_tests::make::Session;
use einsicht_tests::service::Service;
use tempfile::TempDir;

/// An empty folder that goes away with the test.
fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A ledger at rest with `batches` commits of ten accesses each, in segments of 4 KiB: one or two
/// commits per segment.
async fn ledger_at_rest(data: &Path, batches: usize) -> Session {
    let service = Service::start(data, &SMALL_SEGMENTS).await;
    let mut session = Session::new();
    for _ in 0..batches {
        service.record(session.request(10)).await.unwrap();
    }
    service.terminate().await.expect(0, &[]);
    session
}

const SMALL_SEGMENTS: [&str; 2] = ["--segment-bytes", "4096"];
