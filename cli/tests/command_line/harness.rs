//! Runs the programme, in a folder and with an environment of its own.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a test runs.
pub struct Place {
    dir: tempfile::TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    /// Runs `einsicht` with arguments separated by spaces.
    pub fn run(&self, line: &str) -> Run {
        self.run_with(&line.split(' ').collect::<Vec<_>>(), &[], "")
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_einsicht"))
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("EINSICHT_STATE_DIR", self.path("state"))
            // Nobody listens there: a test that asks the network fails at once.
            .env("EINSICHT_URL", "http://127.0.0.1:9")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A programme that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }
}

impl Run {
    /// Fails the test unless the run ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Fails the test unless standard output holds all of these.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        texts.iter().for_each(|text| assert!(self.out.contains(text), "no {text:?} in {self:#?}"));
        self
    }

    /// Fails the test unless standard error holds all of these.
    #[track_caller]
    pub fn complains(self, texts: &[&str]) -> Self {
        texts.iter().for_each(|text| assert!(self.err.contains(text), "no {text:?} in {self:#?}"));
        self
    }

    /// Standard output as JSON, one value per line.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The project's root.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `name` in `../shared/data`, seen from the project's root. If the data is not there, says so and gives
/// `None`: the test has nothing to check then.
pub fn shared(name: &str) -> Option<PathBuf> {
    const REQUIRE_VARIABLE: &str = "EINSICHT_REQUIRE_SHARED";
    let data = project().join("../shared/data");
    if data.is_dir() {
        return Some(data.join(name));
    }
    let required = std::env::var_os(REQUIRE_VARIABLE).is_some_and(|value| value == "1");
    assert!(!required, "../shared/data is not there, and {REQUIRE_VARIABLE}=1 requires it");
    // Past the capture of the test harness.
    let mut stderr = io::stderr().lock();
    writeln!(stderr, "skipped: ../shared/data is not there (needed: {name})").unwrap();
    None
}
