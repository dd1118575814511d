//! What the machine says of this process and of the file system that it writes to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::Resource;

/// Parts of the data folder, in the words of the metric's label, and where they lie.
const PARTS: [(&str, &str); 2] = [("entries", "log/entries"), ("sessions", "state")];
/// What is neither of these: hash files, offsets, checkpoint.
const PART_DERIVED: &str = "derived";

/// Measures the file system of one data folder, and this process.
pub(super) struct Machine {
    data: PathBuf,
    /// Said once, not every few seconds.
    complained: bool,
}

impl Machine {
    pub(super) fn new(data: &Path) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        metrics::gauge!("process_start_time_seconds").set(started.as_secs_f64());
        metrics::gauge!("einsicht_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Self { data: data.to_owned(), complained: false }
    }

    /// Sets the gauges to what is so now. What can't be measured becomes NaN: an old figure would look
    /// like a good one.
    pub(super) fn measure(&mut self) {
        let measured = self.measure_disk().and_then(|()| self.measure_parts());
        if let Err(error) = measured {
            for name in ["einsicht_disk_size_bytes", "einsicht_disk_free_bytes"] {
                metrics::gauge!(name).set(f64::NAN);
            }
            if !std::mem::replace(&mut self.complained, true) {
                tracing::warn!(%error, "the room in the data folder can't be measured");
            }
        }
        measure_process();
    }

    // Exact up to 2^53 bytes.
    #[allow(clippy::cast_precision_loss)]
    fn measure_disk(&self) -> io::Result<()> {
        let disk = rustix::fs::statvfs(&self.data)?;
        metrics::gauge!("einsicht_disk_size_bytes").set((disk.f_blocks * disk.f_frsize) as f64);
        metrics::gauge!("einsicht_disk_free_bytes").set((disk.f_bavail * disk.f_frsize) as f64);
        Ok(())
    }

    #[allow(clippy::cast_precision_loss)]
    fn measure_parts(&self) -> io::Result<()> {
        let mut derived = bytes_below(&self.data)?;
        for (part, folder) in PARTS {
            let bytes = bytes_below(&self.data.join(folder))?;
            derived = derived.saturating_sub(bytes);
            metrics::gauge!("einsicht_data_bytes", "part" => part).set(bytes as f64);
        }
        metrics::gauge!("einsicht_data_bytes", "part" => PART_DERIVED).set(derived as f64);
        Ok(())
    }
}

/// Bytes of all files in a folder and in those below it. A file that vanishes meanwhile counts nothing.
fn bytes_below(folder: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        bytes += match entry.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            metadata if entry.file_type()?.is_dir() => metadata.map(|_| bytes_below(&entry.path()))??,
            metadata => metadata?.len(),
        };
    }
    Ok(bytes)
}

/// As far as `/proc` is there; elsewhere these figures are absent.
#[allow(clippy::cast_precision_loss)]
fn measure_process() {
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    metrics::counter!("process_cpu_seconds_total").absolute(u64::try_from(cpu.tv_sec).unwrap_or(0));
    if let Some(most) = rustix::process::getrlimit(Resource::Nofile).current {
        metrics::gauge!("process_max_fds").set(most as f64);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // The folder itself is open while it is read.
        metrics::gauge!("process_open_fds").set(open.count().saturating_sub(1) as f64);
    }
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return };
    if let Some(kib) = field(&status, "VmRSS:") {
        metrics::gauge!("process_resident_memory_bytes").set((kib * 1024) as f64);
    }
    if let Some(threads) = field(&status, "Threads:") {
        metrics::gauge!("process_threads").set(threads as f64);
    }
}

/// The number that stands behind `name` in `/proc/self/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_folder_are_summed_up_with_those_below_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("one"), [0; 3]).unwrap();
        fs::write(folder.path().join("a/b/two"), [0; 40]).unwrap();
        assert_eq!(bytes_below(folder.path()).unwrap(), 43);
        assert_eq!(bytes_below(&folder.path().join("absent")).unwrap(), 0);
    }

    #[test]
    fn the_memory_of_this_process_can_be_read() {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        assert!(field(&status, "VmRSS:").is_some_and(|kib| kib > 100));
        assert!(field(&status, "Threads:").is_some_and(|threads| threads >= 1));
        assert_eq!(field(&status, "Absent:"), None);
    }
}
