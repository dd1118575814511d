//! A server under test: on a thread and an async runtime of its own, over a folder that goes with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::load::Target;
use crate::process::{figure_in, get};

/// Where servers under test listen: this machine only, any free port.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Who may record at a server under test. A fixed text: the server lives for minutes, on loopback, over
/// an empty folder.
pub const TOKEN: &str = "einsicht-bench";

/// Where both servers tell how much they have committed, and under which names.
pub(crate) const FIGURES_PATH: &str = "/metrics";
pub(crate) const COMMITS_FIGURE: &str = "einsicht_commits_total";
pub(crate) const ENTRIES_FIGURE: &str = "einsicht_entries_total";

/// What a server has committed so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Committed {
    /// Commits.
    pub commits: f64,
    /// Events in them.
    pub entries: f64,
}

/// An async runtime with a thread per core, as `Runtime::new` makes it. Its threads have a name, so that
/// a profiler can tell servers and clients apart.
///
/// # Errors
/// Those of the operating system.
pub fn runtime(threads: &str) -> anyhow::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name(threads).build();
    runtime.context("the async runtime")
}

/// A server that answers. Dropping it stops it, waits for it, and deletes its folder.
pub struct Served {
    address: SocketAddr,
    authority: Option<String>,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
    folder: TempDir,
}

/// What the function that serves is given.
pub struct Stage {
    /// Serving ends when this is cancelled.
    pub shutdown: CancellationToken,
    ready: mpsc::SyncSender<Ready>,
}

struct Ready {
    address: SocketAddr,
    authority: Option<String>,
}

impl Stage {
    /// Says that connections to `address` are accepted from now on; over TLS if `authority` is given,
    /// the certificate to be trusted (PEM).
    pub fn ready(&self, address: SocketAddr, authority: Option<String>) {
        // Nobody listens any more only if starting was given up, and then shutdown is cancelled.
        let _ = self.ready.send(Ready { address, authority });
    }
}

impl Served {
    /// Runs `serve` on a thread of its own, over a new folder in `parent`, and waits until it is ready.
    ///
    /// # Errors
    /// Those of `serve`, if it ends before it is ready, and those of the operating system.
    pub fn start<F>(name: &str, parent: &Path, serve: F) -> anyhow::Result<Self>
    where
        F: FnOnce(&Path, Stage) -> anyhow::Result<()> + Send + 'static,
    {
        let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(parent);
        let folder = folder.with_context(|| format!("a folder in {}", parent.display()))?;
        let shutdown = CancellationToken::new();
        let (ready, is_ready) = mpsc::sync_channel(1);
        let stage = Stage { shutdown: shutdown.clone(), ready };
        let path = folder.path().to_owned();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || serve(&path, stage))?;
        match is_ready.recv() {
            Ok(Ready { address, authority }) => {
                Ok(Self { address, authority, shutdown, thread: Some(thread), folder })
            }
            Err(_) => {
                join(thread)?;
                Err(anyhow!("the server '{name}' ended before it was ready"))
            }
        }
    }

    /// Where it listens, and how to be let in.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { url: self.url(), authority: self.authority.clone(), token: TOKEN.to_owned() }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// What it has committed so far; `None` over TLS, where nobody needs it.
    ///
    /// # Errors
    /// If it does not tell.
    pub fn committed(&self) -> anyhow::Result<Option<Committed>> {
        if self.authority.is_some() {
            return Ok(None);
        }
        let page = get(self.address, FIGURES_PATH)?;
        let of = |name| figure_in(&page, name).with_context(|| format!("{FIGURES_PATH} has no {name}"));
        Ok(Some(Committed { commits: of(COMMITS_FIGURE)?, entries: of(ENTRIES_FIGURE)? }))
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it, waits for it, and deletes its folder.
    ///
    /// # Errors
    /// Those with which serving ended.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.end()
    }

    fn end(&mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.thread.take().map_or(Ok(()), join)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("a server under test ended in disorder: {error:#}");
        }
    }
}

fn join(thread: JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    thread.join().map_err(|_| anyhow!("a server's thread panicked"))?
}
