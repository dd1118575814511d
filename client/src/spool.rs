//! A queue on disk for accesses that the ledger can't record now.

mod config;

pub use self::config::{OnUnavailable, SPOOL_BYTES_MAX, SpoolConfig, WhenFull};
