//! Records accesses to city data, and verifies a ledger without trusting it.

mod access;
pub mod answer;
mod attempt;
pub mod audit;
mod checkpoints;
pub mod config;
mod connection;
mod day;
pub mod error;
pub mod finding;
mod newest;
mod random;
pub mod reader;
pub mod recorder;
mod request;
pub mod retry;
#[cfg(test)]
mod sample;
mod session;
pub mod source;
mod state_dir;
pub mod stream;
mod token;
pub mod trust;
mod verify_error;

pub use access::Access;
pub use day::{Day, DayError};
pub use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Outcome, Processing};
pub use error::RecordError;
pub use finding::{Conclusion, Finding};
pub use recorder::Recorder;
pub use trust::Trust;
pub use verify_error::VerifyError;
