//! Looking into every entry of a ledger that is verified, as it was at a checkpoint.

use super::*;
use crate::trust::SignedHead;

/// Notes what it is shown.
struct Look;

impl Inspector for Look {
    type Notes = Vec<(u64, u64, Vec<u8>)>;

    fn look(&self, seen: Seen<'_>, notes: &mut Self::Notes) {
        notes.push((seen.index.0, seen.recorded_at.0, seen.body.to_vec()));
    }
}

type Shown = Vec<(u64, u64, Vec<u8>)>;

async fn looked(folder: &Path, trust: &Trust, at: &SignedHead) -> Result<(AuditReport, Shown), VerifyError> {
    let source = Source::open(folder.to_str().unwrap()).unwrap();
    let mut shown = Vec::new();
    let report = inspect(&source, trust, at, Arc::new(Look), |notes| shown.extend(notes), |_| {}).await?;
    Ok((report, shown))
}

fn signed(ledger: &Ledger, size: u64) -> SignedHead {
    trust().signed(&ledger.note_at(size)).unwrap()
}

#[tokio::test]
async fn every_entry_is_shown_once_in_its_order_also_what_was_verified_before() {
    let (state, mut ledger) = (tempfile::tempdir().unwrap(), Ledger::of(100, 40));
    ledger.record(3000);
    ledger.grow(5000, 77);
    let trust = Trust::stored(key().verifier().clone(), state.path()).unwrap();
    let folder = folder_of(&ledger);
    verify(folder.path(), &trust).await.unwrap();
    for size in [5000, 4999, 3000, 41, 1] {
        let (report, shown) = looked(folder.path(), &trust, &signed(&ledger, size)).await.unwrap();
        assert_eq!((report.head, shown.len()), (ledger.head_at(5000), 5000), "{size}");
        for ((index, recorded_at, body), (expected, leaf)) in shown.iter().zip((0..).zip(&ledger.leaves)) {
            let leaf = Leaf::parse(leaf).unwrap();
            assert_eq!((*index, *recorded_at, &body[..]), (expected, leaf.recorded_at.0, leaf.body));
        }
    }
}

#[tokio::test]
async fn a_signed_checkpoint_of_other_entries_fails_wherever_it_lies() {
    let ledger = Ledger::of(100, 10);
    let folder = folder_of(&ledger);
    // Two histories under one key, which part at entry 50.
    let mut other = Ledger::of(50, 10);
    other.push(&access(9, 0));
    other.commit();
    other.grow(200, 10);
    for size in [51, 70, 99, 100] {
        let error = looked(folder.path(), &trust(), &signed(&other, size)).await.map(drop).unwrap_err();
        assert_eq!(error.conclusion(), Conclusion::Failed, "{size}: {error}");
        assert_eq!(error.finding().unwrap().fault, Fault::Root, "{size}: {error}");
    }
    assert!(looked(folder.path(), &trust(), &signed(&other, 50)).await.is_ok(), "up to there they are one");
}

#[tokio::test]
async fn a_ledger_that_shows_fewer_entries_than_it_signed_fails() {
    let ledger = Ledger::of(100, 10);
    let tiles = tempfile::tempdir().unwrap();
    ledger.write_tiles(tiles.path(), &[80]);
    let error = looked(tiles.path(), &trust(), &signed(&ledger, 90)).await.map(drop).unwrap_err();
    assert_eq!(error.finding().unwrap().fault, Fault::Rollback, "{error}");
    // A data folder whose checkpoint lags behind has the entries.
    let folder = folder_of(&ledger);
    fs::write(folder.path().join("log/checkpoint"), ledger.note_at(80)).unwrap();
    let (report, shown) = looked(folder.path(), &trust(), &signed(&ledger, 90)).await.unwrap();
    assert_eq!((report.head, shown.len()), (ledger.head_at(90), 90));
    let mut other = Ledger::of(50, 10);
    other.push(&access(9, 0));
    other.commit();
    other.grow(90, 10);
    let error = looked(folder.path(), &trust(), &signed(&other, 90)).await.map(drop).unwrap_err();
    assert_eq!(error.conclusion(), Conclusion::Failed, "{error}");
}

#[tokio::test]
async fn a_checkpoint_that_somebody_else_signed_is_not_looked_at() {
    let ledger = Ledger::of(100, 10);
    let folder = folder_of(&ledger);
    let stranger = SigningKey::from_seed(ORIGIN, &[2; 32]).unwrap();
    let at = SignedHead { head: ledger.head_at(100), note: checkpoint::sign(ledger.head_at(100), &stranger) };
    let error = looked(folder.path(), &trust(), &at).await.map(drop).unwrap_err();
    assert!(matches!(error, VerifyError::Distrusted(TrustError::Checkpoint(_))), "{error}");
    // What it is said to state counts for nothing, what was signed does.
    let lie = SignedHead { head: ledger.head_at(3), note: ledger.note_at(100) };
    assert!(looked(folder.path(), &trust(), &lie).await.is_ok());
}
