//! Records an access to one person's data: what is personal is sealed by the ledger, and never in its log.
//!
//! ```text
//! EINSICHT_TOKEN_FILE=einsicht-data/keys/dev.token EINSICHT_VKEY=einsicht-data/ledger.vkey \
//!     cargo run --example record_personal
//! ```
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use einsicht_client::{Access, Recorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?;
    let access = Access::query("melderegister", "auskunft")
        .unit("buergerdienste")
        .legal_basis("gdpr-6-1-e")
        // A register that the ledger's operator has declared, and whose data it was.
        .subject("person", "4711")
        .actor("kennung-17")
        .justification("application 2026-17");
    match ledger.record(access).await?.recorded() {
        Some(recorded) => println!("recorded as entry {}", recorded.index),
        None => println!("safe in the spool: the ledger is away"),
    }
    ledger.close().await?;
    Ok(())
}
