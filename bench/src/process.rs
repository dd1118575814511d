//! The real programs as processes of their own: only of those can memory and time to start be told.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::load::Target;

/// Longest that a start, an end or an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at a process.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);
/// File below the data folder's parent that gets what the service logs.
const LOG_FILE: &str = "einsichtd.log";

/// A program of this project, built beside this one.
///
/// # Errors
/// If it was not built.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    // target/<profile>/<program>, and for tests target/<profile>/deps/<test>
    let folders = this.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.with_context(|| {
        format!("'{name}' is not beside {}; run: cargo build --release --workspace --bins", this.display())
    })
}

/// `einsichtd dev` over a data folder. Killed when dropped.
pub struct Service {
    child: Child,
    address: SocketAddr,
    token: String,
}

/// What a process has in memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// The most so far.
    pub peak: u64,
}

impl Service {
    /// Starts the service over `data`, and says how long it took until `/healthz` said that it records,
    /// from before the process was made. It logs into a file beside `data`.
    ///
    /// # Errors
    /// If the program is not there, or the service does not come up.
    pub fn start(data: &Path) -> anyhow::Result<(Self, Duration)> {
        let log_path = data.with_file_name(LOG_FILE);
        let log = File::options().create(true).append(true).open(&log_path);
        let mut command = Command::new(program("einsichtd")?);
        command.args(["dev", "--listen", "127.0.0.1:0", "--data"]).arg(data).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.context(LOG_FILE)?);
        let begun = Instant::now();
        let mut service = Self {
            child: command.spawn().context("einsichtd")?,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: String::new(),
        };
        let come_up = service.wait_until_it_records(begun);
        let taken =
            come_up.with_context(|| format!("einsichtd did not come up; see {}", log_path.display()))?;
        let token = data.join("keys/dev.token");
        let text = std::fs::read_to_string(&token).with_context(|| token.display().to_string())?;
        service.token = text.trim().to_owned();
        Ok((service, taken))
    }

    /// Where it listens, and how to be let in.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { url: format!("http://{}", self.address), authority: None, token: self.token.clone() }
    }

    /// What it has in memory.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        memory_of(self.child.id())
    }

    /// A figure of its page for operators.
    ///
    /// # Errors
    /// If the page can't be had, or has no such figure.
    pub fn figure(&self, name: &str) -> anyhow::Result<f64> {
        figure_in(&get(self.address, "/metrics")?, name).with_context(|| format!("/metrics has no {name}"))
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// If it does not end, or not in good order.
    pub fn terminate(mut self) -> anyhow::Result<()> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).context("SIGTERM")?;
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "einsichtd ended with {status}");
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "einsichtd does not end");
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    /// Ends it on the spot, as `kill -9` does.
    ///
    /// # Errors
    /// Those of the system.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn wait_until_it_records(&mut self, begun: Instant) -> anyhow::Result<Duration> {
        let stdout = self.child.stdout.take().context("its output")?;
        self.address = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| address_in(&line))
            .context("it ended without saying where it listens")?;
        while get(self.address, "/healthz").is_err() {
            ensure!(begun.elapsed() < PATIENCE, "/healthz does not answer");
            ensure!(self.child.try_wait()?.is_none(), "it ended");
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Fails only if it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the line of the welcome that names it: `  open      http://127.0.0.1:7420/`.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.trim().strip_prefix("open")?.trim().strip_prefix("http://")?.strip_suffix('/')?.parse().ok()
}

/// Runs a command to its end, and says how long it took and the most memory that it had.
///
/// # Errors
/// If it can't be started, or does not end well.
pub fn run_to_end(command: &mut Command) -> anyhow::Result<(Duration, u64)> {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut peak = 0;
    let status = loop {
        // What has ended, and was not waited for, has no memory any more.
        peak = memory_of(child.id()).map_or(peak, |memory| memory.peak.max(peak));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK_INTERVAL);
    };
    let taken = begun.elapsed();
    if !status.success() {
        let mut told = String::new();
        child.stderr.take().context("its errors")?.read_to_string(&mut told)?;
        bail!("{command:?} ended with {status}: {told}");
    }
    Ok((taken, peak))
}

fn memory_of(pid: u32) -> anyhow::Result<Memory> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    parse_memory(&status).with_context(|| format!("{path} does not tell"))
}

fn parse_memory(status: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(value.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    };
    Some(Memory { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}

/// A figure without labels of a page for Prometheus.
pub(crate) fn figure_in(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.trim().parse().ok()
}

/// The body of a page, if the answer was 200.
pub(crate) fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    ensure!(head.split(' ').nth(1) == Some("200"), "{path} answers {}", head.lines().next().unwrap_or(""));
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\teinsichtd\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse_memory(status), Some(Memory { resident: 1 << 20, peak: 2 << 20 }));
        assert_eq!(parse_memory("Name:\tzombie\n"), None);
    }

    #[test]
    fn the_welcome_says_where_the_service_listens() {
        let address = address_in("  open      http://127.0.0.1:7420/").unwrap();
        assert_eq!(address.port(), 7420);
        assert_eq!(address_in("  ledger    dev.einsicht.invalid/1, 2 entries"), None);
    }

    #[test]
    fn a_figure_is_found_by_its_whole_name() {
        let page = "# TYPE a_total counter\na_total_created 7\na_total 3\n";
        assert_eq!(figure_in(page, "a_total"), Some(3.0));
        assert_eq!(figure_in(page, "b_total"), None);
    }

    #[test]
    fn this_process_has_memory() {
        let Memory { resident, peak } = memory_of(std::process::id()).unwrap();
        assert!(0 < resident && resident <= peak, "{resident} {peak}");
    }

    #[test]
    fn a_command_that_fails_is_told_with_its_reason() {
        let error = run_to_end(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("broken"), "{error}");
        assert!(run_to_end(&mut Command::new("true")).is_ok());
    }
}
