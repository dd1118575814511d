//! Recording over TLS.

use einsicht_client::Recorder;
use einsicht_client::config::{ConfigError, RecorderConfig};
use einsicht_client::error::RecordError;
use einsicht_client::tls::{TlsFailure, TlsOptions};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use super::authority::{Authority, Issued};
use crate::fake::{Fake, access, key};

const HERE: &str = "127.0.0.1";

fn serving(own: &Issued) -> ServerTlsConfig {
    ServerTlsConfig::new().identity(Identity::from_pem(&own.certificate, &own.key))
}

fn demanding(own: &Issued, of: &Authority) -> ServerTlsConfig {
    serving(own).client_ca_root(Certificate::from_pem(of.pem()))
}

fn config(fake: &Fake, tls: TlsOptions) -> RecorderConfig {
    let mut config = fake.config();
    config.tls = tls;
    config
}

/// Why the ledger is unreachable, and what is said about it. The reason is known for sure as long as no
/// connection stands; later, it may be lost with the connection that it breaks.
async fn unreachable(fake: &Fake, tls: TlsOptions) -> (Option<TlsFailure>, String) {
    let error = Recorder::connect(config(fake, tls)).await.err().unwrap();
    assert!(!error.is_verification_failure(), "{error}");
    let RecordError::Unreachable { status, attempts, .. } = &error else { panic!("{error:?}") };
    assert!(status.tls().is_some() || *attempts > 1, "{error}");
    (status.tls(), error.to_string())
}

#[tokio::test]
async fn a_ledger_whose_authority_is_trusted_is_recorded_in() {
    let city = Authority::new();
    let fake = Fake::encrypted(serving(&city.issue(HERE))).await;
    let recorder = Recorder::connect(config(&fake, city.trusted())).await.unwrap();
    recorder.record(access()).await.unwrap();
    assert_eq!(fake.sequences(), [0]);
}

#[tokio::test]
async fn a_ledger_of_another_authority_is_unreachable() {
    let city = Authority::new();
    // The second has the same name: the city's authority, set up anew.
    for other in [Authority::named("Somebody else"), Authority::new()] {
        let fake = Fake::encrypted(serving(&other.issue(HERE))).await;
        let (failure, text) = unreachable(&fake, city.trusted()).await;
        assert_eq!(failure, Some(TlsFailure::UnknownAuthority));
        for part in [&fake.url, "issued by an authority that is not trusted here", "EINSICHT_CA_FILE"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_over_or_not_yet_valid_is_not_believed() {
    let city = Authority::new();
    let fake = Fake::encrypted(serving(&city.issue_expired(HERE))).await;
    let (_, text) = unreachable(&fake, city.trusted()).await;
    assert!(text.contains("the server's certificate expired (2020-01-01T00:00:00Z; here it is 2"), "{text}");
    let fake = Fake::encrypted(serving(&city.issue_early(HERE))).await;
    let (_, text) = unreachable(&fake, city.trusted()).await;
    assert!(text.contains("is not valid yet (2999-01-01T00:00:00Z"), "{text}");
    assert!(text.contains("is the clock of this machine right?"), "{text}");
}

#[tokio::test]
async fn the_certificate_of_another_host_is_not_believed() {
    let city = Authority::new();
    let fake = Fake::encrypted(serving(&city.issue("other.ulm.example"))).await;
    let (_, text) = unreachable(&fake, city.trusted()).await;
    let expected = "the server's certificate is for other.ulm.example, and not for 127.0.0.1";
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_recognised() {
    let city = Authority::new();
    let fake = Fake::start().await;
    let mut config = config(&fake, city.trusted());
    config.url = fake.url.replace("http:", "https:");
    let error = Recorder::connect(config).await.err().unwrap();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn a_recorder_is_known_by_its_certificate_and_needs_no_token() {
    let city = Authority::new();
    let fake = Fake::encrypted(demanding(&city.issue(HERE), &city)).await;
    let mut config = RecorderConfig::without_token(key().verifier().clone());
    config.url = fake.url.clone();
    config.tls = city.trusted_by(&city.issue("visitor-counter.ulm.example"));
    let recorder = Recorder::connect(config).await.unwrap();
    recorder.record(access()).await.unwrap();
    assert_eq!(fake.sequences(), [0]);
}

#[tokio::test]
async fn a_demand_for_a_certificate_is_understood() {
    let city = Authority::new();
    let fake = Fake::encrypted(demanding(&city.issue(HERE), &city)).await;
    let (failure, text) = unreachable(&fake, city.trusted()).await;
    assert!(matches!(failure, None | Some(TlsFailure::CertificateDemanded)), "{text}");
    assert!(text.contains("EINSICHT_CERT_FILE") && text.contains("EINSICHT_KEY_FILE"), "{text}");
}

#[tokio::test]
async fn a_certificate_that_the_server_does_not_accept_is_told() {
    let city = Authority::new();
    let fake = Fake::encrypted(demanding(&city.issue(HERE), &city)).await;
    let own = "visitor-counter.ulm.example";
    let (other, anew) = (Authority::named("Somebody else"), Authority::new());
    for own in [other.issue(own), anew.issue(own), city.issue_expired(own)] {
        let (failure, text) = unreachable(&fake, city.trusted_by(&own)).await;
        assert!(matches!(failure, None | Some(TlsFailure::CertificateRefused(_))), "{text}");
        assert!(text.contains("does not accept our certificate"), "{text}");
    }
}

#[tokio::test]
async fn who_names_certificates_sends_nothing_in_the_clear() {
    let city = Authority::new();
    let fake = Fake::start().await;
    let error = Recorder::connect(config(&fake, city.trusted())).await.err().unwrap();
    assert!(matches!(error, RecordError::Config(ConfigError::Unencrypted)), "{error}");
    let mut config = RecorderConfig::without_token(key().verifier().clone());
    config.url = fake.url.clone();
    let error = Recorder::connect(config).await.err().unwrap();
    assert!(matches!(error, RecordError::Config(ConfigError::NoCredential)), "{error}");
}
