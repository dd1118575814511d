//! `docs/clients.md` shows recorders in other languages: exactly the files that `.ci/clients` runs.

use std::fs;
use std::path::Path;

/// Files that the page shows, and the language it marks them with. All are to be short enough to copy.
const SHOWN: [(&str, &str); 4] = [
    ("clients/python/recorder.py", "python"),
    ("clients/go/recorder.go", "go"),
    ("clients/go/connect.go", "go"),
    ("clients/typescript/recorder.ts", "ts"),
];

/// What the page promises of each file: fewer lines than this.
const LINES_END: usize = 60;

#[test]
fn the_page_shows_the_files_that_are_tested() {
    let page = read("docs/clients.md");
    for (path, language) in SHOWN {
        let block = format!("```{language}\n{}```\n", read(path));
        assert!(page.contains(&block), "docs/clients.md does not show {path} as it is: copy it there");
    }
    let blocks =
        page.lines().filter(|line| SHOWN.iter().any(|(_, language)| *line == format!("```{language}")));
    assert_eq!(blocks.count(), SHOWN.len(), "docs/clients.md shows code that no test runs");
}

#[test]
fn the_recorders_are_as_short_as_the_page_says() {
    assert!(read("docs/clients.md").contains(&format!("under {LINES_END} lines")));
    for (path, _) in SHOWN {
        let lines = read(path).lines().count();
        assert!(lines < LINES_END, "{path} has {lines} lines");
    }
}

/// A file of the repository.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
