//! The audit of a local copy against the sha limit.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use einsicht_client::Trust;
use einsicht_client::audit::{AuditOptions, audit};
use einsicht_client::source::Source;
use einsicht_service::storage;
use einsicht_service::storage::file::RealFolder;
use einsicht_tlog::VerifierKey;
use einsicht_tlog::hash::sha256;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::machine::cores;
use crate::sha::Leaves;
use crate::turns::Turns;

/// A log to audit.
pub struct Log<'a> {
    /// Its data folder.
    pub folder: &'a Path,
    /// Verifies its checkpoints.
    pub verifier: &'a VerifierKey,
    /// How many of its records were judged by a charter.
    pub judged: u64,
}

/// Hashes a log and audits it, in turns: entries a second. An audit is what
/// `einsicht verify --full` does with a folder: beyond the hashes it reads the files, follows the chain
/// and the time, reads every body strictly, judges every record again that was judged, compares the root of every
/// commit, and verifies the newest signature. The files are in the system's cache.
///
/// # Errors
/// If the log can't be read or does not verify, to its last entry; if `interrupted` is cancelled.
pub fn in_turns(
    log: &Log<'_>,
    turns: usize,
    runtime: &Runtime,
    interrupted: &CancellationToken,
) -> anyhow::Result<Turns<f64>> {
    let Log { folder, verifier, judged } = *log;
    let leaves = leaves(folder, verifier)?;
    let entries = u32::try_from(leaves.count()).context("the log has too many entries")?;
    let rate = |time: Duration| f64::from(entries) / time.as_secs_f64();
    let threads = cores();
    let place = folder.to_str().context("the path of the temporary folder is not UTF-8")?;
    let hash = || Ok(rate(leaves.hash_all(threads)));
    let audit = || {
        ensure!(!interrupted.is_cancelled(), "interrupted");
        let begun = Instant::now();
        // Nothing is kept from one turn to the next.
        let trust = Trust::in_memory(verifier.clone());
        let source = Source::open(place)?;
        let report = runtime.block_on(audit(&source, &trust, AuditOptions { full: true }, |_| {}))?;
        let time = begun.elapsed();
        let verified = report.head.size.0;
        ensure!(verified == u64::from(entries), "{verified} of {entries} entries were verified");
        let again = report.verdicts.judged;
        ensure!(again == judged, "{again} of {judged} records were judged again");
        Ok(rate(time))
    };
    Turns::take(turns, hash, audit)
}

/// The leaves of the log in `folder`.
fn leaves(folder: &Path, verifier: &VerifierKey) -> anyhow::Result<Leaves> {
    let (mut leaves, mut unwritable) = (Leaves::default(), Ok(()));
    let origin_hash = sha256(verifier.name().as_bytes());
    let mut push = |leaf: &einsicht_tlog::Leaf<'_>| match leaf.to_bytes() {
        Ok(bytes) => leaves.push(&bytes),
        Err(error) => unwritable = Err(error),
    };
    storage::check(&RealFolder::new(folder), origin_hash, None, &mut |_, leaf| push(leaf))?;
    unwritable?;
    Ok(leaves)
}
