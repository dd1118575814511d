//! Records accesses as they happen, without waiting for each answer.
//!
//! Set `EINSICHT_TOKEN_FILE` and `EINSICHT_VKEY` as for the example `record_one`.
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use einsicht_client::{Access, Recorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?;
    // At most 64 unanswered: then `send` waits, and so does whoever makes the accesses.
    let stream = ledger.stream(64);
    let mut first = None;
    for reading in 0..1000 {
        let access = Access::query("parkhäuser", "verkehrsplanung").record_count(reading);
        let ticket = stream.send(access).await?;
        // A ticket tells where its access stands. Those that are dropped are not forgotten: `finish`
        // fails if one of them could not be recorded.
        first.get_or_insert(ticket);
    }
    if let Some(ticket) = first {
        println!("the first is entry {}", ticket.await?.index);
    }
    println!("recorded {} accesses", stream.finish().await?);
    ledger.close().await?;
    Ok(())
}
