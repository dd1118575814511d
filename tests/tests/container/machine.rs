//! Runs the containers' programs without containers: volumes are folders, the port is a free one.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Output, Stdio};
use std::time::{Duration, Instant};

use crate::compose::{Compose, Service, tmpfs_target};
use crate::invocation::{ADDRESS, Invocation};

/// Longest wait for the health check.
const HEALTHY_AFTER_MAX: Duration = Duration::from_secs(30);

/// A machine with the volumes of the compose file, empty at first.
pub struct Machine {
    root: tempfile::TempDir,
}

/// The running service. Ends with its owner.
pub struct Running {
    child: Child,
    pub address: String,
    /// Kept open: a program that can't say what it has to say fails.
    _says: Lines<BufReader<ChildStdout>>,
}

impl Machine {
    pub fn new(compose: &Compose) -> Self {
        let root = tempfile::tempdir().unwrap();
        for volume in compose.volumes.keys() {
            fs::create_dir_all(root.path().join("volumes").join(volume)).unwrap();
        }
        fs::create_dir(root.path().join("tmpfs")).unwrap();
        Self { root }
    }

    /// The folder of a volume.
    pub fn volume(&self, name: &str) -> PathBuf {
        self.root.path().join("volumes").join(name)
    }

    /// Starts the service on a free port, and waits until it says where it listens.
    pub fn start(&self, service: &Invocation<'_>) -> Running {
        let log = self.root.path().join("log");
        let place = |path: &str| self.place(service.service, path);
        let mut child = service
            .command(place, "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap()).lines();
        let address =
            says.by_ref().map_while(Result::ok).find_map(|line| address(&line)).unwrap_or_else(|| {
                panic!("it ended without saying where it listens:\n{}", fs::read_to_string(&log).unwrap())
            });
        Running { child, address, _says: says }
    }

    /// Runs a program to its end, in the network of the running service.
    pub fn run(&self, invocation: &Invocation<'_>, ledger: &Running) -> Output {
        let place = |path: &str| self.place(invocation.service, path);
        invocation.command(place, &ledger.address).output().unwrap()
    }

    /// Runs the health check until it passes.
    pub fn wait_until_healthy(&self, check: &Invocation<'_>, ledger: &Running) {
        let start = Instant::now();
        loop {
            let output = self.run(check, ledger);
            if output.status.success() {
                return;
            }
            assert!(start.elapsed() < HEALTHY_AFTER_MAX, "still not healthy: {output:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Where a path of a container is on this machine.
    fn place(&self, service: &Service, path: &str) -> String {
        let below = |target: &str| Path::new(path).strip_prefix(target).ok().map(Path::to_path_buf);
        for mount in &service.volumes {
            if let Some(rest) = below(&mount.target) {
                let volume = self.volume(&mount.source);
                let parts = mount.volume.subpath.iter().map(PathBuf::from).chain([rest]);
                return text(
                    parts
                        .filter(|part| !part.as_os_str().is_empty())
                        .fold(volume, |path, part| path.join(part)),
                );
            }
        }
        for target in service.tmpfs.iter().map(|tmpfs| tmpfs_target(tmpfs)) {
            if let Some(rest) = below(target) {
                return text(self.root.path().join("tmpfs").join(rest));
            }
        }
        panic!("{path} is on no volume of its service: nothing can be read from or written to it")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or it ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first URL of a line.
fn address(line: &str) -> Option<String> {
    let (_, after) = line.split_once("http://")?;
    let end = after.find(|letter: char| letter == '/' || letter.is_whitespace()).unwrap_or(after.len());
    assert_ne!(&after[..end], ADDRESS, "a test takes a free port");
    Some(after[..end].to_owned())
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("UTF-8")
}
