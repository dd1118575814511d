//! A whole ledger over a disk in memory, one operation at a time: what `power` and `faults` are tried on.
//!
//! - [`gate`]: every operation of the disk waits for its turn
//! - [`machine`]: its disk, and how the service is put together over it
//! - [`process`]: one run of the service's core
//! - [`book`]: what the producers sent, and what was acknowledged
//! - [`sealed`]: what of that is sealed
//! - [`check`]: what must hold of a ledger that is found after a fault

pub mod book;
pub mod check;
mod follower;
pub mod gate;
pub mod machine;
mod panics;
pub mod process;
pub mod sealed;
