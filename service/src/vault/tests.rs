//! Tests of the vault beside a log, over files that fail and forget.

mod check;
mod copy;
mod covered;
mod damage;
mod destroying;
mod erasing;
mod harness;
mod interrupted;
mod keyring;
mod lasting;
mod orphans;
mod power_loss;
mod put_back;
mod speed;
mod unreadable;
mod watermark;
