use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use super::*;

const DAY: u64 = 86_400;

fn now() -> Timestamp {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

fn server(names: &[&str]) -> Wanted {
    wanted("server", Usage::Server, names)
}

fn wanted(file: &str, usage: Usage, names: &[&str]) -> Wanted {
    Wanted { file: file.to_owned(), usage, names: names.iter().map(ToString::to_string).collect() }
}

fn certificate(folder: &Path, name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(paths(folder, name).0).unwrap()
}

fn roots(folder: &Path) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(folder, AUTHORITY)).unwrap();
    Arc::new(roots)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn at(days: u64) -> UnixTime {
    let seconds = u64::try_from(now().as_second()).unwrap() + days * DAY;
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}

/// Whether a client that trusts the authority accepts the certificate `file` of the server `name`.
fn is_accepted(folder: &Path, file: &str, name: &str, days: u64) -> bool {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(folder), provider()).build().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(&certificate(folder, file), &[], &name, &[], at(days)).is_ok()
}

fn is_known_caller(folder: &Path, file: &str, days: u64) -> bool {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(folder), provider()).build().unwrap();
    verifier.verify_client_cert(&certificate(folder, file), &[], at(days)).is_ok()
}

#[test]
fn servers_and_callers_are_accepted_by_those_who_trust_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("tls");
    let authority = Authority::open_or_create(folder, now()).unwrap();
    authority.issue(&server(&["localhost", "::1", "ledger.ulm.example"]), 30, false).unwrap();
    authority.issue(&wanted("counter", Usage::Client, &["counter"]), 30, false).unwrap();
    for name in ["localhost", "::1", "ledger.ulm.example"] {
        assert!(is_accepted(folder, "server", name, 29), "{name}");
        assert!(!is_accepted(folder, "server", name, 31), "{name}, after its end");
    }
    assert!(!is_accepted(folder, "server", "other.ulm.example", 1), "a name that it does not have");
    assert!(is_known_caller(folder, "counter", 29));
    assert!(!is_known_caller(folder, "counter", 31), "after its end");
    assert!(!is_known_caller(folder, "server", 1), "a server is no caller");
    assert!(!is_accepted(folder, "counter", "counter", 1), "a caller is no server");
    let key = PrivateKeyDer::from_pem_file(paths(folder, "server").1).unwrap();
    assert!(rustls::crypto::ring::sign::any_supported_type(&key).is_ok());
}

#[test]
fn keys_and_their_folder_are_their_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("tls");
    let authority = Authority::open_or_create(folder, now()).unwrap();
    authority.issue(&server(&["localhost"]), 30, false).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(folder), 0o700);
    for name in [AUTHORITY, "server"] {
        assert_eq!(mode(&paths(folder, name).1), 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), 4, "nothing is left beside certificates and keys");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = Authority::open_or_create(folder, now());
    assert!(matches!(refused, Err(CertsError::OpenFolder { mode: 0o755, .. })));
}

#[test]
fn what_is_there_is_kept_and_what_is_missing_is_added_under_the_same_authority() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = Authority::open_or_create(folder, now()).unwrap();
    assert_eq!(first.issued().done, Done::Made);
    first.issue(&server(&["localhost"]), 30, false).unwrap();
    let before = fs::read(paths(folder, "server").0).unwrap();

    let again = Authority::open_or_create(folder, now()).unwrap();
    assert_eq!(again.issued().done, Done::Kept);
    assert_eq!(again.issue(&server(&["localhost"]), 30, false).unwrap().done, Done::Kept);
    assert_eq!(fs::read(paths(folder, "server").0).unwrap(), before);
    let added = again.issue(&wanted("counter", Usage::Client, &["counter"]), 30, false).unwrap();
    assert_eq!(added.done, Done::Made);
    assert!(is_known_caller(folder, "counter", 1));
}

#[test]
fn a_key_without_a_certificate_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(folder.path(), now()).unwrap();
    authority.issue(&server(&["localhost"]), 30, false).unwrap();
    let (certificate, key) = paths(folder.path(), "server");
    let before = fs::read(&key).unwrap();
    fs::remove_file(certificate).unwrap();
    assert_eq!(authority.issue(&server(&["localhost"]), 30, false).unwrap().done, Done::Made);
    assert_eq!(fs::read(key).unwrap(), before);
    assert!(is_accepted(folder.path(), "server", "localhost", 1));
}

#[test]
fn a_new_name_needs_a_renewal_and_a_renewal_keeps_key_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::open_or_create(folder, now()).unwrap();
    authority.issue(&server(&["localhost", "127.0.0.1"]), 30, false).unwrap();
    let key = fs::read(paths(folder, "server").1).unwrap();
    let wider = server(&["localhost", "ledger.ulm.example"]);
    let refused = authority.issue(&wider, 90, false);
    assert!(matches!(refused, Err(CertsError::NotNamed { missing, .. }) if missing == "ledger.ulm.example"));
    assert_eq!(authority.issue(&wider, 90, true).unwrap().done, Done::Renewed);
    assert_eq!(fs::read(paths(folder, "server").1).unwrap(), key);
    for name in ["localhost", "127.0.0.1", "ledger.ulm.example"] {
        assert!(is_accepted(folder, "server", name, 60), "{name}");
    }
    let again: Vec<_> = authority.issued_before().unwrap();
    assert!(matches!(again.as_slice(), [Wanted { usage: Usage::Server, file, .. }] if file == "server"));
}

#[test]
fn nothing_is_valid_for_longer_than_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(folder.path(), now()).unwrap();
    let end = authority.issued().until;
    let late = Authority::open_or_create(folder.path(), end - 24.hours()).unwrap();
    assert_eq!(late.issue(&server(&["localhost"]), 30, false).unwrap().until, end);
    assert!(matches!(Authority::open_or_create(folder.path(), end), Err(CertsError::Ended { .. })));
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (one.path(), other.path());
    let authority = Authority::open_or_create(one, now()).unwrap();
    Authority::open_or_create(other, now()).unwrap();
    authority.issue(&server(&["localhost"]), 30, false).unwrap();
    fs::copy(paths(other, AUTHORITY).0, paths(one, "server").0).unwrap();
    let refused = authority.issue(&server(&["localhost"]), 30, false);
    assert!(matches!(refused, Err(CertsError::Malformed { .. })), "a certificate of another key");
    fs::copy(paths(other, AUTHORITY).0, paths(one, AUTHORITY).0).unwrap();
    assert!(matches!(Authority::open_or_create(one, now()), Err(CertsError::Authority { .. })));
    fs::write(paths(one, AUTHORITY).0, "not a certificate").unwrap();
    assert!(matches!(Authority::open_or_create(one, now()), Err(CertsError::Malformed { .. })));
}
