//! The report over a local copy, beside the verification of that copy: both as whole programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;
use einsicht_access::Month;
use einsicht_tlog::VerifierKey;
use tokio_util::sync::CancellationToken;

use crate::process::{program, run_to_end};
use crate::turns::Turns;

/// What one turn took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// From before the process was made until it had ended.
    pub seconds: f64,
    /// The most that it had in memory.
    pub memory_mb: f64,
}

/// Runs `einsicht verify --full` and `einsicht report make` over the data folder `log`, in turns. The report is of the
/// year in which the log was filled, so that every record counts in each table, and has all of its files. The files of
/// the log are in the system's cache. What both leave behind goes into `scratch`.
///
/// # Errors
/// If `einsicht` was not built, or does not end well; if `interrupted` is cancelled.
pub fn in_turns(
    log: &Path,
    verifier: &VerifierKey,
    scratch: &Path,
    turns: usize,
    interrupted: &CancellationToken,
) -> anyhow::Result<Turns<Taken>> {
    let (vkey, out, state) =
        (scratch.join("report.vkey"), scratch.join("report"), scratch.join("report-state"));
    fs::write(&vkey, format!("{verifier}\n"))?;
    let command = |arguments: &[&str]| {
        let mut command = Command::new(program("einsicht")?);
        command.args(arguments).arg(log).arg("--quiet").arg("--vkey").arg(&vkey);
        command.arg("--state-dir").arg(&state);
        anyhow::Ok(command)
    };
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let year = Month::of_unix_s(now_s).year().to_string();
    let mut verify = command(&["verify", "--full"])?;
    let mut make = command(&["report", "make", "--period", &year])?;
    make.arg("--out").arg(&out);
    let run = |command: &mut Command| {
        ensure!(!interrupted.is_cancelled(), "interrupted");
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        let (taken, peak) = run_to_end(command)?;
        Ok(Taken { seconds: taken.as_secs_f64(), memory_mb: megabytes(peak) })
    };
    let taken = Turns::take(turns, || run(&mut verify), || run(&mut make))?;
    ensure!(out.join("manifest.json").exists(), "no report was made");
    Ok(taken)
}

/// Bytes in millions. Exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
