//! A small file system of its own, filled to the last byte and emptied again.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::Command;

use rustix::fs::StatVfs;

use crate::folder;

/// Kinds of file systems that are tried. Both report a full disk with the write, not with the sync.
pub const KINDS: [Kind; 2] = [Kind::Tmpfs, Kind::Ext4];
/// What a disk has in all.
const BYTES: u64 = 48 * 1024 * 1024;
const FILES: u64 = 4096;

/// A kind of file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In memory.
    Tmpfs,
    /// In a file, through a loop device.
    Ext4,
}

/// What a disk has too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// So many bytes are left.
    Bytes(u64),
    /// No more files can be made; there is room in those that are there.
    Files,
}

/// A mounted file system. Unmounted when dropped; after a failure a copy of the data folder is kept.
pub struct Disk {
    mounted_at: PathBuf,
    _folder: tempfile::TempDir,
}

impl Disk {
    /// Mounts an empty one; the reason where that is not possible here.
    ///
    /// # Errors
    /// What the machine says to it.
    pub fn mount(kind: Kind) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let (at, image) = (folder.path().join("disk"), folder.path().join("image"));
        fs::create_dir(&at).unwrap();
        let size = format!("size={BYTES},nr_inodes={FILES},mode=0700");
        match kind {
            Kind::Tmpfs => {
                succeed(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&at))?
            }
            Kind::Ext4 => {
                File::create(&image).and_then(|file| file.set_len(BYTES)).unwrap();
                // Nothing kept for root, who runs this.
                let files = FILES.to_string();
                succeed(Command::new("mkfs.ext4").args(["-q", "-m", "0", "-N", &files]).arg(&image))?;
                succeed(Command::new("mount").args(["-o", "loop"]).args([&image, &at]))?;
            }
        }
        Ok(Self { mounted_at: at, _folder: folder })
    }

    /// Where a ledger can lie.
    pub fn data(&self) -> PathBuf {
        self.mounted_at.join("data")
    }

    /// Has it lack something.
    pub fn fill(&self, lack: Lack) {
        match lack {
            Lack::Bytes(left) => self.fill_but(left),
            Lack::Files => self.use_up_files(),
        }
    }

    fn use_up_files(&self) {
        fs::create_dir(self.many()).unwrap();
        let mut number = 0;
        while File::create(self.many().join(number.to_string())).is_ok() {
            number += 1;
        }
        let free = self.space().f_favail;
        assert!(free == 0 && number > 0, "{free} files can still be made");
    }

    /// Fills it, but for `left` bytes; with 0, to the last one.
    pub fn fill_but(&self, left: u64) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let zeros = vec![0; 64 * 1024];
        while self.free() > left {
            let bytes = usize::try_from(self.free() - left).unwrap().min(zeros.len());
            match ballast.write(&zeros[..bytes]) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        // What ext4 had set aside for data under way may come back once.
        if left == 0 {
            ballast.sync_all().unwrap();
            while ballast.write(&[0; 512]).is_ok() {}
        }
        assert!(self.free() <= left.max(16 * 1024), "{} bytes are free", self.free());
    }

    /// Makes room again.
    pub fn free_up(&self) {
        if self.many().exists() {
            fs::remove_dir_all(self.many()).unwrap();
        }
        if self.ballast().exists() {
            fs::remove_file(self.ballast()).unwrap();
        }
    }

    /// What is free.
    pub fn free(&self) -> u64 {
        let space = self.space();
        space.f_bavail * space.f_frsize
    }

    fn space(&self) -> StatVfs {
        rustix::fs::statvfs(&self.mounted_at).unwrap()
    }

    fn ballast(&self) -> PathBuf {
        self.mounted_at.join("ballast")
    }

    fn many(&self) -> PathBuf {
        self.mounted_at.join("many")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let kept = tempfile::Builder::new().prefix("einsicht-full-").tempdir().unwrap().keep();
            folder::copy(&self.data(), &kept);
            eprintln!("a copy of the data folder is kept: {}", kept.display());
        }
        // Lazily: after a failure the service may still have it open.
        let _ = Command::new("umount").arg("-l").arg(&self.mounted_at).status();
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    output.status.success().then_some(()).ok_or(said)
}

/// Runs this program again where it may mount, as root of a namespace of its own; returns only if that
/// can't be had, or was had already.
pub fn enter_namespace() {
    use std::os::unix::process::CommandExt as _;
    const ENTERED: &str = "TORTURE_IN_NAMESPACE";
    let is_possible = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).output();
    if std::env::var_os(ENTERED).is_none() && is_possible.is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount"]).arg(std::env::current_exe().unwrap());
        // Comes back only if it fails.
        let _ = command.args(std::env::args_os().skip(1)).env(ENTERED, "1").exec();
    }
}
