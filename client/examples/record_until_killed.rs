//! Records from several tasks, on and on, and prints each access as soon as it is kept. The tests kill it at
//! any moment and look up in the ledger what it printed.
//!
//! ```text
//! EINSICHT_SPOOL_DIR=spool … cargo run --example record_until_killed -- RUN
//! ```
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use einsicht_client::{Access, Recorder};

const TASKS: usize = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let run = std::env::args().nth(1).ok_or("which run is it?")?;
    let recorder = Recorder::from_env().await?;
    let tasks = (0..TASKS).map(|task| tokio::spawn(record(recorder.clone(), format!("{run}-{task}"))));
    for task in tasks.collect::<Vec<_>>() {
        task.await?;
    }
    Ok(())
}

/// One access, or a few, after another. Each has a purpose of its own.
async fn record(recorder: Recorder, name: String) {
    let mut number = 0;
    loop {
        let purposes: Vec<_> = (0..=number % 4).map(|offset| format!("{name}-{}", number + offset)).collect();
        number += purposes.len();
        let accesses = purposes.iter().map(|purpose| Access::query("besuchertrend", purpose.clone()));
        match recorder.record_batch(accesses).await {
            // One line at once: half of one would be an access that was never kept.
            Ok(_) => println!("{}", purposes.join(" ")),
            Err(error) => {
                println!("FAILED {error}");
                return;
            }
        }
    }
}
