//! The transparency report of a ledger: figures that everybody can compute again from the log.
//!
//! ```text
//! verified entries ──► Gather ──► Figures ──► make ──► files, manifest.json among them
//! ```
//!
//! - [`Scope`]: which period, of how much of the log; [`Gather`] and [`Chunk`]: counts the entries
//! - [`Figures`]: what was counted, exactly
//! - [`Inputs`], [`inputs`]: what is not in the log
//! - [`document`]: every figure and text as data; what is hidden of small counts is hidden there, for all files at once
//! - [`make()`], [`Manifest`]: the files; [`compare()`]: the first figure that differs
//!
//! What this crate is *not*: it has no I/O, clock, randomness, async or global state. The same log, size, period and
//! inputs give the same bytes on any machine. It verifies nothing: whoever gathers has verified the log before, or does
//! so with the same pass. Source: docs/report.md.

mod cell;
mod chunk;
pub mod compare;
mod cube;
pub mod document;
mod figures;
mod gather;
mod hide;
mod hiding;
mod html;
pub mod inputs;
mod json;
mod make;
mod manifest;
mod picked;
#[cfg(test)]
mod samples;
mod scope;
mod sheet;
#[cfg(test)]
mod tests;
mod verdicts;

pub use cell::Cell;
pub use chunk::{Chunk, Entry};
pub use compare::{Difference, compare};
pub use figures::Figures;
pub use gather::{Gather, GatherError};
pub use inputs::{Entries, InputFile, Inputs, Maker};
pub use make::{ANSWERS, CHECKPOINT, COVERAGE, Files, KEY, MakeError, REPORT, SCHEMA, make};
pub use manifest::{Manifest, ManifestError};
pub use scope::Scope;
