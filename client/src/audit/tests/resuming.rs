//! Going on where the last audit ended, and what can go wrong with that.

use super::*;

fn stored(state: &TempDir) -> Trust {
    Trust::stored(key().verifier().clone(), state.path()).unwrap()
}

fn audit_file(state: &TempDir) -> PathBuf {
    let mut files = fs::read_dir(state.path()).unwrap().map(|item| item.unwrap().path());
    files.find(|path| path.to_str().unwrap().ends_with(".audit.json")).unwrap()
}

#[tokio::test]
async fn an_audit_goes_on_where_the_last_one_ended() {
    let (state, mut ledger) = (tempfile::tempdir().unwrap(), Ledger::of(333, 50));
    let folder = folder_of(&ledger);
    assert_eq!(verify(folder.path(), &stored(&state)).await.unwrap().full_because, Some(FullReason::First));
    for size in [333, 334, 700] {
        let before = ledger.head_at(ledger.size());
        ledger.grow(size, 50);
        ledger.write_segments(folder.path(), &[201]);
        let report = verify(folder.path(), &stored(&state)).await.unwrap();
        assert_eq!((report.resumed_at, report.full_because.as_ref()), (before.size.0, None));
        assert_eq!((report.head, report.extends), (ledger.head_at(size), Some(before)));
        let source = Source::open(folder.path().to_str().unwrap()).unwrap();
        let full = audit(&source, &stored(&state), AuditOptions { full: true }, |_| {}).await.unwrap();
        assert_eq!((full.resumed_at, &full.full_because), (0, &Some(FullReason::Asked)));
        assert_eq!(
            (&report.kinds, report.accesses, &report.sessions),
            (&full.kinds, full.accesses, &full.sessions)
        );
        assert_eq!((&report.beginning, report.began_at), (&full.beginning, full.began_at));
    }
}

#[tokio::test]
async fn a_damaged_state_file_means_that_everything_is_read() {
    let (state, ledger) = (tempfile::tempdir().unwrap(), Ledger::of(60, 50));
    let folder = folder_of(&ledger);
    verify(folder.path(), &stored(&state)).await.unwrap();
    let path = audit_file(&state);
    let bytes = fs::read(&path).unwrap();
    for position in (0..bytes.len()).step_by(11) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 7);
        fs::write(&path, damaged).unwrap();
        let report = verify(folder.path(), &stored(&state)).await.unwrap();
        assert!(matches!(report.full_because, Some(FullReason::Unusable(_))), "byte {position}: {report:?}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(verify(folder.path(), &stored(&state)).await.unwrap().full_because, Some(FullReason::First));
}

#[tokio::test]
async fn a_forged_state_never_makes_an_entry_pass_and_never_accuses() {
    let (state, mut ledger) = (tempfile::tempdir().unwrap(), Ledger::of(60, 50));
    let folder = folder_of(&ledger);
    verify(folder.path(), &stored(&state)).await.unwrap();
    let path = audit_file(&state);
    let text = fs::read_to_string(&path).unwrap();
    let previous = leaf_hash(&ledger.leaves[59]).to_string();
    assert!(text.contains(&previous));
    let forged = text.replace(&previous, &Hash([8; 32]).to_string());
    // The checksum is no secret: somebody who can write here can make it fit.
    let start = forged.find("\"audit\":").unwrap() + "\"audit\":".len();
    let sum = einsicht_tlog::hash::sha256(&forged.as_bytes()[start..forged.len() - 1]).to_hex();
    fs::write(&path, format!("{{\"sha256\":\"{sum}\",\"audit\":{}", &forged[start..])).unwrap();
    ledger.grow(70, 50);
    ledger.write_segments(folder.path(), &[]);
    let report = verify(folder.path(), &stored(&state)).await.unwrap();
    assert!(matches!(report.full_because, Some(FullReason::ResumedFailed(_))), "{report:?}");
    assert_eq!(report.head, ledger.head_at(70));
}

#[tokio::test]
async fn history_rewritten_before_the_last_audit_is_a_fork() {
    for size in [333, 400] {
        let (state, ledger) = (tempfile::tempdir().unwrap(), Ledger::of(333, 50));
        let folder = folder_of(&ledger);
        verify(folder.path(), &stored(&state)).await.unwrap();
        // Entries from 200 on are others, and everything is signed again.
        let mut rewritten = Ledger::of(200, 50);
        rewritten.push(&access(9, 0));
        rewritten.commit();
        rewritten.grow(size, 50);
        rewritten.write_segments(folder.path(), &[]);
        let error = verify(folder.path(), &stored(&state)).await.unwrap_err();
        let VerifyError::Distrusted(TrustError::Fork { dispute }) = &error else { panic!("{error}") };
        assert_eq!(
            (dispute.known.head, dispute.offered.head),
            (ledger.head_at(333), rewritten.head_at(size))
        );
        assert_eq!(dispute.evidence.len(), 2);
        assert_eq!(error.conclusion(), Conclusion::Failed);
        assert_eq!(stored(&state).newest(), Some(ledger.head_at(333)), "what was verified stays");
    }
}

#[tokio::test]
async fn history_rewritten_behind_an_honest_checkpoint_is_found() {
    let (state, mut ledger) = (tempfile::tempdir().unwrap(), Ledger::of(333, 50));
    let folder = folder_of(&ledger);
    verify(folder.path(), &stored(&state)).await.unwrap();
    ledger.grow(400, 50);
    let honest = ledger.note_at(400);
    let mut rewritten = Ledger::of(332, 50);
    rewritten.push(&access(9, 0));
    rewritten.commit();
    rewritten.grow(400, 50);
    rewritten.write_segments(folder.path(), &[]);
    fs::write(folder.path().join("log/checkpoint"), honest).unwrap();
    let error = verify(folder.path(), &stored(&state)).await.unwrap_err();
    assert_eq!(error.finding().unwrap().fault, Fault::Root, "{error}");
}

#[tokio::test]
async fn a_log_that_was_cut_fails() {
    let (state, ledger) = (tempfile::tempdir().unwrap(), Ledger::of(333, 50));
    let folder = folder_of(&ledger);
    verify(folder.path(), &stored(&state)).await.unwrap();
    let cut = Ledger::of(201, 50);
    cut.write_segments(folder.path(), &[]);
    let error = verify(folder.path(), &stored(&state)).await.unwrap_err();
    let finding = error.finding().unwrap_or_else(|| panic!("{error}"));
    assert_eq!((finding.fault, finding.index), (Fault::Missing, Some(Index(201))));
    let tiles = tempfile::tempdir().unwrap();
    cut.write_tiles(tiles.path(), &[201]);
    let error = verify(tiles.path(), &stored(&state)).await.unwrap_err();
    assert_eq!(error.finding().unwrap().fault, Fault::Rollback, "{error}");
}

#[tokio::test]
async fn a_data_folder_whose_checkpoint_lags_behind_is_verified_as_far_as_was_promised() {
    let (state, mut ledger) = (tempfile::tempdir().unwrap(), Ledger::of(333, 50));
    let folder = folder_of(&ledger);
    let lagging = ledger.note_at(333);
    ledger.grow(400, 50);
    ledger.write_segments(folder.path(), &[]);
    // What a recorder was answered, and believes.
    let trust = stored(&state);
    trust.offer(&ledger.note_at(400)).unwrap();
    fs::write(folder.path().join("log/checkpoint"), lagging).unwrap();
    let report = verify(folder.path(), &trust).await.unwrap();
    assert_eq!(report.head, ledger.head_at(400));
    let report = verify(folder.path(), &stored(&state)).await.unwrap();
    assert_eq!(report.head, ledger.head_at(400));
    // What it shows must be a part of what it promised.
    let mut other = Ledger::of(200, 50);
    other.push(&access(9, 0));
    other.commit();
    other.grow(333, 50);
    fs::write(folder.path().join("log/checkpoint"), other.note_at(333)).unwrap();
    let error = verify(folder.path(), &stored(&state)).await.unwrap_err();
    assert!(matches!(error, VerifyError::Distrusted(TrustError::Fork { .. })), "{error}");
}

#[tokio::test]
async fn an_audit_that_fails_stores_nothing() {
    let (state, mut ledger) = (tempfile::tempdir().unwrap(), Ledger::of(60, 50));
    let folder = folder_of(&ledger);
    verify(folder.path(), &stored(&state)).await.unwrap();
    let before = fs::read(audit_file(&state)).unwrap();
    ledger.grow(100, 50);
    let good = ledger.clone();
    ledger.leaves[99][20] ^= 1;
    ledger.write_segments(folder.path(), &[]);
    assert_eq!(verify(folder.path(), &stored(&state)).await.unwrap_err().conclusion(), Conclusion::Failed);
    assert_eq!(stored(&state).newest(), Some(ledger.head_at(60)));
    assert_eq!(fs::read(audit_file(&state)).unwrap(), before);
    good.write_segments(folder.path(), &[]);
    assert_eq!(verify(folder.path(), &stored(&state)).await.unwrap().resumed_at, 60);
}
