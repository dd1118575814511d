//! The programs as a whole, tested from outside: what the tests of this crate have in common.
//!
//! - [`process`]: a program that runs, and what is left when it has ended
//! - [`service`]: `einsichtd dev` on a port of this machine, and the ways to talk to it
//! - [`city`]: `einsichtd serve` with TLS and callers, and the ways to talk to it
//! - [`make`]: events and requests as a producer makes them
//! - [`past`]: a ledger with sealed accesses of a month that is over
//! - [`months`]: a development ledger with accesses of several such months; the program `einsicht-past` makes one
//! - [`verify`]: what was answered and published, recomputed
//! - [`vault`]: what is sealed, read as bytes and held against the entries
//! - [`folder`]: a data folder at rest, looked into and damaged
//! - [`figures`]: the page `/metrics`, read strictly
//! - [`torture`]: what the program `einsicht-torture` does: faults at random moments, and what must hold
//!
//! Everything in here panics when it cannot go on: a test that cannot go on fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

pub mod city;
pub mod figures;
pub mod folder;
pub mod forge;
pub mod gate;
pub mod make;
pub mod months;
pub mod past;
pub mod process;
pub mod python;
pub mod service;
pub mod torture;
pub mod vault;
pub mod verify;

use std::io;
use std::path::PathBuf;

/// Where the program `name` (`einsichtd`, `einsicht`, `examples/visitors`) is: beside the running test or
/// program, built with the same profile. Does not build it, and does not check that it is as new as its
/// sources; `cargo test --workspace` sees to both.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if it has not been built.
pub fn program(name: &str) -> io::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let beside = running.parent().unwrap_or(&running);
    // target/<profile>/deps/<test>, but target/<profile>/<program>
    let folder = beside.parent().filter(|_| beside.ends_with("deps")).unwrap_or(beside);
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if path.is_file() {
        return Ok(path);
    }
    let message = format!("{} was not built; run: cargo build --bin {name}", path.display());
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}
