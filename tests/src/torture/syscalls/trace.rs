//! A program under `strace`, which has one of its system calls fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::table::Row;

/// What is seen, and made to fail, of a program.
pub struct Trace {
    strace: PathBuf,
    /// What it saw.
    log: PathBuf,
    /// Of this file only.
    path: PathBuf,
    row: Row,
    injection: String,
}

impl Trace {
    /// Has the `when`th call of each thread fail with `error`.
    pub fn new(strace: &Path, log: PathBuf, path: PathBuf, row: Row, error: &str, when: u32) -> Self {
        let injection = format!("inject={}:error={error}:when={when}", row.call);
        Self { strace: strace.to_owned(), log, path, row, injection }
    }

    /// Whether this machine lets us do that at all.
    pub fn works(strace: &Path) -> bool {
        let traced =
            Command::new(strace).args(["-f", "-o", "/dev/null", "-e", "trace=fsync", "true"]).output();
        traced.is_ok_and(|ended| ended.status.success())
    }

    /// A command under trace. Asked to end, the trace goes on until the program has ended.
    pub fn command(&self, program: &Command) -> Command {
        let mut command = Command::new(&self.strace);
        command.args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(&self.log).arg("-P").arg(&self.path);
        let seen = format!("trace=fdatasync,fsync,{}", self.row.call);
        command
            .args(["-e", &seen, "-e", &self.injection])
            .arg(program.get_program())
            .args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Whether a call was made to fail by now.
    pub fn has_struck(&self) -> bool {
        self.lines().iter().any(|line| line.contains("(INJECTED)"))
    }

    /// No sync may follow a failed one on the same file: it would report success and save nothing.
    pub fn expect_no_sync_after_a_failed_one(&self) {
        if self.row.file.is_replaced() || !self.row.call.ends_with("sync") {
            return;
        }
        let lines = self.lines();
        let mut after = lines.iter().skip_while(|line| !line.contains("(INJECTED)")).skip(1);
        let again = after.find(|line| line.contains("fdatasync(") || line.contains("fsync("));
        assert_eq!(again, None, "synced again after a failed sync: {lines:#?}");
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(&self.log).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}
