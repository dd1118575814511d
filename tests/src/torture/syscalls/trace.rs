//! A program under `strace`, which has one of its system calls fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::table::{RENAME, Row};

/// What is seen, and made to fail, of a program.
pub struct Trace {
    strace: PathBuf,
    /// What it saw.
    log: PathBuf,
    /// Of this file only.
    path: PathBuf,
    row: Row,
    error: String,
    injection: String,
}

impl Trace {
    /// Has the `when`th call of each thread fail with `error`.
    pub fn new(strace: &Path, log: PathBuf, path: PathBuf, row: Row, error: &str, when: u32) -> Self {
        let injection = format!("inject={}:error={error}:when={when}", row.call);
        Self { strace: strace.to_owned(), log, path, row, error: error.to_owned(), injection }
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
        let mut seen = format!("trace=fdatasync,fsync,{}", self.row.call);
        if self.row.file.is_replaced() {
            seen = format!("trace=openat,ftruncate,pwrite64,fdatasync,fsync,{RENAME}");
        }
        command.args(["-e", &seen, "-e", &self.injection]);
        traced(command, program)
    }

    /// What the system calls the error.
    pub fn reason(&self) -> String {
        let number = match &*self.error {
            "EIO" => 5,
            "ENOSPC" => 28,
            other => panic!("no row has {other}"),
        };
        std::io::Error::from_raw_os_error(number).to_string()
    }

    /// Whether a call was made to fail by now.
    pub fn has_struck(&self) -> bool {
        self.lines().iter().any(|line| line.contains("(INJECTED)"))
    }

    /// Whether a file that is replaced has been made anew, synced and put in its place since a call failed.
    pub fn is_made_good(&self) -> bool {
        let lines = self.lines();
        let mut after = lines.iter().skip_while(|line| !line.contains("(INJECTED)")).skip(1);
        // One behind the other.
        ["openat(", "pwrite64(", "fdatasync(", "rename"]
            .iter()
            .all(|call| after.any(|line| line.contains(call) && has_worked(line)))
    }

    /// No sync may follow a failed one on the same bytes: it would report success and save nothing. A file
    /// that is replaced is written anew as a whole before each sync.
    pub fn expect_no_sync_after_a_failed_one(&self) {
        if self.row.file.is_replaced() {
            return expect_new_bytes_before_each_sync(&self.lines());
        }
        if !self.row.call.ends_with("sync") {
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

/// A command of `strace` that runs a program.
pub fn traced(mut strace: Command, program: &Command) -> Command {
    strace.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
}

fn has_worked(line: &str) -> bool {
    line.contains(" = ") && !line.contains(" = -1 ")
}

/// Emptied and written since the last sync, whatever came of that.
fn expect_new_bytes_before_each_sync(lines: &[String]) {
    let (mut emptied, mut written) = (false, false);
    for line in lines {
        if line.contains("ftruncate(") && has_worked(line) {
            emptied = true;
        } else if line.contains("pwrite64(") && has_worked(line) {
            written = emptied;
        } else if line.contains("sync(") {
            assert!(written, "synced without being written anew: {lines:#?}");
            (emptied, written) = (false, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_file_that_is_written_anew_may_be_synced_again() {
        expect_new_bytes_before_each_sync(&lines(&[
            "7 ftruncate(9, 0) = 0",
            "7 pwrite64(9, \"text\", 4, 0) = 4",
            "7 fdatasync(9) = -1 EIO (Input/output error) (INJECTED)",
            "7 ftruncate(9, 0) = 0",
            "7 pwrite64(9, \"text\", 4, 0) = 4",
            "7 fdatasync(9) = 0",
        ]));
    }

    #[test]
    #[should_panic(expected = "synced without being written anew")]
    fn a_failed_sync_may_not_be_tried_again() {
        expect_new_bytes_before_each_sync(&lines(&[
            "7 ftruncate(9, 0) = 0",
            "7 pwrite64(9, \"text\", 4, 0) = 4",
            "7 fdatasync(9) = -1 EIO (Input/output error) (INJECTED)",
            "7 fdatasync(9) = 0",
        ]));
    }
}
