//! Figures of reports, recomputed by a program that shares no code with the one that made them.

use std::path::Path;

use einsicht_proto::v1::AccessEvent;
use einsicht_tests::make::{Session, event, request};
use einsicht_tests::process::{Process, command, text};
use einsicht_tests::python::{python, recompute};
use einsicht_tests::service::Service;

use crate::folder::{refit_manifest, replace, sheet};
use crate::scene::year;

async fn make(service: &Service, out: &Path, more: &[&str]) {
    let mut make = command("einsicht", &["report", "make", "--period", &year(), "--out", text(out)]);
    make.args(more).arg(service.url()).arg("--vkey").arg(service.data().join("ledger.vkey"));
    make.env("EINSICHT_STATE_DIR", out.with_extension("state"));
    Process::spawn(&mut make).ended().await.expect(0, &[]);
}

#[tokio::test]
async fn it_gives_the_same_figures_and_names_one_that_was_changed() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("data"), &[]).await;
    service.record(request(300)).await.unwrap();
    let rare = AccessEvent { purpose: "selten".into(), access_count: Some(9), ..event() };
    service.record(Session::new().request_of(vec![rare.clone(), rare])).await.unwrap();
    let vkey = service.data().join("ledger.vkey");
    for (name, more, records) in [("public", &["--entries", "public"][..], "2"), ("closed", &[][..], "<5")] {
        let report = folder.path().join(name);
        make(&service, &report, more).await;
        assert_eq!(sheet(&report.join("csv/by_purpose.csv"))["selten"]["records"], records);
        let same = recompute(&python, &report, service.url(), &vkey).await;
        same.expect(0, &[]);
        assert!(
            same.stdout.contains("302 records") && same.stdout.contains("no entry names it"),
            "{same:#?}"
        );
        replace(&report.join("csv/by_purpose.csv"), records, "7");
        let told = recompute(&python, &report, service.url(), &vkey).await;
        told.expect(1, &["csv/by_purpose.csv is not as the manifest names it"]);
        refit_manifest(&report, "csv/by_purpose.csv");
        let told = recompute(&python, &report, service.url(), &vkey).await;
        told.expect(1, &["by_purpose, selten, records: the ledger gives 2, the report says 7"]);
    }
}
