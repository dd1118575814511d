//! A city's ledger: `einsichtd serve` with TLS on free ports of this machine, callers with tokens and
//! certificates, and the ways to talk to it.
//!
//! ```no_run
//! # async fn example() {
//! use einsicht_tests::city::{Caller, City};
//! let mut city = City::new().await;
//! let counter = city.add(Caller::recorder("visitor-counter", &["besuchertrend"]));
//! let service = city.serve().await;
//! service.recorder(&counter).record(einsicht_tests::make::request(1)).await.unwrap();
//! # }
//! ```

mod authority;
mod caller;
mod running;

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Ended, Process, command, text};
use crate::verify::Verifier;

pub use authority::{Authority, Certificate};
pub use caller::{Caller, Known};
pub use running::{Ledger, Reports, Running, Shown, Vault};

/// The name in the server's certificate, besides `localhost` and `127.0.0.1`.
pub const HOST: &str = "ledger.ulm.example";
/// The origin of its ledger.
pub const ORIGIN: &str = "einsicht.ulm.example/ledger";

/// A folder with everything that `einsichtd serve` needs. Goes away when dropped.
pub struct City {
    folder: TempDir,
    /// Signs the server's certificates and those of callers.
    pub authority: Authority,
    /// Who is known. [`City::write`] tells the service.
    pub callers: Vec<Caller>,
    /// `public.entries`.
    pub public_entries: bool,
    /// Lines of the table `limits`.
    pub limits: String,
    /// Lines of the table `ledger`, besides origin and data.
    pub ledger: String,
    /// The tables `vault`, `subjects`, `retention` and `disclosure`; none: nothing can be sealed.
    pub sealing: String,
    /// Variables of the environment of what is started.
    pub variables: Vec<(&'static str, String)>,
    /// What a shell does before it becomes the program, such as `ulimit -n 100`.
    pub before: Option<&'static str>,
}

impl City {
    /// A new one, with a ledger that has been begun and callers that are known by nothing yet.
    pub async fn new() -> Self {
        let city = Self::without_ledger();
        city.einsichtd("init", &[]).await.expect(0, &[]);
        city
    }

    /// The same before its ledger has been begun.
    #[must_use]
    pub fn without_ledger() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let city = Self {
            folder,
            authority: Authority::new("City of Ulm"),
            callers: Vec::new(),
            public_entries: false,
            limits: String::new(),
            ledger: String::new(),
            sealing: String::new(),
            variables: Vec::new(),
            before: None,
        };
        fs::DirBuilder::new().mode(0o700).create(city.path("tls")).unwrap();
        for name in ["server", "public"] {
            city.show(name, &city.authority.server());
        }
        city.trust(&city.authority);
        city.write();
        city
    }

    /// A file or folder of it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path("einsichtd.toml")
    }

    /// Knows the ledger's key.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::of(&self.data())
    }

    /// Gives it a wrapping key, and the subject scheme `person`. `more`: further tables, as TOML.
    pub fn seal(&mut self, more: &str) {
        let file = self.wrapping_key();
        if !file.exists() {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).unwrap();
            write_secret(&file, &einsicht_tlog::hash::to_hex(&secret));
        }
        self.sealing = format!(
            "[vault]\nwrapping_key_file = \"{}\"\n[subjects]\nschemes = [\"person\"]\n{more}\n",
            text(&file)
        );
        self.write();
    }

    /// The file of the wrapping key that [`City::seal`] makes.
    #[must_use]
    pub fn wrapping_key(&self) -> PathBuf {
        self.path("wrapping.key")
    }

    /// Adds a caller, with a new token and a certificate for its name, and returns what it holds. Tell a
    /// service that runs with [`Running::reload`].
    pub fn add(&mut self, caller: Caller) -> Known {
        let known = Known::new(&caller, &self.authority);
        self.callers.push(caller.known_as(&known));
        self.write();
        known
    }

    /// Takes a caller away.
    pub fn remove(&mut self, name: &str) {
        self.callers.retain(|caller| caller.name != name);
        self.write();
    }

    /// Makes a certificate the one that a listener (`server` or `public`) shows after the next reload.
    pub fn show(&self, listener: &str, certificate: &Certificate) {
        write_secret(&self.path(&format!("tls/{listener}.key")), &certificate.key);
        fs::write(self.path(&format!("tls/{listener}.pem")), &certificate.chain).unwrap();
    }

    /// Makes an authority the one that the certificates of callers are verified by after the next reload.
    pub fn trust(&self, authority: &Authority) {
        fs::write(self.path("tls/ca.pem"), authority.pem()).unwrap();
    }

    /// Writes the configuration file.
    pub fn write(&self) {
        let Self { public_entries, limits, ledger, sealing, .. } = self;
        let callers: String = self.callers.iter().map(Caller::toml).collect();
        let text = format!(
            "[ledger]\norigin = \"{ORIGIN}\"\ndata = \"data\"\n{ledger}\n[keys]\ndir = \"keys\"\n\
             [listen]\ninternal = \"127.0.0.1:0\"\npublic = \"127.0.0.1:0\"\n\
             [tls.internal]\ncertificate = \"tls/server.pem\"\nkey = \"tls/server.key\"\n\
             client_ca = \"tls/ca.pem\"\n\
             [tls.public]\ncertificate = \"tls/public.pem\"\nkey = \"tls/public.key\"\n\
             {sealing}[public]\nentries = {public_entries}\n[limits]\n{limits}\n{callers}"
        );
        fs::write(self.config(), text).unwrap();
    }

    /// Starts the service, and waits until it is ready.
    pub async fn serve(&self) -> Running {
        self.serve_with(&[]).await
    }

    /// The same with further arguments.
    pub async fn serve_with(&self, arguments: &[&str]) -> Running {
        Running::start(self, arguments).await
    }

    /// Runs `einsichtd COMMAND --config …` with further arguments, to its end.
    pub async fn einsichtd(&self, command: &str, arguments: &[&str]) -> Ended {
        self.spawn(command, arguments).ended().await
    }

    /// Runs `einsicht` against a service as somebody it knows, to its end: with the caller's token; stewards show their
    /// certificate. Files are those of the city's folder.
    pub async fn einsicht(&self, service: &Running, known: &Known, arguments: &[&str]) -> Ended {
        let file = |suffix: &str| self.path(&format!("{}.{suffix}", known.name));
        let mut command = command("einsicht", arguments);
        command.current_dir(self.folder.path()).env("EINSICHT_URL", &service.internal);
        command.env("EINSICHT_VKEY", self.data().join("ledger.vkey"));
        command.env("EINSICHT_CA_FILE", self.path("tls/ca.pem")).env("EINSICHT_STATE_DIR", file("state"));
        match &known.token {
            Some(token) => {
                write_secret(&file("token"), token);
                command.env("EINSICHT_TOKEN_FILE", file("token"));
            }
            None => {
                write_secret(&file("key"), &known.certificate.key);
                fs::write(file("pem"), &known.certificate.chain).unwrap();
                command.env("EINSICHT_CERT_FILE", file("pem")).env("EINSICHT_KEY_FILE", file("key"));
            }
        }
        Process::spawn(&mut command).ended().await
    }

    fn spawn(&self, subcommand: &str, arguments: &[&str]) -> Process {
        let config = self.config();
        let mut command = command("einsichtd", &[subcommand, "--config", text(&config)]);
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(before) = self.before {
            command = through_shell(before, &command);
        }
        Process::spawn(&mut command)
    }
}

fn through_shell(before: &str, program: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\"")).arg(program.get_program());
    shell.args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

fn write_secret(path: &Path, secret: &str) {
    fs::write(path, secret).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
