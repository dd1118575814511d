//! The second implementation: a Python that can run it, and its scripts.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Ended, Process, text};

/// Names the Python to use. `.ci/run` sets it.
const PYTHON_VARIABLE: &str = "EINSICHT_PYTHON";

/// A Python that has what the script needs. Where there is none, says so past the capture of the test
/// harness; where one was named, it must do.
#[must_use]
pub fn python() -> Option<PathBuf> {
    let named = std::env::var_os(PYTHON_VARIABLE).map(PathBuf::from);
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let able = Command::new(&python).args(["-c", "import cryptography"]).output();
    if able.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    assert!(
        named.is_none(),
        "{PYTHON_VARIABLE} names {}, which has no package 'cryptography'",
        python.display()
    );
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let why = "there is no python3 with the package 'cryptography'";
    writeln!(std::io::stderr().lock(), "skipped: {why}; set {PYTHON_VARIABLE} ({test})").unwrap();
    None
}

/// Verifies a ledger.
pub async fn verify(python: &Path, url: &str, vkey: &Path) -> Ended {
    run(python, "verify.py", &[url, text(vkey)]).await
}

/// Recomputes figures of the report in a folder.
pub async fn recompute(python: &Path, folder: &Path, url: &str, vkey: &Path) -> Ended {
    run(python, "report.py", &[text(folder), url, text(vkey)]).await
}

async fn run(python: &Path, script: &str, arguments: &[&str]) -> Ended {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("second_implementation").join(script);
    Process::spawn(Command::new(python).args(["-B", text(&script)]).args(arguments)).ended().await
}
