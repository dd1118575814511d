//! A program that runs, and what is left when it has ended.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::program;

/// Longest that a program may take to end, or a service to start. Generous: machines are shared.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs. Killed when dropped.
pub struct Process {
    child: Child,
    /// Whether it has a process group of its own, which gets its signals.
    has_group: bool,
    stdin: Option<ChildStdin>,
    stdout: Captured,
    stderr: Captured,
}

/// What is left of a program.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it; `None` if it ended by itself.
    pub signal: Option<i32>,
    /// Everything it wrote to stdout.
    pub stdout: String,
    /// Everything it wrote to stderr.
    pub stderr: String,
}

/// What a program wrote so far, read on a thread of its own so that it never waits for the test.
struct Captured {
    text: Arc<Mutex<String>>,
    thread: Option<JoinHandle<()>>,
}

/// Runs a program of this project to its end.
pub async fn run(name: &str, arguments: &[&str]) -> Ended {
    Process::spawn(&mut command(name, arguments)).ended().await
}

/// A program of this project with its arguments, to be changed before it is spawned. Sees no proxy and
/// none of the variables by which people configure it.
#[must_use]
pub fn command(name: &str, arguments: &[&str]) -> Command {
    let path = program(name).unwrap_or_else(|error| panic!("{error}; or run: cargo test --workspace"));
    command_at(&path, arguments)
}

/// The same for a program at this path.
#[must_use]
pub fn command_at(path: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments);
    for (variable, _) in std::env::vars_os() {
        let text = variable.to_string_lossy().to_ascii_lowercase();
        if text.starts_with("einsicht_") || text.ends_with("_proxy") {
            command.env_remove(&variable);
        }
    }
    command
}

impl Process {
    /// Starts a program; its output is captured.
    pub fn spawn(command: &mut Command) -> Self {
        Self::spawn_reading(command, Stdio::null())
    }

    /// The same for a program that starts others: they get its signals, too.
    pub fn spawn_group(command: &mut Command) -> Self {
        let mut process = Self::spawn(command.process_group(0));
        process.has_group = true;
        process
    }

    /// The same for a program that reads what [`Process::say`] tells it.
    pub fn spawn_listening(command: &mut Command) -> Self {
        Self::spawn_reading(command, Stdio::piped())
    }

    fn spawn_reading(command: &mut Command, stdin: Stdio) -> Self {
        let command = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = Captured::read(child.stdout.take().unwrap());
        let stderr = Captured::read(child.stderr.take().unwrap());
        let stdin = child.stdin.take();
        Self { child, has_group: false, stdin, stdout, stderr }
    }

    /// Gives a program that listens a line to read.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it was not spawned to listen");
        writeln!(stdin, "{line}").unwrap();
    }

    /// Tells a program that listens that there is no more.
    pub fn say_no_more(&mut self) {
        self.stdin = None;
    }

    /// What it wrote to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it wrote to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The most memory that it had so far (resident, in bytes); `None` where the system does not tell.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    }

    /// Asks it to end: SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal by its name, such as `INT`. The standard library can only kill.
    pub fn signal(&self, name: &str) {
        if self.has_group {
            return self.signal_group(name);
        }
        send(name, &self.child.id().to_string());
    }

    /// Sends a signal to it and to everything that it has started. It must have been spawned with a process
    /// group of its own.
    pub fn signal_group(&self, name: &str) {
        send(name, &format!("-{}", self.child.id()));
    }

    /// Ends it at once, as a loss of power would: SIGKILL.
    pub fn kill(&mut self) {
        // It may have ended by itself meanwhile; then there is nothing to kill.
        if self.has_group && self.is_running() {
            self.signal_group("KILL");
        }
        let _ = self.child.kill();
    }

    /// Waits until it has ended.
    pub async fn ended(mut self) -> Ended {
        let begun = Instant::now();
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                let (stdout, stderr) = (self.stdout(), self.stderr());
                panic!("process {} did not end\nstdout: {stdout}\nstderr: {stderr}", self.child.id());
            }
            sleep(Duration::from_millis(2)).await;
        };
        let (code, signal) = (status.code(), status.signal());
        Ended { code, signal, stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

fn send(name: &str, to: &str) {
    let sent = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", name, to]).status();
    assert!(sent.unwrap().success(), "could not send SIG{name} to process {to}");
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("what the program wrote to stderr:\n{}", self.stderr.all());
        }
    }
}

impl Ended {
    /// Whether SIGKILL ended it.
    #[must_use]
    pub fn was_killed(&self) -> bool {
        self.signal == Some(9)
    }

    /// Asserts the exit code and that stderr has each of `parts`: what is wrong, where, what to do.
    /// No program may panic, whatever it meets.
    pub fn expect(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panicked at"), "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "stderr has no {part:?}: {self:#?}");
        }
    }
}

impl Captured {
    fn read(source: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&text);
        let thread = std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                written
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self { text, thread: Some(thread) }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything, once the program has ended.
    fn all(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.text()
    }
}

/// Runs `einsicht` on a folder, without a service and without anything that was remembered. `line` is split at spaces.
pub async fn offline(data: &Path, vkey: &Path, line: &str) -> Ended {
    let state = tempfile::tempdir().unwrap();
    let mut command = command("einsicht", &line.split(' ').collect::<Vec<_>>());
    command.args([text(data), "--vkey", text(vkey)]).env("EINSICHT_STATE_DIR", state.path());
    Process::spawn(&mut command).ended().await
}

/// Path as an argument.
#[must_use]
pub fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have names of ASCII letters")
}
