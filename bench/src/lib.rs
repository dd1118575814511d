//! Load generator and yardsticks: what the ledger costs beyond what gRPC, the disk and SHA-256 cost.
//!
//! Absolute figures differ from machine to machine and from hour to hour, so every goal of
//! `docs/performance.md` is a ratio of two things measured in the same run, in turns:
//!
//! - [`floor`] against [`ledger`]: the same gRPC service, server stack, messages, group commit and
//!   bytes on disk, without and with a ledger; [`load`] calls both
//! - the ledger over TLS ([`certificate`]) against the ledger in plain text
//! - the client's [`spool`] against the same bytes appended and synced
//! - a handler under the client's access [`layer`] against one that records itself
//! - [`sha`] against the audit of a local copy ([`audit`]): the hashes alone, and everything around
//!
//! [`event`] fixes what is recorded, [`lanes`] how many call at once, [`plan`] how long, [`turns`] who comes when, [`stats`] what is
//! made of it, [`report`] how it is told; [`part`] names what can be measured on its own;
//! [`filled`] makes ledgers that others measure. [`command`] is the command line.

pub mod audit;
pub mod certificate;
pub mod charter;
pub mod command;
pub mod disk;
pub mod event;
pub mod figures;
pub mod filled;
pub mod floor;
pub mod footprint;
pub mod goals;
pub mod lanes;
pub mod large;
pub mod layer;
pub mod ledger;
pub mod load;
pub mod machine;
pub mod making;
pub mod part;
pub mod plan;
pub mod plot;
pub mod process;
pub mod report;
pub mod run;
pub mod scan;
pub mod sealing;
pub mod served;
pub mod sha;
pub mod soak;
pub mod spool;
pub mod stats;
pub mod steady;
pub mod turns;
