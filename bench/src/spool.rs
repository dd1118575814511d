//! The client's spool while nobody answers: how fast accesses are safe on this machine's disk, and
//! beside it the same bytes appended and synced, and nothing else.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use einsicht_client::config::{OnUnavailable, RecorderConfig, SpoolConfig, Token};
use einsicht_client::retry::RetryPolicy;
use einsicht_client::{Access, Kept, Recorder};
use einsicht_tlog::SigningKey;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::event;
use crate::lanes::{Outcome, Shape, Span, keep_in_flight};
use crate::served::{LISTEN, TOKEN};

/// More than a run writes.
const SPOOL_BYTES_MAX: u64 = 64 << 30;
/// Requests that are spooled to find out how many bytes one takes.
const PROBED: u64 = 64;

/// A recorder whose ledger is away, over a spool in a folder of its own.
pub struct Spooling {
    recorder: Recorder,
    shape: Shape,
    folder: TempDir,
}

impl Spooling {
    /// Opens a spool in `parent`.
    ///
    /// # Errors
    /// Those of the recorder and of the file system.
    pub async fn open(parent: &Path, shape: Shape) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("einsicht-bench-").tempdir_in(parent)?;
        let mut spool = SpoolConfig::new(&folder.path().join("spool"));
        spool.bytes_max = SPOOL_BYTES_MAX;
        // What the spool holds is deleted with the folder.
        spool.drain_max = std::time::Duration::ZERO;
        let key = SigningKey::from_seed("bench.einsicht.invalid/away", &[7; 32])?;
        let mut config = RecorderConfig::new(Token::parse(TOKEN)?, key.verifier().clone());
        config.url = format!("http://{}", nobody()?);
        config.retry = RetryPolicy::never();
        config.on_unavailable = OnUnavailable::Spool(spool);
        let recorder = Recorder::connect(config).await.context("a recorder whose ledger is away")?;
        let spooling = Self { recorder, shape, folder };
        // The first one finds out that nobody is there.
        spooling.call().await?;
        Ok(spooling)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Bytes on disk of one call.
    ///
    /// # Errors
    /// Those of recording.
    pub async fn bytes_per_call(&self) -> anyhow::Result<usize> {
        let before = self.bytes()?;
        for _ in 0..PROBED {
            self.call().await?;
        }
        Ok(usize::try_from((self.bytes()? - before) / PROBED)?)
    }

    /// Keeps as many calls in flight as the shape says, for as long as the span says.
    ///
    /// # Errors
    /// If an access was not spooled, or `interrupted` is cancelled.
    pub async fn run(&self, span: Span, interrupted: &CancellationToken) -> anyhow::Result<Outcome> {
        keep_in_flight(self.shape, span, interrupted, |_| {
            let (recorder, events) = (self.recorder.clone(), self.shape.events_per_call);
            move || {
                let recorder = recorder.clone();
                async move { spool(&recorder, events).await }
            }
        })
        .await
    }

    async fn call(&self) -> anyhow::Result<()> {
        spool(&self.recorder, self.shape.events_per_call).await
    }

    fn bytes(&self) -> anyhow::Result<u64> {
        Ok(self.recorder.spool_status().context("the recorder has a spool")?.bytes)
    }
}

/// Appends `bytes` to a file in `folder` and syncs it, one append after the other.
///
/// # Errors
/// Those of the file system; if `interrupted` is cancelled.
pub fn append(
    folder: &Path,
    bytes: usize,
    span: Span,
    interrupted: &CancellationToken,
) -> anyhow::Result<Outcome> {
    let file = tempfile::tempfile_in(folder).context("a file to append to")?;
    let begin = Instant::now() + span.ramp;
    let end = begin + span.measured;
    let (mut offset, mut latencies) = (0, Vec::new());
    loop {
        ensure!(!interrupted.is_cancelled(), "interrupted");
        let begun = Instant::now();
        if begun >= end {
            return Outcome::of(latencies, 1, span.measured).context("no append ended in time");
        }
        append_once(&file, bytes, offset)?;
        offset += bytes as u64;
        if begun >= begin {
            latencies.push(begun.elapsed());
        }
    }
}

fn append_once(file: &File, bytes: usize, offset: u64) -> std::io::Result<()> {
    file.write_all_at(&vec![0x5a; bytes], offset)?;
    file.sync_data()
}

async fn spool(recorder: &Recorder, events: u64) -> anyhow::Result<()> {
    let accesses = (0..events).map(|_| Access::from(event::plain(Bytes::new(), 0)));
    let kept = recorder.record_batch(accesses).await?;
    ensure!(kept.iter().all(|kept| matches!(kept, Kept::Spooled(_))), "somebody answered");
    Ok(())
}

/// An address at which nobody listens.
fn nobody() -> std::io::Result<std::net::SocketAddr> {
    TcpListener::bind(LISTEN)?.local_addr()
}
