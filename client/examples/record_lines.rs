//! Records an access for each line of standard input, which is its purpose, and says what became of it. With
//! a spool it goes on while the ledger is away.
//!
//! ```text
//! EINSICHT_TOKEN_FILE=einsicht-data/keys/dev.token EINSICHT_VKEY=einsicht-data/ledger.vkey \
//!     EINSICHT_SPOOL_DIR=/tmp/my-spool cargo run --example record_lines
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example says what it did")]

use std::time::Duration;

use einsicht_client::spool::SpoolStatus;
use einsicht_client::{Access, Kept, Recorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?;
    let watch = tokio::spawn(tell_of_the_spool(ledger.clone()));
    let (lines, mut purposes) = tokio::sync::mpsc::channel(16);
    // Standard input blocks: it gets a thread of its own.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    });
    while let Some(purpose) = purposes.recv().await {
        match ledger.record(Access::query("besuchertrend", &purpose)).await {
            Ok(Kept::Recorded(recorded)) => println!("{purpose}: recorded as entry {}", recorded.index),
            Ok(Kept::Spooled(_)) => println!("{purpose}: safe in the spool"),
            // Nobody may see the data now: there is no record of it.
            Err(error) => println!("{purpose}: NOT KEPT: {error}"),
        }
    }
    ledger.close().await?;
    watch.abort();
    Ok(())
}

/// Says how the spool is, whenever that has changed.
async fn tell_of_the_spool(ledger: Recorder) {
    let mut told = String::new();
    while let Some(status) = ledger.spool_status() {
        let now = describe(&status);
        if now != told {
            eprintln!("spool: {now}");
            told = now;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn describe(status: &SpoolStatus) -> String {
    let SpoolStatus { events, damaged_regions, missing_requests, refused_events, .. } = status;
    let mut text = format!("{events} accesses wait");
    if let Some(halted) = &status.halted {
        text += &format!("; nothing is shipped ({}): {}", halted.reason.name(), halted.message);
    }
    if *damaged_regions > 0 || *missing_requests > 0 {
        text += &format!(
            "; DAMAGED: {damaged_regions} parts can't be read, {missing_requests} requests are lost"
        );
    }
    if *refused_events > 0 {
        text += &format!("; the ledger refused {refused_events} accesses");
    }
    text
}
