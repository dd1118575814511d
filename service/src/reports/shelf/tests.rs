//! What of a folder is a published report.

use serde_json::json;

use super::*;

const PAGE: &[u8] = b"<!doctype html>";

fn put(shelf: &Shelf, path: &str, bytes: &[u8]) {
    let path = shelf.folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Puts a report there, with one page and what else its manifest names.
fn report(shelf: &Shelf, name: &str, period: &str, more: &[(&str, &str)]) -> Hash {
    let page = to_hex(sha256(PAGE).as_bytes());
    let mut files: BTreeMap<_, _> = more.iter().copied().collect();
    files.insert("index.html", &page);
    let manifest = json!({"period": period, "files": files}).to_string();
    put(shelf, &format!("{name}/index.html"), PAGE);
    put(shelf, &format!("{name}/manifest.json"), manifest.as_bytes());
    sha256(manifest.as_bytes())
}

fn shelf() -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(folder.path().join("reports"));
    (folder, shelf)
}

#[test]
fn a_folder_is_a_report_if_the_ledger_names_its_manifest() {
    let (_folder, shelf) = shelf();
    assert_eq!(shelf.list(|_| Some(Index(1))).unwrap(), []);
    let (second, first) = (report(&shelf, "a", "2026-11", &[]), report(&shelf, "b", "2026-10", &[]));
    report(&shelf, "draft", "2026-12", &[]);
    report(&shelf, ".hidden", "2026-09", &[]);
    put(&shelf, "file", b"no folder");
    let named =
        |hash| [(first, 3), (second, 8)].iter().find(|(known, _)| *known == hash).map(|one| Index(one.1));
    let reports = shelf.list(named).unwrap();
    let said: Vec<_> = reports.iter().map(|report| (report.name.as_str(), report.entry.0)).collect();
    assert_eq!(said, [("b", 3), ("a", 8)]);
    assert_eq!(
        String::from_utf8(Shelf::index_json(&reports).unwrap()).unwrap(),
        r#"{"format":"einsicht-reports/v1","reports":[{"path":"b","entry":3},{"path":"a","entry":8}]}"#
    );
}

#[test]
fn the_same_report_twice_is_one() {
    let (_folder, shelf) = shelf();
    let hash = report(&shelf, "b", "2026-10", &[]);
    report(&shelf, "a", "2026-10", &[]);
    let reports = shelf.list(|found| (found == hash).then_some(Index(3))).unwrap();
    assert_eq!(reports.iter().map(|report| report.name.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_file_is_given_out_only_if_it_is_the_one_that_the_manifest_names() {
    let (_folder, shelf) = shelf();
    let page = to_hex(sha256(PAGE).as_bytes());
    let outside =
        [("../secret", page.as_str()), ("/etc/passwd", &page), ("en/../x", &page), ("gone.csv", &page)];
    report(&shelf, "2026-10", "2026-10", &outside);
    put(&shelf, "secret", PAGE);
    put(&shelf, "2026-10/x", PAGE);
    put(&shelf, "2026-10/notes.txt", b"nobody named me");
    let reports = shelf.list(|_| Some(Index(3))).unwrap();
    let report = reports.first().unwrap();
    let read = |path| shelf.read(report, path);
    assert_eq!(read("index.html").unwrap().as_deref(), Some(PAGE));
    assert!(read("manifest.json").unwrap().is_some());
    for path in ["notes.txt", "../secret", "/etc/passwd", "en/../x", "", "en/", "index.html/"] {
        assert!(read(path).unwrap().is_none(), "{path}");
    }
    assert!(matches!(read("gone.csv").unwrap_err(), ShelfError::Io { .. }));
    assert_eq!(report.paths().collect::<Vec<_>>(), ["gone.csv", "index.html", "manifest.json"]);

    put(&shelf, "2026-10/index.html", b"<!doctype HTML>");
    let changed = read("index.html").unwrap_err();
    assert!(matches!(changed, ShelfError::Changed { .. }), "{changed}");
    assert!(changed.to_string().contains("2026-10/index.html has the SHA-256"), "{changed}");
    // The list was made before; a manifest that was changed since then is no longer given out either.
    put(&shelf, "2026-10/manifest.json", b"{}");
    assert!(matches!(read("manifest.json").unwrap_err(), ShelfError::Changed { .. }));
}
