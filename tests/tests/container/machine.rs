//! Runs the containers' programs without containers: volumes are folders, ports are free ones.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use crate::compose::{Compose, Service};
use crate::invocation::Invocation;
use crate::workspace::read;

/// Longest wait for the health check, and for the end.
const PATIENCE: Duration = Duration::from_secs(30);
/// The service that listens, by the name that the others call it.
pub const LEDGER: &str = "ledger";

/// A machine with the volumes of the compose file, empty at first.
pub struct Machine {
    root: tempfile::TempDir,
    /// Port in the container, port here.
    ports: Vec<(String, u16)>,
}

/// The running service. Ends with its owner.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Machine {
    /// `ports` are those that are listened on in the containers.
    pub fn new(compose: &Compose, ports: &[String]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for volume in compose.volumes.keys() {
            fs::create_dir_all(root.path().join("volumes").join(volume)).unwrap();
        }
        // All of them are held until each has its own.
        let free: Vec<TcpListener> =
            ports.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports = ports.iter().cloned().zip(free.iter().map(|free| free.local_addr().unwrap().port()));
        let machine = Self { ports: ports.collect(), root };
        for mount in compose.services.values().flat_map(|service| &service.volumes) {
            if mount.kind == "bind" {
                let text = machine.configuration(&compose.services[LEDGER], &read(&mount.source));
                fs::write(machine.file(&mount.target), text).unwrap();
            }
        }
        machine
    }

    /// The folder of a volume.
    pub fn volume(&self, name: &str) -> PathBuf {
        self.root.path().join("volumes").join(name)
    }

    /// Starts a service.
    pub fn start(&self, service: &Invocation<'_>) -> Running {
        let log = self.root.path().join("log");
        let output = File::create(&log).unwrap();
        let mut command = self.command(service);
        let child = command.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
        Running { child, log }
    }

    /// Runs a program to its end.
    pub fn run(&self, invocation: &Invocation<'_>) -> Output {
        self.command(invocation).output().unwrap()
    }

    /// Runs the health check until it passes.
    pub fn wait_until_healthy(&self, check: &Invocation<'_>, ledger: &mut Running) {
        let start = Instant::now();
        loop {
            let output = self.run(check);
            if output.status.success() {
                return;
            }
            let ended = ledger.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}:\n{}", ledger.log());
            assert!(start.elapsed() < PATIENCE, "still not healthy: {output:?}\n{}", ledger.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn command(&self, invocation: &Invocation<'_>) -> Command {
        invocation.command(|word| match word {
            word if word.starts_with('/') => self.place(invocation.service, word),
            word => self.address(word),
        })
    }

    /// Addresses of containers become addresses of this machine.
    fn address(&self, word: &str) -> String {
        let hosts = [LEDGER, "0.0.0.0"];
        self.ports
            .iter()
            .flat_map(|(port, here)| hosts.map(|host| (host, port, here)))
            .fold(word.to_owned(), |word, (host, port, here)| {
                word.replace(&format!("{host}:{port}"), &format!("127.0.0.1:{here}"))
            })
    }

    /// A configuration file of a container, for this machine.
    fn configuration(&self, service: &Service, text: &str) -> String {
        let translate = |line: &str| match line.split('"').collect::<Vec<_>>().as_slice() {
            [key, value, ""] if value.starts_with('/') => {
                format!("{key}\"{}\"\n", self.place(service, value))
            }
            _ => format!("{}\n", self.address(line)),
        };
        text.lines().map(translate).collect()
    }

    /// Where a path of a container is on this machine.
    fn place(&self, service: &Service, path: &str) -> String {
        for mount in &service.volumes {
            let Ok(rest) = Path::new(path).strip_prefix(&mount.target) else { continue };
            if mount.kind == "bind" {
                return text(self.file(&mount.target));
            }
            let parts = mount.volume.subpath.iter().map(Path::new).chain([rest]);
            let parts = parts.filter(|part| !part.as_os_str().is_empty());
            return text(parts.fold(self.volume(&mount.source), |path, part| path.join(part)));
        }
        panic!("{path} is on no volume of its service: nothing can be read from or written to it")
    }

    /// Where a file is that is mounted from the repository.
    fn file(&self, target: &str) -> PathBuf {
        self.root.path().join(target.trim_start_matches('/').replace('/', "-"))
    }
}

impl Running {
    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &pid]).status();
        assert!(sent.unwrap().success(), "SIG{name}");
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it has said `part`.
    pub fn wait_until_it_says(&self, part: &str) {
        let start = Instant::now();
        while !self.log().contains(part) {
            assert!(start.elapsed() < PATIENCE, "it never said {part:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end, as `docker compose down` does; returns its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or it ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("UTF-8")
}
