//! The programme as people and scripts meet it: output, errors, exit codes. Needs no service.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod charters;
mod citizen;
mod harness;
mod help;
mod importing;
mod ledger;
mod reading;
mod receipts;
mod recording;
mod server;
