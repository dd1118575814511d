//! The command line and a city's service, over TLS: callers with a token or a certificate, and what people
//! read if either side does not believe the other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use einsicht_tests::city::{Authority, Caller, Certificate, City, Known, Running};
use einsicht_tests::process::{Ended, Process, command, text};

use crate::{DATASET, with_recorder};

const RECORD: [&str; 7] =
    ["record", "--dataset", DATASET, "--operation", "query", "--purpose", "verkehrsplanung"];

/// The files that somebody at a command line has.
struct Desk<'a> {
    city: &'a City,
    url: String,
    home: tempfile::TempDir,
}

impl<'a> Desk<'a> {
    fn new(city: &'a City, url: &str) -> Self {
        Self { city, url: url.to_owned(), home: tempfile::tempdir().unwrap() }
    }

    fn secret(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        text(&path).to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The options of somebody with a token.
    fn token(&self, known: &Known) -> [String; 2] {
        ["--token-file".to_owned(), self.secret("token", known.token.as_deref().unwrap())]
    }

    /// The options of somebody with a certificate.
    fn certificate(&self, certificate: &Certificate) -> [String; 4] {
        let chain = self.secret("own.pem", &certificate.chain);
        let key = self.secret("own.key", &certificate.key);
        ["--cert-file".to_owned(), chain, "--key-file".to_owned(), key]
    }

    async fn run(&self, arguments: &[&str], options: &[String]) -> Ended {
        self.run_trusting(&self.city.authority, arguments, options).await
    }

    async fn run_trusting(&self, authority: &Authority, arguments: &[&str], options: &[String]) -> Ended {
        let authorities = self.secret("ca.pem", &authority.pem());
        let mut command = command("einsicht", arguments);
        command
            .args(options)
            .args(["--url", &self.url, "--ca-file", &authorities])
            .args(["--vkey", text(&self.city.data().join("ledger.vkey"))])
            .args(["--state-dir", text(&self.path("state"))]);
        Process::spawn(&mut command).ended().await
    }
}

async fn with_recorder_and_auditor() -> (City, Running, Known, Known) {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("visitor-counter", &[DATASET]));
    let auditor = city.add(Caller::new("city-audit-office", "auditor"));
    let service = city.serve().await;
    (city, service, counter, auditor)
}

#[tokio::test]
async fn recorders_and_auditors_are_known_by_token_or_certificate() {
    let (city, service, counter, auditor) = with_recorder_and_auditor().await;
    let desk = Desk::new(&city, &service.internal);
    desk.run(&RECORD, &desk.token(&counter)).await.expect(0, &[]);
    desk.run(&RECORD, &desk.certificate(&counter.certificate)).await.expect(0, &[]);
    for options in [&desk.token(&auditor)[..], &desk.certificate(&auditor.certificate)] {
        let verified = desk.run(&["verify", "--full"], options).await;
        verified.expect(0, &[]);
        let listed = desk.run(&["list"], options).await;
        listed.expect(0, &[]);
        assert_eq!(listed.stdout.matches("verkehrsplanung").count(), 2, "{listed:#?}");
    }
}

#[tokio::test]
async fn who_is_not_known_is_told_what_to_give() {
    let (city, service, counter) = with_recorder().await;
    let desk = Desk::new(&city, &service.internal);
    let stranger = ["--token-file".to_owned(), desk.secret("strange", "0123456789abcdef")];
    desk.run(&RECORD, &stranger).await.expect(2, &["UNAUTHENTICATED", "--token-file", "--cert-file"]);
    let key = desk.certificate(&counter.certificate);
    fs::set_permissions(desk.path("own.key"), fs::Permissions::from_mode(0o644)).unwrap();
    desk.run(&RECORD, &key).await.expect(2, &["own.key", "others can read it", "chmod 600"]);
}

#[tokio::test]
async fn a_server_that_is_not_believed_is_neither_verified_nor_false() {
    let (city, service, counter, auditor) = with_recorder_and_auditor().await;
    let desk = Desk::new(&city, &service.internal);
    // One of another name, and the city's own, set up anew.
    for other in [Authority::new("Somebody else"), Authority::new("City of Ulm")] {
        let expected = ["an authority that is not trusted here", "EINSICHT_CA_FILE"];
        desk.run_trusting(&other, &RECORD, &desk.token(&counter)).await.expect(2, &expected);
        desk.run_trusting(&other, &["verify"], &desk.token(&auditor)).await.expect(2, &expected);
    }
    city.show("server", &city.authority.server_until(2020));
    let refused = !service.reload().await;
    assert!(
        refused || {
            let ended = desk.run(&["verify"], &desk.token(&auditor)).await;
            ended.expect(2, &["the server's certificate expired (2020-01-01T00:00:00Z"]);
            true
        }
    );
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_and_that_is_said() {
    let (city, service, _counter) = with_recorder().await;
    let desk = Desk::new(&city, &service.internal);
    let stranger = Authority::new("Somebody else").client("visitor-counter.ulm.example");
    let ended = desk.run(&RECORD, &desk.certificate(&stranger)).await;
    ended.expect(2, &["does not accept our certificate"]);
}
