//! Tests of the one writer: what is answered, what is written, and what is neither.

mod charters;
mod faults;
mod follower;
mod full_disk;
mod gate;
pub(super) mod harness;
mod limits;
mod line;
mod numbers;
mod pipeline;
mod pipeline_faults;
mod queue;
mod reopen;
mod sealed;
mod time;
