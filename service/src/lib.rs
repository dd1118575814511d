//! The Einsicht service: records accesses over gRPC, publishes the log over HTTP.
//!
//! `einsichtd` is a thin `main` over this library; tests and benches use it in process. The path of
//! an event is told in ARCHITECTURE.md; the rooms are:
//!
//! - [`storage`]: the log on disk, its contract, recovery
//! - [`vault`]: openings of what is sealed, and their keys, on disk
//! - [`sealing`]: what of an event is sealed, and for which month
//! - [`sequencer`]: the one writer, and what follows it
//! - [`sessions`]: what was recorded under which number
//! - [`annotations`]: what entries say about others
//! - [`custody`]: what is done with sealed values: disclosed, erased, kept no longer
//! - [`ledger`]: opens all of that together
//! - [`rpc`], [`http`], [`server`]: what is served, and how
//! - [`listen`], [`tls`]: connections and their bounds; certificates
//! - [`auth`]: who calls, and what they may do
//! - [`scrub`]: reads everything again, in the background
//! - [`config`]: what a city's service is told; [`preflight`]: what must hold before it starts
//! - [`live`]: what of that is exchanged while it runs
//! - [`charters`]: which charter is in force, and what holds by it
//! - [`reports`]: transparency reports, published by their hash, and given out
//! - [`web`]: the public site, as built in
//! - [`certs`]: certificates for trying out
//! - [`wrapping_key`]: where the key comes from that opens the vault
//! - [`clock`], [`signer`], [`random`], [`metrics`], [`paced`], [`supervisor`]: what they lean on

pub mod annotations;
pub mod auth;
pub mod certs;
pub mod charters;
pub mod clock;
pub mod command;
pub mod config;
pub mod custody;
#[cfg(feature = "demo")]
pub mod demo;
pub mod http;
pub mod ledger;
pub mod listen;
pub mod live;
pub mod metrics;
pub mod paced;
pub mod preflight;
pub mod random;
pub mod reports;
pub mod rpc;
pub mod scrub;
pub mod sealing;
pub mod sequencer;
pub mod server;
pub mod sessions;
pub mod signer;
pub mod storage;
pub mod supervisor;
pub mod tls;
pub mod vault;
pub mod web;
pub mod wrapping_key;
