//! The pure core of Einsicht: hash chain, Merkle tree, proofs, signed notes, tiles, segments.
//!
//! Everything here is a function of its arguments: no I/O, no clock, no randomness, no global state.
//! The service that writes a ledger and the auditor who checks it run these same functions.
//!
//! | module | specification |
//! |---|---|
//! | [`hash`] | RFC 6962 section 2.1 (domain separation) |
//! | [`leaf`] | `docs/format.md`, Leaf |
//! | [`merkle`] | RFC 6962 section 2.1 |
//! | [`proof`] | RFC 6962 sections 2.1.1 and 2.1.2, verified as in RFC 9162 sections 2.1.3.2 and 2.1.4.2 |
//! | [`key`], [`note`] | C2SP signed-note, RFC 8032 (Ed25519, strict) |
//! | [`checkpoint`] | C2SP tlog-checkpoint |
//! | [`tile`], [`bundle`] | C2SP tlog-tiles |
//! | [`receipt`] | C2SP tlog-proof |
//! | [`segment`] | `docs/format.md`, On disk |
//!
//! What is not here: what an entry means (`einsicht-access`), where bytes come from or go to
//! (`einsicht-service`, `einsicht-client`), and cosignatures of witnesses, which are carried but not
//! yet checked.

pub mod bundle;
pub mod checkpoint;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod segment;
pub mod tile;
pub mod units;

pub use checkpoint::Checkpoint;
pub use hash::Hash;
pub use key::{SigningKey, VerifierKey};
pub use leaf::Leaf;
pub use merkle::{Frontier, Subtree, TreeHead};
pub use units::{Index, Origin, RecordedAt, Size};
