//! Asks the charter before data is touched, and records the access.
//!
//! Set `EINSICHT_TOKEN_FILE` and `EINSICHT_VKEY` as for the example `record_one`.
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use einsicht_client::charters::NotPermitted;
use einsicht_client::{Access, Recorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Recorder::from_env().await?;
    let access = Access::query("parkhaeuser", "verkehrsplanung").role("planung").record_count(340);
    match access.permitted_by_charter(&ledger).await {
        Ok(access) => {
            // Here the data is touched.
            ledger.record(access).await?;
            println!("permitted, and recorded");
        }
        Err(NotPermitted::ByCharter(evaluation)) => {
            for because in &evaluation.because {
                println!("{}", because.english);
            }
        }
        Err(error) => println!("not touched: {error}"),
    }
    ledger.close().await?;
    Ok(())
}
