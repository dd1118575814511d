//! Agreement with implementations by others: `ct-merkle` for trees and proofs, `signed_note` for notes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod note;
mod tree;
