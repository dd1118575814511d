//! Transparency reports through the real programs: made, published, listed, recomputed, doubted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod copies;
mod doubting;
mod folder;
mod following;
mod german;
mod inputs;
mod making;
mod publishing;
mod refusals;
mod sample;
mod scene;
mod second_implementation;
mod shelf;
mod versions;
mod words;
