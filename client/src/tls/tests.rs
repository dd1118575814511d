use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{CertificateParams, KeyPair};

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for name in ["own", "other"] {
            let key = KeyPair::generate().unwrap();
            let certificate = CertificateParams::new(vec![format!("{name}.example")]).unwrap();
            folder.write(&format!("{name}.pem"), &certificate.self_signed(&key).unwrap().pem());
            folder.write(&format!("{name}.key"), &key.serialize_pem());
        }
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
        self.restrict(name, 0o600);
    }

    fn restrict(&self, name: &str, mode: u32) {
        fs::set_permissions(self.0.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn pair(&self, certificate: &str, key: &str) -> Result<TlsOptions, TlsError> {
        let path = |name: &str| Some(self.0.path().join(name)).filter(|_| !name.is_empty());
        TlsOptions::read(&TlsFiles { certificate: path(certificate), key: path(key), authorities: None })
    }

    fn authorities(&self, name: &str) -> Result<TlsOptions, TlsError> {
        let authorities = Some(self.0.path().join(name));
        TlsOptions::read(&TlsFiles { authorities, ..TlsFiles::default() })
    }
}

#[test]
fn what_can_be_used_is_taken() {
    let folder = Folder::new();
    assert!(folder.pair("own.pem", "own.key").unwrap().has_certificate());
    assert!(folder.authorities("own.pem").unwrap().is_set());
    assert!(!TlsOptions::read(&TlsFiles::default()).unwrap().is_set());
}

#[test]
fn an_error_names_variable_and_file_and_what_to_do() {
    let folder = Folder::new();
    folder.write("text", "not PEM");
    folder.write("cut", "-----BEGIN CERTIFICATE-----\nMIIB");
    folder.write("empty", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    folder.write("nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    let cases: [(Result<TlsOptions, TlsError>, &[&str]); 10] = [
        (folder.authorities("absent"), &["EINSICHT_CA_FILE", "/absent", "can't be read"]),
        (folder.authorities("text"), &["EINSICHT_CA_FILE", "/text", "BEGIN CERTIFICATE"]),
        (folder.authorities("cut"), &["EINSICHT_CA_FILE", "/cut", "not PEM, or was damaged"]),
        (folder.authorities("empty"), &["EINSICHT_CA_FILE", "/empty", "certificate 1 in it"]),
        (folder.pair("own.key", "own.key"), &["EINSICHT_CERT_FILE", "/own.key", "no certificate"]),
        (folder.pair("own.pem", "own.pem"), &["EINSICHT_KEY_FILE", "/own.pem", "no private key"]),
        (folder.pair("own.pem", "nonsense"), &["EINSICHT_KEY_FILE", "/nonsense", "ECDSA"]),
        (folder.pair("own.pem", "other.key"), &["EINSICHT_KEY_FILE", "/other.key", "does not belong"]),
        (folder.pair("own.pem", ""), &["EINSICHT_CERT_FILE", "EINSICHT_KEY_FILE is not"]),
        (folder.pair("", "own.key"), &["EINSICHT_KEY_FILE", "EINSICHT_CERT_FILE is not"]),
    ];
    for (result, expected) in cases {
        let error = result.unwrap_err().to_string();
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = Folder::new();
    for mode in [0o640, 0o604] {
        folder.restrict("own.key", mode);
        let error = folder.pair("own.pem", "own.key").unwrap_err().to_string();
        let expected = format!("chmod 600 {}", folder.0.path().join("own.key").display());
        assert!(error.contains(&expected) && error.contains(&format!("mode {mode:04o}")), "{error}");
    }
    folder.restrict("own.key", 0o400);
    assert!(folder.pair("own.pem", "own.key").is_ok());
}

#[test]
fn nothing_of_a_key_is_ever_shown() {
    let folder = Folder::new();
    let key = fs::read_to_string(folder.0.path().join("own.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    let options = folder.pair("own.pem", "own.key").unwrap();
    assert!(!format!("{options:?}").contains(secret));
    folder.write("cut.key", key.split("-----END").next().unwrap());
    folder.write("odd.key", &key.replace("-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY "));
    for name in ["cut.key", "odd.key"] {
        let error = folder.pair("own.pem", name).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&secret[..16]), "{name}");
    }
}

#[test]
fn an_alert_is_understood_wherever_it_stands() {
    let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);
    let wrapped = std::io::Error::other(alert.clone());
    // HTTP/2 passes on the text only.
    let text = std::io::Error::other(format!("connection error: {alert}"));
    for error in [&alert as &(dyn std::error::Error + 'static), &wrapped, &text] {
        assert_eq!(TlsFailure::in_error(error), Some(TlsFailure::CertificateDemanded), "{error}");
    }
    let unknown = std::io::Error::other("received fatal alert: Unheard");
    assert!(matches!(TlsFailure::in_error(&unknown), Some(TlsFailure::Other(_))));
    assert_eq!(TlsFailure::in_error(&std::io::Error::other("broken pipe")), None);
}
