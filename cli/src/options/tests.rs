use super::*;

fn options() -> Options {
    Options {
        url: None,
        vkey: None,
        token_file: None,
        ca_file: None,
        cert_file: None,
        key_file: None,
        state_dir: None,
        quiet: true,
        token_is_typed: false,
        certificate_is_typed: false,
        language: None,
    }
}

#[test]
fn what_the_command_is_given_comes_before_the_options() {
    let mut options = options();
    assert_eq!(options.place(None), "http://127.0.0.1:7420");
    options.url = Some("http://city".to_owned());
    assert_eq!((options.place(None), options.place(Some("dir"))), ("http://city", "dir"));
    options.url = Some(String::new());
    assert_eq!(options.place(None), "http://127.0.0.1:7420");
}

#[test]
fn without_a_key_nothing_is_believed_and_the_folder_s_own_key_is_only_named() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let error = options().key(Some(place)).unwrap_err().to_string();
    assert!(error.contains("no verifier key given") && error.contains("web site"), "{error}");
    std::fs::write(dir.path().join(VKEY), "x").unwrap();
    let error = options().key(Some(place)).unwrap_err().to_string();
    assert!(
        error.contains(&format!("If you know that the folder is genuine: --vkey {place}/ledger.vkey")),
        "{error}"
    );
}

#[test]
fn who_reads_german_is_told_in_german_what_is_missing() {
    let options = Options { language: Some(Language::German), ..options() };
    let error = options.key(Some("http://city")).unwrap_err().to_string();
    assert!(error.starts_with("kein Prüfschlüssel angegeben") && error.contains("auf Papier"), "{error}");
    let error = options.source(Some("nowhere")).err().unwrap().to_string();
    assert!(error.starts_with("es gibt keinen Ordner nowhere"), "{error}");
    let error = options.recorder_config().err().unwrap().to_string();
    assert!(error.starts_with("kein Token angegeben"), "{error}");
}

#[test]
fn a_key_in_place_of_its_file_is_recognised() {
    let key = einsicht_tlog::SigningKey::from_seed("log.example", &[7; 32]).unwrap();
    let mut options = options();
    options.vkey = Some(key.verifier().to_string().into());
    assert!(options.key(None).unwrap_err().to_string().contains("the path of a file"));
    let dir = tempfile::tempdir().unwrap();
    options.vkey = Some(dir.path().join("vkey"));
    std::fs::write(dir.path().join("vkey"), format!("{}\n", key.verifier())).unwrap();
    assert_eq!(options.key(None).unwrap(), *key.verifier());
}

#[test]
fn a_token_of_the_environment_is_shown_to_no_other_ledger() {
    let mut options = options();
    options.token_file = Some("token".into());
    assert_eq!(options.token_file_for(None), Some(Path::new("token")));
    assert_eq!(options.token_file_for(Some("http://other")), None);
    options.token_is_typed = true;
    assert_eq!(options.token_file_for(Some("http://other")), Some(Path::new("token")));
}

#[test]
fn a_certificate_of_the_environment_is_shown_to_no_other_ledger() {
    let mut options = options();
    options.cert_file = Some("/nowhere/cert.pem".into());
    options.key_file = Some("/nowhere/key.pem".into());
    assert!(!options.tls(Some("https://other.example")).unwrap().has_certificate());
    let error = format!("{:#}", options.tls(None).unwrap_err());
    assert!(error.contains("--cert-file") && error.contains("/nowhere/cert.pem"), "{error}");
    options.certificate_is_typed = true;
    assert!(options.tls(Some("https://other.example")).is_err());
}

#[test]
fn a_place_that_is_neither_address_nor_folder_is_explained() {
    let Err(error) = options().source(Some("127.0.0.1:7420")) else { panic!("accepted") };
    assert!(error.to_string().contains("addresses begin with http://"), "{error}");
}
