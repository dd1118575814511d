//! The recorder, and what auditors and stewards call, against a small ledger in this process that can be told to fail
//! and to lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod charters;
mod encrypted;
mod fake;
mod faults;
mod layer;
mod lies;
mod recording;
mod spooling;
mod streaming;
mod vault;
