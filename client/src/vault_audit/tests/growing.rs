//! A vault that is read while the service goes on: what came meanwhile accuses nobody, and is not called verified.

use super::*;

/// Audits a vault that was read when the ledger had published `size` entries.
async fn audited_since(size: u64, ledger: &Ledger, stored: &[Stored]) -> VaultAudit {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), stored);
    ledger.write_segments(folder.path(), &[]);
    let vault = VaultCopy::open(folder.path(), &folder.path().join("keys"), &wrapping(), ORIGIN).unwrap();
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    audit_vault(&source, &trust(), vault.opened_at(Size(size)), |_| {}).await.unwrap()
}

#[tokio::test]
async fn entries_that_came_after_the_vault_was_read_are_not_missing() {
    let (ledger, mut stored) = ledger();
    stored.pop();
    let audit = audited_since(3, &ledger, &stored).await;
    assert_eq!((audit.conclusion(), audit.untold[0].entries), (Conclusion::CouldNotTell, 1), "{audit:#?}");
    let (fault, index, _) = one_finding(&audited_since(4, &ledger, &stored).await);
    assert_eq!((fault, index), (Fault::NoOpening, Some(3)), "it was there before");
}

#[tokio::test]
async fn what_was_erased_while_the_vault_was_read_may_still_be_there() {
    let (mut ledger, mut stored) = ledger();
    push(&mut ledger, &mut stored, erasure(1, &[SealedField::Actor]));
    ledger.commit_at(BEGAN_AT, &whole_month());
    let audit = audited_since(4, &ledger, &stored).await;
    assert_eq!((audit.conclusion(), audit.untold[0].entries), (Conclusion::CouldNotTell, 2), "{audit:#?}");
    assert_eq!(audited_since(6, &ledger, &stored).await.findings_in_all, 2);
}
