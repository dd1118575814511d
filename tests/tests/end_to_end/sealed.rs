//! What is secret, or exact where only the minute is kept, leaves no trace.

use einsicht_tests::folder::{files, has_trace, traces};
use einsicht_tests::make::{Session, event};
use einsicht_tests::service::{Service, token};

use crate::folder;

#[tokio::test]
async fn the_exact_time_of_an_access_stays_nowhere() {
    let folder = folder();
    let service = Service::start_with(folder.path(), &[], &[("EINSICHT_LOG", "debug")]).await;
    let timed = event();
    let exact_us = timed.occurred_at_us;
    let mut varint = Vec::new();
    prost::encoding::encode_varint(exact_us.cast_unsigned(), &mut varint);
    service.record(Session::new().request_of(vec![timed])).await.unwrap();
    let ended = service.terminate().await;
    let forms = [
        exact_us.to_string().into_bytes(),
        varint,
        exact_us.to_be_bytes().to_vec(),
        exact_us.to_le_bytes().to_vec(),
    ];
    let traces = forms.iter().flat_map(|form| traces(form)).collect::<Vec<_>>();
    for file in files(folder.path()) {
        assert!(!has_trace(&std::fs::read(&file).unwrap(), &traces), "{}", file.display());
    }
    assert!(!has_trace(ended.stderr.as_bytes(), &traces), "{}", ended.stderr);
}

#[tokio::test]
async fn the_token_and_the_key_are_in_their_files_only() {
    let folder = folder();
    let service = Service::start_with(folder.path(), &[], &[("EINSICHT_LOG", "debug")]).await;
    service.record(Session::new().request(1)).await.unwrap();
    let token = token(folder.path());
    service.recorder_as(Some("Bearer not-the-token")).record(Session::new().request(1)).await.unwrap_err();
    let key = std::fs::read_to_string(folder.path().join("keys/ledger.key")).unwrap();
    let key = key.lines().nth(1).unwrap();
    let ended = service.terminate().await;
    let keys = folder.path().join("keys");
    for file in files(folder.path()).into_iter().filter(|file| !file.starts_with(&keys)) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!has_trace(&bytes, &traces(token.as_bytes())), "{}", file.display());
        assert!(!has_trace(&bytes, &traces(key.as_bytes())), "{}", file.display());
    }
    for secret in [token.as_str(), key, "not-the-token"] {
        assert!(!ended.stderr.contains(secret) && !ended.stdout.contains(secret), "{}", ended.stderr);
    }
}
