//! What a figure was measured on. What can't be told is said to be unknown: no figure depends on it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use crate::disk;

/// The machine, and how busy it was with other things.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// Model of the processor.
    pub cpu: String,
    /// Release of the kernel.
    pub kernel: String,
    /// File system of the folder that was written to.
    pub file_system: String,
    /// Median time of one append of 4 KiB with `fdatasync` there.
    pub fdatasync_ms: f64,
    /// Load average over the last minute before the run.
    pub load_before: Option<f64>,
}

impl Machine {
    /// This machine; servers will write in `folder`.
    ///
    /// # Errors
    /// If `folder` can't be written to.
    pub fn look(folder: &Path) -> anyhow::Result<Self> {
        let load_before = read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok());
        Ok(Self {
            cores: cores(),
            cpu: cpu_model(&read("/proc/cpuinfo")).unwrap_or("unknown").to_owned(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: disk::file_system(folder).unwrap_or_else(|| "unknown".to_owned()),
            fdatasync_ms: disk::fdatasync_ms(folder)?,
            load_before,
        })
    }
}

/// Cores that this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The commit of the working copy, with `-modified` behind it where files differ from it; `unknown`
/// outside of one.
#[must_use]
pub fn commit() -> String {
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain"]).as_deref() {
        Some("") => commit,
        _ => format!("{commit}-modified"),
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn cpu_model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found_among_the_facts_of_the_processor() {
        let cpuinfo = "processor\t: 0\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1\n";
        assert_eq!(cpu_model(cpuinfo), Some("AMD EPYC"));
        assert_eq!(cpu_model("Hardware\t: something else\n"), None);
    }
}
