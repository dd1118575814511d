//! Records many accesses at once: one request, one commit and one signature per 1,000.
//!
//! Set `EINSICHT_TOKEN_FILE` and `EINSICHT_VKEY` as for the example `record_one`.
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use einsicht_client::{Access, ActorKind, Processing, Recorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?;
    let stations = ["hauptbahnhof", "münsterplatz", "donauufer"];
    let accesses = stations.map(|station| {
        Access::collect("radzählung", "verkehrsplanung")
            .actor_kind(ActorKind::System)
            .category(station)
            .processing(Processing::Aggregated)
            .access_count(96)
    });
    for kept in ledger.record_batch(accesses).await? {
        match kept.recorded() {
            Some(recorded) => println!("recorded as entry {}", recorded.index),
            None => println!("safe in the spool: the ledger is away"),
        }
    }
    ledger.close().await?;
    Ok(())
}
