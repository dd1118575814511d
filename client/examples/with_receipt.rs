//! Records one access and keeps the receipt: a file that proves to anybody with the verifier key that
//! this access is in the ledger, without asking the ledger again (`einsicht receipt verify FILE`).
//!
//! Set `EINSICHT_TOKEN_FILE` and `EINSICHT_VKEY` as for the example `record_one`.
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use einsicht_client::{Access, Recorder};
use einsicht_tlog::receipt::FILE_EXTENSION;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?.with_proofs();
    let access = Access::disclose("melderegister", "wahlverzeichnis")
        .recipient("wahlamt")
        .legal_basis("gdpr-6-1-e")
        .national_norm("§ 17 BWO")
        .record_count(1);
    let kept = ledger.record(access).await?;
    // It was verified: signature, place in the tree, and that the record says what was sent. What waits
    // in the spool has no receipt yet.
    if let Some(recorded) = kept.recorded()
        && let Some(receipt) = &recorded.receipt
    {
        let file = format!("{}.{FILE_EXTENSION}", recorded.index);
        std::fs::write(&file, receipt.to_bytes())?;
        println!("recorded as entry {}, receipt in {file}", recorded.index);
    }
    ledger.close().await?;
    Ok(())
}
