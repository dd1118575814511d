//! What an operator does with the program `einsichtd` before anything is served: look at a configuration,
//! make tokens, begin the ledger.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use assert_cmd::Command;

/// A folder to work in.
struct Desk {
    folder: tempfile::TempDir,
}

/// How the program ended, and what it said.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A desk with a configuration of a ledger beside it.
    fn with_configuration(more: &str) -> Self {
        let desk = Self::new();
        let text = format!(
            "[ledger]\norigin = \"ulm.example/ledger\"\ndata = \"data\"\n[keys]\ndir = \"keys\"\n{more}"
        );
        fs::write(desk.path("einsicht.toml"), text).unwrap();
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program in the folder, words separated by spaces.
    fn run(&self, line: &str) -> Ended {
        self.run_with(line, &[])
    }

    fn run_with(&self, line: &str, environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_einsichtd"));
        command.args(line.split(' ')).current_dir(self.folder.path());
        command.envs(environment.iter().copied());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Ended {
    /// Done, with nothing to complain about.
    fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Not done, nothing on stdout, and all `parts` on stderr.
    fn assert_refused(&self, parts: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{}", self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "stderr lacks {part:?}: {}", self.stderr);
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_example_is_a_configuration() {
    let desk = Desk::new();
    let example = desk.run("config example").done();
    fs::write(desk.path("e.toml"), &example).unwrap();
    let shown = desk.run("config show --config e.toml").done();
    assert!(shown.contains("einsicht.ulm.example/ledger"), "{shown}");
}

#[test]
fn what_holds_is_shown_with_where_it_came_from() {
    let desk = Desk::with_configuration(
        "[limits]\nconnections = 9\n[[caller]]\nname = \"office\"\nrole = \"auditor\"\ntoken_sha256 = \
         [\"3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282\"]\n",
    );
    let line = "config show --config einsicht.toml --set limits.request_bytes=10";
    let environment = [("EINSICHTD_PUBLIC_ENTRIES", "true")];
    let shown = desk.run_with(line, &environment).done();
    let has = |words: &[&str]| {
        let is_so = |line: &str| line.split_whitespace().collect::<Vec<_>>() == words;
        assert!(shown.lines().any(is_so), "no line {words:?} in:\n{shown}");
    };
    let data = fs::canonicalize(desk.folder.path()).unwrap().join("data");
    has(&["ledger.data", data.to_str().unwrap(), "einsicht.toml:3"]);
    has(&["limits.connections", "9", "einsicht.toml:7"]);
    has(&["limits.request_bytes", "10", "--set"]);
    has(&["public.entries", "true", "environment", "EINSICHTD_PUBLIC_ENTRIES"]);
    has(&["listen.internal", "127.0.0.1:7420", "default"]);
    has(&["office", "auditor", "-", "token", "3608bca1…", "100000", "50000", "10", "einsicht.toml:8"]);

    let json = desk.run_with(&format!("{line} --json"), &environment).done();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["settings"]["public.entries"]["value"], true);
    assert_eq!(json["settings"]["public.entries"]["from"], "environment EINSICHTD_PUBLIC_ENTRIES");
    assert_eq!(json["settings"]["limits.connections"]["value"], 9);
    assert_eq!(json["settings"]["listen.public"]["value"], serde_json::Value::Null);
    assert_eq!(json["callers"][0]["name"], "office");
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_with_everything_that_is_wrong() {
    let desk = Desk::with_configuration("[listen]\ninternl = \"x\"\npublic = 5\n");
    for command in ["config show", "init"] {
        let refused = desk.run(&format!("{command} --config einsicht.toml"));
        refused.assert_refused(&[
            "einsicht.toml:7:1",
            "did you mean 'listen.internal'?",
            "einsicht.toml:8:10",
        ]);
    }
    desk.run("config show --config none.toml").assert_refused(&[
        "can't be read",
        "none.toml",
        "No such file",
    ]);
    assert_eq!(desk.names(), ["einsicht.toml"], "a refused start makes nothing");
}

#[test]
fn the_last_words_are_json_where_json_was_asked_for() {
    let desk = Desk::new();
    let by_flag = desk.run("--log-format json config show --config none.toml");
    let by_environment = desk.run_with("config show --config none.toml", &[("EINSICHTD_LOG_FORMAT", "json")]);
    for ended in [by_flag, by_environment] {
        let line: serde_json::Value = serde_json::from_str(ended.stderr.trim()).unwrap();
        assert_eq!((ended.code, &line["level"]), (Some(2), &"ERROR".into()));
        assert!(line["message"].as_str().unwrap().contains("none.toml"), "{line}");
    }
}

#[test]
fn a_token_is_a_secret_file_and_its_hash_is_said() {
    let desk = Desk::new();
    let hash = desk.run("token --out a.token").done();
    let token = fs::read_to_string(desk.path("a.token")).unwrap();
    assert_eq!(mode(&desk.path("a.token")), 0o600);
    assert_eq!(einsicht_tlog::hash::sha256(token.trim_end().as_bytes()).to_hex() + "\n", hash);
    let again = desk.run("token --out a.token");
    again.assert_refused(&["a.token exists already"]);
    assert_eq!(fs::read_to_string(desk.path("a.token")).unwrap(), token, "it is not overwritten");
    assert_eq!(desk.names(), ["a.token"]);
    assert_ne!(desk.run("token --out b.token").done(), hash);

    // Pasted in place of its hash it is refused, and not repeated.
    let caller =
        format!("[[caller]]\nname = \"a\"\nrole = \"auditor\"\ntoken_sha256 = [\"{}\"]\n", token.trim());
    let desk = Desk::with_configuration(&caller);
    let refused = desk.run("config show --config einsicht.toml");
    refused.assert_refused(&["token_sha256", "never the token itself"]);
    assert!(!refused.stderr.contains(token.trim()));
}

#[test]
fn a_check_says_what_would_not_work_and_changes_nothing() {
    let tls = "[tls.internal]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n";
    let desk = Desk::with_configuration(tls);
    let check = |more: &str| desk.run(format!("config check --config einsicht.toml {more}").trim());
    let failed = check("");
    assert_eq!((failed.code, failed.stderr.as_str()), (Some(1), ""), "{}", failed.stdout);
    for part in [
        "note    ledger.data: ",
        "FAILED  tls.internal.certificate: ",
        "FAILED  tls.internal.key: ",
        "FAILED  einsicht.toml: ledger 'ulm.example/ledger'",
    ] {
        assert!(failed.stdout.contains(part), "{part}: {}", failed.stdout);
    }
    assert_eq!(desk.names(), ["einsicht.toml"]);

    desk.run("certs --out certs").done();
    for name in ["server.pem", "server.key"] {
        fs::rename(desk.path("certs").join(name), desk.path(name)).unwrap();
    }
    desk.run("init --config einsicht.toml").done();
    let sound = check("").done();
    assert!(sound.contains("sound   einsicht.toml:") && !sound.contains("FAILED"), "{sound}");

    fs::set_permissions(desk.path("server.key"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(desk.path("keys"), fs::Permissions::from_mode(0o750)).unwrap();
    let failed = check("--set ledger.origin=neu-ulm.example/ledger");
    assert_eq!(failed.code, Some(1));
    for part in ["server.key can be read by others (mode 0640)", "chmod 700", "not 'neu-ulm.example/ledger'"]
    {
        assert!(failed.stdout.contains(part), "{part}: {}", failed.stdout);
    }
}

#[test]
fn a_check_notices_a_checkpoint_that_the_ledger_did_not_sign() {
    let desk = Desk::with_configuration("");
    desk.run("init --config einsicht.toml").done();
    fs::write(desk.path("old.checkpoint"), "ulm.example/ledger\n").unwrap();
    let check = |path: &str| {
        desk.run(&format!("config check --config einsicht.toml --set ledger.last_known_checkpoint={path}"))
    };
    let failed = check("old.checkpoint");
    assert_eq!(failed.code, Some(1));
    assert!(failed.stdout.contains("FAILED  ledger.last_known_checkpoint: "), "{}", failed.stdout);
    check("data/log/checkpoint").done();
}

#[test]
fn a_check_notices_that_ledger_and_key_do_not_belong_together() {
    let desk = Desk::with_configuration("");
    let check = |more: &str| desk.run(&format!("config check --config einsicht.toml{more}"));
    desk.run("init --config einsicht.toml").done();
    desk.run("init --config einsicht.toml --set ledger.data=other --set keys.dir=other-keys").done();
    for (set, part) in [
        (" --set keys.dir=other-keys", "is the key of another ledger"),
        (" --set keys.dir=none", "no signing key"),
        (" --set ledger.data=none", "holds no ledger, but there is a signing key"),
    ] {
        let failed = check(set);
        assert_eq!(failed.code, Some(1), "{set}");
        assert!(failed.stdout.contains(part), "{part}: {}", failed.stdout);
    }
    check(" --set ledger.data=other --set keys.dir=other-keys").done();
}

#[test]
fn a_check_notices_certificates_that_would_not_be_served() {
    let desk = Desk::with_configuration(
        "[tls.internal]\ncertificate = \"certs/server.pem\"\nkey = \"certs/server.key\"\n",
    );
    desk.run("certs --out certs").done();
    let check = |set: &str| desk.run(&format!("config check --config einsicht.toml --set {set}"));
    check("tls.internal.client_ca=certs/ca.pem").done();
    for (set, part) in [
        ("tls.internal.key=certs/public.key", "FAILED  tls.internal: "),
        ("tls.internal.key=certs/public.key", "is not the key of the certificate in"),
        ("tls.internal.client_ca=certs/ca.key", "FAILED  tls.internal.client_ca: "),
        ("tls.internal.client_ca=none.pem", "FAILED  tls.internal.client_ca: "),
    ] {
        let failed = check(set);
        assert_eq!(failed.code, Some(1), "{set}");
        assert!(failed.stdout.contains(part), "{part}: {}", failed.stdout);
    }
}

#[test]
fn a_check_tells_a_wrong_configuration_from_one_that_cannot_be_read() {
    let desk = Desk::with_configuration("[limits]\nconnections = 0\n");
    let failed = desk.run("config check --config einsicht.toml");
    assert_eq!((failed.code, failed.stderr.as_str()), (Some(1), ""));
    assert!(
        failed.stdout.starts_with("FAILED  einsicht.toml:7:15: limits.connections:"),
        "{}",
        failed.stdout
    );
    desk.run("config check --config none.toml").assert_refused(&["can't be read", "none.toml"]);
}

#[test]
fn init_begins_the_configured_ledger_and_says_what_to_do_next() {
    let desk = Desk::with_configuration("");
    let said = desk.run("init --config einsicht.toml").done();
    for part in ["'ulm.example/ledger' has begun", "ledger.vkey", "serve --config einsicht.toml"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!((mode(&desk.path("keys")), mode(&desk.path("keys/ledger.key"))), (0o700, 0o600));
    let vkey = fs::read_to_string(desk.path("data/ledger.vkey")).unwrap();
    assert!(vkey.starts_with("ulm.example/ledger+") && said.contains(vkey.trim()), "{vkey}");
    let sound = desk.run("fsck data").done();
    assert!(sound.contains("ulm.example/ledger, 1 entries") && !sound.contains("note"), "{sound}");
}

#[test]
fn init_refuses_a_ledger_or_a_key_that_is_there() {
    let desk = Desk::with_configuration("");
    desk.run("init --config einsicht.toml").done();
    let key = fs::read(desk.path("keys/ledger.key")).unwrap();
    desk.run("init --config einsicht.toml")
        .assert_refused(&["holds the ledger 'ulm.example/ledger' already"]);
    fs::remove_dir_all(desk.path("data")).unwrap();
    desk.run("init --config einsicht.toml").assert_refused(&["is a signing key already", "second history"]);
    assert_eq!(fs::read(desk.path("keys/ledger.key")).unwrap(), key);
    assert!(!desk.path("data").exists(), "a refused start makes nothing");
}

#[test]
fn init_refuses_a_folder_of_keys_that_others_can_enter() {
    let desk = Desk::with_configuration("");
    fs::create_dir(desk.path("keys")).unwrap();
    fs::set_permissions(desk.path("keys"), fs::Permissions::from_mode(0o755)).unwrap();
    desk.run("init --config einsicht.toml").assert_refused(&["mode 0755", "chmod 700"]);
    assert_eq!(desk.names(), ["einsicht.toml", "keys"]);
}

#[test]
fn keys_are_not_kept_in_the_data_not_even_by_a_link() {
    let desk = Desk::with_configuration("");
    fs::create_dir_all(desk.path("data/inside")).unwrap();
    std::os::unix::fs::symlink("data/inside", desk.path("keys")).unwrap();
    let refused = desk.run("init --config einsicht.toml");
    refused.assert_refused(&["einsicht.toml:5:1: keys.dir", "it inside ledger.data"]);
}

#[test]
fn manual_pages_and_completions_are_of_this_program() {
    let desk = Desk::new();
    desk.run("man pages/man1").done();
    for page in ["einsichtd.1", "einsichtd-config-show.1", "einsichtd-init.1"] {
        let page = fs::read_to_string(desk.path("pages/man1").join(page)).unwrap();
        assert!(page.contains(".SH NAME") && page.contains("einsichtd"), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.run(&format!("completions {shell}")).done();
        assert!(script.contains("einsichtd") && script.contains("log-format"), "{shell}: {script}");
    }
    desk.run("completions tcsh").assert_refused(&["tcsh", "possible values"]);
}
