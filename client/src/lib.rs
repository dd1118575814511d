//! Records accesses to city data, and verifies a ledger without trusting it.

mod access;
pub mod answer;
pub mod audit;
pub mod config;
pub mod reader;
pub mod recorder;
mod session;
pub mod source;
mod state_dir;
pub mod stream;
pub mod trust;

pub use access::Access;
pub use recorder::Recorder;
pub use trust::Trust;
