//! Sealed values through the real program: recorded, disclosed, erased, corrected, opened, kept no longer. With
//! restarts in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod daily;
mod disclosing;
mod erasing;
mod four_eyes;
mod leaks;
mod life;
mod off;
mod partly;
mod past;
mod records;
mod scene;
mod unclear;
