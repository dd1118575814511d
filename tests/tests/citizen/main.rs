//! What is sealed and whose it is, from outside: recorded, disclosed, erased, corrected, opened, found by citizens,
//! and verified with the vault. All through the two programs, with restarts in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod auditing;
mod changing;
mod disclosing;
mod finding;
mod last_month;
mod place;
mod refusals;
