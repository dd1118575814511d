//! What the disk does under the figures: where it is, and how long one append with `fdatasync` takes.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::stats::percentile;

/// A commit of a few entries.
const APPEND_BYTES: usize = 4096;
const APPENDS_MAX: usize = 200;
const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// Median time of appending 4 KiB to a file in `folder` and syncing it, in milliseconds; of at most
/// 200 times, or as many as fit into two seconds.
///
/// # Errors
/// Those of the file system.
pub fn fdatasync_ms(folder: &Path) -> anyhow::Result<f64> {
    let mut file =
        tempfile::tempfile_in(folder).with_context(|| format!("a file in {}", folder.display()))?;
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.len() < APPENDS_MAX && begun.elapsed() < PROBE_WITHIN {
        let before = Instant::now();
        file.write_all(&[0x5a; APPEND_BYTES])?;
        file.sync_data()?;
        times.push(before.elapsed());
    }
    times.sort_unstable();
    let median = percentile(&times, 50).context("the disk did not finish one append")?;
    Ok(median.as_secs_f64() * 1e3)
}

/// Kind of the file system that `folder` is on, for example `ext4`; `None` if that can't be told.
#[must_use]
pub fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    kind_of(&std::fs::read_to_string("/proc/self/mounts").ok()?, &folder)
}

/// The kind in the line of the innermost mount point above `folder`; of two on one point, the later.
fn kind_of(mounts: &str, folder: &Path) -> Option<String> {
    let mount = |line: &str| {
        let mut words = line.split(' ');
        let point = words.nth(1)?.to_owned();
        let kind = words.next()?.to_owned();
        folder.starts_with(&point).then_some((point.len(), kind))
    };
    mounts.lines().filter_map(mount).max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_says_which_file_system_it_is() {
        let mounts = "rootfs / rootfs rw 0 0\n/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n";
        assert_eq!(kind_of(mounts, Path::new("/home/x")).as_deref(), Some("ext4"));
        assert_eq!(kind_of(mounts, Path::new("/tmp/x")).as_deref(), Some("tmpfs"));
        assert_eq!(kind_of(mounts, Path::new("/tmpx")).as_deref(), Some("ext4"));
        assert_eq!(kind_of("", Path::new("/tmp")), None);
    }

    #[test]
    fn an_append_takes_some_time() {
        let folder = tempfile::tempdir().unwrap();
        assert!(fdatasync_ms(folder.path()).unwrap() > 0.0);
    }
}
