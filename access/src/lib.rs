//! What an entry of the ledger means: which events may be reported, what of them is logged, and how
//! logged bytes are read.
//!
//! - [`event`]: validates what services report, against [`limits`], and tells every [`problem`]
//! - [`view`]: events that are only looked at, in the bytes that were sent
//! - [`record`]: event → record → bytes of a body, and the check that a record says what was sent
//! - [`seal`], [`value`], [`openings`], [`marker`], [`sealed_entry`]: what the log holds of what it does not show
//! - [`wire`]: reads logged bytes strictly, so that no two parsers read two things
//! - [`entry`]: kinds of entries, and those that the service writes on its own
//! - [`field`]: the fields of an event by the names that people type and read
//! - [`charter`]: what the city promised, read strictly from a file; [`facts`], [`judge`], [`verdict`]: whether an access
//!   fits it; [`sentence`]: both in plain words
//! - [`month`], [`retention`]: what keys and the vault are divided by; [`period`]: what reports are about, cut in the
//!   city's time zone
//! - [`sessions`]: which numbers producers gave out and the ledger does not have
//! - [`vault`]: how openings and keys are encrypted, and how their files are laid out
//!
//! What this crate is *not*: it has no I/O, clock, randomness, async or global state. The service that
//! writes and the auditor who checks call the same functions and get the same results. It knows
//! nothing of leaves, hashes, proofs and signatures (`einsicht-tlog`), of duplicates (the service), or of who may record
//! what. Which charter is in force,
//! the ledger says. Random bytes are handed in.
//!
//! ```
//! use bytes::Bytes;
//! use einsicht_access::{Provenance, body_bytes, entry_of_access, field, read_body, validate_batch};
//! use einsicht_proto::v1::AccessEvent;
//!
//! let mut event = AccessEvent::default();
//! for (name, value) in [
//!     ("dataset", "besuchertrend"),
//!     ("operation", "query"),
//!     ("purpose", "verkehrsplanung"),
//!     ("event_id", "936da01f-9abd-4d9d-80c7-02af85c822a8"),
//!     ("occurred_at", "2026-11-22T17:39:07+01:00"),
//! ] {
//!     field::set(&mut event, name, value)?;
//! }
//! let now_us = 1_795_365_600_000_000;
//! validate_batch(std::slice::from_ref(&event), now_us)?;
//!
//! let session = Bytes::from_static(&[7; 16]);
//! let provenance = Provenance { producer: "verkehrszaehlung", session: &session, sequence: 0 };
//! let body = body_bytes(&entry_of_access(&event, provenance));
//! assert_eq!(read_body(&body)?, entry_of_access(&event, provenance));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod charter;
pub mod entry;
pub mod event;
pub mod facts;
pub mod field;
pub mod judge;
pub mod limits;
pub mod marker;
pub mod month;
pub mod openings;
pub mod period;
pub mod problem;
mod random;
pub mod record;
pub mod retention;
#[cfg(test)]
mod samples;
pub mod seal;
pub mod sealed_entry;
pub mod sentence;
pub mod sessions;
mod sha256;
pub mod value;
pub mod vault;
pub mod verdict;
pub mod view;
pub mod wire;

pub use charter::{Charter, CharterError};
pub use entry::{FORMAT_VERSION, kind_name};
pub use event::{validate_batch, validate_end_session, validate_events, validate_request, validate_views};
pub use facts::{Facts, LoggedAccess};
pub use judge::Judgement;
pub use marker::{PeriodKey, ViewKey};
pub use month::Month;
pub use openings::Openings;
pub use period::{Period, Zone};
pub use problem::{BatchError, Problem, Violation};
pub use record::{
    Mismatch, Provenance, body_bytes, entry_of_access, record_of, record_states_event, seal_accesses,
    seal_statement,
};
pub use retention::RetentionClass;
pub use seal::SealedField;
pub use sentence::Language;
pub use verdict::{Truth, Verdict};
pub use view::EventView;
pub use wire::{WireError, read_body, read_record};
