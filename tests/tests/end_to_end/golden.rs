//! Data folders of every released format, as they were left once: each later release opens, checks and
//! continues them. And formats of later releases: refused, and not misread. `testdata/golden/README.md`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use einsicht_access::{FORMAT_VERSION, body_bytes, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessEvent, RecordRequest};
use einsicht_tests::folder::{copy, files, segments};
use einsicht_tests::make::{Session, event};
use einsicht_tests::process::{Ended, run, text};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::{Verifier, Whole};
use einsicht_tlog::hash::{sha256, to_hex};
use einsicht_tlog::segment::{FrameBuilder, SegmentHeader};
use einsicht_tlog::{Frontier, Index, Leaf, Origin};
use tempfile::TempDir;
use tonic::Code;

use crate::{SMALL_SEGMENTS, folder};

/// The key of a golden ledger is public: under its own name nobody takes it for a secret.
const KEYS: &str = "keys-that-are-no-secret";
const DERIVED: [&str; 4] = ["log/offsets", "log/hashes", "log/watermark", "state"];

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/golden")
}

fn versions() -> std::ops::RangeInclusive<u32> {
    1..=FORMAT_VERSION
}

/// A copy that the service can use: its keys are where they belong.
fn copy_of(version: u32) -> TempDir {
    let folder = folder();
    copy(&golden().join(version.to_string()), folder.path());
    fs::rename(folder.path().join(KEYS), folder.path().join("keys")).unwrap();
    let key = folder.path().join("keys/ledger.key");
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

/// Name and hash of every file, as `sha256sum` writes them.
fn sums(version: u32) -> String {
    let names = files(&golden().join(version.to_string())).into_iter();
    let line = |file: PathBuf| {
        let hash = to_hex(&sha256(&fs::read(&file).unwrap()).0);
        format!("{hash}  {}\n", text(file.strip_prefix(golden()).unwrap()))
    };
    names.map(line).collect()
}

/// Has the real service record into a new folder. One that is there is never written again.
async fn make(version: u32) {
    let data = golden().join(version.to_string());
    let service = Service::start(&data, &SMALL_SEGMENTS).await;
    let mut sessions = [Session::new(), Session::new()];
    for number in 0..8 {
        service.record(sessions[number % 2].request(1 + number)).await.unwrap();
    }
    service.recorder().end_session(sessions[0].end()).await.unwrap();
    service.terminate().await.expect(0, &[]);
    fs::remove_file(data.join("keys/dev.token")).unwrap();
    fs::rename(data.join("keys"), data.join(KEYS)).unwrap();
    fs::write(golden().join(format!("{version}.sha256")), sums(version)).unwrap();
}

#[tokio::test]
async fn there_is_a_golden_folder_of_this_format_and_each_is_what_it_was() {
    let current = golden().join(FORMAT_VERSION.to_string());
    if std::env::var_os("EINSICHT_WRITE_TESTDATA").is_some() && !current.exists() {
        make(FORMAT_VERSION).await;
    }
    for version in versions() {
        let expected = fs::read_to_string(golden().join(format!("{version}.sha256"))).unwrap();
        assert_eq!(sums(version), expected, "format {version} was changed");
        assert!(segments(&golden().join(version.to_string())).len() >= 2);
    }
}

async fn verify(data: &Path) -> Ended {
    let (vkey, state) = (data.join("ledger.vkey"), folder());
    run("einsicht", &["verify", text(data), "--vkey", text(&vkey), "--state-dir", text(state.path())]).await
}

#[tokio::test]
async fn every_golden_folder_is_sound_verified_and_exported() {
    for version in versions() {
        let (data, site) = (copy_of(version), folder());
        fsck(data.path()).await.expect(0, &[]);
        verify(data.path()).await.expect(0, &[]);
        let export = ["export", text(site.path()), "--data", text(data.path()), "--entries"];
        run("einsichtd", &export).await.expect(0, &[]);
        fs::copy(data.path().join("ledger.vkey"), site.path().join("ledger.vkey")).unwrap();
        verify(site.path()).await.expect(0, &[]);
    }
}

/// Every request that is in the ledger, as far as it decides whether it is known.
fn requests(whole: &Whole) -> impl Iterator<Item = RecordRequest> {
    whole.accesses().map(|access| RecordRequest {
        session: access.session,
        first_sequence: access.sequence,
        events: vec![AccessEvent { event_id: access.event_id, ..event() }],
        ..RecordRequest::default()
    })
}

/// Starts on a golden ledger: its history is there, its numbers are known, and it goes on.
async fn assert_goes_on(data: &Path) {
    let old = Verifier::of(data).open(&fs::read(data.join("log/checkpoint")).unwrap());
    let service = Service::start(data, &["--accept-clock", "--segment-bytes", "4096"]).await;
    let whole = Whole::read(&service).await;
    assert_eq!(whole.head_at(old.size.0), old);
    assert_eq!(whole.size(), old.size.0 + 1, "the start, and nothing else");
    let mut known = 0;
    for request in requests(&whole) {
        let answer = service.record(request).await.unwrap();
        assert!(answer.recorded.iter().all(|recorded| recorded.already_recorded));
        known += 1;
    }
    assert!(known >= 30, "{known}");
    let ended = whole.bodies().find_map(|body| match body.content {
        Some(Content::SessionEnd(end)) => Some(end.session),
        _ => None,
    });
    let session = Session { id: ended.unwrap(), next: 1_000 };
    let refused = service.record(session.clone().request(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    service.record(Session::new().request(1)).await.unwrap();
    assert_eq!(service.head().await.size.0, old.size.0 + 2);
    service.terminate().await.expect(0, &[]);
    fsck(data).await.expect(0, &[]);
    verify(data).await.expect(0, &[]);
}

#[tokio::test]
async fn every_golden_ledger_goes_on_with_its_derived_files_and_without() {
    for version in versions() {
        let data = copy_of(version);
        assert_goes_on(data.path()).await;
        let data = copy_of(version);
        for name in DERIVED {
            let path = data.path().join(name);
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        assert_goes_on(data.path()).await;
        for name in ["log/offsets", "log/hashes/0"] {
            let made = fs::read(data.path().join(name)).unwrap();
            let golden = fs::read(golden().join(version.to_string()).join(name)).unwrap();
            assert!(made.starts_with(&golden), "{name} of format {version} is made in another way now");
        }
    }
}

#[tokio::test]
async fn derived_files_of_another_version_are_made_anew() {
    for other in [0, 2] {
        let data = copy_of(FORMAT_VERSION);
        let watermark = data.path().join("log/watermark");
        let text = fs::read_to_string(&watermark).unwrap();
        fs::write(&watermark, text.replacen("einsicht-derived 1", &format!("einsicht-derived {other}"), 1))
            .unwrap();
        // Whatever that version had there: nothing of it is believed.
        fs::write(data.path().join("log/hashes/0"), [0x5a; 4096]).unwrap();
        assert_goes_on(data.path()).await;
        assert!(fs::read_to_string(&watermark).unwrap().starts_with("einsicht-derived 1\n"));
    }
}

#[tokio::test]
async fn segments_of_a_later_version_are_refused_with_what_to_do() {
    let data = copy_of(FORMAT_VERSION);
    for segment in [segments(data.path())[0].clone(), segments(data.path())[1].clone()] {
        let data = copy_of(FORMAT_VERSION);
        let segment = data.path().join("log/entries").join(segment.file_name().unwrap());
        let mut bytes = fs::read(&segment).unwrap();
        bytes[8..12].copy_from_slice(&2_u32.to_be_bytes());
        fs::write(&segment, bytes).unwrap();
        let parts = ["segment format 2 is not known here", "use the release that wrote it"];
        refused(data.path(), &["--accept-clock"]).await.expect(2, &parts);
        fsck(data.path()).await.expect(2, &parts);
        verify(data.path()).await.expect(2, &parts);
    }
}

/// Makes the ledger one whose entry 0 says that it has format version 2.
fn announce_later_version(data: &Path) {
    let first = segments(data)[0].clone();
    let origin = Origin::parse(Verifier::of(data).origin()).unwrap();
    let bytes = fs::read(&first).unwrap();
    let frame = einsicht_tlog::segment::Frame::parse(&bytes[52..]).unwrap();
    let genesis = einsicht_tlog::bundle::entries(frame.entries).next().unwrap().unwrap();
    let leaf = Leaf::parse(genesis).unwrap();
    let mut body = read_body(leaf.body).unwrap();
    let Some(Content::Genesis(genesis)) = &mut body.content else { panic!("no genesis") };
    genesis.format_version = 2;
    let leaf = Leaf { body: &body_bytes(&body), ..leaf }.to_bytes().unwrap();
    let (mut frontier, mut frame) = (Frontier::new(), FrameBuilder::new(Index(0)));
    frontier.push(einsicht_tlog::hash::leaf_hash(&leaf));
    frame.push(&leaf).unwrap();
    let header = SegmentHeader { origin_hash: origin.hash(), first: Index(0) }.to_bytes();
    segments(data).iter().for_each(|segment| fs::remove_file(segment).unwrap());
    fs::write(&first, [header, frame.finish(&frontier.root()).unwrap()].concat()).unwrap();
}

#[tokio::test]
async fn a_ledger_of_a_later_version_is_refused_with_what_to_do() {
    let data = copy_of(FORMAT_VERSION);
    announce_later_version(data.path());
    let parts = ["format version 2", "use a version of it that knows 2"];
    refused(data.path(), &["--accept-clock"]).await.expect(2, &parts);
    fsck(data.path()).await.expect(2, &parts);
}
