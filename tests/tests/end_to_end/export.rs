//! The log as plain files behind a web server that knows nothing of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use einsicht_tests::folder::{files, flip};
use einsicht_tests::make::Session;
use einsicht_tests::process::{Ended, run, text};
use einsicht_tests::python::{python, verify};
use einsicht_tests::service::Service;
use tokio::net::TcpListener;

use crate::{SMALL_SEGMENTS, folder, ledger_at_rest};

/// Serves the files of a folder, byte for byte; where it listens.
async fn serve_files(root: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let root: Arc<PathBuf> = Arc::new(root.to_owned());
    let app = Router::new().fallback(file).with_state(root);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

async fn file(State(root): State<Arc<PathBuf>>, uri: Uri) -> Result<Vec<u8>, StatusCode> {
    std::fs::read(root.join(uri.path().trim_start_matches('/'))).map_err(|_| StatusCode::NOT_FOUND)
}

async fn export(data: &Path, to: &Path, more: &[&str]) -> Ended {
    let mut arguments = vec!["export", text(to), "--data", text(data)];
    arguments.extend(more);
    run("einsichtd", &arguments).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_verifiers_accept_what_a_plain_web_server_shows_while_the_ledger_grows() {
    let (data, site, state) = (folder(), folder(), folder());
    let to = site.path().join("public");
    let service = Arc::new(Service::start(data.path(), &SMALL_SEGMENTS).await);
    let recording = tokio::spawn({
        let service = Arc::clone(&service);
        async move {
            let mut session = Session::new();
            for count in [1, 200, 40, 30, 255, 1, 100, 7].repeat(2) {
                service.record(session.request(count)).await.unwrap();
            }
        }
    });
    export(data.path(), &to, &["--entries"]).await.expect(0, &[]);
    let url = serve_files(&to).await;
    let vkey = data.path().join("ledger.vkey");
    let mut last = false;
    loop {
        // One state for all rounds: each must continue the one before.
        let arguments = ["verify", &url, "--vkey", text(&vkey), "--state-dir", text(state.path())];
        run("einsicht", &arguments).await.expect(0, &[]);
        if last {
            break;
        }
        last = recording.is_finished();
        export(data.path(), &to, &["--entries"]).await.expect(0, &[]);
    }
    recording.await.unwrap();
    let head = service.head().await;
    Arc::into_inner(service).unwrap().terminate().await.expect(0, &[]);
    let exported = export(data.path(), &to, &["--entries"]).await;
    assert!(exported.stdout.contains(&format!("{} entries", head.size)), "{exported:#?}");
    run("einsicht", &["verify", text(&to), "--vkey", text(&vkey)]).await.expect(0, &[]);
    if let Some(python) = python() {
        verify(&python, &url, &vkey).await.expect(0, &[]);
    }
    let idle = export(data.path(), &to, &["--entries"]).await;
    assert!(idle.stdout.contains("0 of them new; files written: 0"), "{idle:#?}");
    assert!(files(&to).iter().all(|file| !file.ends_with("ledger.key")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_at_rest_a_backup_and_a_configuration_are_exported_alike() {
    let root = folder();
    let (data, backup) = (root.path().join("data"), root.path().join("backup"));
    ledger_at_rest(&data, 30).await;
    run("einsichtd", &["backup", "--data", text(&data), "--to", text(&backup)]).await.expect(0, &[]);
    let origin = std::fs::read_to_string(data.join("ledger.vkey")).unwrap();
    let origin = origin.split('+').next().unwrap();
    let config = root.path().join("einsichtd.toml");
    let ledger = format!("[ledger]\norigin = \"{origin}\"\ndata = \"data\"\n[keys]\ndir = \"keys\"\n");
    std::fs::write(&config, format!("{ledger}[public]\nentries = true\n")).unwrap();

    let sites = ["one", "two", "three"].map(|name| root.path().join(name));
    export(&data, &sites[0], &["--entries"]).await.expect(0, &[]);
    export(&backup, &sites[1], &["--entries"]).await.expect(0, &[]);
    run("einsichtd", &["export", text(&sites[2]), "--config", text(&config)]).await.expect(0, &[]);
    let content = |site: &PathBuf| -> Vec<(PathBuf, Vec<u8>)> {
        let files = files(site).into_iter();
        files
            .map(|file| (file.strip_prefix(site).unwrap().to_owned(), std::fs::read(&file).unwrap()))
            .collect()
    };
    assert_eq!(content(&sites[0]), content(&sites[1]));
    assert_eq!(content(&sites[0]), content(&sites[2]));

    // Without entries it says so, and there are none.
    let hashes = root.path().join("hashes");
    let exported = export(&data, &hashes, &[]).await;
    exported.expect(0, &[]);
    assert!(exported.stdout.contains("The entries are not in it"), "{exported:#?}");
    assert!(!hashes.join("tile/entries").exists());
}

#[tokio::test]
async fn an_export_that_would_show_too_much_or_something_else_is_refused() {
    let root = folder();
    let (data, other, site) = (root.path().join("data"), root.path().join("other"), root.path().join("site"));
    ledger_at_rest(&data, 30).await;
    ledger_at_rest(&other, 1).await;
    export(&data, &other, &[]).await.expect(2, &["what is not for everybody"]);
    export(&data, &site, &["--entries"]).await.expect(0, &[]);
    // Whoever no longer wants entries to be public must not believe that they are gone.
    export(&data, &site, &[]).await.expect(2, &["tile/entries is there from an earlier export"]);
    let refused = export(&other, &site, &["--entries"]).await;
    refused.expect(1, &[]);
    assert!(refused.stdout.contains("another ledger"), "{refused:#?}");
    let elsewhere = root.path().join("other.toml");
    std::fs::write(
        &elsewhere,
        "[ledger]\norigin = \"a.example/b\"\ndata = \"data\"\n[keys]\ndir = \"keys\"\n",
    )
    .unwrap();
    let named = ["export", text(&site), "--config", text(&elsewhere)];
    run("einsichtd", &named).await.expect(2, &["holds the ledger", "is it the right folder?"]);
    run("einsichtd", &["export", text(&site)]).await.expect(2, &["--config FILE or --data DIR"]);

    // Damage at rest: found by whoever verifies, repaired on demand.
    flip(&site.join("tile/entries/000"), 99);
    let vkey = data.join("ledger.vkey");
    let verify = ["verify", text(&site), "--vkey", text(&vkey)];
    run("einsicht", &verify).await.expect(1, &[]);
    let repaired = export(&data, &site, &["--entries", "--everything"]).await;
    assert!(repaired.stdout.contains("files written: 1"), "{repaired:#?}");
    run("einsicht", &verify).await.expect(0, &[]);
}
