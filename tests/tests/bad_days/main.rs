//! Bad days: too many connections, callers that never read or never finish, messages that are none. On
//! each of them the others are still served, the service stays small, goes down when it is told to, and
//! the ledger verifies afterwards. And of a recorder with a spool: nothing that it was answered for is lost in
//! silence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod bystander;
mod cancel;
mod connections;
mod gzip;
mod h2;
mod http2;
mod messages;
mod scene;
mod shutdown;
mod silence;
mod spool;

/// A mebibyte.
const MIB: u64 = 1024 * 1024;
