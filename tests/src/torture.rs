//! What the program `einsicht-torture` does: faults at random moments, and what must hold after each.
//!
//! A trial draws every choice from its seed. The same seed makes the same choices; where real processes
//! run, the scheduling of the machine still differs from run to run.
//!
//! - [`damage`]: a data folder at rest, each byte of it flipped, and who notices
//! - [`faults`]: every write and sync of the disk fails
//! - [`full`]: a small disk that is filled while the real service records
//! - [`kill`]: the real service under load, killed again and again
//! - [`power`]: the power goes between any two operations of the disk
//! - [`syscalls`]: the real service, one of whose system calls fails

pub mod damage;
pub mod faults;
pub mod full;
pub mod kill;
pub mod ledger;
pub mod outcome;
pub mod power;
pub mod scene;
pub mod syscalls;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// Looks for faults that cost an acknowledged entry. Each trial ends with a line of counts.
#[derive(Debug, Parser)]
#[command(name = "einsicht-torture", version, propagate_version = true)]
pub struct Cli {
    /// What is done to the ledger.
    #[command(subcommand)]
    pub trial: Trial,
    /// Seed of all choices; drawn and printed if it is not given
    #[arg(long, value_name = "N", global = true)]
    pub seed: Option<u64>,
}

/// What is done to the ledger.
#[derive(Debug, Subcommand)]
pub enum Trial {
    /// Kills the real service (SIGKILL) under load, and holds it to every answer that it gave
    Kill(kill::KillArgs),
    /// Has single system calls of the real service fail, by strace, and looks what comes of it
    Syscalls(syscalls::SyscallsArgs),
    /// Flips bits in a data folder at rest, and looks who notices
    Damage(damage::DamageArgs),
    /// Takes the power away between any two operations of a disk in memory
    Power(power::PowerArgs),
    /// Has every write and sync of a disk in memory fail, in several ways
    Faults,
    /// Fills the disk below the real service, and holds it to every answer that it gave
    Full(full::FullArgs),
}

impl Trial {
    fn name(&self) -> &'static str {
        match self {
            Self::Kill(_) => "kill",
            Self::Syscalls(_) => "syscalls",
            Self::Damage(_) => "damage",
            Self::Power(_) => "power",
            Self::Faults => "faults",
            Self::Full(_) => "full",
        }
    }

    /// Returns the line of counts; panics where something does not hold.
    fn run(&self, seed: u64) -> String {
        match self {
            Self::Kill(args) => kill::run(args, seed).to_string(),
            Self::Syscalls(args) => syscalls::run(args, seed),
            Self::Damage(args) => damage::run(args, seed),
            Self::Power(args) => power::run(args, seed),
            Self::Faults => faults::run(seed),
            Self::Full(args) => full::run(args, seed),
        }
    }
}

/// Runs a trial. Exit codes: 0 everything held, 1 something did not, or the trial could not go on.
#[must_use]
pub fn run(cli: &Cli) -> ExitCode {
    let (name, seed, begun) = (cli.trial.name(), cli.seed.unwrap_or_else(draw_seed), Instant::now());
    say(&format!("{name}: begins; seed {seed}"));
    // What panicked has said why.
    match catch_unwind(|| cli.trial.run(seed)) {
        Ok(counts) => {
            let seconds = begun.elapsed().as_secs_f64();
            say(&format!("{name}: {counts}; seed {seed} ({seconds:.1} s)"));
            ExitCode::SUCCESS
        }
        Err(_) => {
            say(&format!("{name}: FAILED; seed {seed}. The same choices again: {}", again(seed)));
            ExitCode::FAILURE
        }
    }
}

/// The command that makes the same choices.
fn again(seed: u64) -> String {
    let mut words: Vec<String> = std::env::args().collect();
    if !words.iter().any(|word| word == "--seed" || word.starts_with("--seed=")) {
        words.push(format!("--seed {seed}"));
    }
    words.join(" ")
}

/// The choices of one part of a trial. How many were drawn for another part makes no difference to them.
fn choices(seed: u64, part: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(part);
    random
}

/// Short enough to be typed.
fn draw_seed() -> u64 {
    let mut random = [0; 4];
    getrandom::fill(&mut random).unwrap();
    u64::from(u32::from_be_bytes(random))
}

/// A count for people: 183224 as "183,224".
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// For the person at the terminal.
#[allow(clippy::print_stdout, reason = "this is what the program says")]
fn say(text: &str) {
    println!("{text}");
}

/// The count that stands before `what` in a line of counts.
#[cfg(test)]
fn count_of(what: &str, line: &str) -> u64 {
    let (before, _) = line.split_once(what).unwrap_or_else(|| panic!("no {what:?} in {line:?}"));
    before.split_whitespace().next_back().unwrap().replace(',', "").parse().unwrap()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn counts_are_grouped_by_thousands() {
        let counts = [0, 7, 999, 1_000, 183_224, 1_000_000].map(grouped);
        assert_eq!(counts, ["0", "7", "999", "1,000", "183,224", "1,000,000"]);
    }
}
