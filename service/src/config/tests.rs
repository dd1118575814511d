//! Reading configurations: what holds, and what is refused in which words.

mod refusals;
mod written;

use std::path::Path;

use super::{Config, ConfigError, Loaded, Sources, parse};

/// The least that can be served.
pub const LEAST: &str = r#"
[ledger]
origin = "einsicht.ulm.example/ledger"
data = "/var/lib/einsicht"
[keys]
dir = "keys"
"#;

pub fn sources(set: &[&str], environment: &[(&str, &str)]) -> Sources {
    Sources {
        file: "/etc/einsicht/einsicht.toml".into(),
        set: set.iter().map(ToString::to_string).collect(),
        environment: environment.iter().map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

pub fn read_with(text: &str, sources: &Sources) -> Result<Loaded, ConfigError> {
    parse(text, Path::new("/etc/einsicht"), sources)
}

pub fn read(text: &str) -> Result<Loaded, ConfigError> {
    read_with(text, &sources(&[], &[]))
}

fn config(text: &str) -> Config {
    read(text).unwrap().config
}

#[test]
fn what_is_not_said_has_its_default() {
    let config = config(LEAST);
    assert_eq!(config.listen.internal, "127.0.0.1:7420".parse().unwrap());
    assert_eq!(config.listen.public, None);
    assert_eq!(config.tls_internal, None);
    assert_eq!(config.tls_public, None);
    assert!(!config.public_entries);
    assert_eq!(config.ledger.segment_bytes, crate::storage::SEGMENT_BYTES_MAX);
    assert_eq!(config.ledger.disk_reserve_bytes, crate::storage::RESERVE_BYTES);
    assert_eq!(config.ledger.last_known_checkpoint, None);
    assert_eq!((config.limits.connections, config.limits.connections_per_address), (20_000, 2_000));
    assert_eq!(config.limits.caller.events_per_second.get(), 100_000);
    assert_eq!(config.limits.caller.requests_per_second.get(), 50_000);
    assert_eq!(config.limits.caller.request_bytes, crate::rpc::MESSAGE_BYTES_MAX);
    assert_eq!(config.callers, []);
}

#[test]
fn relative_paths_count_from_the_folder_of_the_file() {
    let config = config(LEAST);
    assert_eq!(config.keys_dir, Path::new("/etc/einsicht/keys"));
    assert_eq!(config.ledger.data, Path::new("/var/lib/einsicht"));
}

#[test]
fn set_wins_over_the_environment_and_that_over_the_file() {
    let file = format!("{LEAST}[limits]\nconnections = 1\n");
    let environment =
        [("EINSICHTD_LIMITS_CONNECTIONS", "2"), ("EINSICHTD_LOG_FORMAT", "json"), ("PATH", "x")];
    let connections = |sources: &Sources| {
        let loaded = read_with(&file, sources).unwrap();
        (loaded.config.limits.connections, loaded.places["limits.connections"].told(Path::new("f")))
    };
    assert_eq!(connections(&sources(&[], &[])), (1, "f:8".to_owned()));
    assert_eq!(
        connections(&sources(&[], &environment)),
        (2, "environment EINSICHTD_LIMITS_CONNECTIONS".to_owned())
    );
    let set = ["limits.connections=3", "limits.connections = 4"];
    assert_eq!(connections(&sources(&set, &environment)), (4, "--set".to_owned()), "the last one counts");
}

#[test]
fn a_caller_has_the_limits_of_all_but_for_its_own() {
    let text = format!(
        "{LEAST}[limits]\nrequests_per_second = 7\n[[caller]]\nname = \"a\"\nrole = \"auditor\"\n\
         token_sha256 = [\"{}\"]\n[caller.limits]\nevents_per_second = 5\n",
        "Ab".repeat(32)
    );
    let caller = config(&text).callers.remove(0);
    assert_eq!(caller.limits.events_per_second.get(), 5);
    assert_eq!(caller.limits.requests_per_second.get(), 7);
    assert_eq!(caller.token_hashes, [einsicht_tlog::Hash([0xab; 32])]);
}

#[test]
fn only_what_a_running_service_cannot_change_is_a_fixed_difference() {
    let one = config(LEAST);
    assert_eq!(one.fixed_differences(&one), [""; 0]);
    let set = ["limits.connections=7", "public.entries=true"];
    let other = read_with(LEAST, &sources(&set, &[])).unwrap().config;
    assert_eq!(one.fixed_differences(&other), [""; 0]);
    let set = ["ledger.data=/x", "keys.dir=/y", "listen.public=127.0.0.1:1", "limits.connections=7"];
    let other = read_with(LEAST, &sources(&set, &[])).unwrap().config;
    assert_eq!(one.fixed_differences(&other), ["ledger.data", "keys.dir", "listen.public"]);
}
