//! What an operations team gets: alert rules, dashboard, units, and the pages that explain them. They
//! name nothing that is not there, and leave out nothing that is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod alerts;
mod dashboard;
mod figures;
mod links;
mod query;
mod refusals;
mod units;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Where a tool of the operating system is; says so and returns `None` where it is not here.
/// `EINSICHT_<TOOL>` names it if it is not on the path.
fn tool(name: &str, what_is_skipped: &str) -> Option<PathBuf> {
    let variable = format!("EINSICHT_{}", name.to_uppercase().replace('-', "_"));
    let path = std::env::var_os(&variable).map_or_else(|| PathBuf::from(name), PathBuf::from);
    match Command::new(&path).arg("--version").output() {
        Ok(output) if output.status.success() => Some(path),
        _ => {
            eprintln!("SKIPPED: there is no {name} here, so {what_is_skipped}");
            None
        }
    }
}

/// Runs a tool to its end, which must be a good one. Returns what it wrote.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{text}", output.status);
    text
}
