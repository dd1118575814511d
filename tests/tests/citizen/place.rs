//! A folder with a development ledger, and the command line beside it.

use std::path::{Path, PathBuf};

use einsicht_tests::process::{Ended, Process, command, text};
use einsicht_tests::service::Service;

/// Where a test runs.
pub struct Place {
    folder: tempfile::TempDir,
    service: Option<Service>,
}

impl Place {
    /// Nothing runs yet.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), service: None }
    }

    /// With a service that runs.
    pub async fn serving() -> Self {
        let mut place = Self::new();
        place.start().await;
        place
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub async fn start(&mut self) {
        let service = Service::start(&self.data(), &["--accept-clock"]).await;
        self.service = Some(service);
    }

    pub async fn stop(&mut self) {
        self.service.take().unwrap().terminate().await.expect(0, &[]);
    }

    /// Ends the service without any order, and starts it again.
    pub async fn kill_and_restart(&mut self) {
        self.service.take().unwrap().kill9().await;
        self.start().await;
    }

    /// Runs `einsicht` with arguments separated by spaces, as the one who may do everything.
    pub async fn run(&self, line: &str) -> Ended {
        self.run_with(&line.split(' ').collect::<Vec<_>>()).await
    }

    pub async fn run_with(&self, arguments: &[&str]) -> Ended {
        let mut command = command("einsicht", arguments);
        command.current_dir(self.folder.path()).env("EINSICHT_STATE_DIR", self.path("state"));
        command.env("EINSICHT_VKEY", self.data().join("ledger.vkey"));
        if let Some(service) = &self.service {
            command.env("EINSICHT_URL", service.url());
            command.env("EINSICHT_TOKEN_FILE", self.data().join("keys/dev.token"));
        }
        Process::spawn(&mut command).ended().await
    }

    /// Records an event in JSON, and returns its index.
    pub async fn record(&self, event: serde_json::Value) -> u64 {
        self.write("event.json", event.to_string());
        let ended = self.run("record --from event.json --json").await;
        ended.expect(0, &[]);
        json(&ended)["index"].as_u64().unwrap()
    }

    /// A copy of the data folder, without what the service needs to run.
    pub fn copy(&self, name: &str) -> PathBuf {
        let to = self.path(name);
        copy(&self.data(), &to);
        to
    }
}

/// The first line of standard output as JSON.
pub fn json(ended: &Ended) -> serde_json::Value {
    serde_json::from_str(ended.stdout.lines().next().unwrap_or_default())
        .unwrap_or_else(|_| panic!("{ended:#?}"))
}

/// Fails unless standard output has all of these.
#[track_caller]
pub fn says(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    for part in parts {
        assert!(ended.stdout.contains(part), "no {part:?} in {ended:#?}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap_or_else(|error| panic!("{}: {error}", text(&path)));
        }
    }
}
