//! The program `einsichtd` itself: what it says of itself, and what it refuses before it touches
//! anything. What it does as a service is tested from outside, in `tests/`.

use assert_cmd::Command;
use assert_cmd::assert::Assert;

fn einsichtd(arguments: &[&str]) -> Assert {
    Command::new(env!("CARGO_BIN_EXE_einsichtd")).args(arguments).assert()
}

/// Exit code 2, nothing on stdout, and `parts` on stderr.
fn assert_refused(arguments: &[&str], parts: &[&str]) {
    let refused = einsichtd(arguments).code(2).stdout("");
    let stderr = String::from_utf8_lossy(&refused.get_output().stderr);
    for part in parts {
        assert!(stderr.contains(part), "stderr of {arguments:?} has no {part:?}: {stderr}");
    }
}

fn stdout_of(arguments: &[&str]) -> String {
    let done = einsichtd(arguments).success().stderr("");
    String::from_utf8_lossy(&done.get_output().stdout).into_owned()
}

#[test]
fn it_says_what_it_can_do_and_which_version_it_is() {
    let help = stdout_of(&["--help"]);
    for command in ["dev", "fsck", "certs"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
    let help = stdout_of(&["dev", "--help"]);
    for flag in ["--data", "--listen", "--sample", "--accept-clock", "--segment-bytes"] {
        assert!(help.contains(flag), "{flag}: {help}");
    }
    let version = format!("einsichtd {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(stdout_of(&["--version"]), version);
}

#[test]
fn what_it_does_not_know_is_refused() {
    assert_refused(&[], &["Usage"]);
    assert_refused(&["listen"], &["unrecognized subcommand 'listen'"]);
    assert_refused(&["serve"], &["--config"]);
    assert_refused(&["health"], &["--config"]);
    assert_refused(&["dev"], &["--data"]);
    assert_refused(&["dev", "--data", "x", "--listen", "here"], &["--listen", "invalid"]);
}

#[test]
fn an_fsck_of_what_is_no_data_folder_cannot_tell() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nothing");
    assert_refused(&["fsck", missing.to_str().unwrap()], &["nothing", "not a data folder"]);
    assert_refused(&["fsck", folder.path().to_str().unwrap()], &["no folder 'log'"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "an fsck makes nothing");
}

#[test]
fn a_development_service_refuses_to_be_reached_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7420"] {
        let arguments = ["dev", "--data", data.to_str().unwrap(), "--listen", address];
        assert_refused(&arguments, &["loopback addresses only", "no TLS"]);
    }
    assert!(!data.exists(), "a refused start makes nothing");
}

#[test]
fn segments_too_small_for_an_entry_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let arguments =
        ["dev", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0", "--segment-bytes", "100"];
    assert_refused(&arguments, &["--segment-bytes must be at least 4096"]);
    assert!(!data.exists());
}

#[test]
fn certificates_are_made_once_and_what_to_write_where_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tls");
    let out = out.to_str().unwrap();
    let arguments = ["certs", "--out", out, "--host", "ledger.ulm.example", "--recorder", "counter.example"];
    let said = stdout_of(&arguments);
    let parts = ["[tls.internal]", "server.pem", "client_ca", "dns:counter.example", "EINSICHT_CA_FILE="];
    for part in parts {
        assert!(said.contains(part), "{part:?}: {said}");
    }
    let read = || std::fs::read(folder.path().join("tls/server.pem")).unwrap();
    let before = read();
    assert!(!stdout_of(&arguments).contains("made"));
    assert_eq!(read(), before);
    assert_refused(
        &["certs", "--out", out, "--host", "new.example"],
        &["does not name new.example", "--renew"],
    );
    assert!(stdout_of(&["certs", "--out", out, "--host", "new.example", "--renew"]).contains("renewed"));
    assert_ne!(read(), before);
    for name in ["../elsewhere", "server", "a_b", ""] {
        assert_refused(&["certs", "--out", out, "--recorder", name], &["--recorder"]);
    }
    assert_refused(&["certs", "--out", out, "--steward", "auditor"], &["named twice"]);
}
