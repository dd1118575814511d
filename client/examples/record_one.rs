//! Records one access: the least that a service has to do.
//!
//! ```text
//! EINSICHT_TOKEN_FILE=einsicht-data/keys/dev.token EINSICHT_VKEY=einsicht-data/ledger.vkey \
//!     cargo run --example record_one
//! ```
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use einsicht_client::{Access, Recorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?;
    let kept = ledger.record(Access::query("parkhaeuser", "verkehrsplanung")).await?;
    match kept.recorded() {
        Some(recorded) => println!("recorded as entry {}", recorded.index),
        None => println!("safe in the spool: the ledger is away"),
    }
    // The last number of the session is recorded too, so that a lost tail would show.
    ledger.close().await?;
    Ok(())
}
