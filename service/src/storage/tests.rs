//! Tests of the log on disk, over files that fail and forget.

mod copy;
mod damage;
mod derived;
mod export;
mod fsck;
mod full_disk;
mod harness;
mod memory;
mod power_loss;
mod proofs;
mod reopen;
mod write_faults;
