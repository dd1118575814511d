//! Tests of the one writer: what is answered, what is written, and what is neither.

mod faults;
mod follower;
mod harness;
mod numbers;
mod queue;
mod reopen;
mod time;
