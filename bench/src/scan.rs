//! A citizen's scan of a local copy: the test of the markers alone, and all that `einsicht citizen scan` does.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use einsicht_client::Trust;
use einsicht_client::scan::{RecordTest, scan};
use einsicht_client::source::Source;
use einsicht_service::storage;
use einsicht_service::storage::file::RealFolder;
use einsicht_tlog::VerifierKey;
use einsicht_tlog::hash::sha256;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::ledger;
use crate::machine::cores;
use crate::turns::Turns;

/// A subject of one event of each session.
pub(crate) const ID: &str = "ulm-00000007";

/// Tests the markers of all records of the log in `folder`, whose bodies are in memory, on one core; and scans the
/// log, on all of them: records a second and core. A scan is what `einsicht citizen scan` does with a folder: chain,
/// tree and signature are verified in the same pass. The files are in the system's cache; one view key, two markers
/// a record.
///
/// # Errors
/// If the log can't be read, does not verify, or has other accesses to the subject than were recorded; if
/// `interrupted` is cancelled.
pub fn in_turns(
    folder: &Path,
    verifier: &VerifierKey,
    turns: usize,
    runtime: &Runtime,
    interrupted: &CancellationToken,
) -> anyhow::Result<Turns<f64>> {
    let keys = ledger::view_key(folder, ID)?;
    let bodies = bodies(folder, verifier)?;
    let records = u32::try_from(bodies.len()).context("the log has too many records")?;
    let rate = |time: Duration| f64::from(records) / time.as_secs_f64();
    let test = RecordTest::new(&keys);
    let place = folder.to_str().context("the path of the temporary folder is not UTF-8")?;
    let find =
        || bodies.iter().filter(|(body, recorded_at)| test.finds(black_box(body), *recorded_at)).count();
    let expected = find();
    ensure!(expected > 0, "the test finds no record of the subject");
    let markers = || {
        let begun = Instant::now();
        let found = find();
        let time = begun.elapsed();
        ensure!(found == expected, "{found} of {expected} records were found");
        Ok(rate(time))
    };
    let whole = || {
        ensure!(!interrupted.is_cancelled(), "interrupted");
        let begun = Instant::now();
        // Nothing is kept from one turn to the next.
        let (trust, source) = (Trust::in_memory(verifier.clone()), Source::open(place)?);
        let found = runtime.block_on(scan(&source, &trust, &keys, |_| {}))?.hits.len();
        let time = begun.elapsed();
        ensure!(found == expected, "{found} of {expected} records were found");
        Ok(rate(time) / cores() as f64)
    };
    Turns::take(turns, markers, whole)
}

/// The bodies of all entries, with their times.
fn bodies(folder: &Path, verifier: &VerifierKey) -> anyhow::Result<Vec<(Vec<u8>, u64)>> {
    let mut bodies = Vec::new();
    let origin_hash = sha256(verifier.name().as_bytes());
    let mut push = |leaf: &einsicht_tlog::Leaf<'_>| bodies.push((leaf.body.to_vec(), leaf.recorded_at.0));
    storage::check(&RealFolder::new(folder), origin_hash, None, &mut |_, leaf| push(leaf))?;
    Ok(bodies)
}
