//! Charters through the real program: published, recorded under, asked, watched. With restarts in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod auditing;
mod crash;
mod dev;
mod evaluating;
mod guarding;
mod judging;
mod publishing;
mod refusals;
mod scene;
mod terms;
mod watching;
