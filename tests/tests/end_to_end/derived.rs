//! Derived files: deleted, damaged or out of step, they change no answer.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use einsicht_proto::v1::{GetConsistencyProofRequest, RecordRequest};
use einsicht_tests::folder::{copy, cut, files, flip};
use einsicht_tests::make::Session;
use einsicht_tests::service::{Service, fsck};
use einsicht_tests::verify::Whole;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{SMALL_SEGMENTS, folder};

/// What a reader sees of the first `SIZE` entries.
const PAGES: [&str; 6] = [
    "/tile/0/000",
    "/tile/0/001.p/46",
    "/tile/1/000.p/1",
    "/tile/entries/000",
    "/tile/entries/001.p/46",
    "/tile/entries/001.p/1",
];
const SIZE: u64 = 302;

/// A ledger that has stopped, and what it answered before.
struct Stopped {
    folder: TempDir,
    requests: Vec<RecordRequest>,
    seen: Vec<Bytes>,
}

async fn seen(service: &Service) -> Vec<Bytes> {
    let mut seen = Vec::new();
    for path in PAGES {
        seen.push(service.get(path).await.bytes);
    }
    for old_size in [1, 2, 255, 256, 257, 301] {
        let request = GetConsistencyProofRequest { old_size, new_size: SIZE };
        seen.extend(service.ledger().get_consistency_proof(request).await.unwrap().into_inner().proof);
    }
    seen
}

impl Stopped {
    async fn make() -> Self {
        let folder = folder();
        let service = Service::start(folder.path(), &SMALL_SEGMENTS).await;
        let mut session = Session::new();
        let requests: Vec<_> = (0..30).map(|_| session.request(10)).collect();
        for request in &requests {
            service.record(request.clone()).await.unwrap();
        }
        assert_eq!(Whole::read(&service).await.size(), SIZE);
        let seen = seen(&service).await;
        service.terminate().await.expect(0, &[]);
        Self { folder, requests, seen }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.data().join(name)
    }

    /// Starts again: the same answers, nothing recorded twice, everything sound afterwards.
    async fn assert_unchanged(&self, what: &str) {
        let service = Service::start(self.data(), &SMALL_SEGMENTS).await;
        let size = service.head().await.size;
        assert!(seen(&service).await == self.seen, "{what}");
        for request in &self.requests {
            let again = service.record(request.clone()).await.unwrap();
            assert!(again.recorded.iter().all(|recorded| recorded.already_recorded), "{what}");
        }
        assert_eq!(Whole::read(&service).await.head().size, size, "{what}");
        service.terminate().await.expect(0, &[]);
        fsck(self.data()).await.expect(0, &[]);
    }
}

#[tokio::test]
async fn an_orderly_end_leaves_nothing_to_be_read_again() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]).await;
    service.record(Session::new().request(10)).await.unwrap();
    // Longer than what lies behind the log takes to catch up: nothing is new when the end comes.
    sleep(Duration::from_millis(800)).await;
    service.terminate().await.expect(0, &[]);
    let watermark = fs::read_to_string(folder.path().join("log/watermark")).unwrap();
    assert_eq!(watermark.lines().nth(1), Some("12"), "{watermark}");
}

#[tokio::test]
async fn derived_files_that_were_deleted_are_made_again() {
    let stopped = Stopped::make().await;
    for names in [
        &["log/watermark"][..],
        &["log/offsets"],
        &["log/hashes"],
        &["state"],
        &["log/hashes/0", "log/watermark"],
        &["log/offsets", "log/hashes", "log/watermark", "state"],
    ] {
        for name in names {
            let path = stopped.path(name);
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.unwrap();
        }
        stopped.assert_unchanged(&names.join(", ")).await;
    }
}

#[tokio::test]
async fn derived_files_that_are_too_short_or_nonsense_are_made_again() {
    let stopped = Stopped::make().await;
    for name in ["log/watermark", "log/offsets", "log/hashes/0", "log/hashes/1"] {
        cut(&stopped.path(name), 7);
        stopped.assert_unchanged(&format!("{name} cut")).await;
    }
    for (name, content) in [
        ("log/watermark", b"einsicht-derived 1\n99999999999\nAAAA\n".as_slice()),
        ("log/watermark", b"einsicht-derived 2\n302\n\n"),
        ("log/watermark", &[0; 4096]),
        ("log/offsets", &[0xff; 302 * 8]),
        ("log/hashes/0", &[0xaa; 400 * 32]),
    ] {
        fs::write(stopped.path(name), content).unwrap();
        stopped.assert_unchanged(&format!("{name} overwritten")).await;
    }
}

#[tokio::test]
async fn a_session_store_that_is_damaged_is_made_again() {
    let stopped = Stopped::make().await;
    for file in files(&stopped.path("state")) {
        fs::write(&file, vec![0xaa; 5000]).unwrap();
    }
    stopped.assert_unchanged("state overwritten").await;
}

#[tokio::test]
async fn sessions_that_the_log_does_not_know_are_not_believed() {
    let stopped = Stopped::make().await;
    let ahead = folder();
    copy(stopped.data(), ahead.path());
    let mut session = Session::new();
    let request = session.request(5);
    let service = Service::start(ahead.path(), &SMALL_SEGMENTS).await;
    service.record(request.clone()).await.unwrap();
    service.terminate().await.expect(0, &[]);
    fs::remove_dir_all(stopped.path("state")).unwrap();
    copy(&ahead.path().join("state"), &stopped.path("state"));

    let service = Service::start(stopped.data(), &SMALL_SEGMENTS).await;
    let answer = service.record(request).await.unwrap();
    assert!(answer.recorded.iter().all(|recorded| !recorded.already_recorded));
    assert_eq!(Whole::read(&service).await.numbers_of(&session.id), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_flipped_bit_in_the_hash_files_is_found_by_the_offline_check() {
    let stopped = Stopped::make().await;
    for name in ["log/hashes/0", "log/hashes/1", "log/offsets"] {
        flip(&stopped.path(name), 20);
        let found = fsck(stopped.data()).await;
        found.expect(1, &[]);
        assert!(found.stdout.contains("they are derived: delete log/watermark"), "{found:#?}");
        fs::remove_file(stopped.path("log/watermark")).unwrap();
        stopped.assert_unchanged(name).await;
    }
}
