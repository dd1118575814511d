//! Configuration files, and what stands beside them on the command line.
#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use einsicht_service::config::{Config, Place, Role, SETTINGS, Sources, parse};
use libfuzzer_sys::fuzz_target;

/// Where the values of the command line begin, one a line.
const SET: &str = "\n--set\n";

fuzz_target!(|text: &str| {
    let (file, set) = text.split_once(SET).unwrap_or((text, ""));
    let set: Vec<String> = set.lines().take(32).map(str::to_owned).collect();
    let sources = Sources { file: "city.toml".into(), set, environment: Vec::new() };
    match parse(file, Path::new("/etc/einsicht"), &sources) {
        Ok(loaded) => {
            holds(&loaded.config);
            assert_eq!(loaded.caller_places.len(), loaded.config.callers.len());
            for (name, place) in &loaded.places {
                assert!(SETTINGS.iter().any(|key| key.name == *name), "{name} is no setting");
                if let Place::File { line, column } = place {
                    assert!(
                        (1..=file.lines().count()).contains(line) && *column >= 1,
                        "{name} at {line}:{column}"
                    );
                }
            }
        }
        Err(refused) => {
            let told = refused.to_string();
            assert!(!told.is_empty() && told.len() < 200 * 1024, "{} bytes for a person to read", told.len());
            assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "a terminal is told {told:?}");
        }
    }
});

/// What everything else relies on once a configuration is accepted.
fn holds(config: &Config) {
    let (internal, public) = (config.listen.internal, config.listen.public);
    assert!(internal.ip().to_canonical().is_loopback() || config.tls_internal.is_some());
    assert!(
        public.is_none_or(|public| public.ip().to_canonical().is_loopback() || config.tls_public.is_some())
    );
    assert!(
        !config.keys_dir.starts_with(&config.ledger.data)
            && !config.ledger.data.starts_with(&config.keys_dir)
    );
    assert!(config.limits.connections >= 1 && config.limits.connections_per_address >= 1);
    let (mut names, mut tokens, mut subjects) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for caller in &config.callers {
        assert!(names.insert(&caller.name), "two callers have one name");
        assert!(caller.token_hashes.iter().all(|hash| tokens.insert(hash.0)), "two callers have one token");
        for subject in &caller.certificates {
            assert!(!subjects.contains(&subject), "two callers have one certificate");
            subjects.push(subject);
        }
        let has_certificate = !caller.certificates.is_empty();
        let authority = config.tls_internal.as_ref().and_then(|tls| tls.client_ca.as_ref());
        assert!(!has_certificate || authority.is_some(), "nobody could check it");
        match &caller.role {
            Role::Steward => assert!(has_certificate && caller.token_hashes.is_empty()),
            _ => assert!(has_certificate || !caller.token_hashes.is_empty()),
        }
        assert!(caller.limits.request_bytes >= 1);
    }
}
