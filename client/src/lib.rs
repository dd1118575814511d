//! Records accesses to city data, and verifies a ledger without trusting it.
//!
//! A service that touches city data links this to say so:
//!
//! ```no_run
//! use einsicht_client::{Access, Recorder};
//!
//! # async fn record() -> Result<(), Box<dyn std::error::Error>> {
//! let ledger = Recorder::from_env().await?;
//! ledger.record(Access::query("parkhaeuser", "verkehrsplanung")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Whoever wants to know whether the city keeps its ledger honestly links it to find out:
//!
//! ```no_run
//! use std::path::Path;
//!
//! use einsicht_client::audit::{AuditOptions, audit};
//! use einsicht_client::source::Source;
//! use einsicht_client::{Conclusion, Trust};
//! use einsicht_tlog::VerifierKey;
//!
//! # async fn verify() -> Result<(), Box<dyn std::error::Error>> {
//! // The key must come from somewhere else than the ledger itself.
//! let key = VerifierKey::parse(&std::fs::read_to_string("ledger.vkey")?)?;
//! let trust = Trust::stored(key, Path::new("what-i-verified"))?;
//! let ledger = Source::open("https://ledger.ulm.example")?;
//! match audit(&ledger, &trust, AuditOptions::default(), |_| {}).await {
//!     Ok(report) => println!("{} entries verified", report.head.size),
//!     Err(error) if error.conclusion() == Conclusion::Failed => println!("NOT AS PROMISED: {error}"),
//!     Err(error) => println!("could not tell: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | for |
//! |---|---|
//! | [`recorder`], [`stream`], [`answer`], [`config`], [`retry`], [`error`] | recording |
//! | [`spool`] | what waits on this machine's disk while the ledger is away |
//! | [`layer`](mod@layer) | a tower layer: no answer of a service leaves before its access is recorded |
//! | [`tls`] | encrypted connections: whom to believe, who we are, and what went wrong |
//! | [`trust`] | what is believed of a ledger: its key, and the newest checkpoint that was verified |
//! | [`source`] | a ledger behind a URL or in a folder; nothing that comes from there is verified yet |
//! | [`audit`](mod@audit) | the full verification: every entry is read and checked |
//! | [`charters`] | the charters that a ledger holds: read, publish, ask before data is touched, watch |
//! | [`reports`] | the transparency reports that a ledger names: publish, list |
//! | [`reader`] | verified reading of single entries, lists, receipts |
//! | [`vault`] | what is sealed: disclosing, erasing, correcting; every answer verified |
//! | [`disclosure`], [`proven`] | disclosed values and entries with their proofs, for third persons too |
//! | [`view_keys`] | the keys by which a citizen finds accesses to their own data |
//! | [`scan`](mod@scan) | finding the accesses to one person's data, with the full verification |
//! | [`vault_audit`] | every seal and marker recomputed, for an auditor with a copy of the vault and its keys |
//! | [`annotations`] | what entries say about others, such as corrections |
//! | [`finding`] | what is wrong, where, what was expected, what was found |
//!
//! Nothing here trusts a server: every proof is recomputed. Three ends are kept apart everywhere
//! ([`Conclusion`]): verified, failed, could not tell. A server that can't be reached proves nothing; a
//! false proof is never a matter of the network; and neither ever counts as verified.
//!
//! What is not here: what entries mean (`einsicht-access`), what a report says (`einsicht-report`), and a view of the ledger that
//! needs no key.

mod access;
pub mod annotations;
pub mod answer;
mod attempt;
pub mod audit;
pub mod charters;
mod checkpoints;
pub mod config;
mod connection;
mod day;
pub mod disclosure;
pub mod error;
pub mod finding;
mod keep;
mod kept;
pub mod layer;
mod link;
mod newest;
pub mod proven;
mod random;
pub mod reader;
pub mod recorder;
pub mod reports;
mod request;
pub mod retry;
#[cfg(test)]
mod sample;
pub mod scan;
mod session;
pub mod source;
pub mod spool;
mod state_dir;
pub mod stream;
pub mod tls;
mod token;
pub mod trust;
pub mod vault;
pub mod vault_audit;
mod verify_error;
pub mod view_keys;

pub use access::Access;
pub use day::{Day, DayError};
pub use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Outcome, Processing, Subject};
pub use error::RecordError;
pub use finding::{Conclusion, Finding};
pub use kept::{Kept, Spooled};
pub use recorder::Recorder;
pub use trust::Trust;
pub use verify_error::VerifyError;
