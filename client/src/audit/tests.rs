//! What passes, what fails and where, and what nobody can tell.

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_access::{body_bytes, entry};
use einsicht_proto::v1::EntryBody;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::segment::SEGMENT_HEADER_BYTES;
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt, SigningKey, checkpoint};
use tempfile::TempDir;

use super::*;
use crate::Conclusion;
use crate::sample::{BEGAN_AT, Ledger, ORIGIN, access, genesis, key, trust};

mod charters;
mod confidential;
mod damage;
mod inspecting;
mod resuming;
mod signer;

pub(super) async fn verify(folder: &Path, trust: &Trust) -> Result<AuditReport, VerifyError> {
    let source = Source::open(folder.to_str().unwrap()).unwrap();
    audit(&source, trust, AuditOptions::default(), |_| {}).await
}

/// A data folder with a ledger in it.
pub(super) fn folder_of(ledger: &Ledger) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[]);
    folder
}

/// Verifies the folder with a fresh trust, and expects it to fail.
pub(super) async fn finding_in(folder: &Path) -> Finding {
    let error = verify(folder, &trust()).await.expect_err("it must not verify");
    assert_eq!(error.conclusion(), Conclusion::Failed, "{error}");
    error.finding().unwrap_or_else(|| panic!("no finding: {error}")).clone()
}

#[tokio::test]
async fn a_data_folder_and_its_tiles_verify_alike() {
    let ledger = Ledger::of(1000, 90);
    let folder = tempfile::tempdir().unwrap();
    ledger.write_segments(folder.path(), &[91, 541]);
    let report = verify(folder.path(), &trust()).await.unwrap();
    assert_eq!((report.origin.as_str(), report.head), (ORIGIN, ledger.head_at(1000)));
    assert_eq!(report.checkpoint, ledger.note_at(1000));
    assert_eq!((report.began_at, report.recorded_at), (RecordedAt(BEGAN_AT), RecordedAt(BEGAN_AT + 12)));
    assert_eq!(report.kinds, [("genesis", 1), ("access", 999)].into());
    assert_eq!(report.accesses, 3 * 999);
    assert!(report.beginning.simulated && report.beginning.software == "einsichtd 0.1.0");
    assert_eq!((report.sessions.met, report.sessions.missing(), report.not_covered), (1, 0, Some(0)));
    assert_eq!((report.resumed_at, report.full_because, report.extends), (0, Some(FullReason::First), None));

    let tiles = tempfile::tempdir().unwrap();
    ledger.write_tiles(tiles.path(), &[1000]);
    let of_tiles = verify(tiles.path(), &trust()).await.unwrap();
    assert_eq!(of_tiles.sessions, report.sessions);
    assert_eq!((of_tiles.head, of_tiles.kinds, of_tiles.not_covered), (report.head, report.kinds, None));
}

#[tokio::test]
async fn large_commits_are_checked_on_all_cores_with_the_same_result() {
    let mut ledger = Ledger::new();
    ledger.record(3000);
    let folder = folder_of(&ledger);
    assert_eq!(verify(folder.path(), &trust()).await.unwrap().head, ledger.head_at(3001));
    let mut broken = ledger.clone();
    let leaf = broken.leaves[2345].len() - 1;
    broken.leaves[2345][leaf] ^= 1;
    let folder = folder_of(&broken);
    let finding = finding_in(folder.path()).await;
    // The last byte of a body is its sequence number: what notices is the next link of the chain.
    assert_eq!((finding.fault, finding.index), (Fault::Chain, Some(Index(2346))));
}

#[tokio::test]
async fn progress_runs_from_nothing_to_everything() {
    let folder = folder_of(&Ledger::of(300, 100));
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let mut seen = Vec::new();
    audit(&source, &trust(), AuditOptions::default(), |progress| seen.push(progress)).await.unwrap();
    assert_eq!(seen.first().unwrap(), &Progress { verified: Size(0), total: Size(300), bytes: 0 });
    let last = seen.last().unwrap();
    assert_eq!((last.verified, last.total), (Size(300), Size(300)));
    assert!(last.bytes > 300 * 100, "{last:?}");
}

#[tokio::test]
async fn entries_past_the_checkpoint_are_counted_and_not_judged() {
    let mut ledger = Ledger::of(100, 10);
    let folder = folder_of(&ledger);
    let covered = ledger.note_at(100);
    ledger.grow(125, 10);
    ledger.write_segments(folder.path(), &[]);
    fs::write(folder.path().join("log/checkpoint"), &covered).unwrap();
    let report = verify(folder.path(), &trust()).await.unwrap();
    assert_eq!((report.head.size, report.not_covered), (Size(100), Some(25)));
    // The last commit is torn, as if it were being written.
    let segment = folder.path().join(format!("log/entries/{:020}.seg", 0));
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 3]).unwrap();
    let report = verify(folder.path(), &trust()).await.unwrap();
    assert_eq!((report.head.size, report.not_covered), (Size(100), Some(20)));
    fs::write(&segment, [&bytes[..bytes.len() - 3], &[0; 4096]].concat()).unwrap();
    assert_eq!(verify(folder.path(), &trust()).await.unwrap().not_covered, Some(20));
}

#[tokio::test]
async fn a_checkpoint_in_the_middle_of_a_commit_is_enough() {
    let ledger = Ledger::of(100, 40);
    let folder = folder_of(&ledger);
    fs::write(folder.path().join("log/checkpoint"), ledger.note_at(97)).unwrap();
    let report = verify(folder.path(), &trust()).await.unwrap();
    assert_eq!((report.head, report.not_covered), (ledger.head_at(97), Some(3)));
}

#[tokio::test]
async fn nothing_there_is_not_a_failure_and_not_a_pass() {
    let folder = folder_of(&Ledger::of(10, 10));
    let empty = checkpoint::sign(TreeHead { size: Size(0), root: Hash::EMPTY_ROOT }, &key());
    fs::write(folder.path().join("log/checkpoint"), empty).unwrap();
    let error = verify(folder.path(), &trust()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Empty { .. }), "{error}");
    assert_eq!(error.conclusion(), Conclusion::CouldNotTell);
    fs::remove_file(folder.path().join("log/checkpoint")).unwrap();
    let error = verify(folder.path(), &trust()).await.unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::CouldNotTell, "{error}");
}

#[tokio::test]
async fn missing_numbers_of_sessions_are_counted_and_fail_nothing() {
    let mut ledger = Ledger::new();
    for (session, number) in [(1, 0), (1, 1), (1, 4), (2, 1), (1, 3), (2, 1)] {
        ledger.push(&access(session, number));
    }
    ledger.push(&entry::session_end("verkehr", &vec![1; 16].into(), Some(6)));
    ledger.push(&entry::service_start("einsichtd 0.1.0"));
    ledger.commit();
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    let sessions = &report.sessions;
    assert_eq!((sessions.met, sessions.ended, sessions.repeated, sessions.missing()), (2, 1, 1, 4));
    let gaps: Vec<_> = sessions.gaps().iter().map(|gap| (gap.first_missing, gap.missing, gap.over)).collect();
    assert_eq!(gaps, [(Some(0), 1, false), (Some(2), 3, true)]);
    assert_eq!(sessions.gaps()[0].session, "02".repeat(16));
    assert_eq!(report.kinds["session_end"], 1);
}

#[tokio::test]
async fn kinds_that_are_not_known_yet_pass_and_are_counted() {
    let mut ledger = Ledger::new();
    ledger.push_bytes(b"\x6a\x03abc");
    ledger.commit();
    let report = verify(folder_of(&ledger).path(), &trust()).await.unwrap();
    assert_eq!(report.kinds, [("genesis", 1), ("unknown", 1)].into());
}

#[tokio::test]
async fn an_audit_can_run_on_any_thread() {
    let folder = folder_of(&Ledger::of(30, 10));
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    let task = async move { audit(&source, &trust(), AuditOptions::default(), |_| {}).await };
    assert_eq!(tokio::spawn(task).await.unwrap().unwrap().head.size, Size(30));
}
